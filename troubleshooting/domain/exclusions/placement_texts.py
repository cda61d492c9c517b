"""Why an exclusion is not on a PC, or was left there, in words for both readers; the codes are in ``placement``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.exclusions.placement import PlacementOutcome


@dataclass(frozen=True, slots=True)
class PlacementText:
    """One reason, for each of the two readers."""

    employee: Text
    it: Text


def _words(employee: str, it: str) -> PlacementText:
    return PlacementText(say(employee), say(it))


OUTCOMES: Mapping[PlacementOutcome, PlacementText] = {
    PlacementOutcome.LOCAL_LISTS_IGNORED: _words(
        _("A rule of the company makes this PC ignore its own exceptions, so nothing was put there."),
        _("A policy makes this PC ignore its own lists (DisableLocalAdminMerge = 1). Set the exclusion by policy."),
    ),
    PlacementOutcome.EXCLUSIONS_PROTECTED: _words(
        _("Windows protects the exceptions of this PC from changes, so nothing was put there."),
        _("Tamper protection covers the exclusions of this PC (TPExclusions = 1). Set the exclusion by policy."),
    ),
    PlacementOutcome.CANNOT_BE_READ: _words(
        _("This PC does not show its exceptions, so nothing was put there: it could not be proved."),
        _(
            "The lists cannot be read (HideExclusionsFromLocalAdmins = 1, or the account lacks the right), so neither "
            "putting nor removing could be proved."
        ),
    ),
    PlacementOutcome.TROUBLESHOOTING_MODE: _words(
        _("This PC is being repaired in a special mode, which would undo the exception."),
        _("Troubleshooting mode is on, and what is changed now is undone at its end. Ask again when it has ended."),
    ),
    PlacementOutcome.NOT_TAKEN: _words(
        _("This PC did not take the exception."),
        _("The command raised no error, and the value was not there when read back. Look for event 5013 and a policy."),
    ),
    PlacementOutcome.ENDPOINT_REFUSED: _words(
        _("This PC does not let the portal make the change, so nothing was changed."),
        _(
            "The endpoint for changing did not let the command through; the transcript names the command, and the "
            "parameter or value if one was refused. Install the endpoint of this version with its changing role, then "
            "ask again."
        ),
    ),
    PlacementOutcome.TAMPER_PROTECTION: _words(
        _("Windows protects this PC from changes and did not take the exception."),
        _("Windows refused the change and logged event 5013 (tamper protection). Set the exclusion by policy."),
    ),
    PlacementOutcome.TENANT_DECIDES_OTHERWISE: _words(
        _("The company has decided about this address in another place, and that stays."),
        _(
            "The tenant has an indicator for this value that the portal did not make, or that no longer allows. It "
            "stays; decide in the Defender portal which of the two is meant."
        ),
    ),
    PlacementOutcome.TENANT_REFUSED: _words(
        _("Microsoft's service did not take the exception."),
        _("Defender for Endpoint refused the call; its own words stand in the audit trail. Ask for another value."),
    ),
    PlacementOutcome.TENANT_IS_FULL: _words(
        _("The company's list of exceptions at Microsoft is full."),
        _("The tenant holds 15,000 indicators, the most it can have. Remove some of them, then ask again."),
    ),
    PlacementOutcome.WAS_THERE_BEFORE: _words(
        _("This was open on the PC before the portal came, so it was left as it was."),
        _("The value was there before the portal put it, so it is not the portal's to remove; it was left there."),
    ),
    PlacementOutcome.NEEDED_BY_ANOTHER: _words(
        _("Another exception needs the same, so it was left there for that one."),
        _("Another exclusion in force needs the same value on this PC; it stays and that one answers for it."),
    ),
}


def placement_text(code: str) -> PlacementText | None:
    """Return the words of a stored outcome; None for an empty or unknown one."""
    return next((words for known, words in OUTCOMES.items() if known.value == code), None)
