"""One exclusion on one PC: from waiting to be put, through what was read back, to gone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class PlacementStatus(StrEnum):
    """Where an exclusion is on one PC."""

    WAITING = "waiting"  # to be put; nothing sent yet
    APPLYING = "applying"  # the command may have reached the PC
    VERIFIED = "verified"  # read back
    REJECTED = "rejected"  # read back as not there; the outcome says why
    REMOVING = "removing"  # to be taken away; not yet read back
    REMOVED = "removed"  # read back as gone, or left because it was there before, or another exclusion needs it
    NOT_APPLIED = "not_applied"  # ended, or its PC left the scope, with nothing of it there


# REMOVED and NOT_APPLIED go back to WAITING when a PC that had left the scope of an exclusion in force rejoins it.
# REJECTED moves on when its PC leaves the scope, so that it is asked again when it comes back.
# REMOVED goes back to REMOVING when the value was found there again and IT has the portal take it off once more.
TRANSITIONS: Mapping[PlacementStatus, frozenset[PlacementStatus]] = {
    PlacementStatus.WAITING: frozenset(
        {PlacementStatus.APPLYING, PlacementStatus.REJECTED, PlacementStatus.NOT_APPLIED}
    ),
    PlacementStatus.APPLYING: frozenset({PlacementStatus.VERIFIED, PlacementStatus.REJECTED, PlacementStatus.REMOVING}),
    PlacementStatus.VERIFIED: frozenset({PlacementStatus.APPLYING, PlacementStatus.REMOVING}),
    PlacementStatus.REJECTED: frozenset({PlacementStatus.NOT_APPLIED}),
    PlacementStatus.REMOVING: frozenset({PlacementStatus.REMOVED}),
    PlacementStatus.REMOVED: frozenset({PlacementStatus.WAITING, PlacementStatus.REMOVING}),
    PlacementStatus.NOT_APPLIED: frozenset({PlacementStatus.WAITING}),
}

NEXT_MOVE: Mapping[PlacementStatus, str | None] = {
    PlacementStatus.WAITING: "portal",
    PlacementStatus.APPLYING: "portal",
    PlacementStatus.VERIFIED: "portal",
    PlacementStatus.REJECTED: None,
    PlacementStatus.REMOVING: "portal",
    PlacementStatus.REMOVED: None,
    PlacementStatus.NOT_APPLIED: None,
}

# The others may move again, but nobody's move is due.
OPEN: frozenset[PlacementStatus] = frozenset(status for status, mover in NEXT_MOVE.items() if mover)
SETTLED: frozenset[PlacementStatus] = frozenset({PlacementStatus.VERIFIED, PlacementStatus.REJECTED})
TO_PUT: frozenset[PlacementStatus] = frozenset({PlacementStatus.WAITING, PlacementStatus.APPLYING})
PUT: frozenset[PlacementStatus] = frozenset({PlacementStatus.APPLYING, PlacementStatus.VERIFIED})  # or may be
TO_VISIT: frozenset[PlacementStatus] = TO_PUT | {PlacementStatus.REMOVING}
# Of an exclusion that ends: the value is, or may be, still there.
TO_TAKE_OFF: frozenset[PlacementStatus] = frozenset({PlacementStatus.APPLYING, PlacementStatus.REMOVING})
# In an exclusion in force these are the PCs that left its scope.
OUT_OF_SCOPE: frozenset[PlacementStatus] = frozenset(
    {PlacementStatus.REMOVING, PlacementStatus.REMOVED, PlacementStatus.NOT_APPLIED}
)


class PlacementOutcome(StrEnum):
    """Why an exclusion was not put on a PC (docs/reference/exclusions.md section 5), or was left there."""

    LOCAL_LISTS_IGNORED = "local_lists_ignored"  # DisableLocalAdminMerge
    EXCLUSIONS_PROTECTED = "exclusions_protected"  # TPExclusions
    CANNOT_BE_READ = "cannot_be_read"  # HideExclusionsFromLocalAdmins, or an account without the right
    TROUBLESHOOTING_MODE = "troubleshooting_mode"  # it would vanish by itself
    NOT_TAKEN = "not_taken"  # no error, and not there when read back
    ENDPOINT_REFUSED = "endpoint_refused"  # the endpoint does not let the command through
    TAMPER_PROTECTION = "tamper_protection"  # the same, and the PC logged that it refused (5013)
    TENANT_DECIDES_OTHERWISE = "tenant_decides_otherwise"  # an indicator that is not the portal's
    TENANT_REFUSED = "tenant_refused"
    TENANT_IS_FULL = "tenant_is_full"
    WAS_THERE_BEFORE = "was_there_before"
    NEEDED_BY_ANOTHER = "needed_by_another"


def why_not_effective(
    *, is_merge_disabled: bool, is_protected: bool, is_readable: bool | None, is_troubleshooting: bool
) -> PlacementOutcome | None:
    """Say, before anything is sent, why an exclusion would not work or could not be proved; None where it can be."""
    if is_merge_disabled:
        return PlacementOutcome.LOCAL_LISTS_IGNORED
    if is_protected:
        return PlacementOutcome.EXCLUSIONS_PROTECTED
    if not is_readable:
        return PlacementOutcome.CANNOT_BE_READ
    return PlacementOutcome.TROUBLESHOOTING_MODE if is_troubleshooting else None
