"""The whole demo as one command: servers, simulated PCs, worker, clockwork and web server, ended together."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from portal.demo import processes
from portal.demo.embedded import RUNNING, EmbeddedPostgres, EmbeddedRedis
from portal.demo.lab.defender_api.tenant import SimulatedTenant
from portal.demo.lab.pcs import DEMO_PCS, FIRST_PORT
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from portal.demo.people import PASSWORD, PEOPLE
from portal.demo.processes import Child, Ledger, StartFailed
from troubleshooting.domain.base.processes import REPLACE_ME

ROOT = Path(__file__).resolve().parents[2]
CELERY = (sys.executable, "-m", "celery", "-A", "portal")
WORKERS = {"worker": ("portal", 10), "worker-2": ("portal", 10), "safety": ("safety", 8)}  # their queue and threads
UP_WITHIN_S = 90.0
END_WITHIN_S = 6.0  # a visit that is cut off is found by the sweep of the next start
LOOK_EVERY_S = 0.2
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody pressed Ctrl-C, or asked in another way."""


@dataclass(slots=True)
class StopRequest:
    """Remembers that the end was asked for; nothing is interrupted half-way, and a second Ctrl-C changes nothing."""

    asked: bool = False

    def listen(self) -> None:
        """Take the signals over."""
        for number in ENDING_SIGNALS:
            signal.signal(number, self._note)

    def check(self) -> None:
        """Raise StopRequested if the end was asked for."""
        if self.asked:
            raise StopRequested

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@dataclass(slots=True)
class Demo:
    """One start of the demo; ``var`` holds its data (``demo/``) and its logs (``log/``)."""

    port: int
    var: Path
    stop: StopRequest = field(default_factory=StopRequest)
    _env: dict[str, str] = field(default_factory=dict)
    _children: list[Child] = field(default_factory=list)
    _ending: ExitStack = field(default_factory=ExitStack)
    _lab_door: int = 0
    _owner_url: str = field(default_factory=lambda: os.environ.get("DATABASE_OWNER_URL", ""), repr=False)

    @property
    def home(self) -> Path:
        """Return the folder of the data."""
        return self.var / "demo"

    @property
    def ledger(self) -> Ledger:
        """Return the file that remembers the processes."""
        return Ledger(self.home / "processes.json")

    def reset(self) -> None:
        """Remove all data of the demo; raise StartFailed where it is running or the data is not the demo's own."""
        self._refuse_second_start()
        if "DATABASE_URL" in os.environ:
            raise StartFailed("demo", "DATABASE_URL is set; the data on that server is yours to remove")
        self.ledger.end_leftovers()
        shutil.rmtree(self.home, ignore_errors=True)
        say("The data of the demo is gone.")

    def run(self) -> int:
        """Start everything, wait for Ctrl-C or an early end of a process, end everything; return the exit code."""
        self.stop.listen()
        self._refuse_second_start()
        self._refuse_taken_port()
        self.ledger.take_over()
        shutil.rmtree(self.var / "log", ignore_errors=True)
        try:
            with self._ending:
                return self._start_and_watch()
        finally:
            self.ledger.close()
            say("Everything has ended. The data is kept; make demo-reset starts clean.")

    def _start_and_watch(self) -> int:
        try:
            self._start_servers()
            self._prepare()
            self._start_processes()
            say(_welcome(self.port, self._lab_door))
            return self._watch()
        except StopRequested:
            say("Ending the demo …")
            return 0
        except StartFailed as error:
            say(f"The demo cannot continue. {error}")
            return 1

    # Starting ---------------------------------------------------------------------------------------------------------

    def _refuse_second_start(self) -> None:
        owner = self.ledger.owner()
        if owner is not None:
            raise StartFailed("demo", f"it is running already (process {owner.pid}); end it with Ctrl-C first")

    def _refuse_taken_port(self) -> None:
        if not _is_free(self.port):
            raise StartFailed("demo", f"port {self.port} is taken; choose another, for example make demo PORT=8001")

    def _start_servers(self) -> None:
        self._env |= os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
            "DEBUG": os.environ.get("DEBUG", "false"),
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": self._secret_key(),
            "COMPANY_NAME": os.environ.get("COMPANY_NAME", "Contoso"),
            "SUPPORT_CONTACT": os.environ.get("SUPPORT_CONTACT", "it-help@contoso.example"),
            "DEVICE_CREDENTIAL_LAB_USERNAME": LAB_USERNAME,
            "DEVICE_CREDENTIAL_LAB_PASSWORD": LAB_PASSWORD,
            "EXCLUSION_RETESTS": os.environ.get("EXCLUSION_RETESTS", "true"),
        }
        if "DATABASE_URL" not in os.environ:
            say("Starting PostgreSQL (the first start takes some seconds longer) …")
            postgres = EmbeddedPostgres(self.home / "postgres", self.ledger, self._log("postgres"))
            self._ending.callback(postgres.stop)
            postgres.start()
            self._children.append(postgres.child)
            self._env |= {"DATABASE_URL": postgres.url, "DATABASE_RUNNING_ROLE": RUNNING}
            self._owner_url = postgres.owner_url
        if "REDIS_URL" not in os.environ:
            say("Starting Redis …")
            broker = EmbeddedRedis(self.home / "redis", self.ledger, self._log("redis"))
            self._ending.callback(broker.stop)
            broker.start()
            self._children.append(broker.child)
            self._env["REDIS_URL"] = broker.url
        self._write_env()

    def _prepare(self) -> None:
        say("Bringing the database up to date …")
        as_owner = {"DATABASE_URL": self._owner_url} if self._owner_url else {}
        self._run_once("migrate", [sys.executable, "manage.py", "migrate", "--no-input"], **as_owner)
        say("Starting the simulated PCs …")
        ready = self._start_lab()
        say("Loading the demo people and their PCs …")
        load = f"from portal.demo.load import load_demo; load_demo(ready_file={str(ready)!r})"
        self._run_once("load", [sys.executable, "manage.py", "shell", "--no-imports", "-c", load])

    def _start_lab(self) -> Path:
        """Start the lab on its usual ports, or on others where those are taken; give its ready file."""
        ready = self.home / "lab-ready"
        ready.unlink(missing_ok=True)
        self._lab_door = _free_range(2 + len(DEMO_PCS), usual=FIRST_PORT - 1)
        first, api_port = self._lab_door + 1, self._lab_door + 1 + len(DEMO_PCS)
        command = [sys.executable, "-m", "portal.demo.lab", "--base-port", str(first), "--ready-file", str(ready)]
        api = ["--api-port", str(api_port), "--api-ca-file", str(self.home / "api-ca.pem")]
        lab = self._start("lab", [*command, *api, "--control-port", str(self._lab_door)])
        self._wait_for("the simulated PCs", lambda: ready.exists() and ready.stat().st_size > 0, lab)
        self._join_tenant(f"https://127.0.0.1:{api_port}")
        return ready

    def _join_tenant(self, url: str) -> None:
        """Let the portal know the lab's tenant, unless the environment names another one."""
        if "DEFENDER_API_TENANT" in os.environ:
            return
        tenant = SimulatedTenant()
        self._env |= {
            "DEFENDER_API_TENANT": tenant.tenant_id,
            "DEFENDER_API_CLIENT_ID": tenant.client_id,
            "DEFENDER_API_CLIENT_SECRET": tenant.client_secret,
            "DEFENDER_API_HOST": url,
            "DEFENDER_API_AUTHORITY": url,
            "DEFENDER_API_CA_FILE": str(self.home / "api-ca.pem"),
        }
        self._write_env()

    def _start_processes(self) -> None:
        say("Starting the workers, their clockwork and the web server …")
        workers = [self._start_worker(name) for name in WORKERS]
        schedule = ["--schedule", str(self.home / "beat-schedule"), "--pidfile", ""]
        self._start("beat", [*CELERY, "beat", *schedule], PROCESS_KIND="beat")
        self._start(
            "web", [sys.executable, "-m", "portal.server", "--listen", f"127.0.0.1:{self.port}"], PROCESS_KIND="web"
        )
        self._wait_for("the workers", lambda: all(" ready." in one.log_tail() for one in workers), *workers)
        self._wait_for("the web server", lambda: _answers(self.port, "/readyz/"))

    def _start_worker(self, name: str) -> Child:
        queue, threads = WORKERS[name]
        options = ["-Q", queue, "-P", "threads", "-c", str(threads), "-n", f"demo-{name}@localhost"]
        return self._start(
            name, [*CELERY, "worker", *options, "--without-gossip", "--without-mingle"], PROCESS_KIND="worker"
        )

    def _start(self, name: str, command: Sequence[str], **env: str) -> Child:
        self.stop.check()
        env = {**self._env, **env}
        child = processes.start(
            name, command, log=self._log(name), ledger=self.ledger, env=env, cwd=ROOT, grace_s=END_WITHIN_S
        )
        self._ending.callback(child.end)
        self._children.append(child)
        return child

    def _run_once(self, name: str, command: Sequence[str], **env: str) -> None:
        """Run a command to its end; raise StartFailed with its last lines when it fails."""
        child = self._start(name, command, **env)
        while child.exit_code() is None:
            self.stop.check()
            time.sleep(0.05)
        self._children.remove(child)
        self.ledger.forget(child.identity)
        if child.exit_code() != 0:
            raise StartFailed(name, f"it ended with {child.exit_code()}", child.log_tail())

    def _wait_for(self, what: str, is_there: Callable[[], bool], *only: Child) -> None:
        give_up_at = time.monotonic() + UP_WITHIN_S
        while not is_there():
            self.stop.check()
            self._raise_if_one_ended()
            if time.monotonic() > give_up_at:
                tails = "\n".join(child.log_tail() for child in only or self._children[-1:])
                raise StartFailed(what, f"not there after {UP_WITHIN_S:.0f} s", tails)
            time.sleep(LOOK_EVERY_S)

    # Running ----------------------------------------------------------------------------------------------------------

    def _watch(self) -> int:
        while True:
            self.stop.check()
            self._replace_workers()
            self._raise_if_one_ended()
            time.sleep(LOOK_EVERY_S)

    def _replace_workers(self) -> None:
        for child in [one for one in self._children if one.exit_code() == REPLACE_ME and one.name in WORKERS]:
            self._children.remove(child)
            self.ledger.forget(child.identity)
            self._start_worker(child.name)

    def _raise_if_one_ended(self) -> None:
        for child in self._children:
            if child.exit_code() is not None:
                reason = f"it ended by itself ({child.exit_code()}); the last lines of {child.log}:"
                raise StartFailed(child.name, reason, child.log_tail())

    # What is kept -----------------------------------------------------------------------------------------------------

    def _secret_key(self) -> str:
        path = self.home / "secret-key"
        if not path.exists():
            _write_privately(path, secrets.token_urlsafe(50))
        return path.read_text(encoding="utf-8")

    def _write_env(self) -> None:
        """Let manage.py in another terminal speak to the same servers (portal/settings/dev.py reads it)."""
        shared = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL")
        names = [name for name in self._env if name in shared or name.startswith("DEFENDER_API_")]
        lines = [f"{name}={self._env[name]}\n" for name in names]
        path = self.home / "env"
        self._ending.callback(path.unlink, missing_ok=True)
        _write_privately(path, "".join(lines))

    def _log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


def _welcome(port: int, lab_door: int) -> str:
    accounts = [f"  {person.username:<8}{person.role}" for person in PEOPLE]
    return "\n".join(
        [
            "",
            f"The portal is ready: http://127.0.0.1:{port}/",
            "",
            f"Sign in with one of these names and the password: {PASSWORD}",
            *accounts,
            "",
            f"The simulated PCs can be watched and broken at http://127.0.0.1:{lab_door}/pcs (see the README).",
            "Press Ctrl-C to end the demo.",
        ]
    )


def _write_privately(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what the web server does as well
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_range(length: int, *, usual: int) -> int:
    """Return the first of ``length`` free ports in a row, the usual ones if nobody has them."""
    starts: tuple[int, ...] = (usual, *range(21_000, 60_000, length))
    for first in starts:
        if all(_is_free(first + offset) for offset in range(length)):
            return first
    raise StartFailed("lab", f"no {length} free ports in a row")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
