"""Who may begin, approve and end an audit-mode test, and what each of these actions leads to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support.world import ADA, ADAM, EMMA, IVO, LIFTED, NOW, SARA, case_on, checked_case_on, device_at, person
from troubleshooting.actions.cases.cases import solve_case, withdraw_case
from troubleshooting.actions.checks.check_runs import start_check_run
from troubleshooting.actions.leases.audit_mode_tests import (
    TestUnderWay,
    approve_test,
    ask_for_test,
    cancel_test,
    reject_test,
    say_visited,
)
from troubleshooting.actions.leases.leases import LeaseHeld, move_lease
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import InvalidLength, LeaseStatus, Outcome
from troubleshooting.models import ActivityEntry, AuditModeTest, Case, SettingLease
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db

LENGTH = timedelta(minutes=15)
LATER = NOW + timedelta(minutes=2)


def checked_case(*, by=EMMA, device=None, **changes) -> Case:
    """Return a case whose check has ended."""
    return checked_case_on(device or device_at(None, owner=person(EMMA)), by=person(by), now=NOW, **changes)


def asked(case: Case, *, by=EMMA, **changes) -> AuditModeTest:
    wanted = {"length": LENGTH, "portal_visits": False, "needs_approval": False, "now": NOW}
    return ask_for_test(case.pk, by=person(by), **(wanted | changes))


def opened(test: AuditModeTest) -> AuditModeTest:
    """Let the lease become active, as a worker would."""
    lease = SettingLease.objects.get(pk=test.lease_id)
    lease.value_before, lease.started_at = 1, NOW
    for status in (LeaseStatus.PREPARED, LeaseStatus.CHANGING, LeaseStatus.ACTIVE):
        move_lease(lease, to=status, now=NOW)
    AuditModeTest.objects.filter(pk=test.pk).update(status=TestStatus.OPEN)
    return fresh(test)


def fresh(test: AuditModeTest) -> AuditModeTest:
    return AuditModeTest.objects.select_related("lease", "case").get(pk=test.pk)


def actions(case: Case) -> list[tuple[str, str]]:
    found = ActivityEntry.objects.filter(case=case).values_list("actor_name", "action")
    return [(who, what) for who, what in found if what.startswith(("test", "lease"))]


# --- agreeing ---------------------------------------------------------------------------------------------------------


def test_without_an_approval_the_lease_begins_with_the_consent():
    case = checked_case()

    test = asked(case)

    assert (test.status, test.consented_by, test.approved_by) == (TestStatus.STARTING, person(EMMA), None)
    lease = test.lease
    assert (lease.status, lease.value_during, lease.value_before) == (LeaseStatus.REQUESTED, 2, None)
    assert (lease.requested_by, lease.ends_at) == (person(EMMA), NOW + LENGTH)
    assert actions(case) == [("emma", "test_consented"), ("emma", "lease_requested")]


@pytest.mark.parametrize("who", [SARA, ADA, IVO, ADAM])
def test_nobody_agrees_for_the_people_of_a_case(who):
    case = checked_case()

    with pytest.raises(NotAllowed):
        asked(case, by=who)

    assert not SettingLease.objects.exists()


def test_it_agrees_where_the_pc_belongs_to_nobody():
    case = checked_case(by=IVO, device=device_at(None, owner=None))

    assert asked(case, by=ADAM).consented_by == person(ADAM)


def test_a_test_waits_for_the_end_of_the_check():
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)

    with pytest.raises(NotAllowed):
        asked(case)


@pytest.mark.parametrize("minutes", [0, -5, 61])
def test_a_test_of_an_impossible_length_is_refused(minutes):
    with pytest.raises(InvalidLength):
        asked(checked_case(), length=timedelta(minutes=minutes))

    assert not AuditModeTest.objects.exists()


def test_a_second_test_of_a_case_waits_for_the_first():
    case = checked_case()
    asked(case)

    with pytest.raises(TestUnderWay):
        asked(case)


def test_a_dangerous_site_is_left_to_the_test_page():
    assert asked(checked_case(kind=ProblemKind.DANGEROUS_SITE_MISSED)).portal_visits


def test_no_check_begins_during_a_test():
    case = checked_case()
    asked(case)

    with pytest.raises(NotAllowed, match="audit-mode test"):
        start_check_run(case.pk, by=person(EMMA), now=LATER, deadline=timedelta(days=1), limits=LIFTED)


def test_no_test_begins_during_a_check():
    case = checked_case()
    test = asked(case, needs_approval=True)
    cancel_test(test.pk, by=person(EMMA), now=NOW)
    start_check_run(case.pk, by=person(EMMA), now=LATER, deadline=timedelta(days=1), limits=LIFTED)

    with pytest.raises(NotAllowed):
        asked(case)


# --- approving --------------------------------------------------------------------------------------------------------


def test_a_test_that_needs_an_approval_takes_nothing_before_it():
    case = checked_case()

    test = asked(case, needs_approval=True)

    assert (test.status, test.lease) == (TestStatus.ASKED, None)
    assert actions(case) == [("emma", "test_consented")]


def test_an_approved_test_begins_in_the_name_of_whoever_agreed():
    case = checked_case()
    test = asked(case, needs_approval=True)

    approve_test(test.pk, by=person(IVO), now=LATER)

    test = fresh(test)
    assert (test.status, test.approved_by, test.approved_at) == (TestStatus.STARTING, person(IVO), LATER)
    assert (test.lease.requested_by, test.lease.ends_at) == (person(EMMA), LATER + LENGTH)
    assert actions(case)[1:] == [("ivo", "test_approved"), ("emma", "lease_requested")]


@pytest.mark.parametrize("decide", [approve_test, lambda pk, **who: reject_test(pk, note="", **who)])
@pytest.mark.parametrize("who", [EMMA, SARA, ADA])
def test_only_it_decides_about_a_test(who, decide):
    test = asked(checked_case(), needs_approval=True)

    with pytest.raises(NotAllowed):
        decide(test.pk, by=person(who), now=LATER)

    assert fresh(test).status == TestStatus.ASKED


@pytest.mark.parametrize("owner", [IVO, EMMA])
def test_a_reviewer_approves_nothing_on_ones_own_pc_or_case(owner):
    case = checked_case(by=IVO, device=device_at(None, owner=person(owner)))
    test = asked(case, by=IVO, needs_approval=True)

    with pytest.raises(NotAllowed, match="Someone else"):
        approve_test(test.pk, by=person(IVO), now=LATER)

    approve_test(test.pk, by=person(ADAM), now=LATER)
    assert fresh(test).status == TestStatus.STARTING


def test_whoever_agreed_does_not_approve_it_even_on_a_pc_of_nobody():
    case = checked_case(by=IVO, device=device_at(None, owner=None))
    test = asked(case, by=ADAM, needs_approval=True)

    with pytest.raises(NotAllowed):
        approve_test(test.pk, by=person(ADAM), now=LATER)


def test_the_database_itself_refuses_an_approval_by_whoever_agreed():
    test = asked(checked_case(), needs_approval=True)

    with pytest.raises(IntegrityError, match="test_approved_by_another"), transaction.atomic():
        AuditModeTest.objects.filter(pk=test.pk).update(approved_by=person(EMMA), approved_at=NOW)


def test_a_test_is_approved_once():
    test = asked(checked_case(), needs_approval=True)
    approve_test(test.pk, by=person(IVO), now=LATER)

    with pytest.raises(InvalidTransition):
        approve_test(test.pk, by=person(ADAM), now=LATER)


def test_an_approval_finds_the_pc_in_another_test():
    device = device_at(None, owner=person(EMMA))
    waiting = asked(checked_case(device=device), needs_approval=True)
    first = asked(checked_case(by=IVO, device=device), by=IVO)

    with pytest.raises(LeaseHeld) as held:
        approve_test(waiting.pk, by=person(ADAM), now=LATER)

    assert held.value.lease == first.lease
    assert fresh(waiting).status == TestStatus.ASKED


def test_a_rejected_test_is_over_and_says_why():
    case = checked_case()
    test = asked(case, needs_approval=True)

    reject_test(test.pk, by=person(IVO), note="Not during the audit.", now=LATER)

    assert (fresh(test).status, fresh(test).ended_at, fresh(test).lease) == (TestStatus.REJECTED, LATER, None)
    assert ActivityEntry.objects.get(case=case, action="test_rejected").details == {"note": "Not during the audit."}
    assert asked(case).status == TestStatus.STARTING


# --- visiting and ending ----------------------------------------------------------------------------------------------


def test_saying_that_the_site_was_visited_asks_for_the_mode_back():
    test = opened(asked(checked_case()))

    say_visited(test.pk, by=person(EMMA), now=LATER)

    test = fresh(test)
    assert (test.status, test.visited_at, test.visit_outcome) == (TestStatus.ENDING, LATER, "employee")
    assert test.lease.status == LeaseStatus.RESTORING


@pytest.mark.parametrize("who", [SARA, ADA])
@pytest.mark.parametrize("action", [say_visited, cancel_test])
def test_strangers_and_auditors_end_nothing(who, action):
    test = opened(asked(checked_case()))

    with pytest.raises(NotAllowed):
        action(test.pk, by=person(who), now=LATER)

    assert fresh(test).lease.status == LeaseStatus.ACTIVE


@pytest.mark.parametrize("who", [EMMA, IVO, ADAM])
def test_the_people_of_the_case_and_it_end_a_test_early_twice_as_once(who):
    test = opened(asked(checked_case()))

    cancel_test(test.pk, by=person(who), now=LATER)
    cancel_test(test.pk, by=person(EMMA), now=LATER)

    test = fresh(test)
    assert (test.status, test.cancelled_by, test.lease.status) == (
        TestStatus.ENDING,
        person(who),
        LeaseStatus.RESTORING,
    )


def test_a_test_that_has_not_reached_the_pc_is_ended_at_once():
    case = checked_case()
    test = asked(case)

    cancel_test(test.pk, by=person(EMMA), now=LATER)

    test = fresh(test)
    assert (test.status, test.lease.status, test.lease.outcome) == (
        TestStatus.CANCELLED,
        LeaseStatus.NOT_APPLIED,
        Outcome.CANCELLED,
    )
    assert asked(case).status == TestStatus.STARTING


def test_a_visit_before_the_consent_took_effect_is_refused():
    test = asked(checked_case(), needs_approval=True)

    with pytest.raises(InvalidTransition):
        say_visited(test.pk, by=person(EMMA), now=LATER)


def test_a_test_waiting_for_approval_ends_with_its_case():
    case = checked_case()
    test = asked(case, needs_approval=True)

    withdraw_case(case.pk, by=person(EMMA), now=LATER)

    assert fresh(test).status == TestStatus.CANCELLED


@pytest.mark.parametrize("close", [withdraw_case, lambda pk, **who: solve_case(pk, note="", **who)])
def test_closing_a_case_puts_the_mode_back(close):
    case = checked_case()
    test = opened(asked(case))

    close(case.pk, by=person(EMMA), now=LATER)

    assert (fresh(test).status, fresh(test).lease.status) == (TestStatus.ENDING, LeaseStatus.RESTORING)
    assert SettingLease.objects.not_yet_restored(now=LATER).get() == test.lease


# --- two people at once -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_the_same_moment_one_gets_the_pc_and_the_other_is_told_who_has_it():
    device = device_at(None, owner=person(EMMA))
    cases = [checked_case(device=device), checked_case(by=IVO, device=device)]
    both_are_there = Barrier(2)

    def ask(case: Case, who) -> AuditModeTest | LeaseHeld:
        try:
            both_are_there.wait(timeout=10)
            return asked(case, by=who)
        except LeaseHeld as held:
            return held
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, cases, (EMMA, IVO)))

    lease = SettingLease.objects.get()
    (held,) = (answer for answer in answers if isinstance(answer, LeaseHeld))
    (test,) = (answer for answer in answers if isinstance(answer, AuditModeTest))
    assert (held.lease, test.lease) == (lease, lease)
    assert (held.lease.requested_by, held.lease.ends_at) == (test.consented_by, NOW + LENGTH)
    assert AuditModeTest.objects.get() == test


@pytest.mark.django_db(transaction=True)
def test_one_person_with_two_windows_gets_one_test():
    case = checked_case()
    both_are_there = Barrier(2)

    def ask(_: int) -> str:
        try:
            both_are_there.wait(timeout=10)
            asked(case)
        except TestUnderWay:
            return "in progress"
        else:
            return "begun"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(ask, range(2)))

    assert answers == ["begun", "in progress"]
    assert SettingLease.objects.count() == 1
