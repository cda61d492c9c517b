"""What a worker does for an audit-mode test on its lease: let the PC visit the site, read the log, conclude."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.db.models import Q

from troubleshooting.actions.case_stage import reach_verdict
from troubleshooting.actions.leases.audit_mode_tests import follow_lease, move_test, record_visit
from troubleshooting.actions.leases.lease_steps import end_and_restore
from troubleshooting.actions.leases.lease_visit import LeaseVisit
from troubleshooting.actions.visits.page_requests import read_log, url_of
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.evidence.events import clock_skew
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.leases.audit_mode_test import OPEN, TEST_PAGE, TestStatus
from troubleshooting.domain.leases.audit_mode_verdict import TestFacts, Visit, conclude_test
from troubleshooting.domain.leases.lease import ENDED, LeaseStatus
from troubleshooting.machines.site_answers import was_reached
from troubleshooting.models import AuditModeTest, Case, SettingLease
from troubleshooting.models.lease import OPEN_TEST_CODES

NEEDS_NO_CONCLUSION = frozenset({LeaseStatus.NOT_APPLIED, LeaseStatus.REFUSED})
MOVES = ("status", "visited_at", "visit_outcome", "cancelled_by")  # what people change meanwhile


class TestOnLease:
    """An audit-mode test as the holder of its lease."""

    __test__ = False

    JOINED: ClassVar[str] = "audit_mode_test__case"
    LEFT: ClassVar[Q] = Q(audit_mode_test__status=TestStatus.STARTING) | Q(audit_mode_test__portal_visits=True)
    UNTOLD: ClassVar[Q] = Q(audit_mode_test__status__in=OPEN_TEST_CODES)

    def __init__(self, test: AuditModeTest) -> None:
        self._test = test

    @classmethod
    def of(cls, lease: SettingLease) -> TestOnLease | None:
        """Return the test of a lease."""
        test = getattr(lease, "audit_mode_test", None)
        return cls(test) if test is not None else None

    @property
    def is_waited_for(self) -> bool:
        """Tell whether the employee visits the site, and not the portal."""
        return not self._test.portal_visits

    def wants_visit(self, lease: SettingLease, *, now: datetime) -> bool:
        """Tell whether the PC has to visit the site (left by a lost worker), or the log is to be read."""
        if lease.status == LeaseStatus.ACTIVE:
            return self._test.portal_visits
        return self._is_unconcluded(lease)

    def go_on(self, lease: SettingLease, visit: LeaseVisit) -> None:
        """Let the PC request the page, put the mode back, read the log: as far as the test is."""
        self._test.refresh_from_db(fields=MOVES)
        if lease.status == LeaseStatus.ACTIVE and self._test.portal_visits:
            if self._test.visited_at is None:
                self._let_pc_visit(visit)
            end_and_restore(lease, visit, why="visited")
        if self._is_unconcluded(lease):
            since = lease.started_at or lease.requested_at
            self._conclude(lease, read_log(visit, since=since, lag=visit.log_lag), now=visit.now())

    def follow(self, lease: SettingLease, *, now: datetime) -> None:
        """Bring the test to where the visit left the lease; nothing where it is over."""
        if self._is_over:
            return
        with transaction.atomic():
            joined = AuditModeTest.objects.open().locked().select_related("case", "lease")
            test = joined.filter(pk=self._test.pk).first()
            if test is not None:
                follow_lease(test, lease, now=now)

    def give_up(self, lease: SettingLease, *, now: datetime) -> None:
        """Conclude without a log."""
        if not self._is_over:
            self._conclude(lease, None, now=now)

    @property
    def _is_over(self) -> bool:
        return TestStatus(self._test.status) not in OPEN

    def _is_unconcluded(self, lease: SettingLease) -> bool:
        status = LeaseStatus(lease.status)
        return status in ENDED and status not in NEEDS_NO_CONCLUSION and not self._is_over

    def _let_pc_visit(self, visit: LeaseVisit) -> None:
        """Request the reported page, or the published test page where the site was reported as dangerous."""
        is_missed = self._test.case.kind == ProblemKind.DANGEROUS_SITE_MISSED
        answer = visit.request_page(TEST_PAGE if is_missed else url_of(self._test.case))
        record_visit(self._test, Visit.REACHED if was_reached(answer) else Visit.NOT_REACHED, now=visit.now())

    @transaction.atomic
    def _conclude(self, lease: SettingLease, snapshot: Snapshot | None, *, now: datetime) -> None:
        """Store what the test showed; a cancelled one shows nothing and concludes nothing."""
        case = Case.objects.locked().get(pk=self._test.case_id)
        test = AuditModeTest.objects.locked().select_related("case", "lease").get(pk=self._test.pk)
        if test.status != TestStatus.ENDING:
            follow_lease(test, lease, now=now)
        if test.status == TestStatus.ENDING:
            test.events_read_at = now if snapshot is not None and snapshot.events is not None else None
            if test.cancelled_by_id is not None:
                move_test(test, to=TestStatus.CANCELLED, now=now)
            else:
                move_test(test, to=TestStatus.DONE, now=now)
                verdict = conclude_test(_facts(test, case, lease, snapshot, now=now))
                reach_verdict(case, verdict, now=now, audit_mode_test=test)
        self._test.status = test.status


def _facts(
    test: AuditModeTest, case: Case, lease: SettingLease, snapshot: Snapshot | None, *, now: datetime
) -> TestFacts:
    return TestFacts(
        report=case.report,
        events=snapshot.events if snapshot else None,
        visit=Visit(test.visit_outcome or Visit.NONE),
        visited_at=test.visited_at,
        started_at=lease.started_at or lease.requested_at,
        ended_at=lease.ended_at or now,
        test_page=parse_indicator(TEST_PAGE),
        skew=clock_skew(snapshot) if snapshot else timedelta(0),
        is_log_whole=snapshot is not None and snapshot.log.is_whole,
    )
