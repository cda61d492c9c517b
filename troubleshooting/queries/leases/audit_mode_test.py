"""The audit-mode test of a case as its page shows it: offered, under way, or what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import ProblemKind, Program, Stage
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.network import MODE_ORIGIN
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.leases.audit_mode_test import OPEN, SET_BY_POLICY, TestStatus, is_wanted, why_no_test
from troubleshooting.domain.leases.lease import TASK_GRACE, LeaseStatus
from troubleshooting.domain.leases.lease_texts import outcome_text
from troubleshooting.models import AuditModeTest, Case, CheckFinding, SettingLease, User
from troubleshooting.models.choices import MODE_LABELS, PROGRAM_LABELS, SEE_ALL_CASES, TEST_STATUS_LABELS
from troubleshooting.queries.base.people import name_for
from troubleshooting.queries.base.state_tokens import StateTokens
from troubleshooting.queries.cases.verdict import EventRow
from troubleshooting.queries.leases.audit_mode_events import events_of

POLL_S = 2  # while something can change at any moment
SLOW_POLL_S = 10  # while a person or an unreachable PC is waited for
TESTS_SHOWN = 10

tokens = StateTokens(AuditModeTest, salt="troubleshooting.audit_mode_test")


@dataclass(frozen=True, slots=True)
class TestView:
    """One test. What is only for IT and auditors is empty for other readers."""

    __test__ = False

    test_id: int
    case_number: str
    device: str
    address: str
    program: str
    status: str
    status_label: Promise
    is_live: bool
    is_ending_early: bool
    token: str
    poll_s: int
    is_missed: bool  # a dangerous site: the published test page stands in for it
    portal_visits: bool
    minutes: int
    consented_by: str
    consented_at: datetime
    approved_by: str
    approved_at: datetime | None
    started_at: datetime | None
    ends_at: datetime | None
    fallback_at: datetime | None  # when the PC puts the mode back by itself
    visited_at: datetime | None
    visit: str
    ended_at: datetime | None
    why_title: Text | None  # why there was no test
    why: Text | None
    error: Text | None  # why the mode could not be put back yet
    next_attempt_at: datetime | None
    is_superseded: bool
    mode_before: Promise | str
    mode_seen: Promise | str
    has_transcript: bool
    events: tuple[EventRow, ...]
    events_were_read: bool
    for_it: bool

    @property
    def news(self) -> str:
        """Say for a screen reader where the test is."""
        return _("Test: %(status)s.") % {"status": self.status_label} if self.is_live else ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose test the PC is in."""

    who: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TestOffer:
    """A test that may be asked for, or why not."""

    __test__ = False

    may_ask: bool
    is_wanted: bool  # the verdict leaves open what a test answers
    is_again: bool
    is_missed: bool
    why_not: Text | None
    holder: Holder | None


@dataclass(frozen=True, slots=True)
class TestStep:
    """The step on the page of a case; None where there is nothing to show."""

    __test__ = False

    test: TestView | None
    offer: TestOffer | None
    earlier: tuple[TestView, ...]

    @property
    def is_live(self) -> bool:
        """Tell whether a test is under way or awaited."""
        return self.test is not None and self.test.is_live


def newest_tests(case: Case) -> list[AuditModeTest]:
    """Return the newest tests of a case with all that the page needs; one query."""
    found = case.audit_mode_tests.select_related("lease", "consented_by", "approved_by", "cancelled_by", "verdict")
    tests = list(found.order_by("-consented_at", "-pk")[:TESTS_SHOWN])
    for test in tests:
        test.case = case
    return tests


def visible_tests(reader: User) -> QuerySet[AuditModeTest]:
    """Return the tests of the cases that the reader may open, with what their pages need."""
    tests = AuditModeTest.objects.select_related(
        "case__device", "case__reporter", "lease", "consented_by", "approved_by", "cancelled_by"
    )
    return tests.filter(case__in=Case.objects.visible_to(reader))


def read_test_step(case: Case, tests: Sequence[AuditModeTest], *, reader: User, may_ask: bool) -> TestStep:
    """Return the step from the tests of the case; at most two queries more."""
    views = tuple(read_test(test, reader=reader, with_events=number == 0) for number, test in enumerate(tests))
    latest = views[0] if views else None
    return TestStep(test=latest, offer=_offer(case, latest, reader=reader, may_ask=may_ask), earlier=views[1:])


def read_test(test: AuditModeTest, *, reader: User, with_events: bool = True) -> TestView:
    """Return one test as the reader may see it; for IT and auditors one query for its events."""
    for_it = reader.role in SEE_ALL_CASES
    case, lease, status = test.case, test.lease, TestStatus(test.status)
    why = outcome_text(lease.outcome) if lease and status is TestStatus.NOT_DONE else None
    is_put_off = lease is not None and lease.status == LeaseStatus.RESTORING and bool(lease.error_code)
    is_over = status not in OPEN
    return TestView(
        test_id=test.pk,
        case_number=case.number,
        device=case.device.hostname,
        address=case.indicator_value,
        program=program_of(case),
        status=test.status,
        status_label=TEST_STATUS_LABELS[status],
        is_live=not is_over,
        is_ending_early=not is_over and test.cancelled_by_id is not None,
        token=tokens.give(test),
        poll_s=SLOW_POLL_S if status is TestStatus.ASKED or is_put_off else POLL_S,
        is_missed=case.kind == ProblemKind.DANGEROUS_SITE_MISSED,
        portal_visits=test.portal_visits,
        minutes=test.length // timedelta(minutes=1),
        consented_by=name_for(test.consented_by, reader=reader),
        consented_at=test.consented_at,
        approved_by=name_for(test.approved_by, reader=reader) if test.approved_by else "",
        approved_at=test.approved_at,
        started_at=lease.started_at if lease else None,
        ends_at=lease.ends_at if lease else None,
        fallback_at=fallback_of(lease) if lease else None,
        visited_at=test.visited_at,
        visit=test.visit_outcome,
        ended_at=test.ended_at,
        why_title=why.title if why else None,
        why=(why.it if for_it else why.employee) if why else None,
        error=error_title(lease) if lease and is_put_off else None,
        next_attempt_at=lease.next_attempt_at if lease else None,
        is_superseded=lease is not None and lease.status == LeaseStatus.SUPERSEDED,
        mode_before=mode_word(lease.value_before) if lease else "",
        mode_seen=mode_word(lease.value_seen) if lease else "",
        has_transcript=lease is not None,
        events=events_of(test) if for_it and is_over and with_events else (),
        events_were_read=test.events_read_at is not None,
        for_it=for_it,
    )


def program_of(case: Case) -> str:
    """Name the program that the person used."""
    return case.program_name or str(PROGRAM_LABELS[Program(case.program)])


def fallback_of(lease: SettingLease) -> datetime | None:
    """Return when the PC puts the setting back by itself, by the portal's clock; None where nothing was changed."""
    return lease.ends_at + TASK_GRACE if lease.task_fires_at else None


def error_title(lease: SettingLease) -> Text | None:
    """Say in a few words why the last visit for a lease came to nothing; None where there is no error."""
    known = lease.error_code in set(DeviceErrorCode)
    return error_text(DeviceErrorCode(lease.error_code)).title if known else None


def mode_word(value: int | None) -> Promise | str:
    """Return the word for a value of EnableNetworkProtection, "" where it was not read."""
    return "" if value is None else MODE_LABELS.get(value, str(value))


def holder_of(lease: SettingLease, *, reader: User) -> Holder:
    """Say whose lease holds a PC, and until when at the latest."""
    return Holder(name_for(lease.requested_by, reader=reader), lease.ends_at)


def _offer(case: Case, latest: TestView | None, *, reader: User, may_ask: bool) -> TestOffer | None:
    """Offer a test to those who may consent to one; IT reads that the employee may, where the verdict asks for it."""
    why_not = why_no_test(case.verdict_code)
    if latest is not None and (latest.is_live or why_not is not None):
        return None
    was_made = latest is not None and latest.status == TestStatus.DONE
    wanted = is_wanted(case.verdict_code, was_made=was_made)
    if not may_ask and not (wanted and reader.role in SEE_ALL_CASES and case.stage == Stage.CHECKED):
        return None
    return TestOffer(
        may_ask=may_ask,
        is_wanted=wanted,
        is_again=latest is not None,
        is_missed=case.kind == ProblemKind.DANGEROUS_SITE_MISSED,
        why_not=why_not or (SET_BY_POLICY if is_set_by_policy(case) else None),
        holder=None if why_not else _holder(case, reader=reader),
    )


def is_set_by_policy(case: Case) -> bool:
    """Tell whether the last check found that a policy sets the mode, so that a test could not begin; one query."""
    newest = case.check_runs.order_by("-requested_at", "-pk").values("pk")[:1]
    found = CheckFinding.objects.filter(check_run__in=newest, check_id=MODE_ORIGIN.id, status=CheckStatus.WARN)
    return found.exists()


def _holder(case: Case, *, reader: User) -> Holder | None:
    """Say whether another case's test holds the PC; one query."""
    held = SettingLease.objects.open().filter(device_id=case.device_id).select_related("requested_by").first()
    return holder_of(held, reader=reader) if held else None
