"""The real task code against simulated PCs, over NTLM with encryption."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11, other_antivirus, stuck_in_audit, windows_home
from tests.support.check_world import QUICK, statuses, visited
from tests.support.world import EMMA, IVO, case_on, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.cases.case import Program, Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.registry import BY_ID
from troubleshooting.models import ActivityEntry, CheckRun

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_blocked_site_on_a_healthy_pc_ends_in_a_sure_verdict(lab_server):
    server = lab_server(healthy_windows_11())

    case = visited(server)

    run = case.check_runs.get()
    assert (run.status, case.stage, case.verdict_code) == (
        RunStatus.FINISHED,
        Stage.CHECKED,
        "blocked_by_network_protection",
    )
    assert set(statuses(case)) == set(BY_ID)
    assert "waiting" not in statuses(case).values()
    assert "fail" not in statuses(case).values()
    assert server.sessions_open == 0


def test_every_action_of_the_visit_is_in_the_audit(lab_server):
    case = visited(lab_server(healthy_windows_11()))

    assert list(ActivityEntry.objects.filter(case=case).values_list("actor_name", "action")) == [
        ("emma", "case_opened"),
        ("emma", "check_requested"),
        ("portal", "check_started"),
        ("portal", "check_finished"),
        ("portal", "verdict_reached"),
    ]


@pytest.mark.parametrize(
    ("make", "failed"),
    [
        (other_antivirus, {"sole_antivirus", "real_time_protection"}),
        (windows_home, {"os_edition"}),
        (stuck_in_audit, {"protection_mode"}),
    ],
)
def test_failed_prerequisites_are_found(lab_server, make, failed):
    case = visited(lab_server(make()))

    assert failed <= {check for check, status in statuses(case).items() if status == "fail"}


def test_edge_is_told_that_it_is_not_network_protection(lab_server):
    assert visited(lab_server(healthy_windows_11()), program=Program.EDGE).verdict_code == "not_covered"


@pytest.mark.parametrize("fault", [Fault.GERMAN, Fault.OLD_PLATFORM, Fault.EXCLUSIONS_HIDDEN, Fault.DEFENDER_STOPPED])
def test_an_odd_pc_is_visited_to_the_end_without_a_guess(lab_server, fault):
    pc = healthy_windows_11()
    pc.faults.add(fault)

    case = visited(lab_server(pc))

    assert case.check_runs.get().status == RunStatus.FINISHED
    assert "waiting" not in statuses(case).values()


def test_a_slow_pc_is_visited_to_the_end(lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.request_delay_ms, pc.fault_settings.command_delay_s = 50, 0.05
    pc.faults.add(Fault.SLOW)

    case = visited(lab_server(pc))

    assert (case.check_runs.get().status, case.verdict_code) == (RunStatus.FINISHED, "blocked_by_network_protection")


def test_a_stopped_defender_is_unknown_and_never_failed(lab_server):
    pc = healthy_windows_11()
    pc.faults.add(Fault.DEFENDER_STOPPED)

    found = statuses(visited(lab_server(pc)))

    assert {found[check] for check in ("behavior_monitoring", "cloud_protection", "protection_mode")} == {"unknown"}


def test_a_second_message_for_the_same_run_does_nothing(lab_server):
    server = lab_server(healthy_windows_11())
    case = visited(server)
    server.reset_counters()

    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))

    assert server.requests == 0


def test_two_cases_on_one_pc_are_visited_one_after_the_other(lab_server):
    server = lab_server(healthy_windows_11())
    emma = person(EMMA)
    device = device_at(server, owner=emma)
    first, second = (case_on(device, by=by).check_runs.get() for by in (emma, person(IVO)))
    now = timezone.now()
    CheckRun.objects.filter(pk=first.pk).update(status="running", attempt=1, started_at=now, heartbeat_at=now)

    run_checks(second.pk, plan=plan(**QUICK))

    second.refresh_from_db()
    assert (second.status, server.requests) == (RunStatus.QUEUED, 0)
