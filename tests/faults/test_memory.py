"""A worker that has grown past its mark or its limit, as a real process; marks of 1 MiB, which any visit passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.support.servers import CeleryWorkerProcess, TestServers
from tests.support.waiting import wait_until
from tests.support.world import EMMA, case_on, device_at, person
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.domain.base.processes import REPLACE_ME
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import Case, CheckRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

VISITING = 1  # the pipeline that is held; the one before it has brought most answers


@pytest.fixture
def worker(transactional_db: None, test_servers: TestServers) -> Iterator[CeleryWorkerProcess]:
    """Return a worker that the test starts with a mark of its own."""
    with redis.Redis.from_url(test_servers.redis_url) as client:
        client.flushdb()
    process = CeleryWorkerProcess(test_servers, str(connection.settings_dict["NAME"]))
    yield process
    process.stop()


def report_on(lab, name: str) -> Case:
    return case_on(device_at(lab, owner=person(EMMA), hostname=name), by=person(EMMA))


def run_of(case: Case) -> CheckRun:
    return case.check_runs.get()


def test_a_worker_past_its_mark_finishes_its_visit_takes_no_other_and_is_replaced(worker, gated_lab, lab_server):
    worker.start(env={"WORKER_MEMORY_MARK_MB": "1", "WORKER_MEMORY_LIMIT_MB": "0"})
    gated_lab.close_gate_at(VISITING)
    held = report_on(gated_lab, "PC-0142")
    wait_until(lambda: not worker.answers(), worker)
    later = report_on(lab_server(), "PC-0143")

    assert (worker.exit_code(), run_of(held).status) == (None, RunStatus.RUNNING)
    gated_lab.open_gate(carry_out=True)
    wait_until(lambda: worker.exit_code() is not None, worker)

    assert worker.exit_code() == REPLACE_ME
    assert (run_of(held).status, run_of(held).attempt) == (RunStatus.FINISHED, 1)
    assert run_of(later).status == RunStatus.QUEUED
    assert "worker_memory_mark_reached" in worker.log_text()
    worker.start()
    wait_until(lambda: run_of(later).status == RunStatus.FINISHED, worker)


def test_a_worker_past_its_limit_ends_at_once_and_the_next_one_goes_on(worker, gated_lab):
    worker.start(env={"WORKER_MEMORY_MARK_MB": "0", "WORKER_MEMORY_LIMIT_MB": "1"})
    gated_lab.close_gate_at(VISITING)
    held = report_on(gated_lab, "PC-0142")
    wait_until(lambda: worker.exit_code() is not None, worker)

    assert (worker.exit_code(), run_of(held).status) == (REPLACE_ME, RunStatus.RUNNING)
    assert "worker_ended_for_its_memory" in worker.log_text()
    gated_lab.open_gate(carry_out=True)
    sweep(now=timezone.now() + timedelta(minutes=3), lost_after=settings.CHECK_RUN_LOST_AFTER)
    worker.start()
    wait_until(lambda: run_of(held).status == RunStatus.FINISHED, worker)
    assert run_of(held).attempt == 2
