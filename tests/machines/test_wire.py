"""HTTP with bounds: a device that means harm wins neither time nor memory, and never sends the portal elsewhere."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.machines.speaking import CREDENTIAL, IMPATIENT, call_on, now
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.base import Address, Auth
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import connect
from troubleshooting.machines.wire import MOST_REPLY_BYTES

LIMITS = replace(IMPATIENT, connect=IMPATIENT.connect / 2, closing=IMPATIENT.silence)

Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def device(behave: Behaviour) -> Iterator[int]:
    """Serve every connection with one behaviour, after its first bytes; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                with accepted, contextlib.suppress(OSError):
                    accepted.recv(65_536)
                    behave(accepted)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def say(*pieces: bytes, pause_s: float = 0.0) -> Behaviour:
    def behave(accepted: socket.socket) -> None:
        for piece in pieces:
            accepted.sendall(piece)
            time.sleep(pause_s)

    return behave


def error_from(behave: Behaviour, **settings: object) -> MachineError:
    """Try to open a session on such a device."""
    with device(behave) as port:
        address = Address("127.0.0.1", **{"port": port, "https": False, "auth": Auth.NTLM, **settings})
        with pytest.raises(MachineError) as raised, connect(address, CREDENTIAL, limits=LIMITS, clock=now):
            pass
    return raised.value


def status(line: str, *headers: str, body: bytes = b"") -> bytes:
    return (
        "\r\n".join(
            [f"HTTP/1.1 {line}", *headers, "Connection: close", f"Content-Length: {len(body)}", "", ""]
        ).encode()
        + body
    )


def timers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}


def connections_to(port: int) -> list[socket.socket]:
    """Return this process's open connections to a port, those included that nothing holds any longer."""
    ours = [each for each in gc.get_objects() if isinstance(each, socket.socket) and each.fileno() != -1]
    found = []
    for one in ours:
        with contextlib.suppress(OSError):  # that only listens
            found += [one] if one.getpeername()[1:2] == (port,) else []
    return found


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (status("403 Forbidden"), Code.ACCESS_DENIED),
        (status("404 Not Found"), Code.ENDPOINT_MISSING),
        (status("503 Service Unavailable"), Code.UNREACHABLE),
        (status("500 Internal Server Error", body=b"<a/>"), Code.SERVICE_FAULT),
        (status("401 Unauthorized", "WWW-Authenticate: Basic realm=x"), Code.WRONG_CREDENTIALS),
        (status("401 Unauthorized", "WWW-Authenticate: Negotiate !!!"), Code.WRONG_CREDENTIALS),
        (status("200 OK", body=b"welcome"), Code.PROTOCOL_BROKEN),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Code.PROTOCOL_BROKEN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", Code.CONNECTION_CUT),
        (b"", Code.CONNECTION_CUT),
    ],
    ids=range(10),
)
def test_an_http_server_that_is_no_winrm_is_named(reply, code):
    assert error_from(say(reply)).code is code


def test_a_redirect_is_not_followed():
    with device(say(status("200 OK"))) as elsewhere:
        error = error_from(say(status("307 Temporary Redirect", f"Location: http://127.0.0.1:{elsewhere}/wsman")))

    assert error.code is Code.PROTOCOL_BROKEN
    assert "redirect" in error.detail


def test_an_endless_reply_is_cut_off():
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {10**12}\r\n\r\n".encode()
    pieces = (b"x" * 1_000_000 for _ in range(MOST_REPLY_BYTES // 500_000))

    assert "bytes in one reply" in error_from(say(head, *pieces)).detail


def test_a_reply_that_drips_is_given_up_in_time():
    began = time.monotonic()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    error = error_from(say(head, *[b"x"] * 60, pause_s=0.1))

    assert error.code is Code.NO_ANSWER
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    "drip",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-Slow: 1\r\n"] * 60],
        [b"HTTP/1.1 200 OK\r\nX-Slow: ", *[b"x"] * 60],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"0"] * 60],
    ],
    ids=["headers", "one header", "the size of a chunk"],
)
def test_headers_that_drip_are_cut_off_in_time(drip):
    began = time.monotonic()

    error = error_from(say(*drip, pause_s=0.2))

    assert error.code is Code.NO_ANSWER
    assert time.monotonic() - began < 8


def test_a_handshake_that_drips_is_cut_off_in_time():
    began = time.monotonic()
    record = b"\x16\x03\x03\x40\x00"  # the head of a TLS record that never gets whole

    error = error_from(say(record, *[b"\x00"] * 60, pause_s=0.2), https=True)

    assert error.code in (Code.NO_ANSWER, Code.TLS_FAILED)
    assert time.monotonic() - began < 8


def test_nothing_watches_a_session_that_is_over():
    before = timers()

    error_from(say(status("403 Forbidden")))

    assert timers() <= before


def test_a_visit_that_is_over_leaves_no_connection_open(lab_server):
    server = lab_server()

    visited = call_on(server)

    assert visited.error is None
    assert connections_to(server.port) == []


def test_https_to_a_plain_port_is_a_failed_handshake():
    error = error_from(say(status("400 Bad Request")), https=True)

    assert error.code is Code.TLS_FAILED


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("https", [True, False])
def test_a_name_that_leads_to_the_portals_own_machine_is_sent_nothing(host, https):
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address(host, port=listener.getsockname()[1], https=https, auth=Auth.NTLM)

        with (
            pytest.raises(MachineError) as refused,
            connect(
                address, CREDENTIAL, limits=replace(LIMITS, may_be_local=False), should_stop=lambda: False, clock=now
            ),
        ):
            pass

        accepted, _ = listener.accept()
        with accepted:
            heard.append(accepted.recv(65_536))

    assert refused.value.code == Code.ADDRESS_NOT_ALLOWED
    assert heard == [b""]
