"""What a worker does for a lease: one visit at a time, whatever it needs, and whoever stands on it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from troubleshooting.actions import faults
from troubleshooting.actions.leases.holder import LeaseHolder
from troubleshooting.actions.leases.lease_steps import FOLLOWED, LeaseMoved, put_off, tend_lease
from troubleshooting.actions.leases.lease_visit import LeaseVisit
from troubleshooting.actions.leases.leases import end_lease
from troubleshooting.actions.locks import device_lock
from troubleshooting.actions.runs.holders import JOINED, holder_of
from troubleshooting.actions.visits.device_visit import visiting_as
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.actions.waking import wake_next
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.leases.lease import ENDED, LeaseStatus, is_due
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import SettingLease

log = structlog.get_logger(__name__)

GIVE_UP_READING_AFTER = timedelta(hours=1)
BEGINS = frozenset({LeaseStatus.REQUESTED, LeaseStatus.PREPARED, LeaseStatus.CHANGING})


def run_lease(lease_id: int, *, plan: VisitPlan) -> None:
    """Look after a lease: begin it, put the setting back, read the log; nothing where another worker has its PC."""
    device_id = SettingLease.objects.filter(pk=lease_id).values_list("device_id", flat=True).first()
    if device_id is None:
        return
    with device_lock(device_id) as is_free:
        if not is_free:
            log.info("device_is_being_visited", lease_id=lease_id)
            return
        lease = SettingLease.objects.select_related("case", "device__group", *JOINED).get(pk=lease_id)
        holder = holder_of(lease)
        try:
            if _wants_visit(lease, holder, now=plan.clock()):
                _visit(lease, holder, plan)
        finally:
            _follow(lease, holder, now=plan.clock())
    wake_next(device_id, now=plan.clock())


def _wants_visit(lease: SettingLease, holder: LeaseHolder | None, *, now: datetime) -> bool:
    status = LeaseStatus(lease.status)
    is_asked = holder is not None and status in {*ENDED, LeaseStatus.ACTIVE} and holder.wants_visit(lease, now=now)
    return is_asked or status in BEGINS or is_due(status, lease.ends_at, now=now)


def _visit(lease: SettingLease, holder: LeaseHolder | None, plan: VisitPlan) -> None:
    """Connect, do what is needed, and remember what came of it. No transaction is open meanwhile."""
    length = lease.ends_at - lease.requested_at
    changes = LeaseStatus(lease.status) not in ENDED  # of an ended one only the log is read

    def give_back(fault: str) -> None:
        _give_back(lease, holder, fault, now=plan.clock())

    with faults.recorded(give_back, event="lease_visit_failed", lease_id=lease.pk):
        try:
            with visiting_as(LeaseVisit, lease.device, plan, changes=changes, lease=lease) as visit:
                tend_lease(lease, visit, length=length)
                if holder is not None:
                    holder.go_on(lease, visit)
        except MachineError as error:
            put_off(lease, error.code, detail=error.detail, now=plan.clock())
        except LeaseMoved:
            log.warning("lease_moved", lease_id=lease.pk)


def _give_back(lease: SettingLease, holder: LeaseHolder | None, fault: str, *, now: datetime) -> None:
    """After a fault of the portal itself: a change that nobody waits for is put back at once."""
    put_off(lease, DeviceErrorCode.PORTAL_FAULT, detail=fault, now=now)
    if holder is not None and not holder.is_waited_for:
        with transaction.atomic():
            end_lease(lease.pk, by=None, why="portal_fault", now=now)


def _follow(lease: SettingLease, holder: LeaseHolder | None, *, now: datetime) -> None:
    """Bring the holder to where the visit left the lease; give up a log that was not read for an hour."""
    if holder is None:
        return
    lease.refresh_from_db(fields=FOLLOWED)  # also what others did meanwhile
    holder.follow(lease, now=now)
    if lease.ended_at is not None and now - lease.ended_at >= GIVE_UP_READING_AFTER:
        holder.give_up(lease, now=now)
