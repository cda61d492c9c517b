"""What a visit does with a lease. Each step is committed before the next command leaves for the PC.

What changes a PC passes the gate of the emergency stop (``gate``): its own way back, and the value during. What gives
it its earlier value back does not, and is never stopped: :func:`restore_lease` with the removal of the task, turning
back, and the put-backs of a change that came too late.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.gate import EmergencyStopped, write_gate
from troubleshooting.actions.leases.lease_visit import LeaseVisit
from troubleshooting.actions.leases.leases import end_lease, move_lease
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.leases.lease import (
    RETRY_EVERY,
    SETTLES_AFTER,
    TASK_GRACE,
    LeaseStatus,
    NextStep,
    Outcome,
    is_due,
    is_settled,
    step_back,
    why_not_changed,
)
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import SettingLease
from troubleshooting.models.lease import OPEN_CODES
from troubleshooting.models.privileges import changing_fields

log = structlog.get_logger(__name__)


class LeaseMoved(Exception):
    """The lease is not where this worker left it: another one went on with it."""


@contextlib.contextmanager
def _step(lease: SettingLease, expected: LeaseStatus) -> Iterator[SettingLease]:
    """Lock the lease for one step; raises LeaseMoved where it is not as this worker left it."""
    with transaction.atomic():
        locked = SettingLease.objects.locked().select_related("case").get(pk=lease.pk)
        if locked.status != expected:
            raise LeaseMoved
        yield locked
    _take_over(lease, locked)


def _take_over(lease: SettingLease, locked: SettingLease) -> None:
    for field in FOLLOWED:
        setattr(lease, field, getattr(locked, field))


FOLLOWED = (
    "status",
    "outcome",
    "value_before",
    "value_seen",
    "started_at",
    "ends_at",
    "task_fires_at",
    "unsettled_until",
    "error_code",
    "error_detail",
    "ended_at",
)


def begin_lease(lease: SettingLease, visit: LeaseVisit, *, length: timedelta) -> None:
    """Change the setting, with the PC's own way back set first; ends as ACTIVE, or at once as NOT_APPLIED or RESTORING.

    NOT_APPLIED also where the emergency stop is on.
    """
    status = LeaseStatus(lease.status)
    state = visit.read_lease_state(lease.pk)
    obstacle = why_not_changed(mode=state.mode, wanted=lease.value_during, is_managed=state.is_managed)
    if obstacle is None and not state.shows_tasks:
        obstacle = Outcome.TASK_NOT_SET  # a task that cannot be read back could never be seen to be gone
    with _step(lease, status) as locked:
        locked.value_seen = state.mode
        if obstacle is not None:
            move_lease(locked, to=LeaseStatus.NOT_APPLIED, now=visit.now(), outcome=visit.named(obstacle))
            return
        locked.value_before = state.mode
        if status == LeaseStatus.REQUESTED:
            move_lease(locked, to=LeaseStatus.PREPARED, now=visit.now())
        else:
            locked.save(update_fields=changing_fields(SettingLease))
    try:
        with write_gate():
            is_set = _set_way_back(lease, visit, length=length, skew_s=state.skew_s)
    except EmergencyStopped:  # nothing was sent
        with _step(lease, LeaseStatus.PREPARED) as locked:
            move_lease(locked, to=LeaseStatus.NOT_APPLIED, now=visit.now(), outcome=Outcome.EMERGENCY_STOPPED)
        return
    if not is_set:
        _turn_back(lease, visit, Outcome.TASK_NOT_SET)
        return
    _change(lease, visit)


def _set_way_back(lease: SettingLease, visit: LeaseVisit, *, length: timedelta, skew_s: float) -> bool:
    """Note that the PC may be changed from now on, and give it its own way back; True when that was read back."""
    with _step(lease, LeaseStatus.PREPARED) as locked:
        locked.started_at = visit.now()
        locked.ends_at = locked.started_at + length
        locked.task_fires_at = locked.ends_at + TASK_GRACE + timedelta(seconds=skew_s)
        locked.unsettled_until = visit.now() + SETTLES_AFTER
        move_lease(locked, to=LeaseStatus.CHANGING, now=visit.now())
    assert lease.task_fires_at is not None, "set with the start"
    return visit.set_restore_task(lease.pk, back_to=_mode(lease.value_before), at=lease.task_fires_at)


def _change(lease: SettingLease, visit: LeaseVisit) -> None:
    """Set the value during and believe only what is read back; turned back at once where the stop came meanwhile."""
    with _step(lease, LeaseStatus.CHANGING) as locked:  # the last look: nobody has given this worker up
        locked.unsettled_until = visit.now() + SETTLES_AFTER
        locked.save(update_fields=["unsettled_until"])
    try:
        with write_gate():
            visit.set_mode(_mode(lease.value_during))
    except EmergencyStopped:
        _turn_back(lease, visit, Outcome.EMERGENCY_STOPPED)
        return
    _settle(lease, visit)
    seen = visit.read_mode()
    is_ours = step_back(before=_mode(lease.value_before), during=lease.value_during, present=seen) is not NextStep.LEAVE
    try:
        with _step(lease, LeaseStatus.CHANGING) as locked:
            locked.value_seen = seen
            if seen == locked.value_during:
                move_lease(locked, to=LeaseStatus.ACTIVE, now=visit.now())
                activity_log.record(
                    "lease_active", locked, case=locked.case, actor=None, now=visit.now(), value_seen=seen
                )
                return
            locked.save(update_fields=changing_fields(SettingLease))
    except LeaseMoved:
        if is_ours:
            visit.set_mode(_mode(lease.value_before))  # too late: it was ended meanwhile
        raise
    if is_ours:
        visit.set_mode(_mode(lease.value_before))  # refused, and set all the same, for what lies under a policy
    refused = visit.was_refused(since=lease.started_at or visit.now())
    _turn_back(lease, visit, Outcome.TAMPER_PROTECTION if refused else Outcome.NOT_TAKEN)


def _turn_back(lease: SettingLease, visit: LeaseVisit, outcome: Outcome) -> None:
    """End a lease whose change was refused, or stopped before it was sent. Never stopped itself: it only restores."""
    _settle(lease, visit)
    with _step(lease, LeaseStatus.CHANGING) as locked:
        move_lease(locked, to=LeaseStatus.RESTORING, now=visit.now(), outcome=visit.named(outcome))
    restore_lease(lease, visit)


def _settle(lease: SettingLease, visit: LeaseVisit) -> None:
    """Note that nothing is on its way any more, where every change of this visit was answered."""
    if visit.is_settled:
        SettingLease.objects.filter(pk=lease.pk).update(unsettled_until=None)
        lease.unsettled_until = None


def restore_lease(lease: SettingLease, visit: LeaseVisit) -> bool:
    """Put the value before back and take the PC's task away; True when both were read back.

    The emergency stop does not stop this: it gives the PC its earlier protection back.
    """
    if lease.status != LeaseStatus.RESTORING:
        with _step(lease, LeaseStatus(lease.status)) as locked:
            move_lease(locked, to=LeaseStatus.RESTORING, now=visit.now())
    before, settled = _mode(lease.value_before), is_settled(lease.unsettled_until, now=visit.now())
    seen = visit.read_mode()
    step = step_back(before=before, during=lease.value_during, present=seen)
    if step is not NextStep.LEAVE or visit.read_lease_state(lease.pk).is_managed:
        # Also where the value before is seen: a policy that came meanwhile would hide the value during underneath.
        visit.set_mode(before)
        seen = visit.read_mode()
        step = step_back(before=before, during=lease.value_during, present=seen)
    if not settled:
        put_off(lease, DeviceErrorCode.SESSION_LOST, detail=f"not settled, value {seen}", now=visit.now())
        return False
    if step in (NextStep.PUT_BACK, NextStep.READ_AGAIN) or not visit.remove_restore_task(lease.pk):
        code, why = visit.failure(f"step {step.value}, value {seen}")
        put_off(lease, code, detail=why, now=visit.now())
        return False
    with _step(lease, LeaseStatus.RESTORING) as locked:
        locked.value_seen = seen
        move_lease(locked, to=_end_of(locked, step), now=visit.now())
    return True


def end_and_restore(lease: SettingLease, visit: LeaseVisit, *, why: str) -> None:
    """Ask for the value before on behalf of the portal, and put it back over the open connection."""
    with transaction.atomic():
        locked = end_lease(lease.pk, by=None, why=why, now=visit.now())
    _take_over(lease, locked)
    restore_lease(lease, visit)


def _end_of(lease: SettingLease, step: NextStep) -> LeaseStatus:
    if step is NextStep.LEAVE:
        return LeaseStatus.SUPERSEDED
    return LeaseStatus.REFUSED if lease.outcome else LeaseStatus.RESTORED


@transaction.atomic
def put_off(lease: SettingLease, code: DeviceErrorCode, *, detail: str, now: datetime) -> None:
    """Remember why a visit came to nothing. What may have been changed is tried again; what was not is given up."""
    locked = SettingLease.objects.locked().select_related("case").get(pk=lease.pk)
    if locked.status in (LeaseStatus.REQUESTED, LeaseStatus.PREPARED):
        move_lease(locked, to=LeaseStatus.NOT_APPLIED, now=now, outcome=Outcome.NOT_REACHED)
    elif locked.status in OPEN_CODES:
        if locked.status == LeaseStatus.CHANGING or is_due(LeaseStatus(locked.status), locked.ends_at, now=now):
            _to_restoring(locked, now=now)
        locked.next_attempt_at = now + RETRY_EVERY
    locked.note_failure(code, detail=detail)  # last: a move forgets the failure before
    locked.save(update_fields=changing_fields(SettingLease))
    lease.status = locked.status
    log.warning("lease_put_off", lease_id=lease.pk, status=locked.status, code=code.value)


def _to_restoring(locked: SettingLease, *, now: datetime) -> None:
    if locked.status != LeaseStatus.RESTORING:
        move_lease(locked, to=LeaseStatus.RESTORING, now=now)


def tend_lease(lease: SettingLease, visit: LeaseVisit, *, length: timedelta) -> None:
    """Do what a lease needs now, over an open connection; raises MachineError when the PC is lost on the way."""
    status = LeaseStatus(lease.status)
    if status in (LeaseStatus.REQUESTED, LeaseStatus.PREPARED):
        if lease.ends_at <= visit.now():  # asked for while the workers were away: whoever agreed has gone by now
            put_off(
                lease, DeviceErrorCode.TIMED_OUT, detail="The time it was requested for has passed.", now=visit.now()
            )
            return
        begin_lease(lease, visit, length=length)
    elif status == LeaseStatus.CHANGING or is_due(status, lease.ends_at, now=visit.now()):
        restore_lease(lease, visit)


def _mode(value: int | None) -> ProtectionMode:
    """Return the mode of a stored value; a constraint keeps it from being empty wherever this is asked."""
    assert value is not None, "the value before comes first"
    return ProtectionMode(value)
