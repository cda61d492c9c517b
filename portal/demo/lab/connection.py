"""One HTTP/1.1 connection to a simulated PC: sign-in, encryption, requests and their faults."""

from __future__ import annotations

import base64
import binascii
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from spnego import ContextProxy

from portal.demo.lab import encryption
from portal.demo.lab.accounts import Accounts
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC

SOAP_TYPE = "application/soap+xml;charset=UTF-8"
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error"}
LONGEST_BODY = 16 * 1024 * 1024


class Cut(Exception):
    """The connection ends without an answer, or in the middle of one."""


@dataclass(frozen=True)
class Reply:
    """What the service says to one envelope; ``spoilt_by`` is a fault that strikes this answer."""

    status: int
    body: bytes
    spoilt_by: Fault | None = None


class Service(Protocol):
    """What a connection needs of its server."""

    pc: SimulatedPC
    https: bool
    accounts: Accounts
    closing: threading.Event

    def count_request(self) -> None:
        """Count one HTTP request."""

    def answer(self, envelope: bytes, user: str) -> Reply:
        """Answer a WS-Management envelope of that user."""


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Connection:
    """A connection with what it knows about who speaks."""

    service: Service
    socket: socket.socket
    user: str | None = None
    _context: ContextProxy | None = None
    _token: str = field(default="", repr=False)

    def serve(self) -> None:
        """Answer requests until either side ends the connection."""
        with self.socket.makefile("rb") as stream:
            read: Callable[[int], bytes] = stream.read
            while (request := _read_request(stream.readline, read)) is not None:
                self.service.count_request()
                self._wait_as_told()
                self._respond(request)

    def _wait_as_told(self) -> None:
        pc, closing = self.service.pc, self.service.closing
        while Fault.NO_ANSWER in pc.faults and not closing.wait(0.05):
            pass
        if Fault.SLOW in pc.faults:
            closing.wait(pc.fault_settings.request_delay_ms / 1000)
        if closing.is_set():
            raise Cut

    def _respond(self, request: HttpRequest) -> None:
        if Fault.UNAUTHORIZED in self.service.pc.faults or not self._signs_in(request):
            self._send(401, b"", extra=self._challenges())
            return
        if request.path != "/wsman":
            self._send(404, b"")
            return
        self._serve_envelope(request)

    def _serve_envelope(self, request: HttpRequest) -> None:
        extra = [f"WWW-Authenticate: Negotiate {self._token}"] if self._token else []
        self._token = ""
        if not request.body:
            self._send(200, b"", extra=extra)
            return
        try:
            envelope = self._decrypted(request)
        except encryption.NotDecrypted:
            self._send(400, b"")
            return
        self._send_reply(self.service.answer(envelope, self.user or ""), extra, encrypted=envelope is not request.body)

    def _decrypted(self, request: HttpRequest) -> bytes:
        is_encrypted = request.headers.get("content-type", "").startswith("multipart/")
        if is_encrypted and self._context is not None:
            return encryption.decrypt(self._context, request.body)
        if is_encrypted or not self.service.https:
            raise encryption.NotDecrypted("unencrypted traffic is not allowed")
        return request.body

    def _send_reply(self, reply: Reply, extra: list[str], *, encrypted: bool) -> None:
        content = b"this is no envelope" if reply.spoilt_by is Fault.GARBAGE else reply.body
        kind = SOAP_TYPE
        if encrypted and self._context is not None:
            content, kind = encryption.encrypt(self._context, content), encryption.CONTENT_TYPE
        if reply.spoilt_by is Fault.BROKEN_ENCRYPTION:
            content = encryption.spoil(content) if encrypted else content[::-1]
        if reply.spoilt_by is Fault.CUT_IN_ANSWER:
            self._send_half(content, kind)
        self._send(reply.status, content, kind=kind, extra=extra)

    def _send(self, status: int, content: bytes, *, kind: str = SOAP_TYPE, extra: list[str] | None = None) -> None:
        self.socket.sendall(_head(status, len(content), kind, extra or []) + content)

    def _send_half(self, content: bytes, kind: str) -> None:
        self.socket.sendall(_head(200, len(content), kind, []) + content[: len(content) // 2])
        reset_on_close(self.socket)
        raise Cut

    def _challenges(self) -> list[str]:
        if self._token:
            token, self._token = self._token, ""
            return [f"WWW-Authenticate: Negotiate {token}"]
        basic = ['WWW-Authenticate: Basic realm="WSMAN"'] if self.service.https else []
        return ["WWW-Authenticate: Negotiate", "WWW-Authenticate: Kerberos", *basic]

    def _signs_in(self, request: HttpRequest) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "basic" and self.service.https:
            self.user = self.service.accounts.check_basic(value)
        elif scheme.casefold() in {"negotiate", "ntlm"}:
            self._negotiate(value)
        return self.user is not None

    def _negotiate(self, value: str) -> None:
        """Take one token; the user is known when the exchange is complete."""
        if self._context is None or self._context.complete:
            self._context, self.user = self.service.accounts.begin(), None
        try:
            token = self.service.accounts.step(self._context, base64.b64decode(value))
        except (PermissionError, binascii.Error):
            self._context = None
            return
        self._token = base64.b64encode(token).decode() if token else ""
        if self._context.complete:
            self.user = self._context.client_principal


def reset_on_close(connection: socket.socket) -> None:
    """Make the close of a connection a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _head(status: int, length: int, kind: str, extra: list[str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Server: Microsoft-HTTPAPI/2.0", *extra]
    lines += [f"Content-Type: {kind}"] if length else []
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


def _read_request(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> HttpRequest | None:
    """Read one request; None at the end of the connection."""
    words = readline().decode("latin-1").split()
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.strip().casefold()] = value.strip()
    length = int(headers.get("content-length", "0"))
    if length > LONGEST_BODY:
        return None
    return HttpRequest(words[1], headers, read(length))
