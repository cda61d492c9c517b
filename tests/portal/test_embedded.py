"""The servers that come as packages: they start, keep their data, survive a power cut, and end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.demo.embedded import EmbeddedPostgres, EmbeddedRedis
from portal.demo.processes import Identity, Ledger, StartFailed

NO_RETRY = Retry(NoBackoff(), 0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "processes.json")
    ledger.take_over()
    yield ledger
    ledger.end_leftovers()


def postgres_in(directory: Path, ledger: Ledger) -> EmbeddedPostgres:
    return EmbeddedPostgres(directory / "postgres", ledger, directory / "postgres.log")


def redis_in(directory: Path, ledger: Ledger) -> EmbeddedRedis:
    return EmbeddedRedis(directory / "redis", ledger, directory / "redis.log")


@contextmanager
def connected(server: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        yield connection


def test_postgresql_keeps_its_data_between_starts(tmp_path: Path, ledger: Ledger) -> None:
    first = postgres_in(tmp_path, ledger)
    first.start()
    with connected(first) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    pid = first.child.pid
    first.stop()
    assert not psutil.pid_exists(pid)

    second = postgres_in(tmp_path, ledger)
    second.start()

    with connected(second) as connection:
        assert connection.execute("SELECT text FROM note").fetchone() == ("kept",)
    second.stop()


def test_postgresql_starts_again_after_a_power_cut(tmp_path: Path, ledger: Ledger) -> None:
    first = postgres_in(tmp_path, ledger)
    first.start()
    with connected(first) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    first.child.kill()
    assert (first.data / "postmaster.pid").exists()

    second = postgres_in(tmp_path, ledger)
    second.start()

    with connected(second) as connection:
        assert connection.execute("SELECT text FROM note").fetchone() == ("kept",)
    second.stop()


def test_postgresql_ends_a_server_that_a_killed_owner_left_on_its_data(tmp_path: Path, ledger: Ledger) -> None:
    orphan = postgres_in(tmp_path, ledger)
    orphan.start()
    left_behind = orphan.child.identity

    second = postgres_in(tmp_path, ledger)
    second.start()

    assert Identity.of(left_behind.pid) != left_behind
    second.stop()
    orphan.child.popen.wait()


def test_postgresql_begins_anew_where_the_making_of_its_data_was_cut_short(tmp_path: Path, ledger: Ledger) -> None:
    unfinished = tmp_path / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n", encoding="utf-8")

    server = postgres_in(tmp_path, ledger)
    server.start()

    assert not unfinished.exists()
    server.stop()


def test_postgresql_finds_a_short_place_for_its_socket(tmp_path: Path, ledger: Ledger) -> None:
    deep = tmp_path / ("deep" * 20)

    server = postgres_in(deep, ledger)
    server.start()

    with connected(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()


def test_postgresql_shows_its_last_words_when_it_cannot_start(tmp_path: Path, ledger: Ledger) -> None:
    server = postgres_in(tmp_path, ledger)
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a", encoding="utf-8") as stream:
        stream.write("no_such_setting = on\n")

    with pytest.raises(StartFailed, match="no_such_setting"):
        postgres_in(tmp_path, ledger).start()


def test_redis_keeps_its_data_between_starts(tmp_path: Path, ledger: Ledger) -> None:
    first = redis_in(tmp_path, ledger)
    first.start()
    with redis.Redis.from_url(first.url) as client:
        client.set("note", "kept")
    first.stop()

    second = redis_in(tmp_path, ledger)
    second.start()

    with redis.Redis.from_url(second.url) as client:
        assert client.get("note") == b"kept"
    second.stop()


def test_redis_refuses_a_stranger_without_the_password(tmp_path: Path, ledger: Ledger) -> None:
    server = redis_in(tmp_path, ledger)
    server.start()

    stranger = redis.Redis(host="127.0.0.1", port=urlsplit(server.url).port or 0, retry=NO_RETRY)
    with pytest.raises(redis.AuthenticationError), stranger:
        stranger.ping()
    server.stop()


def test_a_ledger_ends_what_a_killed_owner_left_behind(tmp_path: Path, ledger: Ledger) -> None:
    server = redis_in(tmp_path, ledger)
    server.start()
    left_behind = server.child.identity

    Ledger(ledger.path).take_over()

    assert Identity.of(left_behind.pid) != left_behind
    server.child.popen.wait()
