"""Why a temporary change was not made, in words; the codes are in ``lease.Outcome``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.leases.lease import Outcome


@dataclass(frozen=True, slots=True)
class OutcomeText:
    """One reason: a title for everybody, and what it means and asks for, for each kind of reader."""

    title: Text
    employee: Text
    it: Text


def _outcome(title: str, employee: str, it: str) -> OutcomeText:
    return OutcomeText(say(title), say(employee), say(it))


OUTCOMES: Mapping[Outcome, OutcomeText] = {
    Outcome.ALREADY_SO: _outcome(
        _("Protection on this PC already logs instead of blocking"),
        _("There was nothing to change, so nothing was changed. IT will look at what has been logged."),
        _(
            "EnableNetworkProtection is already 2 (audit mode), so nothing was changed. The log "
            "shows what a test would show: have the site opened, check the PC again, and turn on "
            "block mode if it should be on."
        ),
    ),
    Outcome.MANAGED_BY_POLICY: _outcome(
        _("A company policy controls this setting"),
        _("The portal does not change it, and nothing on the PC was changed. IT can find the cause in another way."),
        _(
            "The mode is set by policy (Group Policy or MDM). A local change would have no effect "
            "now, but would take effect when the policy is lifted, so nothing was changed. To test, "
            "put the PC in a group whose policy sets audit mode, let it sync, have the site opened, "
            "and check the PC again."
        ),
    ),
    Outcome.VALUE_UNREADABLE: _outcome(
        _("The PC did not report its protection settings"),
        _(
            "Without them the portal changes nothing, so nothing on the PC was changed. IT will find "
            "out why the PC did not report them."
        ),
        _(
            "The current mode or its policy keys could not be read, and what is not known cannot be "
            "restored, so nothing was changed. Check the transcript: does Get-MpPreference answer, "
            "is the Defender service running, and may the account read HKLM:\\SOFTWARE\\Policies?"
        ),
    ),
    Outcome.TAMPER_PROTECTION: _outcome(
        _("Windows protects this setting from changes"),
        _("The test could not start, and the PC is protected as before. IT can find the cause in another way."),
        _(
            "Tamper protection refused the change (event 5013), and the mode was read back unchanged. Use "
            "troubleshooting "
            "mode from the Defender portal, or set audit mode by policy for this PC, then check it again."
        ),
    ),
    Outcome.NOT_TAKEN: _outcome(
        _("The PC did not accept the change"),
        _("The test could not start, and the PC is protected as before. IT can find the cause in another way."),
        _(
            "Set-MpPreference reported no error and there was no event 5013, but the mode was read "
            "back unchanged. Something resets it immediately: look for Group Policy, MDM, "
            "Configuration Manager, or security settings management in Defender for Endpoint."
        ),
    ),
    Outcome.TASK_NOT_SET: _outcome(
        _("The PC could not be prepared to restore protection by itself"),
        _(
            "Before anything is changed, a task that undoes the change is set up on the PC. That was "
            "not possible, so nothing was changed."
        ),
        _(
            "The restore task could not be registered or read back, so the mode was not changed. "
            "Check the transcript: is the Task Scheduler running, and may the account register tasks "
            "as SYSTEM (JEA endpoint)?"
        ),
    ),
    Outcome.ENDPOINT_REFUSED: _outcome(
        _("This PC does not let the portal make the change"),
        _("The test could not begin, and the PC is protected as before. IT has to set up the PC for tests first."),
        _(
            "The endpoint for changing did not let a command through; the transcript names the command, and the "
            "parameter or value if one was refused. Install the endpoint of this version with its changing role, then "
            "ask for the test again."
        ),
    ),
    Outcome.NOT_REACHED: _outcome(
        _("The PC could not be reached"),
        _("Nothing was changed. Turn the PC on, connect it to the company network, and start the test again."),
        _("The PC could not be reached, so nothing was changed. The test has to be requested again."),
    ),
    Outcome.CANCELLED: _outcome(
        _("The test was ended before it started"),
        _("Nothing on the PC was changed."),
        _("It was ended before the first command that changes anything."),
    ),
    Outcome.EMERGENCY_STOPPED: _outcome(
        _("All changes on PCs are stopped for now"),
        _("The test did not start, and the PC is protected as before. Ask for it again when changes have resumed."),
        _(
            "The emergency stop began before the mode was changed. The previous value was kept, and "
            "the restore task was removed if it had already been set up. The test has to be "
            "requested again after the stop."
        ),
    ),
}


def outcome_text(code: str) -> OutcomeText | None:
    """Return the words of a stored code; None where it is empty or not known."""
    return next((words for outcome, words in OUTCOMES.items() if outcome.value == code), None)
