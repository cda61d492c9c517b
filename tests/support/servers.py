"""PostgreSQL, Redis and the Celery worker that the tests stand on: real ones, started once, ended by their id.

With pytest-xdist the controller starts the servers before its workers, and ends them after the last one. Each worker
has its own database, its own number of Redis's databases, and its own directory with its own processes.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import dj_database_url
import pytest
import redis
from asgiref.local import Local
from celery import Celery
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from kombu import pools

from portal.celery import app as celery_app
from portal.demo import processes
from portal.demo.embedded import DATABASE, EmbeddedPostgres, EmbeddedRedis
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from portal.demo.processes import Child, Ledger
from tests.support.roles import make_roles, sign_in_as

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "var" / "test"
WORKER_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class TestServers:
    """Where the servers of this test session are."""

    __test__ = False

    owner_url: str
    database_url: str  # as the role that the portal runs as
    redis_url: str
    directory: Path
    ledger: Ledger

    def url_of(self, database: str) -> str:
        """Return the address of another database on the same server."""
        return urlunsplit(urlsplit(self.database_url)._replace(path=f"/{database}"))


class CeleryWorkerProcess:
    """A real ``celery worker`` on the test database; ``kill`` is a power cut, ``start`` may be called again."""

    def __init__(self, servers: TestServers, database: str, *, redis_url: str | None = None) -> None:
        self.log = servers.directory / "log" / "worker.log"
        self._servers = servers
        self._env = {
            "DATABASE_URL": servers.url_of(database),
            "REDIS_URL": redis_url or servers.redis_url,
            "DJANGO_SETTINGS_MODULE": "portal.settings.test",
            "PROCESS_KIND": "worker",
            "LOG_LEVEL": "INFO",
            "DEVICE_CREDENTIAL_LAB_USERNAME": LAB_USERNAME,
            "DEVICE_CREDENTIAL_LAB_PASSWORD": LAB_PASSWORD,
        }
        self._child: Child | None = None
        self._node = ""

    def start(self, *, concurrency: int = 8, queues: str = "", env: dict[str, str] | None = None) -> None:
        """Start it and wait until it answers; it serves all queues unless some are named, with commas."""
        self._node = f"test-{uuid4().hex[:8]}@localhost"
        command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "-P", "threads", "-c", str(concurrency)]
        self._child = processes.start(
            "worker",
            [*command, *(["-Q", queues] if queues else []), "-n", self._node, "--without-gossip", "--without-mingle"],
            log=self.log,
            ledger=self._servers.ledger,
            env={**os.environ, **self._env, **(env or {})},
            cwd=ROOT,
            grace_s=5,
        )
        self._wait_until_ready(self._child)

    def exit_code(self) -> int | None:
        """Return the code that it ended with by itself, or None while it runs."""
        assert self._child is not None
        return self._child.exit_code()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        assert self._child is not None
        self._child.kill()
        self._child = None

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def answers(self) -> bool:
        """Tell whether the worker hears its broker."""
        with _app_on(self._env["REDIS_URL"]) as app:
            return bool(app.control.ping(destination=[self._node], timeout=0.5))

    def send(self, task: str) -> None:
        """Queue a task for it, past the portal's dispatch."""
        with _app_on(self._env["REDIS_URL"]) as app:
            app.send_task(task)

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def _wait_until_ready(self, child: Child) -> None:
        give_up_at = time.monotonic() + WORKER_READY_WITHIN_S
        while not self.answers():
            if child.exit_code() is not None or time.monotonic() > give_up_at:
                pytest.fail(f"The worker did not start:\n{child.log_tail()}")


class CeleryBeatProcess:
    """A real ``celery beat`` on the test database."""

    def __init__(self, servers: TestServers, database: str) -> None:
        self._servers = servers
        self._schedule = servers.directory / f"beat-{uuid4().hex[:6]}"
        self._env = {
            "DATABASE_URL": servers.url_of(database),
            "REDIS_URL": servers.redis_url,
            "DJANGO_SETTINGS_MODULE": "portal.settings.test",
        }
        self._child: Child | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "portal", "beat", "--schedule", str(self._schedule)]
        self._child = processes.start(
            "beat",
            [*command, "--pidfile", ""],
            log=self._servers.directory / "log" / "beat.log",
            ledger=self._servers.ledger,
            env={**os.environ, **self._env},
            cwd=ROOT,
            grace_s=5,
        )

    def kill(self) -> None:
        """End it at once."""
        assert self._child is not None
        self._child.kill()
        self._child = None

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._child is not None:
            self._child.end()
            self._child = None


@dataclass(frozen=True, slots=True)
class TestSession:
    """A directory of this process, with the ledger of what it starts; whoever is killed is cleared up after later."""

    __test__ = False

    directory: Path
    ledger: Ledger

    @classmethod
    @contextmanager
    def begin(cls) -> Iterator[TestSession]:
        directory = RUNS / f"{os.getpid()}-{uuid4().hex[:6]}"
        ledger = Ledger(directory / "processes.json")
        ledger.take_over()
        try:
            yield cls(directory, ledger)
        finally:
            ledger.end_leftovers()
            shutil.rmtree(directory, ignore_errors=True)

    @contextmanager
    def servers(self) -> Iterator[TestServers]:
        """Start PostgreSQL and Redis, or take those that the environment names."""
        directory, ledger = self.directory, self.ledger
        superuser_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
        with ExitStack() as stack:
            if superuser_url is None:
                postgres = EmbeddedPostgres(
                    directory / "postgres", ledger, directory / "log" / "postgres.log", durable=False
                )
                stack.callback(postgres.stop)
                postgres.start()
                superuser_url = postgres.url_of(DATABASE)
            if redis_url is None:
                broker = EmbeddedRedis(directory / "redis", ledger, directory / "log" / "redis.log", durable=False)
                stack.callback(broker.stop)
                broker.start()
                redis_url = broker.url
            yield TestServers(*make_roles(superuser_url), redis_url, directory, ledger)


class ServersOfWorkers:
    """Gives pytest-xdist's workers the addresses of the servers that their controller has started."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._servers: TestServers | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self._servers is None:
            _clear_up_after_killed_sessions()
            self._servers = self._stack.enter_context(self._stack.enter_context(TestSession.begin()).servers())
        node.workerinput["owner_url"] = self._servers.owner_url
        node.workerinput["database_url"] = self._servers.database_url
        node.workerinput["redis_url"] = self._servers.redis_url

    def pytest_unconfigure(self) -> None:
        self._stack.close()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ServersOfWorkers())


@pytest.fixture(scope="session")
def test_servers(request: pytest.FixtureRequest) -> Iterator[TestServers]:
    """Tell where the servers are: started here, or by the controller of this worker."""
    given = getattr(request.config, "workerinput", None)
    if given is None:
        _clear_up_after_killed_sessions()
    with TestSession.begin() as session:
        if given is None:
            with session.servers() as servers:
                yield servers
        else:
            number = int(given["workerid"].removeprefix("gw"))
            redis_url = urlunsplit(urlsplit(given["redis_url"])._replace(path=f"/{number}"))
            urls = given["owner_url"], given["database_url"], redis_url
            yield TestServers(*urls, session.directory, session.ledger)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(test_servers: TestServers, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Tell Django and Celery where the servers are; pytest-django asks for this before it makes the test database."""
    found = dj_database_url.parse(test_servers.owner_url)
    settings.DATABASES["default"].update({key: found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    settings.DATABASES["default"]["OPTIONS"] |= found.get("OPTIONS", {})
    settings.REDIS_URL = settings.CELERY_BROKER_URL = test_servers.redis_url
    point_cache_at(test_servers.redis_url)
    celery_app.conf.broker_url = test_servers.redis_url


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, test_servers: TestServers) -> Iterator[None]:
    """Make the test database as its owner, and run the tests as the role that the portal runs as."""
    sign_in_as(test_servers.database_url)
    yield
    sign_in_as(test_servers.owner_url)


@pytest.fixture
def celery_worker_process(transactional_db: None, test_servers: TestServers) -> Iterator[CeleryWorkerProcess]:
    """Return a running worker with an empty queue; the test may kill it and start it again."""
    with redis.Redis.from_url(test_servers.redis_url) as client:
        client.flushdb()
    worker = CeleryWorkerProcess(test_servers, str(connection.settings_dict["NAME"]))
    worker.start()
    yield worker
    worker.stop()


def point_cache_at(redis_url: str) -> None:
    """Let the portal's cache be where its messages go; what it knew elsewhere is forgotten."""
    settings.CACHES["default"]["LOCATION"] = redis_url
    caches.settings = caches.configure_settings(settings.CACHES)
    caches._connections = Local(caches.thread_critical)


@contextmanager
def _app_on(broker_url: str) -> Iterator[Celery]:
    """Return an app that speaks to this broker, beside the portal's own."""
    app = Celery("tests", broker=broker_url, set_as_current=False)
    not_shared = {"pool_of_its_own": uuid4().hex}  # kombu would hand out connections to a broker that died meanwhile
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | not_shared
    app.conf.task_default_queue = settings.CELERY_TASK_DEFAULT_QUEUE
    with app:
        try:
            yield app
        finally:
            of_app = app.connection_for_write()
            for group in (pools.producers, pools.connections):  # kombu keeps them for good, and their sockets open
                group[of_app].force_close_all()
                del group[of_app]


def _clear_up_after_killed_sessions() -> None:
    """End the servers of test sessions that were killed, and remove their data."""
    for ledger in (Ledger(path) for path in RUNS.glob("*/processes.json")):
        if ledger.owner() is None:
            ledger.end_leftovers()
            shutil.rmtree(ledger.path.parent, ignore_errors=True)
