"""docker/Caddyfile in front of the real web server: what it lets through, and whom it cuts off."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from portal.demo import processes
from portal.demo.embedded import free_port
from portal.demo.processes import Ledger
from tests.support.tree import ROOT
from tests.support.web import answers, running_web

pytestmark = pytest.mark.slow

NO_CADDY = "There is no Caddy here, so docker/Caddyfile was not tried (apt-get install caddy)."
UP_WITHIN_S = 30
GONE_WITHIN_S = 60


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of Caddy; where there is none, fail where it counts (CI=true), else say so."""
    program = shutil.which("caddy")
    if program is None:
        (pytest.fail if os.environ.get("CI", "").lower() in {"1", "true"} else pytest.skip)(NO_CADDY)
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    with running_web(folder) as web:
        caddy = processes.start(
            "caddy",
            [program, "run", "--config", str(ROOT / "docker/Caddyfile"), "--adapter", "caddyfile"],
            log=folder / "caddy.log",
            ledger=Ledger(folder / "caddy.json"),
            env={
                **os.environ,
                "HOME": str(folder),
                "PORTAL_HOST": f"http://127.0.0.1:{port}",
                "PORTAL_UPSTREAM": f"127.0.0.1:{web.port}",
            },
        )
        try:
            give_up_at = time.monotonic() + UP_WITHIN_S
            while not answers(port):
                assert caddy.exit_code() is None, caddy.log_tail()
                assert time.monotonic() < give_up_at, caddy.log_tail()
                time.sleep(0.1)
            yield port
        finally:
            caddy.end()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=GONE_WITHIN_S)


def test_a_body_that_is_too_large_is_refused_with_the_portals_sentence(proxy):
    with closing(http.client.HTTPConnection("127.0.0.1", proxy, timeout=30)) as connection:
        connection.request("POST", "/login/", b"a" * 70 * 1024)
        with connection.getresponse() as answer:
            assert answer.status == 413
            assert "larger than 64 KB" in answer.read().decode()


def test_what_a_collector_sends_reaches_the_portal(proxy):
    with closing(http.client.HTTPConnection("127.0.0.1", proxy, timeout=30)) as connection:
        connection.request("POST", "/collected/unknown/", b"a" * 4_500_000)
        with connection.getresponse() as answer:
            assert answer.status == 503  # the portal read it and looked for the token; it has no database here
            assert "Retry-After" in answer.headers


def test_slow_clients_are_cut_off_while_others_are_answered(proxy):
    half_head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
    slow_body = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na="

    with closing(connected(proxy)) as head, closing(connected(proxy)) as body:
        head.sendall(half_head)
        body.sendall(slow_body)
        assert answers(proxy)

        assert_ends(head)
        assert_ends(body)

    assert answers(proxy)


def assert_ends(client: socket.socket) -> None:
    """Read until the proxy hangs up; a timeout of the socket fails the test."""
    while client.recv(4096):
        pass
