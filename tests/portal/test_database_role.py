"""Web, worker and beat of production, as real processes: they run as the running role, and as no stronger one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from portal.demo.embedded import EmbeddedPostgres, _postgres_home, free_port
from portal.demo.processes import Ledger

ROOT = Path(__file__).resolve().parents[2]
REFUSED = "The portal does not run as this role of the database: "
NO_BROKER = f"redis://127.0.0.1:{free_port()}/0"
PROCESSES = {
    "web": ["-c", "import portal.wsgi"],
    "worker": ["-m", "celery", "-A", "portal", "worker", "-P", "solo"],
    "beat": ["-m", "celery", "-A", "portal", "beat", "--pidfile", "", "--schedule", "{folder}/schedule"],
}
# What makes a role too strong, each alone.
STRONGER = {
    "ALTER ROLE portal SUPERUSER": "it is a superuser",
    "GRANT portal_owner TO portal WITH INHERIT FALSE, SET TRUE": "it owns the tables or may become their owner",
    "ALTER TABLE note OWNER TO portal": "it owns the tables or may become their owner",
    "ALTER DATABASE portal OWNER TO portal": "it owns the tables or may become their owner",
    "GRANT TRUNCATE ON note TO portal": "it may truncate tables or add triggers to them",
    "GRANT TRIGGER ON note TO PUBLIC": "it may truncate tables or add triggers to them",
    "GRANT CREATE ON SCHEMA public TO portal": "it may create things in the schema public",
}


@contextmanager
def own_server() -> Iterator[EmbeddedPostgres]:
    """Start a server of its own, since roles are shared by all databases of one."""
    with tempfile.TemporaryDirectory(prefix="portal-test-", ignore_cleanup_errors=True) as folder:
        ledger = Ledger(Path(folder) / "processes.json")
        ledger.take_over()
        server = EmbeddedPostgres(Path(folder) / "postgres", ledger, Path(folder) / "log", durable=False)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with own_server() as server:
        with psycopg.connect(server.owner_url, autocommit=True) as owner:
            owner.execute("CREATE TABLE note (text text)")
        yield server


@pytest.fixture
def stronger(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """Make the running role stronger for one test; return what is then said of it."""
    back = (
        "ALTER ROLE portal NOSUPERUSER; REVOKE portal_owner FROM portal; ALTER TABLE note OWNER TO portal_owner; "
        "ALTER DATABASE portal OWNER TO portal_owner; REVOKE ALL ON note FROM portal, PUBLIC; "
        "REVOKE CREATE ON SCHEMA public FROM portal"
    )
    with psycopg.connect(postgres.url_of("portal"), autocommit=True) as superuser:
        superuser.execute(request.param)
        yield STRONGER[request.param]
        superuser.execute(back)


def ended(arguments: list[str], database_url: str) -> subprocess.CompletedProcess[str]:
    """Run a process of production until it ends by itself."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {
        "DJANGO_SETTINGS_MODULE": "portal.settings.base",
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": database_url,
        "REDIS_URL": NO_BROKER,
        "ALLOWED_HOSTS": "portal.contoso.example",
    }
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=kept | env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("role", ["portal_owner", "postgres"])
@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_runs_as_owner_or_superuser(postgres, process, role, tmp_path):
    found = ended([part.format(folder=tmp_path) for part in PROCESSES[process]], postgres.url_of("portal", role))

    assert found.returncode != 0
    assert REFUSED in found.stderr


@pytest.mark.parametrize("stronger", STRONGER, indirect=True)
def test_a_running_role_that_may_do_more_is_refused_and_told_what(postgres, stronger):
    found = ended(PROCESSES["web"], postgres.url)

    assert found.returncode != 0
    assert f"{REFUSED}{stronger}" in found.stderr


def test_the_running_role_is_taken(postgres):
    found = ended(PROCESSES["web"], postgres.url)

    assert found.returncode == 0, found.stderr


def test_the_roles_that_docker_makes_are_enough_to_migrate_and_to_run(tmp_path):
    for name, password in {"owner_password": "o'wner", "portal_password": "por\\tal"}.items():
        (tmp_path / name).write_text(password, encoding="utf-8")
    with own_server() as server:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as superuser:
            for what in ("DATABASE portal", "ROLE portal", "ROLE portal_owner"):
                superuser.execute(f"DROP {what}")
            host = superuser.info.host
        programs = f"{_postgres_home() / 'bin'}:{os.environ['PATH']}"
        subprocess.run(
            ["sh", str(ROOT / "docker" / "roles.sh")],
            env={"PATH": programs, "PGHOST": host, "SECRETS": str(tmp_path)},
            check=True,
        )
        migrated = ended(["manage.py", "migrate", "--no-input"], server.owner_url)
        started = ended(PROCESSES["web"], server.url)

    assert migrated.returncode == 0, migrated.stderr
    assert started.returncode == 0, started.stderr


def test_a_database_that_is_away_at_the_start_is_looked_at_when_it_is_there(postgres):
    """The process starts, and its first connection as owner fails, as does every one after that."""
    code = (
        "import portal.wsgi\n"
        "from django.db import connection as c\n"
        "from django.core.exceptions import ImproperlyConfigured\n"
        f"c.settings_dict['HOST'] = {host_of(postgres)!r}\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        c.ensure_connection()\n"
        "    except ImproperlyConfigured as error:\n"
        "        print('refused', c.connection)\n"
    )
    away = urlunsplit(urlsplit(postgres.owner_url)._replace(query="host=/nowhere"))
    found = ended(["-c", code], away)

    assert found.stdout.split() == ["refused", "None"] * 2, found.stderr


def host_of(postgres: EmbeddedPostgres) -> str:
    with psycopg.connect(postgres.url) as found:
        return found.info.host
