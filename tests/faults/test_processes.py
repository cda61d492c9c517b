"""A dead worker and a dead beat, as real processes: what pages, healthz and readyz say, and that all is well after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from tests.support.servers import CeleryBeatProcess, CeleryWorkerProcess, TestServers
from tests.support.waiting import wait_until
from tests.support.world import EMMA, IVO, case_on, device_at, person
from troubleshooting.domain.base.processes import LOST_AFTER, Process
from troubleshooting.models import Case, Heartbeat
from troubleshooting.queries.base.processes import lost_processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

IN_VAIN = "The check cannot start right now, because a part of the portal is not running."


@pytest.fixture
def beat(celery_worker_process: CeleryWorkerProcess, test_servers: TestServers) -> Iterator[CeleryBeatProcess]:
    process = CeleryBeatProcess(test_servers, str(connection.settings_dict["NAME"]))
    process.start()
    yield process
    process.stop()


def let_silence_pass() -> None:
    """Move every heartbeat into the past; whoever lives renews its own."""
    Heartbeat.objects.update(at=F("at") - LOST_AFTER - timedelta(seconds=1))


def answers(client) -> tuple[int, int]:
    return client.get("/healthz/").status_code, client.get("/readyz/").status_code


def page_of(client, who, url) -> str:
    client.force_login(person(who))
    return client.get(url).content.decode()


def all_live(client, worker: CeleryWorkerProcess) -> None:
    wait_until(lambda: client.get("/readyz/").status_code == 200, worker)


def wait_until_lost(*processes: Process, worker: CeleryWorkerProcess) -> None:
    """Let the silence pass, and those who live say so."""
    let_silence_pass()
    wait_until(lambda: [one.process for one in lost_processes(now=timezone.now())] == list(processes), worker)


def test_without_a_worker_the_portal_says_so_until_it_is_back(celery_worker_process, beat, client, lab_server):
    all_live(client, celery_worker_process)
    celery_worker_process.kill()
    wait_until_lost(Process.WORKER, Process.SAFETY_WORKER, worker=celery_worker_process)

    case = case_on(device_at(lab_server(), owner=person(EMMA)), by=person(EMMA))
    url = reverse("case", args=[case.number])
    assert answers(client) == (200, 503)
    assert IN_VAIN in page_of(client, EMMA, url)
    assert "about to check" not in page_of(client, EMMA, url)
    assert "A part of the portal is not running" not in page_of(client, EMMA, url)  # the band is for IT
    assert "The worker is not running." in page_of(client, IVO, reverse("home"))

    celery_worker_process.start()
    all_live(client, celery_worker_process)
    wait_until(lambda: Case.objects.get().verdict_code != "", celery_worker_process)
    assert IN_VAIN not in page_of(client, EMMA, url)
    assert "is not running" not in page_of(client, IVO, reverse("home"))


def test_without_beat_the_portal_says_so_until_it_is_back(celery_worker_process, beat, client):
    all_live(client, celery_worker_process)
    beat.kill()
    wait_until_lost(Process.BEAT, worker=celery_worker_process)

    assert answers(client) == (200, 503)
    assert "The scheduler is not running." in page_of(client, IVO, reverse("home"))

    beat.start()
    all_live(client, celery_worker_process)
    assert "is not running" not in page_of(client, IVO, reverse("home"))


def test_each_queue_has_a_heartbeat_of_its_own(celery_worker_process, beat, client):
    all_live(client, celery_worker_process)
    celery_worker_process.stop()
    celery_worker_process.start(queues="safety")
    wait_until_lost(Process.WORKER, worker=celery_worker_process)

    assert answers(client) == (200, 503)
