"""Where exclusions are: begun with the approval, settled by what was read back, ended with the exclusion.

Locks are taken in one order: first the exclusion, then its placement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.binding import check_binding
from troubleshooting.actions.exclusions.lifecycle import (
    advance,
    begin_removal,
    follow_placements,
    lock_exclusion,
    reopen,
)
from troubleshooting.actions.exclusions.retests import ask_once_there
from troubleshooting.domain.base.backoff import next_try
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.digest import ChangedSinceApproval
from troubleshooting.domain.exclusions.exclusion import (
    LOCAL_KINDS,
    ExclusionStatus,
    Scope,
    ScopeKind,
    may_be_applied_now,
)
from troubleshooting.domain.exclusions.placement import OPEN as PLACEMENT_OPEN
from troubleshooting.domain.exclusions.placement import TO_VISIT, PlacementOutcome, PlacementStatus
from troubleshooting.domain.exclusions.placement import TRANSITIONS as PLACEMENT_TRANSITIONS
from troubleshooting.models import Device, EmergencyStop, Exclusion, Placement
from troubleshooting.models.exclusion import IN_FORCE_CODES
from troubleshooting.models.privileges import changing_fields

log = structlog.get_logger(__name__)

CANARIES = 3  # PCs that get it first


def devices_in(scope: Scope) -> QuerySet[Device]:
    """Return the PCs of a scope, by name."""
    devices = Device.objects.order_by("hostname")
    if scope.kind is ScopeKind.DEVICE:
        devices = devices.filter(pk=scope.target_id or 0)
    elif scope.kind is ScopeKind.GROUP:
        devices = devices.filter(group_id=scope.target_id)
    return devices


# --- Beginning --------------------------------------------------------------------------------------------------------


def begin_placements(exclusion: Exclusion) -> None:
    """Make the placements of a locked exclusion that was just approved, and wake the workers of the first few."""
    if exclusion.kind in LOCAL_KINDS:
        _place_on_pcs(exclusion)
    else:
        _place(exclusion, [None], first=[None])


def _place_on_pcs(exclusion: Exclusion) -> None:
    devices = devices_in(exclusion.scope).values_list("pk", flat=True)
    own_pc = exclusion.case.device_id
    first = sorted(devices, key=lambda pk: pk != own_pc)[:CANARIES]  # the reporter's own PC is among them
    _place(exclusion, devices, first=first)


def _place(exclusion: Exclusion, devices: Iterable[int | None], *, first: Collection[int | None]) -> None:
    placements = [Placement(exclusion=exclusion, device_id=pk, is_canary=pk in first) for pk in devices]
    for placement in Placement.objects.bulk_create(placements):
        if placement.is_canary:
            dispatch.placement_wants_visit(placement.pk)


def may_still_be_put(placement: Placement, *, now: datetime) -> bool:
    """Look at exclusion and approval once more; what differs from the approval is not carried out.

    True: the placement stands at APPLYING, and ``put_at`` says since when it may be there.
    """
    with transaction.atomic():
        exclusion = lock_exclusion(placement)
        if not may_be_applied_now(ExclusionStatus(exclusion.status), exclusion.expires_at, now=now):
            return False
        try:
            check_binding(exclusion)
            _check_place(placement, exclusion)
        except ChangedSinceApproval as error:
            said = {"parts": list(error.parts)}
            activity_log.record("exclusion_halted", exclusion, case=exclusion.case, actor=None, now=now, **said)
            begin_removal(exclusion, as_=ExclusionStatus.REVOKED, by=None, note=str(error), now=now)
            return False
        locked = lock_placement(placement)
        if not _is_its_turn(locked, exclusion) or not _is_in_scope(locked, exclusion):
            return False
        if exclusion.status == ExclusionStatus.APPROVED:
            advance(exclusion, ExclusionStatus.APPLYING)
        locked.put_at = locked.put_at or now
        move_placement(locked, to=PlacementStatus.APPLYING, now=now)
    _take_over(placement, locked, exclusion)
    return True


def _take_over(placement: Placement, locked: Placement, exclusion: Exclusion) -> None:
    """Let the caller's row say what was saved; the PC that it joined stays joined."""
    for field in Placement._meta.concrete_fields:
        setattr(placement, field.attname, getattr(locked, field.attname))
    placement.exclusion = exclusion


def _check_place(placement: Placement, exclusion: Exclusion) -> None:
    """Raise ChangedSinceApproval for a place that this exclusion never has, whoever belongs to which group."""
    is_for_pcs = exclusion.kind in LOCAL_KINDS
    is_elsewhere = exclusion.scope_kind == ScopeKind.DEVICE and placement.device_id != exclusion.scope_device_id
    if is_for_pcs is (placement.device_id is None) or is_elsewhere:
        raise ChangedSinceApproval(("scope",))


def _is_in_scope(placement: Placement, exclusion: Exclusion) -> bool:
    """Tell whether the PC belongs to the scope now; one that left it is taken out (``scope``)."""
    return placement.device_id is None or devices_in(exclusion.scope).filter(pk=placement.device_id).exists()


def _is_its_turn(locked: Placement, exclusion: Exclusion) -> bool:
    """Tell whether a placement is to be put; a PC that is not among the first few waits until these are through."""
    if locked.status != PlacementStatus.WAITING:
        return locked.status == PlacementStatus.APPLYING
    return locked.is_canary or exclusion.status not in (ExclusionStatus.APPROVED, ExclusionStatus.APPLYING)


# --- What was read back -----------------------------------------------------------------------------------------------


@transaction.atomic
def settle(
    placement: Placement, to: PlacementStatus, *, outcome: PlacementOutcome | None, now: datetime, **facts: object
) -> None:
    """Save what was read back, and what it means for the exclusion as a whole; ``facts`` go into the activity entry."""
    exclusion = lock_exclusion(placement)
    locked = lock_placement(placement)
    if locked.status == PlacementStatus.REMOVING and to in (PlacementStatus.VERIFIED, PlacementStatus.REJECTED):
        dispatch.placement_wants_visit(locked.pk, ends=True)  # revoked or expired meanwhile: the removal has the word
        return
    locked.outcome = outcome.value if outcome else ""
    locked.forget_failure()
    locked.next_attempt_at = None
    locked.attempts = 0
    locked.verified_at = now if to is PlacementStatus.VERIFIED else locked.verified_at
    move_placement(locked, to=to, now=now)
    place = locked.device.hostname if locked.device else "tenant"
    said = {"device": place, "outcome": locked.outcome, **facts}
    activity_log.record(f"placement_{to.value}", exclusion, case=exclusion.case, actor=None, now=now, **said)
    if to is PlacementStatus.VERIFIED:
        ask_once_there(exclusion, locked, now=now)
    follow_placements(exclusion, now=now)


@transaction.atomic
def put_off(
    placement: Placement,
    code: StrEnum,
    *,
    detail: str,
    now: datetime,
    is_counted: bool = True,
    until: datetime | None = None,
) -> None:
    """Remember why a visit came to nothing, and when the next one is due: growing pauses, an hour at most, or then.

    Nothing where none is due: a place that was settled keeps what was read back, however the visit ended after that.
    """
    locked = Placement.objects.locked().get(pk=placement.pk)
    if locked.status not in TO_VISIT:
        return
    locked.note_failure(code, detail=detail, is_counted=is_counted)
    locked.next_attempt_at = until or next_try(locked.attempts, now=now)
    locked.save(update_fields=["attempts", "next_attempt_at", "error_code", "error_detail"])
    log.info("placement_put_off", placement_id=locked.pk, code=code.value)


def put_off_stopped(placement: Placement, *, now: datetime) -> None:
    """Wait for the end of the emergency stop, which wakes them at once."""
    put_off(placement, DeviceErrorCode.EMERGENCY_STOPPED, detail="", now=now, is_counted=False)


def put_off_fault(placement_id: int, fault: str, *, now: datetime) -> None:
    """After a fault of the portal itself: said on the page, and tried again after a pause."""
    placement = Placement.objects.filter(pk=placement_id).first()
    if placement is not None:
        put_off(placement, DeviceErrorCode.PORTAL_FAULT, detail=fault, now=now)


# --- Once more --------------------------------------------------------------------------------------------------------


@transaction.atomic
def put_once_more(placement: Placement, *, now: datetime) -> None:
    """Have a place put exactly as approved again, because another exclusion's form of the value stands there."""
    exclusion = lock_exclusion(placement)
    locked = lock_placement(placement)
    if locked.status == PlacementStatus.VERIFIED and exclusion.status in IN_FORCE_CODES:
        reopen(exclusion, now=now)
        move_placement(locked, to=PlacementStatus.APPLYING, now=now)
        dispatch.placement_wants_visit(locked.pk)


# --- Small steps ------------------------------------------------------------------------------------------------------


def due_placements(*, now: datetime) -> QuerySet[Placement]:
    """Return the placements to visit now: the first few PCs of an exclusion before the rest.

    While writes are stopped, only what an administrator takes back.
    """
    is_through = ~Q(exclusion__status__in=[ExclusionStatus.APPROVED, ExclusionStatus.APPLYING])
    may_go = Q(is_canary=True) | is_through | ~Q(status=PlacementStatus.WAITING)
    undone = Exclusion.undos.through.objects.filter(exclusion=OuterRef("exclusion"))
    may_be_written = ~Exists(EmergencyStop.objects.on()) | Q(Exists(undone), status=PlacementStatus.REMOVING)
    return Placement.objects.wanting_a_visit(now=now).filter(may_go, may_be_written)


def is_undone(placement: Placement) -> bool:
    """Tell whether an administrator has taken its exclusion back; its removal passes the emergency stop."""
    return placement.exclusion.undos.exists()


def move_placement(placement: Placement, *, to: PlacementStatus, now: datetime) -> None:
    """Save the next status of a locked placement; nothing where it stands there already."""
    if placement.status != to:
        check_transition(PLACEMENT_TRANSITIONS, PlacementStatus(placement.status), to)
        placement.status = to.value
        placement.ended_at = None if to in PLACEMENT_OPEN else now
    placement.save(update_fields=changing_fields(Placement))


def lock_placement(placement: Placement) -> Placement:
    """Lock a placement, after its exclusion."""
    return Placement.objects.locked().select_related("device").get(pk=placement.pk)
