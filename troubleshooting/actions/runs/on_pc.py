"""What a worker does for an exclusion on one PC: put it, prove it, take it off, prove that.

"Verified" and "removed" are said only of what was read back. The approval is checked again before anything is sent.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from troubleshooting.actions.exclusions.handover import hand_over, is_needed_by_another, others_of_the_same
from troubleshooting.actions.exclusions.placements import (
    is_undone,
    may_still_be_put,
    put_off,
    put_off_stopped,
    settle,
)
from troubleshooting.actions.gate import EmergencyStopped, is_stopped, write_gate
from troubleshooting.actions.locks import device_lock
from troubleshooting.actions.runs.in_tenant import TenantPlan, run_in_tenant
from troubleshooting.actions.visits.device_visit import DeviceVisit, visiting
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.actions.waking import wake_next
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.events import CHANGE_REFUSED, clock_skew
from troubleshooting.domain.evidence.policies import EXCLUSIONS_HIDDEN, LOCAL_LISTS_IGNORED, is_on
from troubleshooting.domain.evidence.readings import is_answered
from troubleshooting.domain.evidence.snapshot import ListValue, Snapshot
from troubleshooting.domain.exclusions.events import exclusion_change
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, PutStep, RemovalStep, put_step, removal_step
from troubleshooting.domain.exclusions.placement import (
    TO_PUT,
    TO_VISIT,
    PlacementOutcome,
    PlacementStatus,
    why_not_effective,
)
from troubleshooting.domain.leases.lease import SETTLES_AFTER, is_settled
from troubleshooting.machines import changing
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import Placement

FRESH = ("status", "was_there_before", "put_at", "late_put_until", "late_removal_until")  # read again under the lock
SILENT = "The PC did not report its lists and policies."
LATE = (
    "A command sent before the connection was lost may still be carried out. The portal "
    "reads again once that is no longer possible."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a PC says about one exclusion."""

    is_there: bool | None  # None: it could not be read
    obstacle: PlacementOutcome | None

    @property
    def is_silent(self) -> bool:
        """Tell whether the PC did not say; a list that it hides is an obstacle instead."""
        return self.is_there is None and self.obstacle is None


@dataclass(frozen=True, slots=True)
class Logged:
    """What the PC's log says about a change that was just asked for; None and False where it says nothing."""

    changed_at: datetime | None = None  # of event 5007, by the PC's own clock
    was_refused: bool = False  # event 5013


def run_placement(placement_id: int, *, plan: VisitPlan, tenant: TenantPlan) -> None:
    """Do what one exclusion needs in one place now; nothing where another worker is there, or writes are stopped."""
    joined = Placement.objects.select_related("device__group", "exclusion__case", "exclusion__scope_group")
    placement = joined.filter(pk=placement_id).first()
    if placement is None:
        return
    if is_stopped() and not is_undone(placement):
        if placement.status in TO_VISIT:
            put_off_stopped(placement, now=plan.clock())  # so that the page says why nothing happens
        return
    if placement.device is None:
        run_in_tenant(placement, plan=tenant)
        return
    with device_lock(placement.device.pk) as is_free:
        if not is_free:
            return
        placement.refresh_from_db(fields=FRESH)
        put = placement.status in TO_PUT
        if not (may_still_be_put(placement, now=plan.clock()) if put else placement.status == PlacementStatus.REMOVING):
            return
        _with_visit(placement, plan, put=put)
    wake_next(placement.device.pk, now=plan.clock())


def _with_visit(placement: Placement, plan: VisitPlan, *, put: bool) -> None:
    assert placement.device is not None, "a visit is to a PC"
    try:
        with visiting(placement.device, plan, changes=True, placement=placement) as visit:
            if put:
                put_and_prove(placement, visit)
            else:
                _remove(placement, visit)
    except EmergencyStopped:
        put_off_stopped(placement, now=plan.clock())
    except MachineError as error:
        put_off(placement, error.code, detail=error.detail, now=plan.clock())


def put_and_prove(placement: Placement, visit: DeviceVisit) -> None:
    """Put an exclusion that stands at "being put", and settle what was read back; raises EmergencyStopped."""
    found = look(placement, visit.read_state())
    if found.is_silent:
        _put_off_unread(placement, visit, detail=SILENT)
        return
    _learn_whose_it_is(placement, found)
    if found.obstacle is not None:
        _refuse(placement, visit, found, outcome=found.obstacle)
        return
    logged = Logged()
    if put_step(is_there=found.is_there) is PutStep.PUT:
        begun = visit.now()
        _remember_whose_it_is(placement, was_there_before=False)
        send_put(placement, visit)
        found = look(placement, visit.read_state())
        logged = _read_log(placement, visit, since=begun)
    if found.is_silent:
        _put_off_unread(placement, visit, detail=SILENT)
    elif put_step(is_there=found.is_there) is PutStep.DONE:
        _settle_there(placement, logged, now=visit.now())
    else:
        not_let = any(name.startswith("add_") for name in visit.refused)
        outcome = found.obstacle or (PlacementOutcome.ENDPOINT_REFUSED if not_let else PlacementOutcome.NOT_TAKEN)
        if logged.was_refused:
            outcome = PlacementOutcome.TAMPER_PROTECTION
        _refuse(placement, visit, found, outcome=outcome)


def _learn_whose_it_is(placement: Placement, found: Found) -> None:
    """Keep, from the first look that says something, whether an entry was there that is not the portal's.

    As long as it is not known, nothing was sent for this placement.
    """
    if placement.was_there_before is None and found.is_there is not None:
        was_there = found.is_there and _was_there_before_the_portal(placement)
        _remember_whose_it_is(placement, was_there_before=was_there)


def _remember_whose_it_is(placement: Placement, *, was_there_before: bool) -> None:
    if placement.was_there_before is not was_there_before:
        placement.was_there_before = was_there_before
        placement.save(update_fields=["was_there_before"])


def _refuse(placement: Placement, visit: DeviceVisit, found: Found, *, outcome: PlacementOutcome) -> None:
    """Say that the PC does not take it, once nothing is left there that this visit, or a lost one, may have put."""
    if _may_be_left(placement, found) and found.is_there:
        send_removal(placement, visit)
        found = look(placement, visit.read_state())
    if _may_be_left(placement, found):
        detail = f"{outcome.value}; what was sent may still be in effect"
        put_off(placement, DeviceErrorCode.COMMAND_FAILED, detail=detail, now=visit.now())
        return
    _settle_once_sure(placement, PlacementStatus.REJECTED, outcome=outcome, now=visit.now())


def _settle_once_sure(
    placement: Placement, to: PlacementStatus, *, outcome: PlacementOutcome | None, now: datetime, **facts: object
) -> None:
    """Settle what was read, unless a command of a lost connection may still make it untrue: then it is read again."""
    late = placement.late_removal_until if to is PlacementStatus.VERIFIED else placement.late_put_until
    if is_settled(late, now=now):
        settle(placement, to, outcome=outcome, now=now, **facts)
    else:
        put_off(placement, DeviceErrorCode.SESSION_LOST, detail=LATE, now=now, until=late)


def _may_be_left(placement: Placement, found: Found) -> bool:
    """Tell whether the value may be there by this placement alone; None as the answer to "is it there" is a maybe."""
    is_ours = placement.was_there_before is False and not is_needed_by_another(placement)
    return is_ours and found.is_there is not False


def _settle_there(placement: Placement, logged: Logged, *, now: datetime) -> None:
    if logged.changed_at is not None:
        Placement.objects.filter(pk=placement.pk).update(event_at=logged.changed_at)
    outcome = PlacementOutcome.WAS_THERE_BEFORE if placement.was_there_before else None
    event = logged.changed_at.isoformat() if logged.changed_at else None
    _settle_once_sure(placement, PlacementStatus.VERIFIED, outcome=outcome, now=now, event_5007=event)


def _remove(placement: Placement, visit: DeviceVisit) -> None:
    """Take an exclusion off, unless another one in force needs it or it was there before the portal came."""
    for _attempt in range(2):
        found = look(placement, visit.read_state())
        _learn_whose_it_is(placement, found)
        if placement.was_there_before:
            settle(placement, PlacementStatus.REMOVED, outcome=PlacementOutcome.WAS_THERE_BEFORE, now=visit.now())
            return
        step = removal_step(is_there=found.is_there, is_needed_by_another=is_needed_by_another(placement))
        if step is not RemovalStep.REMOVE:
            break
        send_removal(placement, visit)
    if step is RemovalStep.DONE:
        _settle_once_sure(placement, PlacementStatus.REMOVED, outcome=None, now=visit.now())
    elif step is RemovalStep.HANDED_OVER:
        hand_over(placement)
        settle(placement, PlacementStatus.REMOVED, outcome=PlacementOutcome.NEEDED_BY_ANOTHER, now=visit.now())
    else:
        _put_off_unread(placement, visit, detail=f"step {step.value}")


def _put_off_unread(placement: Placement, visit: DeviceVisit, *, detail: str) -> None:
    code, why = visit.failure(detail)
    put_off(placement, code, detail=why, now=visit.now())


def send_put(placement: Placement, visit: DeviceVisit) -> None:
    """Ask the PC to add the value; raises EmergencyStopped before anything is sent."""
    exclusion = placement.exclusion
    with write_gate(), _on_its_way(placement, visit, "late_put_until"):
        visit.send(changing.add_exclusion(ExclusionKind(exclusion.kind), exclusion.value))


def send_removal(placement: Placement, visit: DeviceVisit) -> None:
    """Ask the PC to take the value off; raises EmergencyStopped before anything is sent, unless it is an undo."""
    exclusion = placement.exclusion
    with write_gate(is_undo=is_undone(placement)), _on_its_way(placement, visit, "late_removal_until"):
        visit.send(changing.remove_exclusion(ExclusionKind(exclusion.kind), exclusion.value))


@contextlib.contextmanager
def _on_its_way(placement: Placement, visit: DeviceVisit, field: str) -> Iterator[None]:
    """Keep, from before a command is sent until it was answered, how long it may still be carried out.

    A connection that is lost leaves the moment behind; one that an earlier visit left stays until it has passed.
    """
    before: datetime | None = getattr(placement, field)
    _keep(placement, field, visit.now() + SETTLES_AFTER)
    yield
    if visit.is_settled:
        _keep(placement, field, before)


def _keep(placement: Placement, field: str, moment: datetime | None) -> None:
    setattr(placement, field, moment)
    Placement.objects.filter(pk=placement.pk).update(**{field: moment})


def look(placement: Placement, snapshot: Snapshot) -> Found:
    """Compare as a case-insensitive set; a list that cannot be read says nothing.

    Source: docs/reference/exclusions.md sections 5 and 6.

    Where lists, policy or status were not answered at all, nothing is known, neither for nor against.
    """
    if snapshot.preferences is None or snapshot.computer_status is None or not is_answered(snapshot, "policy_values"):
        return Found(is_there=None, obstacle=None)
    entries = list_of(ExclusionKind(placement.exclusion.kind), snapshot)
    is_hidden = is_on(snapshot, EXCLUSIONS_HIDDEN)
    is_readable = entries is not None and entries.readable and not is_hidden
    known = {entry.strip().lower() for entry in entries.entries} if entries else set()
    mode = snapshot.computer_status.troubleshooting_mode
    return Found(
        is_there=placement.exclusion.value_key in known if is_readable else None,
        obstacle=why_not_effective(
            is_merge_disabled=is_on(snapshot, LOCAL_LISTS_IGNORED),
            is_protected=snapshot.policy(r"\Features", "TPExclusions") == 1,
            is_readable=is_readable,
            is_troubleshooting=(mode or "").casefold() == "enabled",
        ),
    )


def list_of(kind: ExclusionKind, snapshot: Snapshot) -> ListValue | None:
    """Return the PC's own list for a kind; None where the PC did not say."""
    if snapshot.preferences is None:
        return None
    is_address = kind is ExclusionKind.IP_ADDRESS
    return snapshot.preferences.exclusion_ip_address if is_address else snapshot.preferences.exclusion_process


def _read_log(placement: Placement, visit: DeviceVisit, *, since: datetime) -> Logged:
    """Look for 5007 and 5013, once more after a few seconds, for the log lags.

    Source: docs/reference/exclusions.md section 6, step 5.
    """
    for pause in (0.0, visit.log_lag.total_seconds()):
        time.sleep(pause)
        logged = _logged(placement, visit.read_events(since=since), since=since)
        if logged != Logged():
            return logged
    return Logged()


def _logged(placement: Placement, snapshot: Snapshot, *, since: datetime) -> Logged:
    begun = since + clock_skew(snapshot)
    fresh = [event for event in snapshot.events or () if event.recorded_at >= begun]
    key = placement.exclusion.value_key
    changed = [event.recorded_at for event in fresh if (change := exclusion_change(event)) and change.value_key == key]
    refused = any(event.event_id == CHANGE_REFUSED for event in fresh)
    return Logged(max(changed, default=None), was_refused=refused)


def _was_there_before_the_portal(placement: Placement) -> bool:
    """Tell whether an entry that was found is somebody else's, not one that another exclusion put or left there."""
    others = others_of_the_same(placement)
    on_pc = Q(status__in=[PlacementStatus.APPLYING, PlacementStatus.VERIFIED, PlacementStatus.REMOVING])
    latest_gone = others.filter(status=PlacementStatus.REMOVED).order_by("-ended_at", "-pk").first()
    if latest_gone is not None and latest_gone.outcome == PlacementOutcome.NEEDED_BY_ANOTHER:
        on_pc |= Q(pk=latest_gone.pk)
    return not others.filter(on_pc, was_there_before=False).exists()
