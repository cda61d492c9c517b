"""One person asks for far too much, while a colleague's PC is checked and an exclusion is revoked, by real workers."""

from __future__ import annotations

import pytest
import redis
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import IP, approved, asked, checked_case, present
from tests.support.servers import CeleryWorkerProcess, TestServers
from tests.support.waiting import wait_until
from tests.support.world import EMMA, IVO, SARA, case_on, device_at, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import CheckRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

REPORTS = 300
QUEUES = ("portal-portal", "portal-safety")


def waiting_messages(servers: TestServers) -> int:
    with redis.Redis.from_url(servers.redis_url) as client:
        return sum(client.llen(name) for name in QUEUES)


def visits_begun(worker: CeleryWorkerProcess) -> int:
    return sum("task_started" in line and "run_checks" in line for line in worker.log_text().splitlines())


def test_three_hundred_reports_hold_up_neither_a_colleague_nor_a_removal(
    celery_worker_process, lab_server, test_servers
):
    worker, emma, sara = celery_worker_process, person(EMMA), person(SARA)
    hers = device_at(lab_server(healthy_windows_11()), owner=emma)
    colleagues = device_at(lab_server(healthy_windows_11()), owner=sara, hostname="PC-0143")
    excluded = device_at(lab_server(healthy_windows_11()), owner=emma, hostname="PC-0144")
    exclusion = approved(asked(checked_case(excluded), IP))
    wait_until(lambda: present(exclusion).status == ExclusionStatus.VERIFIED, worker)
    begun = visits_begun(worker)

    for _ in range(REPORTS):
        case_on(hers, by=emma)
    under_way = waiting_messages(test_servers)
    before = CheckRun.objects.filter(device=hers, status=RunStatus.FINISHED).count()
    case = case_on(colleagues, by=sara)
    revoke_exclusion(exclusion.pk, by=person(IVO), note="no longer needed", now=timezone.now())
    wait_until(lambda: case.check_runs.get().status == RunStatus.FINISHED, worker)
    wait_until(lambda: present(exclusion).status == ExclusionStatus.REMOVED, worker)
    after = CheckRun.objects.filter(device=hers, status=RunStatus.FINISHED).count()

    assert under_way <= 1  # and not one for each report
    assert CheckRun.objects.filter(device=hers, status=RunStatus.QUEUED).count() > REPORTS / 2  # nobody waited for them
    assert after - before < REPORTS / 10
    wait_until(lambda: CheckRun.objects.filter(device=hers, status=RunStatus.FINISHED).count() > after + 20, worker)
    messages = visits_begun(worker) - begun
    taken = CheckRun.objects.exclude(status__in=[RunStatus.QUEUED, RunStatus.CANCELLED]).count()
    assert messages <= REPORTS + taken + 2  # one at most for each report, and one for each visit that ended
