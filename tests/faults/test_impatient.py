"""One person asks for far too much, while a colleague's PC is checked and an exclusion is revoked, by real workers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import pytest
import redis
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import IP, approved, asked, checked_case, present
from tests.support.servers import CeleryWorkerProcess, TestServers
from tests.support.waiting import wait_until
from tests.support.world import EMMA, IVO, SARA, case_on, device_at, person
from troubleshooting.actions.checks.limits import TooMany
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import ActivityEntry, Case, CheckRun, Device, Exclusion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

REPORTS = 300
QUEUES = ("portal-portal", "portal-safety")


def waiting_messages(servers: TestServers) -> int:
    with redis.Redis.from_url(servers.redis_url) as client:
        return sum(client.llen(name) for name in QUEUES)


def visits_begun(worker: CeleryWorkerProcess) -> int:
    return sum("task_started" in line and "run_checks" in line for line in worker.log_text().splitlines())


@dataclass(frozen=True)
class Scene:
    """The PC of an impatient person, a colleague's, and one with an exclusion in force; a real worker serves them."""

    worker: CeleryWorkerProcess
    impatient: Device
    colleagues: Device
    exclusion: Exclusion

    def colleague_and_removal(self) -> None:
        """Wait until the colleague's PC is checked, and the exclusion revoked and gone."""
        case = case_on(self.colleagues, by=person(SARA))
        revoke_exclusion(self.exclusion.pk, by=person(IVO), note="no longer needed", now=timezone.now())
        wait_until(lambda: case.check_runs.get().status == RunStatus.FINISHED, self.worker)
        wait_until(lambda: present(self.exclusion).status == ExclusionStatus.REMOVED, self.worker)


@pytest.fixture
def scene(celery_worker_process, lab_server) -> Scene:
    worker, emma = celery_worker_process, person(EMMA)
    impatient = device_at(lab_server(healthy_windows_11()), owner=emma)
    colleagues = device_at(lab_server(healthy_windows_11()), owner=person(SARA), hostname="PC-0143")
    excluded = device_at(lab_server(healthy_windows_11()), owner=emma, hostname="PC-0144")
    exclusion = approved(asked(checked_case(excluded), IP))
    wait_until(lambda: present(exclusion).status == ExclusionStatus.VERIFIED, worker)
    return Scene(worker, impatient, colleagues, exclusion)


def test_three_hundred_reports_hold_up_neither_a_colleague_nor_a_removal(scene, test_servers):
    worker, hers = scene.worker, scene.impatient
    begun = visits_begun(worker)

    for _ in range(REPORTS):
        case_on(hers, by=person(EMMA))
    under_way = waiting_messages(test_servers)
    before = CheckRun.objects.filter(device=hers, status=RunStatus.FINISHED).count()
    scene.colleague_and_removal()
    after = CheckRun.objects.filter(device=hers, status=RunStatus.FINISHED).count()

    assert under_way <= 1  # and not one for each report
    assert CheckRun.objects.filter(device=hers, status=RunStatus.QUEUED).count() > REPORTS / 2  # nobody waited for them
    assert after - before < REPORTS / 10
    wait_until(lambda: CheckRun.objects.filter(device=hers, status=RunStatus.FINISHED).count() > after + 20, worker)
    messages = visits_begun(worker) - begun
    taken = CheckRun.objects.exclude(status__in=[RunStatus.QUEUED, RunStatus.CANCELLED]).count()
    assert messages <= REPORTS + taken + 2  # one at most for each report, and one for each visit that ended


def test_of_three_hundred_reports_no_more_are_taken_than_one_person_may_have_open(scene):
    limits, hers = CaseLimits(), scene.impatient
    theirs = Case.objects.filter(reporter=person(EMMA))
    taken, most_live = 0, 0

    for _ in range(REPORTS):
        with contextlib.suppress(TooMany):
            case_on(hers, by=person(EMMA), limits=limits)
            taken += 1
        most_live = max(most_live, CheckRun.objects.live().filter(device=hers).count())
    scene.colleague_and_removal()

    assert limits.live_per_pc <= taken < limits.open_per_person  # she has a case about the other PC
    assert most_live <= limits.live_per_pc
    assert theirs.open().count() == taken + 1
    assert CheckRun.objects.filter(device=hers).count() == taken  # nothing is stored or queued for the others
    assert ActivityEntry.objects.filter(action="case_opened", actor=person(EMMA)).count() == taken + 1
