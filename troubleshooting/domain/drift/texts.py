"""What each difference from the register means and what IT can do about it; employees never meet these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base import powershell
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.drift.drift import DriftCode
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind


@dataclass(frozen=True, slots=True)
class DriftText:
    """One difference: what it means, and what IT can do."""

    means: Text
    it: Text


def _words(means: str, it: str) -> DriftText:
    return DriftText(say(means), say(it))


ON_PC: Mapping[DriftCode, DriftText] = {
    DriftCode.NOT_APPROVED: _words(
        _("The PC's list has this, although nobody approved it here and the portal did not put it there."),
        _(
            "If it is needed, ask for it from a case, so that it is decided about and has an end. If not, run this "
            "command on the PC as an administrator. The portal does not remove it."
        ),
    ),
    DriftCode.ENDED_BUT_PRESENT: _words(
        _("The exception is over and the portal had taken it off; the PC's list has it again."),
        _("Have the portal take it off again. If it comes back, look for a policy or a script that sets it."),
    ),
    DriftCode.APPROVED_BUT_MISSING: _words(
        _("The exception is in force and was read back there, but the PC's list does not have it any more."),
        _("Have the portal put it there again, or end the exception if it is not needed."),
    ),
    DriftCode.BROADER_THAN_APPROVED: _words(
        _("The PC's list has an entry that opens an approved value, and more than was approved."),
        _("Look who needs the wider entry. If nobody does, run this command on the PC as an administrator."),
    ),
}

IN_TENANT: Mapping[DriftCode, DriftText] = {
    DriftCode.NOT_APPROVED: _words(
        _("The tenant allows this, although nobody approved it here, or somebody else than the portal allowed it."),
        _(
            "If it is needed, ask for it from a case, so that it is decided about and has an end. If not, remove it in "
            "the Defender portal (Settings > Endpoints > Indicators). This portal does not remove it."
        ),
    ),
    DriftCode.ENDED_BUT_PRESENT: _words(
        _("The exception is over and the portal had removed its indicator; the tenant has one of the portal's again."),
        _("Have the portal take it off again."),
    ),
    DriftCode.APPROVED_BUT_MISSING: _words(
        _("The exception is in force and was read back, but the tenant does not allow the value any more."),
        _("Have the portal put it there again, or end the exception if it is not needed."),
    ),
    DriftCode.BROADER_THAN_APPROVED: _words(
        _("The tenant allows more than was approved: a wider address, more device groups, or a later end."),
        _(
            "Look in the Defender portal (Settings > Endpoints > Indicators) who changed it, and narrow it there. This "
            "portal does not change it."
        ),
    ),
}

BY_POLICY_TEXT = _words(
    _("A policy sets this on the PC, as its log tells. Nobody approved it here."),
    _(
        "Change the policy where it is kept; what is taken off on the PC comes back with it. If it stays, it is "
        "decided there and not here."
    ),
)

# How an entry is taken off by hand. The portal's own catalogue takes only values in their normal form.
_LISTS: Mapping[ExclusionKind, str] = {
    ExclusionKind.IP_ADDRESS: "ExclusionIpAddress",
    ExclusionKind.PROCESS: "ExclusionProcess",
}
BY_HAND = frozenset({DriftCode.NOT_APPROVED, DriftCode.BROADER_THAN_APPROVED})


def drift_text(code: DriftCode, kind: ExclusionKind, *, is_by_policy: bool = False) -> DriftText:
    """Return the words of a difference on a PC or in the tenant."""
    if is_by_policy and code in BY_HAND:
        return BY_POLICY_TEXT
    return (ON_PC if kind in LOCAL_KINDS else IN_TENANT)[code]


def removal_command(code: DriftCode, kind: ExclusionKind, value: str) -> str:
    """Return the command that takes an entry off a PC by hand; "" where the portal acts itself, and in the tenant.

    A value with control characters gets none: what is pasted has to be what is seen.
    """
    if code not in BY_HAND or kind not in _LISTS or not value.isprintable():
        return ""
    return powershell.command("Remove-MpPreference", [(_LISTS[kind], value)])
