"""Web servers compared: requests a second and p95 at 1, 8 and 50 clients, and what slow clients leave of that.

Run by ``make bench``, which compares the portal's own (waitress) with those that are installed beside it:
``pip install granian gunicorn uvicorn``. Each of these has eight threads in each of two processes, ours in one. Times
depend on the machine: compare the figures of one run only.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from portal.demo import processes
from portal.demo.embedded import free_port
from portal.demo.processes import Ledger
from tests.support.tree import ROOT

PROCESSES, THREADS = "2", "8"
CLIENTS = (1, 8, 50)
SLOW = ((12, 0), (40, 0), (0, 30))  # bodies and half headers at the same time
UP_WITHIN_S = 60
GIVE_UP_S = 5.0  # of one request
PYTHON = sys.executable

Command = Callable[[int], list[str]]

SERVERS: Mapping[str, tuple[str, Command]] = {
    "the portal's": (
        "waitress",
        lambda port: [PYTHON, "-m", "portal.server", "--listen", f"127.0.0.1:{port}", "--threads", THREADS],
    ),
    "gunicorn gthread": (
        "gunicorn",
        lambda port: [
            *(PYTHON, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
            *("--workers", PROCESSES, "--threads", THREADS, "--keep-alive", "75", "--no-control-socket"),
        ],
    ),
    "granian": (
        "granian",
        lambda port: [
            *(PYTHON, "-m", "granian", "--interface", "wsgi", "portal.wsgi:application", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", PROCESSES, "--blocking-threads", THREADS, "--no-ws"),
        ],
    ),
    "uvicorn": (
        "uvicorn",
        lambda port: [
            *(PYTHON, "-m", "uvicorn", "django.core.asgi:get_asgi_application", "--factory", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", PROCESSES, "--lifespan", "off", "--no-access-log"),
            *("--timeout-keep-alive", "75"),
        ],
    ),
}


@dataclass(frozen=True)
class Figures:
    """What the clients of one turn met, and what an answer cost (the only figure that a busy machine leaves alone)."""

    per_second: float
    p95_ms: float
    failed: int
    cpu_ms: float

    def __str__(self) -> str:
        return (
            f"{self.per_second:6.0f}/s  p95 {self.p95_ms:6.0f} ms  failed {self.failed}  "
            f"{self.cpu_ms:5.2f} ms of processor an answer"
        )


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the processor time of all its processes."""
        parent = psutil.Process(self.pid)
        times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
        return sum(one.user + one.system for one in times)


def installed() -> list[str]:
    """Return the names of the servers that can be started here."""
    return [name for name, (module, _) in SERVERS.items() if importlib.util.find_spec(module)]


@contextmanager
def running(name: str, folder: Path, env: Mapping[str, str]) -> Iterator[Server]:
    """Start a server by its name in the table and wait until it answers."""
    port = free_port()
    child = processes.start(
        name,
        SERVERS[name][1](port),
        log=folder / "server.log",
        ledger=Ledger(folder / "processes.json"),
        env={**os.environ, **env},
        cwd=ROOT,
        grace_s=5,
    )
    try:
        give_up_at = time.monotonic() + UP_WITHIN_S
        while not answers(port):
            assert child.exit_code() is None, child.log_tail()
            assert time.monotonic() < give_up_at, child.log_tail()
            time.sleep(0.1)
        yield Server(port, child.pid)
    finally:
        child.end()


def answers(port: int, path: str = "/healthz/") -> bool:
    """Tell whether the server answers a new client before it loses patience."""
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP_S)) as connection:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            return answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    return False


def load(server: Server, path: str, *, clients: int, seconds: float) -> Figures:
    """Let so many clients ask for one path, each over its own kept connection, one request after the other."""
    took: list[float] = []
    failed: list[int] = []
    cpu_before = server.cpu_s()
    end_at = time.monotonic() + seconds

    def ask_again_and_again() -> None:
        while time.monotonic() < end_at:
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=GIVE_UP_S)) as connection:
                try:
                    while time.monotonic() < end_at:
                        began = time.perf_counter()
                        connection.request("GET", path)
                        connection.getresponse().read()
                        took.append(time.perf_counter() - began)
                except (OSError, http.client.HTTPException):
                    failed.append(1)

    threads = [threading.Thread(target=ask_again_and_again) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else float("nan")
    cpu_s = server.cpu_s() - cpu_before
    return Figures(len(took) / seconds, p95 * 1000, len(failed), cpu_s * 1000 / max(1, len(took)))


@contextmanager
def slow_clients(port: int, *, bodies: int, half_headers: int) -> Iterator[None]:
    """Hold connections open that send a few bytes of a body, or half of their headers, and then a byte at a time."""
    body = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    body += b"Content-Type: application/x-www-form-urlencoded\r\n\r\na="
    half = b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Half: "
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=GIVE_UP_S)))
            for _ in range(bodies + half_headers)
        ]
        over = threading.Event()
        for number, opened in enumerate(sockets):
            opened.sendall(body if number < bodies else half)
        drip = threading.Thread(target=_drip, args=(sockets, over))
        drip.start()
        try:
            time.sleep(0.5)
            yield
        finally:
            over.set()
            drip.join()


def _drip(sockets: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(0.5):
        for opened in sockets:
            with suppress(OSError):
                opened.send(b"a")


def compare(folder: Path, env: Mapping[str, str], paths: Mapping[str, str], *, seconds: float) -> dict[str, bool]:
    """Print the figures of every installed server; return which of them answered beside slow clients."""
    missing = [name for name in SERVERS if name not in installed()]
    print(f"\nNot installed, so not compared: {', '.join(missing) or 'none'}.")
    held = {}
    for name in installed():
        with running(name, folder, env) as server:
            for what, path in paths.items():
                for clients in CLIENTS:
                    figures = load(server, path, clients=clients, seconds=seconds)
                    print(f"{name:<17} {clients:>2} clients, {what}: {figures}")
            held[name] = _beside_slow_clients(name, server, next(iter(paths.values())), seconds=seconds)
    return held


def _beside_slow_clients(name: str, server: Server, path: str, *, seconds: float) -> bool:
    answered = []
    for bodies, half_headers in SLOW:
        with slow_clients(server.port, bodies=bodies, half_headers=half_headers):
            figures = load(server, path, clients=8, seconds=seconds)
        print(f"{name:<17}  8 clients, poll, beside {bodies} slow bodies and {half_headers} half headers: {figures}")
        answered.append(figures.per_second > 0 and not figures.failed)
    return all(answered)
