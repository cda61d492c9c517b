"""What moves an exclusion: it follows what was read back in its places, ends, and is removed.

Locks are taken in one order: first the exclusion, then its placements.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.faults import alone
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.exclusions.exclusion import IN_FORCE, TRANSITIONS, ExclusionStatus
from troubleshooting.domain.exclusions.placement import OUT_OF_SCOPE, PUT, SETTLED, TO_TAKE_OFF, PlacementStatus
from troubleshooting.models import Exclusion, Placement, User
from troubleshooting.models.exclusion import IN_FORCE_CODES, LAPSING_CODES
from troubleshooting.models.privileges import changing_fields


def follow_placements(exclusion: Exclusion, *, now: datetime) -> None:
    """Bring a locked exclusion to where its placements are; the first few PCs go before the rest."""
    if exclusion.status not in IN_FORCE:  # it is ending: only what is left of it counts
        finish_removal(exclusion, now=now)
        return
    in_scope = exclusion.placements.exclude(status__in=OUT_OF_SCOPE).order_by()
    found = set(in_scope.values_list("status", "is_canary"))
    statuses = {status for status, _is_first in found}
    first = {status for status, is_first in found if is_first}
    if (first if exclusion.status == ExclusionStatus.APPLYING else statuses) == {PlacementStatus.REJECTED}:
        _end_as_failed(exclusion, now=now)
        return
    if exclusion.status == ExclusionStatus.APPLYING and first and first <= SETTLED:
        advance(exclusion, ExclusionStatus.APPLIED)
        for rest in exclusion.placements.filter(status=PlacementStatus.WAITING):
            dispatch.placement_wants_visit(rest.pk)
    if exclusion.status == ExclusionStatus.APPLIED and statuses and statuses <= SETTLED:
        advance(exclusion, ExclusionStatus.VERIFIED)
        activity_log.record("exclusion_verified", exclusion, case=exclusion.case, actor=None, now=now)
        _end_renewed(exclusion, now=now)


def _end_as_failed(exclusion: Exclusion, *, now: datetime) -> None:
    """End a locked exclusion in force that nothing took, or that no place has any more."""
    if exclusion.status == ExclusionStatus.VERIFIED:  # it was there, and could not be put there again
        move_exclusion(exclusion, to=ExclusionStatus.APPLYING, now=now)
    begin_removal(exclusion, as_=ExclusionStatus.FAILED, by=None, note="nothing accepted it", now=now)


def _end_renewed(exclusion: Exclusion, *, now: datetime) -> None:
    """End what a renewal replaces, now that the renewal was read back: its value stays, handed over."""
    if exclusion.renews_id is None:
        return
    renewed = Exclusion.objects.locked().select_related("case", "scope_group").get(pk=exclusion.renews_id)
    if renewed.status in IN_FORCE_CODES:
        begin_removal(renewed, as_=ExclusionStatus.EXPIRED, by=None, note=f"renewed by #{exclusion.pk}", now=now)


def begin_removal(
    exclusion: Exclusion, *, as_: ExclusionStatus, by: User | None, note: str, now: datetime, wakes: bool = True
) -> None:
    """End a locked exclusion: unsent placements are dropped, the others are to be taken away and read back.

    Whoever ends many at once says that this one ``wakes`` nobody, and tells one worker for each PC afterwards.
    """
    exclusion.ended_by = by
    is_undecided = as_ == ExclusionStatus.EXPIRED and exclusion.status in LAPSING_CODES  # nobody revokes a request
    if is_undecided or exclusion.status == ExclusionStatus.APPROVED:
        move_exclusion(exclusion, to=ExclusionStatus.NOT_APPLIED, now=now)
    else:
        move_exclusion(exclusion, to=as_, now=now)
    activity_log.record(f"exclusion_{as_.value}", exclusion, case=exclusion.case, actor=by, now=now, note=note)
    drop_unsent(exclusion, now=now)
    exclusion.placements.filter(status__in=PUT).update(
        status=PlacementStatus.REMOVING, next_attempt_at=None, attempts=0
    )
    removing = exclusion.placements.filter(status=PlacementStatus.REMOVING).order_by().values_list("pk", flat=True)
    for pk in removing if wakes else ():
        dispatch.placement_wants_visit(pk, ends=True)
    if not removing:
        finish_removal(exclusion, now=now)


def finish_removal(exclusion: Exclusion, *, now: datetime) -> None:
    """Call a locked exclusion removed once it was read to be gone everywhere."""
    if ExclusionStatus.REMOVED not in TRANSITIONS[ExclusionStatus(exclusion.status)]:
        return
    if exclusion.placements.filter(status__in=TO_TAKE_OFF).exists():
        return
    move_exclusion(exclusion, to=ExclusionStatus.REMOVED, now=now)
    activity_log.record("exclusion_removed", exclusion, case=exclusion.case, actor=None, now=now)


def drop_unsent(exclusion: Exclusion, *, now: datetime) -> None:
    """End the placements of which nothing was sent."""
    exclusion.placements.filter(status=PlacementStatus.WAITING).update(status=PlacementStatus.NOT_APPLIED, ended_at=now)


def expire_exclusions(*, now: datetime) -> None:
    """End what is due, each for itself; the sweep, which asks for it, tells the workers."""
    for pk in list(Exclusion.objects.due_to_expire(now=now).values_list("pk", flat=True)):
        with alone("exclusion", pk), transaction.atomic():
            exclusion = Exclusion.objects.due_to_expire(now=now).locked().select_related("case").filter(pk=pk).first()
            if exclusion is not None:
                begin_removal(exclusion, as_=ExclusionStatus.EXPIRED, by=None, note="", now=now, wakes=False)


def reopen(exclusion: Exclusion, *, now: datetime) -> None:
    """Say of a locked exclusion no longer that it was read back everywhere: a place is to be put, or put again."""
    if exclusion.status == ExclusionStatus.VERIFIED:
        for step in (ExclusionStatus.APPLYING, ExclusionStatus.APPLIED):
            move_exclusion(exclusion, to=step, now=now)


def advance(exclusion: Exclusion, to: ExclusionStatus) -> None:
    """Move a locked exclusion on where the table has that step; it may stand there already."""
    if to in TRANSITIONS[ExclusionStatus(exclusion.status)] and exclusion.status != ExclusionStatus.VERIFIED:
        exclusion.status = to.value
        exclusion.save(update_fields=["status"])


def move_exclusion(exclusion: Exclusion, *, to: ExclusionStatus, now: datetime) -> None:
    """Save the next status of a locked exclusion; raises InvalidTransition."""
    check_transition(TRANSITIONS, ExclusionStatus(exclusion.status), to)
    exclusion.status = to.value
    exclusion.ended_at = None if TRANSITIONS[to] else now
    exclusion.save(update_fields=changing_fields(Exclusion))


def lock_exclusion(placement: Placement) -> Exclusion:
    """Lock a placement's exclusion, with what its digest needs joined."""
    joined = Exclusion.objects.locked().select_related("case", "scope_group")
    return joined.get(pk=placement.exclusion_id)
