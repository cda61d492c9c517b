"""The real web server as a process, and clients for it that are not Django's."""

from __future__ import annotations

import http.client
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from portal.demo import processes
from portal.demo.embedded import free_port
from portal.demo.processes import Child, Ledger
from tests.support.tree import ROOT

UP_WITHIN_S = 60
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What a page answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass(frozen=True)
class Web:
    """A running web server."""

    port: int
    child: Child

    def log_text(self) -> str:
        return self.child.log.read_text(encoding="utf-8")

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(form), headers)

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        """Ask over a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request(method, path, body, dict(headers))
            with connection.getresponse() as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())


@contextmanager
def running_web(folder: Path, *, threads: int = 2, env: Mapping[str, str] | None = None) -> Iterator[Web]:
    """Start the web server with the settings of the tests and wait until it answers."""
    port = free_port()
    child = processes.start(
        "web",
        [sys.executable, "-m", "portal.server", "--listen", f"127.0.0.1:{port}", "--threads", str(threads)],
        log=folder / "web.log",
        ledger=Ledger(folder / "processes.json"),
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings.test", "LOG_LEVEL": "INFO", **(env or {})},
        cwd=ROOT,
        grace_s=5,
    )
    try:
        give_up_at = time.monotonic() + UP_WITHIN_S
        while not answers(port):
            assert child.exit_code() is None, child.log_tail()
            assert time.monotonic() < give_up_at, child.log_tail()
            time.sleep(0.1)
        yield Web(port, child)
    finally:
        child.end()


def answers(port: int, path: str = "/healthz/", *, timeout: float = 5.0) -> bool:
    """Tell whether the server answers a new client with 200."""
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            return answer.status == http.HTTPStatus.OK
    return False
