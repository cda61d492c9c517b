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
        _("A company policy makes this PC ignore its own exclusions, so nothing was applied on it."),
        _("A policy makes this PC ignore its own lists (DisableLocalAdminMerge = 1). Set the exclusion by policy."),
    ),
    PlacementOutcome.EXCLUSIONS_PROTECTED: _words(
        _("Windows protects the exclusions on this PC from changes, so nothing was applied on it."),
        _("Tamper protection covers the exclusions on this PC (TPExclusions = 1). Set the exclusion by policy."),
    ),
    PlacementOutcome.CANNOT_BE_READ: _words(
        _("This PC does not show its exclusions, so nothing was applied: it could not have been verified."),
        _(
            "The lists cannot be read (HideExclusionsFromLocalAdmins = 1, or the account lacks the "
            "right), so neither applying nor removing could be verified."
        ),
    ),
    PlacementOutcome.TROUBLESHOOTING_MODE: _words(
        _("This PC is in a special troubleshooting mode, which would undo the exclusion."),
        _("Troubleshooting mode is on, and anything changed now is undone when it ends. Ask again after that."),
    ),
    PlacementOutcome.NOT_TAKEN: _words(
        _("This PC did not accept the exclusion."),
        _("The command raised no error, but the value was not there when read back. Look for event 5013 and a policy."),
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
        _("Windows protects this PC from changes and did not accept the exclusion."),
        _("Windows refused the change and logged event 5013 (tamper protection). Set the exclusion by policy."),
    ),
    PlacementOutcome.TENANT_DECIDES_OTHERWISE: _words(
        _("Your company has already set a rule for this address in another place, and that rule stays."),
        _(
            "The tenant has an indicator for this value that the portal did not create, or that no "
            "longer allows it. It is left unchanged. Decide in the Defender portal which of the two "
            "should apply."
        ),
    ),
    PlacementOutcome.TENANT_REFUSED: _words(
        _("Microsoft's service did not accept the exclusion."),
        _("Defender for Endpoint refused the call. Its own words are in the activity log. Ask for a different value."),
    ),
    PlacementOutcome.TENANT_IS_FULL: _words(
        _("The company's list of exclusions at Microsoft is full."),
        _("The tenant has 15,000 indicators, the maximum. Remove some of them, then ask again."),
    ),
    PlacementOutcome.WAS_THERE_BEFORE: _words(
        _("This was already allowed on the PC before the portal applied it, so it was left as it was."),
        _(
            "The value was already there before the portal applied it, so the portal does not remove "
            "it. It was left in place."
        ),
    ),
    PlacementOutcome.NEEDED_BY_ANOTHER: _words(
        _("Another exclusion needs the same entry, so it was left in place."),
        _("Another exclusion in force needs the same value on this PC, so it stays until that one ends."),
    ),
}


def placement_text(code: str) -> PlacementText | None:
    """Return the words of a stored outcome; None for an empty or unknown one."""
    return next((words for known, words in OUTCOMES.items() if known.value == code), None)
