from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.demo.embedded import free_port
from troubleshooting.actions.heartbeats import beat
from troubleshooting.domain.base.processes import LOST_AFTER, Process


def test_healthz_answers_a_stranger_without_the_database(client: Client) -> None:
    response = client.get("/healthz/")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_answers_when_database_and_broker_answer_and_the_processes_live(client: Client) -> None:
    beat(Process, now=timezone.now())

    response = client.get("/readyz/")

    assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.django_db
@pytest.mark.parametrize("silent", Process)
def test_readyz_says_no_when_one_process_was_silent_for_too_long(client: Client, silent: Process) -> None:
    beat(Process, now=timezone.now())
    beat([silent], now=timezone.now() - LOST_AFTER - timedelta(seconds=1))

    response = client.get("/readyz/")

    assert (response.status_code, response.content) == (503, b"not ready\n")


@pytest.mark.django_db
def test_readyz_says_no_more_than_no_when_the_broker_is_away(client: Client, settings: Settings) -> None:
    beat(Process, now=timezone.now())
    settings.CELERY_BROKER_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"

    response = client.get("/readyz/")

    assert (response.status_code, response.content) == (503, b"not ready\n")


def test_health_is_asked_not_told(client: Client) -> None:
    assert client.post("/healthz/").status_code == 405
