"""What a worker does for an exclusion on one PC: put it, prove it, take it off, prove that.

"There" and "gone" are said only of what was read back. The approval is checked once more right before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from troubleshooting import dispatch
from troubleshooting.actions import audit
from troubleshooting.actions.device_lock import device_lock
from troubleshooting.actions.device_visit import DeviceVisit, visiting
from troubleshooting.actions.exclusions import begin_removal, check_binding, finish_removal
from troubleshooting.actions.visits import VisitPlan
from troubleshooting.domain.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusion import (
    TRANSITIONS,
    ExclusionKind,
    ExclusionStatus,
    RemovalStep,
    removal_step,
)
from troubleshooting.domain.exclusion_digest import ChangedSinceApproval
from troubleshooting.domain.placement import TRANSITIONS as PLACEMENT_TRANSITIONS
from troubleshooting.domain.placement import PlacementOutcome, PlacementStatus, why_not_effective
from troubleshooting.domain.snapshot import ListValue, Snapshot
from troubleshooting.domain.transitions import check_transition
from troubleshooting.machines import changing
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import Exclusion, Placement
from troubleshooting.models.exclusion import IN_FORCE_CODES

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What a PC says about one exclusion."""

    is_there: bool | None  # None: it could not be read
    obstacle: PlacementOutcome | None


def run_placement(placement_id: int, *, plan: VisitPlan) -> None:
    """Do what one exclusion needs on one PC now; nothing where another worker has the PC."""
    placement = Placement.objects.select_related("device__group", "exclusion__case").filter(pk=placement_id).first()
    if placement is None:
        return
    with device_lock(placement.device_id) as is_free:
        if not is_free:
            return
        placement.refresh_from_db()
        if placement.status in (PlacementStatus.WAITING, PlacementStatus.PUTTING):
            _with_visit(placement, plan, put=True)
        elif placement.status == PlacementStatus.REMOVING:
            _with_visit(placement, plan, put=False)


def _with_visit(placement: Placement, plan: VisitPlan, *, put: bool) -> None:
    if put and not _may_still_be_put(placement, now=plan.clock()):
        return
    try:
        with visiting(placement.device, plan, placement=placement) as visit:
            if put:
                _put(placement, visit)
            else:
                _remove(placement, visit)
    except MachineError as error:
        _put_off(placement, error.code, detail=error.detail, now=plan.clock())


def _may_still_be_put(placement: Placement, *, now: datetime) -> bool:
    """Look at exclusion and approval once more; what differs from the approval is not carried out."""
    with transaction.atomic():
        exclusion = Exclusion.objects.locked().select_related("case").get(pk=placement.exclusion_id)
        if exclusion.status not in (ExclusionStatus.APPROVED, *IN_FORCE_CODES) or exclusion.expires_at <= now:
            return False
        try:
            check_binding(exclusion)
        except ChangedSinceApproval as error:
            said = {"parts": list(error.parts)}
            audit.record("exclusion_halted", exclusion, case=exclusion.case, actor=None, now=now, **said)
            begin_removal(exclusion, as_=ExclusionStatus.REVOKED, by=None, note=str(error), now=now)
            return False
        _advance(exclusion, ExclusionStatus.APPLYING)
        _move(placement, to=PlacementStatus.PUTTING, now=now)
    return True


def _put(placement: Placement, visit: DeviceVisit) -> None:
    kind, value = ExclusionKind(placement.exclusion.kind), placement.exclusion.value
    found = _look(placement, visit.read_state())
    if placement.was_there_before is None:
        placement.was_there_before = found.is_there and _was_there_before_the_portal(placement)
        placement.save(update_fields=["was_there_before"])
    if found.obstacle is not None:
        _settle(placement, PlacementStatus.REFUSED, outcome=found.obstacle, now=visit.now())
        return
    if not found.is_there:
        visit.send(changing.add_exclusion(kind, value))
        found = _look(placement, visit.read_state())
    if found.is_there:
        outcome = PlacementOutcome.WAS_THERE_BEFORE if placement.was_there_before else None
        _settle(placement, PlacementStatus.THERE, outcome=outcome, now=visit.now())
    else:
        _settle(
            placement, PlacementStatus.REFUSED, outcome=found.obstacle or PlacementOutcome.NOT_TAKEN, now=visit.now()
        )


def _remove(placement: Placement, visit: DeviceVisit) -> None:
    """Take an exclusion off, unless another one in force needs it or it was there before the portal came."""
    kind, value = ExclusionKind(placement.exclusion.kind), placement.exclusion.value
    if placement.was_there_before:
        _settle(placement, PlacementStatus.GONE, outcome=PlacementOutcome.WAS_THERE_BEFORE, now=visit.now())
        return
    for _attempt in range(2):
        found = _look(placement, visit.read_state())
        step = removal_step(is_there=found.is_there, is_needed_by_another=_is_needed_by_another(placement))
        if step is not RemovalStep.REMOVE:
            break
        visit.send(changing.remove_exclusion(kind, value))
    if step is RemovalStep.DONE:
        _settle(placement, PlacementStatus.GONE, outcome=None, now=visit.now())
    elif step is RemovalStep.HANDED_OVER:
        _settle(placement, PlacementStatus.GONE, outcome=PlacementOutcome.NEEDED_BY_ANOTHER, now=visit.now())
    else:
        _put_off(placement, DeviceErrorCode.COMMAND_FAILED, detail=f"step {step.value}", now=visit.now())


def _look(placement: Placement, snapshot: Snapshot) -> Found:
    """Compare as a case-insensitive set; a list that cannot be read says nothing (exclusions.md sections 5 and 6)."""
    entries = _list_of(ExclusionKind(placement.exclusion.kind), snapshot)
    is_hidden = snapshot.policy(r"\Windows Defender", "HideExclusionsFromLocalAdmins") == 1
    is_readable = entries is not None and entries.readable and not is_hidden
    known = {entry.strip().casefold() for entry in entries.entries} if entries else set()
    mode = snapshot.computer_status.troubleshooting_mode if snapshot.computer_status else None
    return Found(
        is_there=placement.exclusion.value_key in known if is_readable else None,
        obstacle=why_not_effective(
            is_merge_disabled=snapshot.policy(r"\Windows Defender", "DisableLocalAdminMerge") == 1,
            is_protected=snapshot.policy(r"\Features", "TPExclusions") == 1,
            is_readable=is_readable,
            is_troubleshooting=(mode or "").casefold() == "enabled",
        ),
    )


def _list_of(kind: ExclusionKind, snapshot: Snapshot) -> ListValue | None:
    if snapshot.preferences is None:
        return None
    is_address = kind is ExclusionKind.IP_ADDRESS
    return snapshot.preferences.exclusion_ip_address if is_address else snapshot.preferences.exclusion_process


def _others_of_the_same(placement: Placement) -> QuerySet[Placement]:
    others = Placement.objects.filter(
        device_id=placement.device_id,
        exclusion__kind=placement.exclusion.kind,
        exclusion__value_key=placement.exclusion.value_key,
    )
    return others.exclude(pk=placement.pk)


def _is_needed_by_another(placement: Placement) -> bool:
    in_use = Q(status__in=[PlacementStatus.PUTTING, PlacementStatus.THERE], exclusion__status__in=IN_FORCE_CODES)
    return _others_of_the_same(placement).filter(in_use).exists()


def _was_there_before_the_portal(placement: Placement) -> bool:
    """Tell whether an entry that was found is somebody else's, not one that another exclusion put or left there."""
    others = _others_of_the_same(placement)
    on_pc = Q(status__in=[PlacementStatus.PUTTING, PlacementStatus.THERE, PlacementStatus.REMOVING])
    latest_gone = others.filter(status=PlacementStatus.GONE).order_by("-ended_at", "-pk").first()
    if latest_gone is not None and latest_gone.outcome == PlacementOutcome.NEEDED_BY_ANOTHER:
        on_pc |= Q(pk=latest_gone.pk)
    return not others.filter(on_pc, was_there_before=False).exists()


@transaction.atomic
def _settle(placement: Placement, to: PlacementStatus, *, outcome: PlacementOutcome | None, now: datetime) -> None:
    """Save what was read back, and what it means for the exclusion as a whole."""
    exclusion = Exclusion.objects.locked().select_related("case").get(pk=placement.exclusion_id)
    locked = Placement.objects.locked().select_related("device").get(pk=placement.pk)
    if locked.status == PlacementStatus.REMOVING and to in (PlacementStatus.THERE, PlacementStatus.REFUSED):
        dispatch.placement_wants_visit(locked.pk)  # revoked or expired meanwhile: the removal has the word
        return
    locked.outcome = outcome.value if outcome else ""
    locked.error_code = locked.error_detail = ""
    locked.next_attempt_at = None
    locked.verified_at = now if to is PlacementStatus.THERE else locked.verified_at
    _move(locked, to=to, now=now)
    pc = locked.device.hostname
    audit.record(
        f"placement_{to.value}", exclusion, case=exclusion.case, actor=None, now=now, device=pc, outcome=locked.outcome
    )
    _follow(exclusion, now=now)


def _follow(exclusion: Exclusion, *, now: datetime) -> None:
    """Bring a locked exclusion to where its placements are; the first few PCs go before the rest."""
    settled = {PlacementStatus.THERE, PlacementStatus.REFUSED}
    statuses = set(exclusion.placements.values_list("status", flat=True))
    first = set(exclusion.placements.filter(is_canary=True).values_list("status", flat=True))
    if exclusion.status == ExclusionStatus.APPLYING and first == {PlacementStatus.REFUSED}:
        begin_removal(exclusion, as_=ExclusionStatus.REFUSED, by=None, note="no PC took it", now=now)
        return
    if exclusion.status == ExclusionStatus.APPLYING and first <= settled:
        _advance(exclusion, ExclusionStatus.APPLIED)
        for rest in exclusion.placements.filter(status=PlacementStatus.WAITING):
            dispatch.placement_wants_visit(rest.pk)
    if exclusion.status == ExclusionStatus.APPLIED and statuses <= settled:
        _advance(exclusion, ExclusionStatus.VERIFIED)
        audit.record("exclusion_verified", exclusion, case=exclusion.case, actor=None, now=now)
    finish_removal(exclusion, now=now)


def _advance(exclusion: Exclusion, to: ExclusionStatus) -> None:
    """Move a locked exclusion on where the table has that step; it may stand there already."""
    if to in TRANSITIONS[ExclusionStatus(exclusion.status)] and exclusion.status != ExclusionStatus.VERIFIED:
        exclusion.status = to.value
        exclusion.save(update_fields=["status"])


def _move(placement: Placement, *, to: PlacementStatus, now: datetime) -> None:
    if placement.status == to:
        return
    check_transition(PLACEMENT_TRANSITIONS, PlacementStatus(placement.status), to)
    placement.status = to.value
    placement.ended_at = None if PLACEMENT_TRANSITIONS[to] else now
    placement.save()


@transaction.atomic
def _put_off(placement: Placement, code: DeviceErrorCode, *, detail: str, now: datetime) -> None:
    """Remember why a visit came to nothing, and when the next one is due: growing pauses, an hour at most."""
    locked = Placement.objects.locked().get(pk=placement.pk)
    locked.attempts += 1
    locked.next_attempt_at = now + min(FIRST_PAUSE * 2 ** min(locked.attempts - 1, 16), LONGEST_PAUSE)
    locked.error_code, locked.error_detail = code.value, detail
    locked.save()
    log.info("placement_put_off", placement_id=locked.pk, code=code.value)


def due_placements(*, now: datetime) -> list[int]:
    """Give the placements to visit now: the first few PCs of an exclusion before the rest."""
    may_go = Q(is_canary=True) | ~Q(exclusion__status__in=[ExclusionStatus.APPROVED, ExclusionStatus.APPLYING])
    wanted = Placement.objects.wanting_a_visit(now=now)
    return list(wanted.filter(may_go | Q(status=PlacementStatus.REMOVING)).values_list("pk", flat=True))


def expire_exclusions(*, now: datetime) -> None:
    """End what is due, each in its own transaction."""
    for pk in list(Exclusion.objects.due_to_expire(now=now).values_list("pk", flat=True)):
        with transaction.atomic():
            exclusion = Exclusion.objects.due_to_expire(now=now).locked().select_related("case").filter(pk=pk).first()
            if exclusion is not None:
                begin_removal(exclusion, as_=ExclusionStatus.EXPIRED, by=None, note="", now=now)
