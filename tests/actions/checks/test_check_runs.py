"""What people do with a check that runs or waits."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.check_world import QUICK, visited
from tests.support.world import EMMA, case_on, device_at, person, plan
from troubleshooting.actions.checks.check_runs import cancel_check_run, retry_check_run
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus

pytestmark = pytest.mark.django_db(transaction=True)


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
