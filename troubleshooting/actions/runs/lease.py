"""What a worker does for a lease: one visit at a time, whatever it needs, and the test or re-test that stands on it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count

from troubleshooting.actions import activity_log
from troubleshooting.actions.leases.audit_mode_tests import follow_lease, move_test, record_visit
from troubleshooting.actions.leases.lease_visit import LeaseVisit
from troubleshooting.actions.leases.leases import LeaseMoved, end_lease, put_off, restore_lease, tend_lease
from troubleshooting.actions.locks import device_lock
from troubleshooting.actions.runs.retest_without import (
    conclude_without,
    follow_lease_of_retest,
    go_on_with_retest,
    retest_of,
    retest_wants_visit,
)
from troubleshooting.actions.visits.page_requests import read_log, url_of, was_reached
from troubleshooting.actions.visits.plan import VisitPlan, address_of
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.events import clock_skew
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.leases.audit_mode_test import TEST_PAGE, TestStatus
from troubleshooting.domain.leases.audit_mode_verdict import TestFacts, Visit, conclude_test
from troubleshooting.domain.leases.lease import ENDED, LeaseStatus, is_due
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import connect
from troubleshooting.models import AuditModeTest, Case, CaseVerdict, DeviceSnapshot, SettingLease

log = structlog.get_logger(__name__)

GIVE_UP_READING_AFTER = timedelta(hours=1)
_ENDED_CODES = frozenset(status.value for status in ENDED)
_NEEDS_NO_CONCLUSION = frozenset({LeaseStatus.NOT_APPLIED.value, LeaseStatus.REFUSED.value})


def run_lease(lease_id: int, *, plan: VisitPlan) -> None:
    """Look after a lease: begin it, put the setting back, read the log; nothing where another worker has its PC."""
    found = SettingLease.objects.select_related("case", "device__group").filter(pk=lease_id).first()
    if found is None:
        return
    with device_lock(found.device_id) as is_free:
        if not is_free:
            log.info("device_is_being_visited", lease_id=lease_id)
            return
        found.refresh_from_db()
        try:
            if _wants_visit(found, now=plan.clock()):
                _visit(found, plan)
        finally:
            _follow(found, plan)


def _wants_visit(lease: SettingLease, *, now: datetime) -> bool:
    status = LeaseStatus(lease.status)
    if status in ENDED:
        return _unconcluded(lease) is not None or retest_wants_visit(lease, now=now)
    if status == LeaseStatus.ACTIVE and retest_wants_visit(lease, now=now):
        return True
    if status == LeaseStatus.ACTIVE and AuditModeTest.objects.filter(lease=lease, portal_visits=True).exists():
        return True  # left by a lost worker: a living one goes on to the end
    begins = status in (LeaseStatus.REQUESTED, LeaseStatus.PREPARED, LeaseStatus.CHANGING)
    return begins or is_due(status, lease.ends_at, now=now)


def _visit(lease: SettingLease, plan: VisitPlan) -> None:
    """Connect, do what is needed, and remember what came of it. No transaction is open meanwhile."""
    length = lease.ends_at - lease.requested_at
    group = lease.device.group
    changes = LeaseStatus(lease.status) not in ENDED  # of an ended one only the log is read
    address = address_of(lease.device, ca_file=plan.ca_file, changes=changes)
    snapshot = DeviceSnapshot.objects.create(
        lease=lease,
        attempt=1 + DeviceSnapshot.objects.filter(lease=lease).aggregate(count=Count("pk"))["count"],
        endpoint=address.shown,
        credential_profile=group.credential_profile,
        started_at=plan.clock(),
    )
    try:
        credential = plan.credential(group.credential_profile)
        DeviceSnapshot.objects.filter(pk=snapshot.pk).update(account=credential.username or "")
        with connect(address, credential, limits=plan.limits, clock=plan.clock) as machine:
            visit = LeaseVisit(lease, machine, snapshot, clock=plan.clock)
            tend_lease(lease, visit, length=length)
            _go_on_with_test(lease, visit, plan)
            go_on_with_retest(lease, visit, plan)
    except MachineError as error:
        put_off(lease, error.code, detail=error.detail, now=plan.clock())
    except LeaseMoved:
        log.warning("lease_moved", lease_id=lease.pk)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the row stays as it is, and the sweep finds it
    except Exception as error:
        log.exception("lease_visit_failed", lease_id=lease.pk)
        _give_back(lease, f"{type(error).__name__}: {error}", now=plan.clock())


def _give_back(lease: SettingLease, fault: str, *, now: datetime) -> None:
    """After a fault of the portal itself: a change that nobody waits for is put back at once."""
    put_off(lease, DeviceErrorCode.PORTAL_FAULT, detail=fault, now=now)
    if AuditModeTest.objects.filter(lease=lease, portal_visits=True).exists() or retest_of(lease) is not None:
        with transaction.atomic():
            end_lease(lease.pk, by=None, why="portal_fault", now=now)


def _go_on_with_test(lease: SettingLease, visit: LeaseVisit, plan: VisitPlan) -> None:
    """Let the PC request the page, put the mode back, read the log: as far as the test is."""
    test = AuditModeTest.objects.select_related("case").filter(lease=lease).first()
    if test is None:
        return
    if lease.status == LeaseStatus.ACTIVE and test.portal_visits:
        if test.visited_at is None:
            _let_pc_visit(test, visit, plan)
        with transaction.atomic():
            end_lease(lease.pk, by=None, why="visited", now=plan.clock())
        lease.refresh_from_db()
        restore_lease(lease, visit)
    if lease.status in _ENDED_CODES and _unconcluded(lease) is not None:
        conclude(test, lease, _read_log(lease, visit, plan), now=plan.clock())


def _let_pc_visit(test: AuditModeTest, visit: LeaseVisit, plan: VisitPlan) -> None:
    """Request the reported page, or the published test page where the site was reported as dangerous."""
    is_missed = test.case.kind == ProblemKind.DANGEROUS_SITE_MISSED
    answer = visit.request_page(TEST_PAGE if is_missed else url_of(test.case))
    record_visit(test, Visit.REACHED if was_reached(answer) else Visit.NOT_REACHED, now=plan.clock())


def _read_log(lease: SettingLease, visit: LeaseVisit, plan: VisitPlan) -> Snapshot:
    return read_log(visit, since=lease.started_at or lease.requested_at, lag=plan.log_lag)


@transaction.atomic
def conclude(test: AuditModeTest, lease: SettingLease, snapshot: Snapshot | None, *, now: datetime) -> None:
    """Store what a test showed; a cancelled one shows nothing and concludes nothing."""
    case = Case.objects.locked().get(pk=test.case_id)
    locked = AuditModeTest.objects.locked().select_related("case", "lease").get(pk=test.pk)
    follow_lease(locked, lease, now=now)
    if locked.status != TestStatus.ENDING:
        return
    locked.events_read_at = now if snapshot is not None and snapshot.events is not None else None
    if locked.cancelled_by_id is not None:
        move_test(locked, to=TestStatus.CANCELLED, now=now)
        return
    move_test(locked, to=TestStatus.DONE, now=now)
    verdict = conclude_test(
        TestFacts(
            report=case.report,
            events=snapshot.events if snapshot else None,
            visit=Visit(locked.visit_outcome or Visit.NONE),
            visited_at=locked.visited_at,
            started_at=lease.started_at or lease.requested_at,
            ended_at=lease.ended_at or now,
            test_page=parse_indicator(TEST_PAGE),
            skew=clock_skew(snapshot) if snapshot else timedelta(0),
        )
    )
    CaseVerdict.objects.create(
        case=case,
        audit_mode_test=locked,
        code=verdict.code.value,
        confidence=verdict.confidence.value,
        content=verdict.as_json(),
        concluded_at=now,
    )
    case.verdict_code, case.verdict_confidence, case.updated_at = verdict.code.value, verdict.confidence.value, now
    case.save(update_fields=["verdict_code", "verdict_confidence", "updated_at"])
    said = {"code": verdict.code.value, "confidence": verdict.confidence.value}
    activity_log.record("verdict_reached", locked, case=case, actor=None, now=now, **said)


def _unconcluded(lease: SettingLease) -> AuditModeTest | None:
    """Return the test of an ended lease whose conclusion is still missing."""
    if lease.status in _NEEDS_NO_CONCLUSION:
        return None
    return AuditModeTest.objects.open().filter(lease=lease).first()


def _follow(lease: SettingLease, plan: VisitPlan) -> None:
    """Bring test and re-test to where the visit left the lease; give up a log that was not read for an hour."""
    now = plan.clock()
    lease.refresh_from_db()
    is_given_up = lease.ended_at is not None and now - lease.ended_at >= GIVE_UP_READING_AFTER
    with transaction.atomic():
        test = AuditModeTest.objects.open().locked().select_related("case", "lease").filter(lease=lease).first()
        if test is not None:
            follow_lease(test, lease, now=now)
    if test is not None and is_given_up:
        conclude(test, lease, None, now=now)
    follow_lease_of_retest(lease, now=now)
    retest = retest_of(lease)
    if retest is not None and is_given_up:
        conclude_without(retest, None, now=now)
