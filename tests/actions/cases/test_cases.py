"""Opening, withdrawing and solving cases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from tests.support.world import ADA, EMMA, IVO, LIFTED, NOW, SARA, case_on, checked_case_on, device_at, person
from troubleshooting.actions.cases.cases import solve_case, withdraw_case
from troubleshooting.actions.checks.check_runs import AlreadyLive, cancel_check_run, retry_check_run, start_check_run
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import ActivityEntry, Case
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db


def actions(case: Case) -> list[tuple[str, str]]:
    return list(ActivityEntry.objects.filter(case=case).values_list("actor_name", "action"))


def test_open_case_numbers_queues_and_records_it():
    emma = person(EMMA)

    first, second = (case_on(device_at(None, owner=emma, hostname=name), by=emma, now=NOW) for name in ("PC-1", "PC-2"))

    assert (first.number, second.number) == ("NP-2026-00001", "NP-2026-00002")
    assert [run.status for run in first.check_runs.all()] == [RunStatus.QUEUED]
    assert actions(first) == [("emma", "case_opened"), ("emma", "check_requested")]


@pytest.mark.parametrize("who", [SARA, ADA])
def test_open_case_refuses_a_pc_that_is_not_ones_own(who):
    device = device_at(None, owner=person(EMMA))

    with pytest.raises(NotAllowed):
        case_on(device, by=person(who))

    assert not Case.objects.exists()


def test_it_may_report_for_an_employee():
    assert case_on(device_at(None, owner=person(EMMA)), by=person(IVO)).reporter == person(IVO)


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double_when_many_report_at_once():
    emma = person(EMMA)
    devices = [device_at(None, owner=emma, hostname=f"PC-{n}") for n in range(8)]

    def report_from(device):
        try:
            case_on(device, by=emma, now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=report_from, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Case.objects.values_list("number", flat=True)) == [f"NP-2026-{n:05d}" for n in range(1, 9)]


def test_withdraw_case_stops_its_check_and_closes_it():
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)

    withdraw_case(case.pk, by=person(EMMA), now=NOW + timedelta(minutes=1))

    case.refresh_from_db()
    assert (case.stage, case.closed_at) == (Stage.WITHDRAWN, NOW + timedelta(minutes=1))
    assert [run.status for run in case.check_runs.all()] == [RunStatus.CANCELLED]
    assert [action for _, action in actions(case)][-2:] == ["check_cancelled", "case_withdrawn"]


@pytest.mark.parametrize("who", [IVO, SARA, ADA])
def test_withdraw_case_is_for_the_reporter_alone(who):
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))

    with pytest.raises(NotAllowed):
        withdraw_case(case.pk, by=person(who), now=NOW)


def checked_case():
    return checked_case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)


def test_cancelling_a_queued_run_ends_it_and_moves_the_case_on():
    case = checked_case()

    assert case.stage == Stage.CHECKED
    assert case.check_runs.get().finished_at == NOW


def test_solve_case_closes_it_with_the_persons_note():
    case = checked_case()

    solve_case(case.pk, by=person(EMMA), note="It opens now.", now=NOW + timedelta(hours=1))

    case.refresh_from_db()
    assert case.stage == Stage.SOLVED
    assert ActivityEntry.objects.get(case=case, action="case_solved").details == {"note": "It opens now."}


def test_solve_case_waits_for_the_check():
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))

    with pytest.raises(NotAllowed):
        solve_case(case.pk, by=person(EMMA), note="", now=NOW)


def test_start_check_run_reopens_a_solved_case():
    case = checked_case()
    solve_case(case.pk, by=person(EMMA), note="", now=NOW)

    start_check_run(case.pk, by=person(IVO), now=NOW + timedelta(days=2), deadline=timedelta(days=1), limits=LIFTED)

    case.refresh_from_db()
    assert (case.stage, case.closed_at) == (Stage.CHECKING, None)


def test_start_check_run_refuses_a_second_one_at_the_same_time():
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))

    with pytest.raises(AlreadyLive):
        start_check_run(case.pk, by=person(EMMA), now=NOW, deadline=timedelta(days=1), limits=LIFTED)


def test_start_check_run_refuses_a_withdrawn_case():
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)
    withdraw_case(case.pk, by=person(EMMA), now=NOW)

    with pytest.raises(NotAllowed):
        start_check_run(case.pk, by=person(IVO), now=NOW, deadline=timedelta(days=1), limits=LIFTED)


def test_retry_check_run_refuses_a_run_that_does_not_wait():
    case = checked_case()

    with pytest.raises(InvalidTransition):
        retry_check_run(case.check_runs.get().pk, by=person(EMMA), now=NOW)


@pytest.mark.parametrize("who", [SARA, ADA])
def test_strangers_and_auditors_neither_stop_nor_start_checks(who):
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))

    with pytest.raises(NotAllowed):
        cancel_check_run(case.check_runs.get().pk, by=person(who), now=NOW)
    with pytest.raises(NotAllowed):
        start_check_run(case.pk, by=person(who), now=NOW, deadline=timedelta(days=1), limits=LIFTED)
