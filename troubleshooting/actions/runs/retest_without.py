"""Is it still blocked without the exclusion? In audit mode, lent by a lease, so that nobody is blocked meanwhile.

The order keeps two promises. The PC's placement moves back to "being put" and is committed BEFORE the exclusion is
taken off: whatever is lost after that, the machinery of placements puts it back (or leaves it off where it ended
meanwhile). And audit mode stays until it is back, or until the lease's own end.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.handover import is_needed_by_another
from troubleshooting.actions.exclusions.lifecycle import lock_exclusion
from troubleshooting.actions.exclusions.placements import (
    lock_placement,
    may_still_be_put,
    move_placement,
    put_off_stopped,
)
from troubleshooting.actions.exclusions.retests import end_retest, put_off_retest
from troubleshooting.actions.gate import EmergencyStopped, is_stopped
from troubleshooting.actions.leases.lease_steps import end_and_restore
from troubleshooting.actions.leases.lease_visit import LeaseVisit
from troubleshooting.actions.runs.on_pc import look, put_and_prove, send_removal
from troubleshooting.actions.runs.retest import conclude, request_page_for
from troubleshooting.actions.visits.device_visit import DeviceVisit
from troubleshooting.actions.visits.page_requests import read_log
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.lease import ENDED, SETTLES_AFTER, LeaseStatus, Outcome
from troubleshooting.domain.retests.retest import NEEDED_FOR_A_TRY, RetestOutcome
from troubleshooting.models import Exclusion, Placement, Retest, SettingLease

TAKEN_OFF = "taken_off_at"
WHY_NOT = "why_not"
WHY_NO_LEASE = {
    Outcome.NOT_REACHED.value: RetestOutcome.PC_NOT_REACHED,
    Outcome.EMERGENCY_STOPPED.value: RetestOutcome.EMERGENCY_STOPPED,
}
_READ_BACK = frozenset({LeaseStatus.RESTORED.value, LeaseStatus.SUPERSEDED.value})


class RetestOnLease:
    """A re-test without the exclusion as the holder of its lease."""

    JOINED: ClassVar[str] = "retest__exclusion__case__device"
    LEFT: ClassVar[Q] = Q(retest__isnull=False, retest__ended_at=None)
    UNTOLD: ClassVar[Q] = LEFT
    is_waited_for = False

    def __init__(self, retest: Retest) -> None:
        self._retest = retest

    @classmethod
    def of(cls, lease: SettingLease) -> RetestOnLease | None:
        """Return the re-test of a lease, where it is not over."""
        retest = getattr(lease, "retest", None)
        return cls(retest) if retest is not None and retest.ended_at is None else None

    def wants_visit(self, lease: SettingLease, *, now: datetime) -> bool:
        """Tell whether to try, to put the exclusion back, or to read the log of an ended lease."""
        if lease.status != LeaseStatus.ACTIVE:
            return lease.status in _READ_BACK
        placement = _placement_of(self._retest)
        return placement is None or placement.status != PlacementStatus.APPLYING or placement.is_due(now=now)

    def go_on(self, lease: SettingLease, visit: LeaseVisit) -> None:
        """Take the exclusion off, request the page, put it back, give the mode back, read the log: as far as it is."""
        self._retest.refresh_from_db(fields=["content", "ended_at"])
        if self._retest.ended_at is not None:
            return
        if lease.status == LeaseStatus.ACTIVE:
            _try_or_put_back(self._retest, lease, visit.beside(retest=self._retest))
            if is_being_put(self._retest):
                return  # audit mode stays until the exclusion is back; the lease's end comes all the same
            end_and_restore(lease, visit, why="retested")
        if lease.status in _READ_BACK:
            since = _taken_off_at(self._retest)
            snapshot = read_log(visit, since=since, lag=visit.log_lag) if since else None
            conclude_without(self._retest, snapshot, now=visit.now())

    def follow(self, lease: SettingLease, *, now: datetime) -> None:
        """End a re-test whose lease came to nothing; a PC that was not reached is tried again later."""
        if LeaseStatus(lease.status) not in ENDED or lease.status in _READ_BACK:
            return
        with transaction.atomic():
            exclusion = _lock_exclusion_of(self._retest)
            locked = Retest.objects.open().locked().filter(pk=self._retest.pk).first()
            if locked is None:
                return
            outcome = WHY_NO_LEASE.get(lease.outcome, RetestOutcome.LEASE_NOT_POSSIBLE)
            if outcome is not RetestOutcome.PC_NOT_REACHED:
                end_retest(locked, outcome, case=exclusion.case, now=now, lease_outcome=lease.outcome)
                return
            locked.lease = None  # the next try has a lease of its own
            code = DeviceErrorCode(lease.error_code or DeviceErrorCode.UNREACHABLE)
            put_off_retest(locked, code, detail=lease.error_detail, case=exclusion.case, now=now)

    def give_up(self, lease: SettingLease, *, now: datetime) -> None:
        """Conclude without a log; nothing where the re-test has left the lease."""
        if Retest.objects.open().filter(pk=self._retest.pk, lease=lease).exists():
            conclude_without(self._retest, None, now=now)


def is_being_put(retest: Retest) -> bool:
    """Tell whether the exclusion is on its way back to the PC."""
    placement = _placement_of(retest)
    return placement is not None and placement.status == PlacementStatus.APPLYING


def conclude_without(retest: Retest, snapshot: Snapshot | None, *, now: datetime) -> None:
    """Store what the try showed, or why there was none."""
    retest.refresh_from_db(fields=["content"])
    if "requested_at" in retest.content:
        since = _taken_off_at(retest)
        assert since is not None, "nothing is requested before it is taken off"
        conclude(retest, snapshot, since=since, now=now)
        return
    with transaction.atomic():
        exclusion = _lock_exclusion_of(retest)
        locked = Retest.objects.open().locked().filter(pk=retest.pk).first()
        if locked is not None:
            outcome = RetestOutcome(locked.content.get(WHY_NOT, RetestOutcome.PC_NOT_REACHED))
            end_retest(locked, outcome, case=exclusion.case, now=now)


# --- Off and back -----------------------------------------------------------------------------------------------------


def _try_or_put_back(retest: Retest, lease: SettingLease, visit: DeviceVisit) -> None:
    """Try once. A worker that comes after a lost one only puts the exclusion back."""
    placement = _placement_of(retest)
    if placement is None:
        _keep(retest, **{WHY_NOT: RetestOutcome.NOT_ON_THIS_PC.value})
    elif TAKEN_OFF not in retest.content and WHY_NOT not in retest.content:
        _try_without(retest, placement, lease, visit)
    elif placement.status == PlacementStatus.APPLYING and placement.is_due(now=visit.now()):
        _put_back(placement, visit)


def _try_without(retest: Retest, placement: Placement, lease: SettingLease, visit: DeviceVisit) -> None:
    why_not = _why_not_on_pc(placement, lease, visit) or _let_go(retest, placement, now=visit.now())
    if why_not is not None:
        _keep(retest, **{WHY_NOT: why_not.value})
        return
    try:
        send_removal(placement, visit)
    except EmergencyStopped:  # nothing was sent
        _keep(retest, **{WHY_NOT: RetestOutcome.EMERGENCY_STOPPED.value})
    else:
        if not visit.is_settled:
            return  # it may still be carried out: the next visit comes when it cannot be any more
        Placement.objects.filter(pk=placement.pk).update(next_attempt_at=None)
        if look(placement, visit.read_state()).is_there is False:
            _keep(retest, **request_page_for(retest, visit))
    _put_back(placement, visit)


def _why_not_on_pc(placement: Placement, lease: SettingLease, visit: DeviceVisit) -> RetestOutcome | None:
    """Look at the PC before anything is taken off."""
    if is_stopped():
        return RetestOutcome.EMERGENCY_STOPPED
    found = look(placement, visit.read_state())
    if found.obstacle is not None or not found.is_there:
        return RetestOutcome.NOT_ON_THIS_PC
    return RetestOutcome.PC_NOT_REACHED if lease.ends_at - visit.now() < NEEDED_FOR_A_TRY else None


@transaction.atomic
def _let_go(retest: Retest, placement: Placement, *, now: datetime) -> RetestOutcome | None:
    """Commit that the PC may be without it from now on; the reason where it must not be."""
    exclusion, locked = lock_exclusion(placement), lock_placement(placement)
    why_not = _why_not_let_go(exclusion, locked, now=now)
    if why_not is not None:
        return why_not
    # Until then a lost worker's command may still take it off: what is read before proves nothing.
    locked.next_attempt_at = now + SETTLES_AFTER
    move_placement(locked, to=PlacementStatus.APPLYING, now=now)
    kept = Retest.objects.locked().get(pk=retest.pk)
    kept.content |= {TAKEN_OFF: now.isoformat()}
    kept.save(update_fields=["content"])
    activity_log.record("retest_taken_off", kept, case=exclusion.case, actor=None, now=now)
    retest.content, placement.status = kept.content, locked.status
    return None


def _why_not_let_go(exclusion: Exclusion, locked: Placement, *, now: datetime) -> RetestOutcome | None:
    if not exclusion.is_in_force(now=now):
        return RetestOutcome.EXCLUSION_ENDED
    if locked.status != PlacementStatus.VERIFIED:
        return RetestOutcome.NOT_ON_THIS_PC
    if locked.was_there_before or is_needed_by_another(locked):
        return RetestOutcome.NOT_THE_PORTALS
    return None


def _put_back(placement: Placement, visit: DeviceVisit) -> None:
    """Put the exclusion back and read it back, unless it ended meanwhile; what fails stays at "being put"."""
    if not may_still_be_put(placement, now=visit.now()):
        return
    try:
        put_and_prove(placement, visit)
    except EmergencyStopped:
        put_off_stopped(placement, now=visit.now())


# --- Small steps ------------------------------------------------------------------------------------------------------


def _keep(retest: Retest, **facts: Any) -> None:
    """Keep facts at once, so that a later worker has them."""
    retest.content |= facts
    Retest.objects.filter(pk=retest.pk).update(content=retest.content)


def _placement_of(retest: Retest) -> Placement | None:
    joined = Placement.objects.select_related("device__group", "exclusion__case", "exclusion__scope_group")
    return joined.filter(exclusion_id=retest.exclusion_id, device_id=retest.device_id).first()


def _lock_exclusion_of(retest: Retest) -> Exclusion:
    return Exclusion.objects.locked().select_related("case").get(pk=retest.exclusion_id)


def _taken_off_at(retest: Retest) -> datetime | None:
    taken_off_at = retest.content.get(TAKEN_OFF)
    return datetime.fromisoformat(taken_off_at) if taken_off_at else None
