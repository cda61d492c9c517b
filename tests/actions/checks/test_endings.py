"""How a check ends, or waits."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.check_world import QUICK, visited
from tests.support.world import EMMA, person, plan
from troubleshooting.actions.checks.check_runs import retry_check_run
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import DeviceAnswer

pytestmark = pytest.mark.django_db(transaction=True)


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


def wait_until_back(server) -> None:
    """Wait until the PC's port is open again."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.05)


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
