"""A simulated PC on the network: a WS-Management endpoint on loopback."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from portal.demo.lab.accounts import Accounts
from portal.demo.lab.call import Call, render
from portal.demo.lab.certificates import loopback_certificates
from portal.demo.lab.connection import Connection, Cut, Reply, reset_on_close
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.runner import run_statements
from portal.demo.lab.service import WSManService
from portal.demo.lab.shell import Job

log = structlog.get_logger(__name__)

LAB_USERNAME = "LAB\\portal"
LAB_PASSWORD = os.environ.get("PORTAL_LAB_PASSWORD", "lab-portal-password")  # guards nothing but simulated PCs
JOIN_S = 5.0


class LabServer:
    """Serves one simulated PC; a context manager that starts and stops it."""

    def __init__(
        self,
        pc: SimulatedPC,
        *,
        https: bool = False,
        port: int = 0,
        host: str = "127.0.0.1",
        username: str = LAB_USERNAME,
        password: str = LAB_PASSWORD,
        accounts: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare an endpoint; ``accounts`` are further user names with passwords, port 0 means any free one."""
        self.pc = pc
        self.https = https
        self.host = host
        self.port = port
        self.accounts = Accounts({username: password, **(accounts or {})})
        self.closing = threading.Event()
        self.requests = 0
        self.commands: list[str] = []
        self._service = WSManService(pc, self._run)
        self._lock = threading.RLock()  # of the listener
        self._listener: socket.socket | None = None
        self._is_listening = False
        self._is_rebooting = False
        self._connections_lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._tls = _tls_context() if https else None

    @property
    def ca_file(self) -> Path:
        """The file of the authority that the HTTPS certificate is verified against."""
        return loopback_certificates().ca_file

    @property
    def sessions_open(self) -> int:
        """Count the shells that are open now."""
        return self._service.sessions_open

    def reset_counters(self) -> None:
        """Forget what was counted."""
        self.requests = 0
        self.commands.clear()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Take the port, and listen on it unless a fault says otherwise."""
        self._bind()
        self.pc.faults.watch(self._follow_faults)
        self._follow_faults()

    def stop(self) -> None:
        """End every connection and session and leave the port."""
        with suppress(ValueError):
            self.pc.faults.unwatch(self._follow_faults)
        self.closing.set()
        with self._lock:
            self._close_listener()
        self._service.close_all()
        self._join(self._drop_connections())
        self._service.close_all()
        self.accounts.remove()

    def count_request(self) -> None:
        """Count one HTTP request."""
        self.requests += 1

    def answer(self, envelope: bytes, user: str) -> Reply:
        """Answer a WS-Management envelope of that user."""
        reply = self._service.answer(envelope, user)
        if reply.spoilt_by is Fault.REBOOT:
            self._begin_reboot()
            raise Cut
        return reply

    def _run(self, statements: Sequence[Sequence[Call]], job: Job) -> None:
        self.commands.extend(render(statement) for statement in statements)
        run_statements(self.pc, statements, job)

    def _bind(self) -> None:
        """Hold the port without listening: a client is refused until ``_listen``."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
        except OSError:
            listener.close()
            raise
        self._listener, self.port = listener, listener.getsockname()[1]
        self._is_listening = False

    def _follow_faults(self) -> None:
        faults = self.pc.faults
        with self._lock:
            if self.closing.is_set():
                return
            if Fault.REBOOT in faults and self.pc.fault_settings.after_answers == 0:
                self._begin_reboot()
            elif Fault.REFUSED in faults or self._is_rebooting:
                self._refuse()
            else:
                self._listen()

    def _listen(self) -> None:
        if self._is_listening or self._listener is None:
            return
        self._listener.listen(64)
        self._is_listening = True
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True, name="lab-accept").start()

    def _refuse(self) -> None:
        if self._is_listening:
            self._close_listener()
            self._bind()
        self._drop_connections()

    def _close_listener(self) -> None:
        listener, self._listener, self._is_listening = self._listener, None, False
        if listener is None:
            return
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        listener.close()

    def _begin_reboot(self) -> None:
        """Drop everything now and come back after a while, with the fault switched off."""
        with self._lock:
            if self._is_rebooting:
                return
            self._is_rebooting = True
            self._refuse()
            self._service.close_all()
        threading.Thread(target=self._end_reboot, daemon=True, name="lab-reboot").start()

    def _end_reboot(self) -> None:
        self.closing.wait(self.pc.fault_settings.reboot_s)
        self.pc.reboot()
        self._is_rebooting = False
        self.pc.faults.discard(Fault.REBOOT)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._begin_serving(self._secured(accepted))
            if self.closing.is_set():
                self._drop_connections()

    def _begin_serving(self, connection: socket.socket) -> None:
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True, name="lab-connection")
        with self._connections_lock:
            self._connections[connection] = thread
            thread.start()

    def _secured(self, accepted: socket.socket) -> socket.socket:
        if self._tls is None:
            return accepted
        return self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._shake_hands(connection)
            Connection(self, connection).serve()
        except (OSError, ValueError, Cut) as error:
            log.debug("lab_connection_ended", pc=self.pc.hostname, reason=str(error))
        finally:
            with self._connections_lock:
                self._connections.pop(connection, None)
            connection.close()

    def _shake_hands(self, connection: socket.socket) -> None:
        while Fault.NO_ANSWER in self.pc.faults and not self.closing.wait(0.05):
            pass
        if not isinstance(connection, ssl.SSLSocket):
            return
        try:
            connection.do_handshake()
        except AttributeError as error:  # shut down by another thread meanwhile: the TLS object is gone
            raise ConnectionResetError("dropped during the handshake") from error

    def _drop_connections(self) -> list[threading.Thread]:
        """Reset every connection; returns the threads that serve them."""
        with self._connections_lock:
            connections = dict(self._connections)
        for connection in connections:
            with suppress(OSError):
                reset_on_close(connection)
                connection.shutdown(socket.SHUT_RDWR)
        return list(connections.values())

    def _join(self, threads: list[threading.Thread]) -> None:
        deadline = time.monotonic() + JOIN_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _tls_context() -> ssl.SSLContext:
    files = loopback_certificates()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context
