"""Workers and brokers that a test may kill."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis
from django.db import connection

from portal.celery import app as celery_app
from portal.demo.embedded import EmbeddedRedis, free_port
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.gate import GatedLab
from tests.support.servers import CeleryWorkerProcess, TestServers, point_cache_at


@pytest.fixture
def own_broker(test_servers: TestServers) -> Iterator[EmbeddedRedis]:
    """Return a broker that may be killed without harm to the other tests."""
    directory = test_servers.directory / f"broker-{uuid4().hex[:6]}"
    broker = EmbeddedRedis(directory, test_servers.ledger, directory / "redis.log", durable=False)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def worker_of_own_broker(
    transactional_db: None, own_broker: EmbeddedRedis, test_servers: TestServers
) -> Iterator[CeleryWorkerProcess]:
    database = str(connection.settings_dict["NAME"])
    worker = CeleryWorkerProcess(test_servers, database, redis_url=own_broker.url)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def portal_on_own_broker(own_broker: EmbeddedRedis) -> Iterator[None]:
    """Let the portal's own messages go to the broker that may be killed."""
    yield from _portal_on(own_broker.url)


@pytest.fixture
def broker_away() -> Iterator[None]:
    """Let the portal's app speak to a closed port."""
    yield from _portal_on(f"redis://127.0.0.1:{free_port()}/0")


def _portal_on(url: str) -> Iterator[None]:
    present = celery_app.conf.broker_url
    celery_app.conf.broker_url = url
    celery_app._after_fork()  # forgets open connections
    point_cache_at(url)
    yield
    celery_app.conf.broker_url = present
    celery_app._after_fork()
    point_cache_at(present)


@pytest.fixture(scope="module")
def lasting_worker(django_db_setup: None, test_servers: TestServers) -> Iterator[CeleryWorkerProcess]:
    """Return a worker that serves the whole module; a test that kills it starts the next one."""
    with redis.Redis.from_url(test_servers.redis_url) as client:
        client.flushdb()
    worker = CeleryWorkerProcess(test_servers, str(connection.settings_dict["NAME"]))
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def gated_lab() -> Iterator[GatedLab]:
    """Return a healthy PC with a gate in front of its commands."""
    with GatedLab(healthy_windows_11()) as lab:
        yield lab
