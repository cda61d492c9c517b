"""Re-tests by the real task code, against simulated PCs over NTLM with encryption."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import IP, PROCESS, approved, asked, checked_case, quick_plan, worked
from tests.support.retest_world import (
    ADDRESS,
    HOST,
    LIST,
    OWN_IP,
    in_force,
    retested,
    works_of,
)
from tests.support.roles import as_owner
from tests.support.world import ADAM, EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.leases.leases import request_lease
from troubleshooting.actions.runs.retest import run_retest
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.exclusions.exclusion import Scope, ScopeKind
from troubleshooting.domain.retests.retest import GIVE_UP_AFTER, RetestOutcome, RetestStatus
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import ActivityEntry, Case, Retest

pytestmark = pytest.mark.django_db(transaction=True)


def requests_of(server) -> list[str]:
    return [command for command in server.commands if "Invoke-WebRequest" in command]


def test_an_exclusion_that_was_read_back_is_tried_by_itself_and_works(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    exclusion = in_force(server)

    retested()

    retest = works_of(exclusion)
    assert (retest.status, retest.outcome) == (RetestStatus.DONE, RetestOutcome.WORKS)
    assert (retest.content["was_reached"], retest.content["log_read"]) == (True, True)
    assert [HOST in command for command in requests_of(server)] == [True]
    assert [answer.name for answer in retest.snapshots.get().answers.all()] == [
        *("clock", "protection_events"),
        "request_page",
        *("clock", "protection_events") * 2,
    ]
    actions = ActivityEntry.objects.filter(subject_type="retest").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["retest_asked", "retest_done"]


def test_an_exclusion_for_another_address_leaves_the_site_blocked(lab_server):
    exclusion = in_force(lab_server(healthy_windows_11()), IP)

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.BLOCKED
    assert works_of(exclusion).content["events"][0]["event_id"] == 1126


def test_what_was_blocked_before_the_try_does_not_count(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.clock_offset = timedelta(hours=2)
    pc.preferences[LIST] = []
    pc.visit(f"https://{HOST}", at=pc.now() - timedelta(seconds=30))
    pc.preferences[LIST] = [ADDRESS]

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.WORKS


def test_a_site_that_does_not_answer_and_is_not_blocked_is_something_else(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.sites.clear()

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.NOT_REACHED


def test_a_log_that_cannot_be_read_tells_nothing(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.fault_settings.denied_command = "Get-WinEvent"
    pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.CANNOT_TELL


def test_a_program_can_only_be_tried_by_a_person(lab_server):
    server = lab_server(healthy_windows_11())
    exclusion = in_force(server, PROCESS, people=(IVO, ADAM))

    retested()

    retest = works_of(exclusion)
    assert (retest.status, retest.outcome) == (RetestStatus.NOT_DONE, RetestOutcome.ONLY_A_PERSON)
    assert requests_of(server) == []


def test_a_dangerous_site_is_never_requested(lab_server):
    server = lab_server(healthy_windows_11())
    exclusion = in_force(server)
    with as_owner():
        Case.objects.filter(pk=exclusion.case_id).update(kind=ProblemKind.DANGEROUS_SITE_MISSED)

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.DANGEROUS_SITE
    assert requests_of(server) == []


def test_a_pc_that_is_not_the_cases_own_is_not_tried(lab_server):
    case = checked_case(device_at(lab_server(), owner=person(EMMA)))
    device_at(lab_server(healthy_windows_11(hostname="PC-0143")), owner=person(EMMA), hostname="PC-0143")
    exclusion = approved(asked(case, OWN_IP, scope=Scope(ScopeKind.GROUP, case.device.group_id)))

    worked()

    assert (exclusion.placements.filter(status="verified").count(), exclusion.retests.count()) == (2, 1)
    assert works_of(exclusion).device == case.device


def test_a_pc_out_of_reach_is_tried_again_with_growing_pauses_and_given_up_after_a_day(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.faults.add(Fault.REFUSED)

    retested()
    first = works_of(exclusion)
    assert (first.status, first.attempts, first.error_code) == (RetestStatus.ASKED, 1, "unreachable")
    Retest.objects.filter(pk=first.pk).update(due_at=timezone.now())
    retested()
    second = works_of(exclusion)
    assert second.due_at - timezone.now() > first.due_at - first.asked_at - timedelta(seconds=30)
    a_day_later = replace(quick_plan(), clock=lambda: timezone.now() + GIVE_UP_AFTER)
    run_retest(second.pk, plan=a_day_later)

    assert (works_of(exclusion).status, works_of(exclusion).outcome) == ("not_done", RetestOutcome.PC_NOT_REACHED)


def test_a_pc_that_is_back_is_tried_at_last(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.faults.add(Fault.REFUSED)
    retested()

    pc.faults.discard(Fault.REFUSED)
    Retest.objects.update(due_at=timezone.now())
    retested()

    assert (works_of(exclusion).outcome, works_of(exclusion).error_code) == (RetestOutcome.WORKS, "")


def test_what_ended_meanwhile_is_not_tried(lab_server):
    server = lab_server(healthy_windows_11())
    exclusion = in_force(server)
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.EXCLUSION_ENDED
    assert requests_of(server) == []


def test_a_pc_on_loan_for_a_test_is_tried_later(lab_server):
    exclusion = in_force(lab_server(healthy_windows_11()))
    request_lease(
        exclusion.case,
        value_during=ProtectionMode.AUDIT,
        length=timedelta(minutes=5),
        by=person(EMMA),
        reason="audit-mode test",
        now=timezone.now(),
    )

    retested()

    assert (works_of(exclusion).status, works_of(exclusion).attempts) == (RetestStatus.ASKED, 0)
    assert works_of(exclusion).due_at > timezone.now()
