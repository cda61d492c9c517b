"""What people do with audit-mode tests: agree to one, approve it, say that the site was visited, end it early."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.gate import EmergencyStopped, is_stopped
from troubleshooting.actions.leases.leases import end_lease, request_lease
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.leases.audit_mode_test import TRANSITIONS, TestStatus
from troubleshooting.domain.leases.audit_mode_verdict import Visit
from troubleshooting.domain.leases.lease import check_length
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import AuditModeTest, Case, SettingLease, User
from troubleshooting.models.privileges import changing_fields
from troubleshooting.permissions import NotAllowed, check_may_approve_test, check_may_consent, check_may_end_test


class TestUnderWay(Refused):
    """The case has a check or an audit-mode test that is not over."""

    text = say(_("A check or a test of this PC is already under way. This page shows how far it is."))

    __test__ = False


@transaction.atomic
def ask_for_test(
    case_id: int, *, by: User, length: timedelta, portal_visits: bool, needs_approval: bool, now: datetime
) -> AuditModeTest:
    """Agree to a test. It begins at once, or after a reviewer's approval; raises LeaseHeld, InvalidLength.

    Raises EmergencyStopped while the emergency stop is on: no PC is put into audit mode meanwhile.
    A site that was reported as dangerous is never visited: for it, the PC requests the published test page.
    """
    check_length(length)
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    check_may_consent(by, case)
    if is_stopped():
        raise EmergencyStopped
    if case.audit_mode_tests.open().exists() or case.check_runs.live().exists():
        raise TestUnderWay
    is_missed = case.kind == ProblemKind.DANGEROUS_SITE_MISSED
    test = AuditModeTest.objects.create(
        case=case,
        length=length,
        consented_by=by,
        consented_at=now,
        portal_visits=portal_visits or is_missed,
    )
    activity_log.record("test_consented", test, case=case, actor=by, now=now, minutes=length // timedelta(minutes=1))
    if not needs_approval:
        _start(test, case, by=by, now=now)
    return test


@transaction.atomic
def approve_test(test_id: int, *, by: User, now: datetime) -> AuditModeTest:
    """Let a test begin; raises LeaseHeld where the PC is in another one, EmergencyStopped during an emergency stop."""
    test, case = _locked(test_id)
    check_may_approve_test(by, case)
    if test.consented_by_id == by.pk:  # possible on a PC that belongs to nobody
        raise NotAllowed(_("You agreed to this test, so someone else has to approve it."))
    check_transition(TRANSITIONS, TestStatus(test.status), TestStatus.STARTING)
    if is_stopped():
        raise EmergencyStopped
    if case.check_runs.live().exists():
        raise TestUnderWay
    test.approved_by, test.approved_at = by, now
    test.save(update_fields=changing_fields(AuditModeTest))
    activity_log.record("test_approved", test, case=case, actor=by, now=now)
    _start(test, case, by=test.consented_by, now=now)
    return test


@transaction.atomic
def reject_test(test_id: int, *, by: User, note: str, now: datetime) -> AuditModeTest:
    """Say no to a test."""
    test, case = _locked(test_id)
    check_may_approve_test(by, case)
    move_test(test, to=TestStatus.REJECTED, now=now)
    activity_log.record("test_rejected", test, case=case, actor=by, now=now, note=note)
    return test


@transaction.atomic
def say_visited(test_id: int, *, by: User, now: datetime) -> AuditModeTest:
    """Say that the site was visited; the mode is put back at once and the log is read."""
    test, case = _locked(test_id)
    check_may_end_test(by, case)
    check_transition(TRANSITIONS, TestStatus(test.status), TestStatus.ENDING)
    record_visit(test, Visit.EMPLOYEE, now=now)
    activity_log.record("test_visited", test, case=case, actor=by, now=now)
    _end(test, by=by, why="visited", now=now)
    return test


@transaction.atomic
def cancel_test(test_id: int, *, by: User, now: datetime) -> AuditModeTest:
    """End a test early, wherever it is; twice is as once."""
    test, case = _locked(test_id)
    check_may_end_test(by, case)
    _cancel(test, case, by=by, now=now)
    return test


def cancel_open_tests(case: Case, *, by: User, now: datetime) -> None:
    """End what runs for a locked case that is being closed."""
    for test in case.audit_mode_tests.open().locked():
        _cancel(test, case, by=by, now=now)


def _cancel(test: AuditModeTest, case: Case, *, by: User, now: datetime) -> None:
    if not TRANSITIONS[TestStatus(test.status)] or test.cancelled_by_id is not None:
        return
    test.cancelled_by = by
    activity_log.record("test_cancelled", test, case=case, actor=by, now=now)
    if test.status == TestStatus.ASKED:
        move_test(test, to=TestStatus.CANCELLED, now=now)
        return
    _end(test, by=by, why="cancelled", now=now)


def _start(test: AuditModeTest, case: Case, *, by: User, now: datetime) -> None:
    """Take the setting; the lease and the test begin in one transaction."""
    test.lease = request_lease(
        case, value_during=ProtectionMode.AUDIT, length=test.length, by=by, reason="audit-mode test", now=now
    )
    move_test(test, to=TestStatus.STARTING, now=now)


def _end(test: AuditModeTest, *, by: User, why: str, now: datetime) -> None:
    assert test.lease_id is not None, "a test that has begun has a lease"
    lease = end_lease(test.lease_id, by=by, why=why, now=now)
    follow_lease(test, lease, now=now)


def follow_lease(test: AuditModeTest, lease: SettingLease, *, now: datetime) -> None:
    """Bring a locked test to where its lease is; its conclusion is drawn by ``test_conclusion``."""
    wanted = _FOLLOWS.get(lease.status)
    if wanted is TestStatus.NOT_DONE and test.cancelled_by_id is not None:
        wanted = TestStatus.CANCELLED
    if wanted is not None and wanted in TRANSITIONS[TestStatus(test.status)]:
        move_test(test, to=wanted, now=now)
    else:
        test.version += 1
        test.save(update_fields=changing_fields(AuditModeTest))


_FOLLOWS = {
    "active": TestStatus.OPEN,
    "restoring": TestStatus.ENDING,
    "restored": TestStatus.ENDING,
    "superseded": TestStatus.ENDING,
    "refused": TestStatus.NOT_DONE,
    "not_applied": TestStatus.NOT_DONE,
}


def record_visit(test: AuditModeTest, visit: Visit, *, now: datetime) -> None:
    """Remember who made the connection, and when."""
    test.visited_at, test.visit_outcome = now, visit.value
    test.save(update_fields=["visited_at", "visit_outcome"])


def move_test(test: AuditModeTest, *, to: TestStatus, now: datetime) -> None:
    """Save the next status of a locked test."""
    check_transition(TRANSITIONS, TestStatus(test.status), to)
    test.status = to.value
    test.version += 1
    if not TRANSITIONS[to]:
        test.ended_at = now
    test.save(update_fields=changing_fields(AuditModeTest))
    if to is TestStatus.NOT_DONE:
        outcome = test.lease.outcome if test.lease else ""
        activity_log.record("test_not_done", test, case=test.case, actor=None, now=now, outcome=outcome)


def _locked(test_id: int) -> tuple[AuditModeTest, Case]:
    """Lock a test's case, then the test: always in this order."""
    case_id = AuditModeTest.objects.values_list("case_id", flat=True).get(pk=test_id)
    case = Case.objects.locked().get(pk=case_id)
    return AuditModeTest.objects.locked().select_related("lease").get(pk=test_id), case
