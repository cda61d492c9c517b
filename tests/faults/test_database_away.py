"""A database that freezes, is locked, or has no room: what pages, /healthz/ and /readyz/ say, and that it passes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psutil
import psycopg
import pytest

from portal import health
from portal.demo.embedded import DATABASE, RUNNING, EmbeddedPostgres, free_port
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.servers import CeleryWorkerProcess, TestServers
from tests.support.tree import ROOT
from tests.support.waiting import wait_until
from tests.support.web import PATIENCE_S, Answer, Web, answers, running_web
from troubleshooting import dispatch

pytestmark = pytest.mark.slow

THREADS = 4
SENTENCE = "Its database does not answer."

# Run where Django is set up on the database of this module: Emma, signed in, and her case on the PC at a port.
MAKE_A_CASE = """
import json
from datetime import timedelta
from urllib.parse import quote
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.support.world import *
from troubleshooting.actions.heartbeats import beat
from troubleshooting.domain.base.processes import Process
from troubleshooting.queries.checks.checklist import page_token
beat(Process, now=timezone.now() + timedelta(minutes=10))  # no page says that nobody takes what waits
emma, client = person(EMMA), Client()
client.force_login(emma)
device = device_at(None, owner=emma)
device.port = {port}
device.save()
case = case_on(device, by=emma)
run = case.check_runs.get()
poll = reverse("checklist", args=[run.pk]) + "?seen=" + quote(page_token(run))
page = reverse("case", args=[case.number])
print(json.dumps({{"page": page, "poll": poll, "cookie": "sessionid=" + client.cookies["sessionid"].value}}))
"""


@dataclass(frozen=True)
class Database:
    """A PostgreSQL of this module, which it may freeze."""

    postgres: EmbeddedPostgres
    env: dict[str, str]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the server, as a hanging disk would."""
        server = psutil.Process(self.postgres.child.pid)
        family = [server, *server.children(recursive=True)]
        for member in family:
            member.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for member in reversed(family):
                member.send_signal(signal.SIGCONT)

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.postgres.url_of(DATABASE), autocommit=True) as connection:
            yield connection

    def manage(self, *arguments: str) -> str:
        ended = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings.test", **self.env},
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def case(self, port: int = 9) -> dict[str, str]:
        """Return the addresses of a new case's page and poll, and the cookie of its reporter."""
        with self.connected() as connection:
            connection.execute("SET session_replication_role = replica")  # evidence is kept by triggers
            connection.execute("TRUNCATE troubleshooting_case, troubleshooting_device CASCADE")
        said = self.manage("shell", "--no-imports", "-c", MAKE_A_CASE.format(port=port))
        return dict(json.loads(said.splitlines()[-1]))


@pytest.fixture(scope="module")
def database(test_servers: TestServers) -> Iterator[Database]:
    folder = test_servers.directory / f"away-{uuid4().hex[:6]}"
    postgres = EmbeddedPostgres(folder, test_servers.ledger, folder / "postgres.log", durable=False)
    postgres.start()
    try:
        shared = {"REDIS_URL": test_servers.redis_url, "SECRET_KEY": "x" * 50, "DATABASE_RUNNING_ROLE": RUNNING}
        Database(postgres, {**shared, "DATABASE_URL": postgres.owner_url}).manage("migrate", "--no-input")
        yield Database(postgres, {**shared, "DATABASE_URL": postgres.url})
    finally:
        postgres.stop()


@pytest.fixture(scope="module")
def web(database: Database, test_servers: TestServers) -> Iterator[Web]:
    with running_web(test_servers.directory / "web", threads=THREADS, env=database.env) as running:
        yield running


@pytest.fixture
def case(database: Database, web: Web) -> dict[str, str]:
    return database.case()


def unready_parts(web: Web) -> set[str]:
    """Return what /readyz/ misses, by the lines that it logs."""
    before = web.log_text()
    status = web.get("/readyz/").status
    parts = set(re.findall(r"not_ready .*part=(\w+)", web.log_text().removeprefix(before)))
    assert status == (503 if parts else 200)
    return parts


def is_unavailable(answer: Answer) -> bool:
    return (answer.status, answer.headers["Retry-After"]) == (503, "10") and SENTENCE in answer.text


def wait_for(is_so: Callable[[], bool], web: Web) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_at, web.log_text()[-10_000:]
        time.sleep(0.2)


def test_while_the_database_is_frozen_pages_say_so_and_afterwards_all_is_as_before(database, web, case):
    page, poll = web.get(case["page"], Cookie=case["cookie"]), web.get(case["poll"])
    assert (page.status, poll.status) == (200, 204)

    with database.frozen(), ThreadPoolExecutor(3 * THREADS) as people:
        asked = [
            people.submit(web.get, path, Cookie=case["cookie"]) for path in [case["page"], case["poll"]] * 2 * THREADS
        ]
        assert "database" in unready_parts(web)
        assert answers(web.port, timeout=PATIENCE_S)
        assert all(is_unavailable(one.result()) for one in asked)
        assert is_unavailable(web.get(case["poll"], **{"HX-Request": "true"}))  # no 2xx: htmx leaves the page as it is
        assert "database" in unready_parts(web)

    wait_for(lambda: web.get(case["page"], Cookie=case["cookie"]).status == 200, web)
    assert web.get(case["poll"]).status == 204
    wait_for(lambda: "database" not in unready_parts(web), web)


def test_whoever_asks_whether_the_portal_is_ready_waits_for_two_seconds_at_most():
    assert health.TIMEOUT_S < 2


def test_a_page_that_waits_for_a_lock_gives_up(database, web, case):
    with database.connected() as connection, connection.transaction():
        connection.execute("LOCK TABLE troubleshooting_case")

        assert is_unavailable(web.get(case["page"], Cookie=case["cookie"]))
        assert "database" not in unready_parts(web)

    assert web.get(case["page"], Cookie=case["cookie"]).status == 200


def test_without_room_on_the_databases_disk_the_portal_is_not_ready(database, web):
    # What a full disk does: the server answers, and refuses whatever needs room.
    with database.connected() as connection:
        connection.execute("ALTER SYSTEM SET temp_file_limit = '64kB'")
        connection.execute("SELECT pg_reload_conf()")
        wait_for(lambda: "database" in unready_parts(web), web)

        assert answers(web.port)

        connection.execute("ALTER SYSTEM RESET temp_file_limit")
        connection.execute("SELECT pg_reload_conf()")
    wait_for(lambda: "database" not in unready_parts(web), web)


def test_a_page_that_cannot_be_stored_for_want_of_room_says_so(database, web, case):
    with database.connected() as connection:
        connection.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON troubleshooting_activityentry EXECUTE FUNCTION no_room()"
        )
        try:
            form = web.get("/login/")
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
            assert token is not None
            cookie = form.headers["Set-Cookie"].partition(";")[0]

            refused = web.post(
                "/login/", {"csrfmiddlewaretoken": token[1], "username": "emma", "password": "wrong"}, Cookie=cookie
            )
        finally:
            connection.execute("DROP TRIGGER no_room ON troubleshooting_activityentry")
            connection.execute("DROP FUNCTION no_room")

    assert is_unavailable(refused)


def test_without_a_database_or_room_the_process_lives_and_says_that_it_is_not_ready(test_servers, tmp_path):
    away = {"DATABASE_URL": f"postgresql://portal@127.0.0.1:{free_port()}/portal", "LEAST_FREE_MB": str(10**9)}

    with running_web(tmp_path, env={"REDIS_URL": test_servers.redis_url, **away}) as web:
        assert {"database", "disks"} <= unready_parts(web)
        assert answers(web.port)
        assert is_unavailable(web.get("/login/", Cookie="sessionid=" + "a" * 32))


def test_a_worker_whose_database_froze_in_mid_visit_finishes_the_check_afterwards(database, test_servers, lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.request_delay_ms = 200
    pc.faults.add(Fault.SLOW)
    server = lab_server(pc)
    worker = CeleryWorkerProcess(test_servers, DATABASE)
    worker.start(
        env={
            **database.env,
            "DATABASE_SILENCE_TIMEOUT": "2s",
            "CHECK_RUN_LOST_AFTER": "5s",
            "VISIT_LIMIT": "30s",
        }
    )
    try:
        database.case(server.port)
        wait_until(lambda: server.requests > 3, worker)
        with database.frozen():
            wait_until(lambda: "database_silent" in worker.log_text(), worker)
        pc.faults.discard(Fault.SLOW)

        def has_ended_after_a_sweep() -> bool:
            worker.send(dispatch.SWEEP)
            time.sleep(1)
            with database.connected() as connection:
                return connection.execute("SELECT status FROM troubleshooting_checkrun").fetchall() == [("finished",)]

        wait_until(has_ended_after_a_sweep, worker)
    finally:
        worker.stop()
