"""The real task code against simulated PCs, over NTLM with encryption."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11, other_antivirus, stuck_in_audit, windows_home
from tests.support.world import EMMA, IVO, case_on, device_at, person, plan
from troubleshooting.actions.checks.check_runs import cancel_check_run, retry_check_run
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.cases.case import Program, Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.registry import BY_ID
from troubleshooting.models import ActivityEntry, Case, CheckRun, DeviceAnswer

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = {"connect": 2, "opening": 3, "silence": 3, "cancel_poll": 1, "visit": 30}
QUICK = {name: timedelta(seconds=value) for name, value in SECONDS.items()}


def visited(server, **changes: object) -> Case:
    """Report on the PC and run its check as the worker does."""
    emma = person(EMMA)
    case = case_on(device_at(server, owner=emma), by=emma, **changes)
    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))
    case.refresh_from_db()
    return case


def statuses(case: Case) -> dict[str, str]:
    return dict(case.check_runs.get().findings.values_list("check_id", "status"))


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


def test_what_was_sent_is_kept_with_when_how_long_and_by_which_account(lab_server):
    case = visited(lab_server(healthy_windows_11()))

    snapshot = case.check_runs.get().snapshots.get()
    answers = list(snapshot.answers.all())
    assert (snapshot.account, snapshot.credential_profile, snapshot.attempt) == ("LAB\\portal", "lab", 1)
    assert snapshot.endpoint.startswith("http://127.0.0.1:")
    assert [answer.position for answer in answers] == list(range(len(answers)))
    assert all(answer.pipeline and answer.seconds >= 0 for answer in answers)
    assert {"preferences", "computer_status", "protection_events", "cloud_connectivity"} <= {a.name for a in answers}


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


@pytest.mark.parametrize(
    ("fault", "settings", "status", "code"),
    [
        (Fault.REFUSED, {}, RunStatus.WAITING, "unreachable"),
        (Fault.NO_ANSWER, {}, RunStatus.WAITING, "no_answer"),
        (Fault.UNAUTHORIZED, {}, RunStatus.FAILED, "wrong_credentials"),
        (Fault.WSMAN_FAULT, {"fault_code": 2150858752}, RunStatus.FAILED, "endpoint_missing"),
        (Fault.WSMAN_FAULT, {"fault_code": 5}, RunStatus.FAILED, "access_denied"),
        (Fault.WSMAN_FAULT, {"fault_code": 2150859180}, RunStatus.FAILED, "remoting_disabled"),
        (Fault.ACCESS_DENIED_ON_CREATE, {}, RunStatus.FAILED, "access_denied"),
        (Fault.QUOTA_REACHED, {}, RunStatus.WAITING, "quota_reached"),
        (Fault.SHELL_LOST, {"after_answers": 1}, RunStatus.WAITING, "session_lost"),
        (Fault.CUT_IN_ANSWER, {"after_answers": 1}, RunStatus.WAITING, "connection_cut"),
        (Fault.REBOOT, {"after_answers": 1, "reboot_s": 60.0}, RunStatus.WAITING, None),
        (Fault.GARBAGE, {"after_answers": 1}, RunStatus.FAILED, "protocol_broken"),
        (Fault.BROKEN_ENCRYPTION, {"after_answers": 1}, RunStatus.FAILED, "protocol_broken"),
    ],
)
def test_a_fault_has_its_name_and_loses_nothing(lab_server, fault, settings, status, code):
    pc = healthy_windows_11()
    for name, value in settings.items():
        setattr(pc.fault_settings, name, value)
    server = lab_server(pc)
    pc.faults.add(fault)

    case = visited(server)

    run = case.check_runs.get()
    assert run.status == status
    # A PC that restarts cuts the connection or refuses the next one: whichever the portal meets first.
    assert run.error_code in ({code} if code else {"connection_cut", "unreachable", "session_lost"})
    assert DeviceAnswer.objects.filter(snapshot__check_run=run).exists() == (settings.get("after_answers", 0) > 0)
    assert case.stage == (Stage.CHECKING if status == RunStatus.WAITING else Stage.CHECKED)


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


def test_a_pc_that_restarts_in_mid_run_is_visited_again_and_nothing_is_lost(lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.after_answers, pc.fault_settings.reboot_s = 1, 0.2
    pc.faults.add(Fault.REBOOT)
    server = lab_server(pc)
    case = visited(server)
    run = case.check_runs.get()
    assert run.status == RunStatus.WAITING

    pc.faults.clear()
    retry_check_run(run.pk, by=person(EMMA), now=timezone.now())
    wait_until_back(server)
    run_checks(run.pk, plan=plan(**QUICK))

    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.FINISHED, 2)
    assert [snapshot.answers.exists() for snapshot in run.snapshots.all()] == [True, True]


def wait_until_back(server) -> None:
    """Wait until the PC's port is open again."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.05)


def test_a_stopped_defender_is_unknown_and_never_failed(lab_server):
    pc = healthy_windows_11()
    pc.faults.add(Fault.DEFENDER_STOPPED)

    found = statuses(visited(lab_server(pc)))

    assert {found[check] for check in ("behavior_monitoring", "cloud_protection", "protection_mode")} == {"unknown"}


def test_a_pc_that_comes_back_is_visited_at_the_next_attempt(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    pc.faults.add(Fault.REFUSED)
    case = visited(server)
    run = case.check_runs.get()

    pc.faults.discard(Fault.REFUSED)
    retry_check_run(run.pk, by=person(EMMA), now=timezone.now())
    run_checks(run.pk, plan=plan(**QUICK))

    run.refresh_from_db()
    assert (run.status, run.attempt, run.error_code) == (RunStatus.FINISHED, 2, "")
    assert run.snapshots.count() == 2


def test_a_second_message_for_the_same_run_does_nothing(lab_server):
    server = lab_server(healthy_windows_11())
    case = visited(server)
    server.reset_counters()

    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))

    assert server.requests == 0


def test_cancel_stops_the_pipeline_that_hangs(lab_server):
    pc = healthy_windows_11()
    pc.faults.add(Fault.HANGING_COMMAND)
    server = lab_server(pc)
    emma = person(EMMA)
    run = case_on(device_at(server, owner=emma), by=emma).check_runs.get()

    def work() -> None:
        try:
            run_checks(run.pk, plan=plan(**QUICK))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    until = time.monotonic() + 10
    while not server.commands and time.monotonic() < until:
        time.sleep(0.05)
    cancel_check_run(run.pk, by=emma, now=timezone.now())
    worker.join(timeout=15)

    run.refresh_from_db()
    assert not worker.is_alive()
    assert (run.status, run.case.stage) == (RunStatus.CANCELLED, Stage.CHECKED)
    assert server.sessions_open == 0


def test_a_worker_given_up_for_lost_cannot_write_into_its_successors_run(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    emma = person(EMMA)
    run = case_on(device_at(server, owner=emma), by=emma).check_runs.get()
    begun = plan(**QUICK)
    taken_over = []

    def credential(profile: str):
        if not taken_over:  # as if the sweep had given the run to another worker meanwhile
            taken_over.append(CheckRun.objects.filter(pk=run.pk).update(attempt=7))
        return begun.credential(profile)

    run_checks(run.pk, plan=type(begun)(begun.clock, credential, None, begun.limits, begun.events_since))

    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.RUNNING, 7)
    assert not DeviceAnswer.objects.filter(snapshot__check_run=run).exists()


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
