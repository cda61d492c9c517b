"""Clients that send a request a byte at a time, or half of one: nobody else waits for them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from portal.demo.processes import Identity
from tests.support.web import Web, answers, running_web

pytestmark = pytest.mark.slow

THREADS = 2
SLOW_BODY = (
    b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\na="
)
HALF_HEAD = b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Half: "
GONE_WITHIN_S = 60  # more than the server waits for a request


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with running_web(tmp_path, threads=THREADS) as running:
        yield running


@pytest.fixture
def clients(web: Web) -> Iterator[list[socket.socket]]:
    """Return the connections of 12 slow bodies, 30 half headers and 50 that say nothing."""
    with ExitStack() as stack:
        opened = []
        for sent in [SLOW_BODY] * 12 + [HALF_HEAD] * 30 + [b""] * 50:
            client = stack.enter_context(closing(socket.create_connection(("127.0.0.1", web.port), timeout=5)))
            client.sendall(sent)
            opened.append(client)
        yield opened


def test_slow_clients_hold_no_thread_and_are_cut_off(web, clients):
    for _ in range(5):
        for client in clients[:42]:
            client.sendall(b"a")
        assert answers(web.port)

    slow = clients[:42]
    give_up_at = time.monotonic() + GONE_WITHIN_S
    while slow and time.monotonic() < give_up_at:
        slow = [client for client in slow if is_open(client)]
        time.sleep(0.5)

    assert slow == []
    assert answers(web.port)


def test_a_body_that_comes_slowly_is_answered_once_it_is_there(web):
    with closing(socket.create_connection(("127.0.0.1", web.port), timeout=30)) as client:
        client.sendall(SLOW_BODY.replace(b"1000", b"5"))
        for byte in b"b=c":
            time.sleep(0.3)
            client.sendall(bytes([byte]))

        assert client.recv(100).startswith(b"HTTP/1.1 403 Forbidden")  # no CSRF token


def test_the_server_ends_when_it_is_asked_to_however_many_are_connected(web, clients):
    assert len(clients) == 92

    web.child.popen.terminate()

    assert web.child.popen.wait(timeout=30) == 0
    assert Identity.of(web.child.pid) is None


def is_open(client: socket.socket) -> bool:
    """Drip one more byte; tell whether the server still listens."""
    client.setblocking(False)
    with suppress(BlockingIOError):
        try:
            client.sendall(b"a")
            return client.recv(1) != b""
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
            return False
    return True
