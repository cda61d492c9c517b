"""HTTP to one machine with bounds that requests and pypsrp lack: on time, on size, and never to another place.

pypsrp gives each HTTP request a time limit of its own and repeats a Receive five times after silence, with growing
pauses (``pypsrp/wsman.py``, ``send``); the portal keeps one deadline for all of it. A socket's limit bounds each read
and not their sum, so a device that sends its headers byte by byte is cut off from outside (:meth:`Wire.bounded`).
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

from troubleshooting.domain.base.addresses import is_local
from troubleshooting.machines.errors import WIRE_ERRORS, NotAllowedHere, Overlong, Redirected, Silent

MOST_REPLY_BYTES = 8_000_000  # WinRM's own envelopes are half a megabyte
_PIECE_BYTES = 65_536
_SHORTEST_WAIT_S = 0.05
_LONGEST_WAIT_S = 3_600.0  # a socket takes no infinite limit
_GRACE_S = 0.5  # for the limits of sockets, which say better what was waited for


class Wire(HTTPAdapter):
    """Carries one machine's requests. No request waits past :attr:`until` (``time.monotonic()`` seconds)."""

    def __init__(self, *, connect_s: float, may_be_local: bool = False) -> None:
        """Limit connecting to ``connect_s`` seconds; there is one connection, for the sign-in is bound to it."""
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self.until = math.inf
        self._connect_s = connect_s
        self._may_be_local = may_be_local
        self._latest: requests.Response | None = None
        self._watched: socket.socket | None = None  # a second handle on the connection, good in its handshake too
        self._watch_lock = threading.Lock()
        self._is_cut = False

    @contextlib.contextmanager
    def bounded(self, within_s: float) -> Iterator[None]:
        """Let nothing in this block wait longer; what still does is cut off, and raises Silent."""
        self.until = time.monotonic() + within_s
        self._is_cut = False
        timer = threading.Timer(min(within_s, _LONGEST_WAIT_S) + _GRACE_S, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except WIRE_ERRORS as error:
            if self._is_cut:
                raise Silent("The device answered too slowly.") from error
            raise
        finally:
            timer.cancel()
            timer.join()  # a cut that is under way ends before anything else is sent

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request directly; raises Silent or Redirected besides requests' own exceptions."""
        if self._is_cut:
            raise Silent("The device answered too slowly.")
        left_s = max(min(self.until - time.monotonic(), _LONGEST_WAIT_S), _SHORTEST_WAIT_S)
        try:
            response = super().send(request, True, (min(self._connect_s, left_s), left_s), verify, cert, {})
        except requests.ReadTimeout as error:  # pypsrp would send it again
            raise Silent("The device did not answer in time.") from error
        except requests.ConnectTimeout as error:  # and this one too
            raise requests.ConnectionError(f"No connection within {self._connect_s:g} s.") from error
        self._latest = response
        response.encoding = "utf-8"  # as the portal asks; guessing one takes long for a reply of megabytes
        if response.is_redirect:
            response.close()
            raise Redirected(f"The device answered with a redirect ({response.status_code}).")
        setattr(response.raw, "stream", self._pieces_of(response.raw))  # noqa: B010  one response, not the class
        return response

    def close(self) -> None:
        """Close the connection, also when a reply was left unread on it."""
        if self._latest is not None:
            self._latest.close()
        for pool in map(self.poolmanager.pools.get, self.poolmanager.pools.keys()):
            if pool is not None:
                pool.close()  # clearing the manager leaves this to the garbage collector, which these never reach
        super().close()
        self._watch(None)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of one machine; its connections can be cut off."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if isinstance(pool.ConnectionCls, type):
            pool.ConnectionCls = self._watched_ones_of(pool.ConnectionCls)  # of this pool, not of the class
        return pool

    def _watched_ones_of(self, make: Any) -> Any:
        def connection(**settings: Any) -> Any:
            made = make(**settings)
            reach = made._new_conn  # noqa: SLF001  the only place that has the socket before the handshake

            def new_conn() -> socket.socket:
                reached: socket.socket = reach()
                self._refuse_local(reached)
                self._watch(reached.dup())
                return reached

            made._new_conn = new_conn  # noqa: SLF001
            return made

        return connection

    def _refuse_local(self, reached: socket.socket) -> None:
        """Look at where the name led to, before anything is sent: what was resolved earlier may have changed."""
        if self._may_be_local or not is_local(str(reached.getpeername()[0]).partition("%")[0]):
            return
        reached.close()
        raise NotAllowedHere("The address leads to the portal's own machine or network segment.")

    def _watch(self, handle: socket.socket | None) -> None:
        with self._watch_lock:
            if self._watched is not None:
                self._watched.close()
            self._watched = handle
        if self._is_cut:
            self._shut_down()

    def _cut(self) -> None:
        self._is_cut = True
        self._shut_down()

    def _shut_down(self) -> None:
        with self._watch_lock, contextlib.suppress(OSError):
            if self._watched is not None:
                self._watched.shutdown(socket.SHUT_RDWR)

    def _pieces_of(self, raw: HTTPResponse) -> Any:
        """Return a replacement for ``raw.stream`` that keeps the bounds; undone compression could be a bomb."""

        def stream(amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
            total = 0
            while piece := raw.read1(_PIECE_BYTES, decode_content=False):
                total += len(piece)
                if total > MOST_REPLY_BYTES:
                    raw.close()
                    raise Overlong(f"The device sent more than {MOST_REPLY_BYTES} bytes in one reply.")
                if time.monotonic() > self.until:
                    raw.close()
                    raise Silent("The device answered too slowly.")
                yield piece

        return stream


def system_trust() -> str | bool:
    """Return the system's trust store, which has the company's certificates; True (certifi's) where there is none."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True
