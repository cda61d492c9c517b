import pytest
from django.test import Client
from pytest_django import Settings

from portal.demo.embedded import free_port


def test_healthz_answers_a_stranger_without_the_database(client: Client) -> None:
    response = client.get("/healthz/")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_answers_when_database_and_broker_answer(client: Client) -> None:
    response = client.get("/readyz/")

    assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_readyz_says_no_more_than_no_when_the_broker_is_away(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"

    response = client.get("/readyz/")

    assert (response.status_code, response.content) == (503, b"not ready\n")


def test_health_is_asked_not_told(client: Client) -> None:
    assert client.post("/healthz/").status_code == 405
