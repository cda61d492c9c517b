"""Real workers and brokers that die in the middle of it: a minute is lost, and nothing else."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.waiting import wait_until
from tests.support.world import EMMA, case_on, device_at, person
from troubleshooting import dispatch
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import Case, CheckRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def has_ended(case: Case) -> bool:
    return case.check_runs.get().status not in {RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING}


def cut_connections_of_checks() -> int:
    """Cut the idle connections that a check was the last to use; returns how many these were."""
    last_of_check = "state = 'idle' AND query LIKE '%\"turn\"%' AND pid <> pg_backend_pid()"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {last_of_check}")
        ((count,),) = cursor.fetchall()
    return int(count)


def test_a_report_is_checked_by_a_worker_in_another_process(celery_worker_process, lab_server):
    case = case_on(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)), by=person(EMMA))

    wait_until(lambda: has_ended(case), celery_worker_process)

    case.refresh_from_db()
    assert (case.check_runs.get().status, case.stage) == (RunStatus.FINISHED, Stage.CHECKED)


def test_a_worker_keeps_its_connections_and_makes_new_ones_after_they_were_cut(celery_worker_process, lab_server):
    emma, server = person(EMMA), lab_server(healthy_windows_11())
    first = case_on(device_at(server, owner=emma), by=emma)
    wait_until(lambda: has_ended(first), celery_worker_process)
    wait_until(lambda: cut_connections_of_checks() > 0, celery_worker_process)

    second = case_on(device_at(server, owner=emma, hostname="PC-0143"), by=emma)
    wait_until(lambda: has_ended(second), celery_worker_process)

    assert second.check_runs.get().status == RunStatus.FINISHED


def test_a_worker_killed_in_mid_visit_loses_nothing(celery_worker_process, lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.request_delay_ms = 400
    pc.faults.add(Fault.SLOW)
    server = lab_server(pc)
    case = case_on(device_at(server, owner=person(EMMA)), by=person(EMMA))
    wait_until(lambda: server.requests > 3, celery_worker_process)

    celery_worker_process.kill()
    assert case.check_runs.get().status == RunStatus.RUNNING
    pc.faults.discard(Fault.SLOW)
    sweep(now=timezone.now() + timedelta(minutes=3), lost_after=settings.CHECK_RUN_LOST_AFTER)
    celery_worker_process.start()
    wait_until(lambda: has_ended(case), celery_worker_process)

    run = case.check_runs.get()
    assert (run.status, run.attempt) == (RunStatus.FINISHED, 2)
    assert not run.findings.filter(status="waiting").exists()


def test_a_broker_that_lost_everything_costs_one_sweep(own_broker, worker_of_own_broker, lab_server):
    server = lab_server(healthy_windows_11())
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    case = case_on(device_at(server, owner=person(EMMA)), by=person(EMMA), now=a_minute_ago)  # its message goes nowhere

    own_broker.child.kill()
    own_broker.start()
    wait_until(worker_of_own_broker.answers, worker_of_own_broker)
    worker_of_own_broker.send(dispatch.SWEEP)
    wait_until(lambda: has_ended(case), worker_of_own_broker)

    assert CheckRun.objects.get().status == RunStatus.FINISHED


@pytest.mark.usefixtures("broker_away")
def test_a_report_is_kept_at_once_when_the_broker_is_away(lab_server):
    began = time.monotonic()

    case = case_on(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)), by=person(EMMA))

    assert case.check_runs.get().status == RunStatus.QUEUED
    assert time.monotonic() - began < 2
