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
        _("The PC's list contains this, although no one approved it here and the portal did not apply it."),
        _(
            "If it is needed, ask for an exclusion from a case, so that someone decides and it gets "
            "an end date. If not, run this command on the PC as an administrator. The portal does "
            "not remove it."
        ),
    ),
    DriftCode.ENDED_BUT_PRESENT: _words(
        _("The exclusion has ended and the portal had removed it, but it is on the PC's list again."),
        _("Have the portal remove it again. If it comes back, look for a policy or a script that sets it."),
    ),
    DriftCode.APPROVED_BUT_MISSING: _words(
        _("The exclusion is in force and was read back there, but it is no longer on the PC's list."),
        _("Have the portal apply it again, or end the exclusion if it is not needed."),
    ),
    DriftCode.BROADER_THAN_APPROVED: _words(
        _("The PC's list has an entry that covers an approved value, and more than was approved."),
        _("Find out who needs the broader entry. If no one does, run this command on the PC as an administrator."),
    ),
}

IN_TENANT: Mapping[DriftCode, DriftText] = {
    DriftCode.NOT_APPROVED: _words(
        _("The tenant allows this, although no one approved it here, or someone other than the portal allowed it."),
        _(
            "If it is needed, ask for an exclusion from a case, so that someone decides and it gets "
            "an end date. If not, remove it in the Defender portal (Settings > Endpoints > "
            "Indicators). This portal does not remove it."
        ),
    ),
    DriftCode.ENDED_BUT_PRESENT: _words(
        _(
            "The exclusion has ended and the portal had removed its indicator, but the tenant has "
            "one of the portal's again."
        ),
        _("Have the portal remove it again."),
    ),
    DriftCode.APPROVED_BUT_MISSING: _words(
        _("The exclusion is in force and was read back, but the tenant no longer allows the value."),
        _("Have the portal apply it again, or end the exclusion if it is not needed."),
    ),
    DriftCode.BROADER_THAN_APPROVED: _words(
        _("The tenant allows more than was approved: a broader address, more device groups, or a later end date."),
        _(
            "Check in the Defender portal (Settings > Endpoints > Indicators) who changed it, and "
            "narrow it there. This portal does not change it."
        ),
    ),
}

BY_POLICY_TEXT = _words(
    _("A policy sets this on the PC, according to its log. No one approved it here."),
    _(
        "Change the policy where it is managed; if the entry is removed on the PC, the policy "
        "brings it back. If it stays, that is decided there and not here."
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
