"""Calls to the tenant's API: token, limits, errors, pages (docs/reference/apis.md sections 1 to 3).

What a call raises is a :class:`TenantError`. Nothing that leaves here holds the secret or a token.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import structlog

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import MOST_INDICATORS, TenantLimits, TenantSettings
from troubleshooting.tenant.errors import TenantError, status_code
from troubleshooting.tenant.limiter import TENANT_WINDOWS, SlidingWindows, shared_by
from troubleshooting.tenant.tokens import Tokens
from troubleshooting.tenant.wire import HIDDEN, SHOWN, Reply, Timing, Wire, retry_after

log = structlog.get_logger(__name__)

_HOST = re.compile(r"[a-z0-9.:-]+")

MayWrite = Callable[[], None]  # asked directly before a call that writes is sent, each time; raises to hold it back

MOST_ITEMS = 2 * MOST_INDICATORS  # of one list; more means that the pages do not end


@dataclass(frozen=True, slots=True)
class Request:
    """One call; ``path`` begins with ``/api/`` and has its values quoted."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    may_write: MayWrite | None = None  # None = a call that only reads


class TenantClient:
    """Speaks to one tenant; shared by all threads of a process."""

    def __init__(
        self,
        settings: TenantSettings,
        *,
        limits: TenantLimits | None = None,
        timing: Timing | None = None,
        limiter: SlidingWindows | None = None,
    ) -> None:
        """Prepare; raises TenantError NOT_SET_UP with the settings that are missing or wrong."""
        check_settings(settings)
        self.limits = limits or TenantLimits()
        self.timing = timing or Timing()
        self._settings = settings
        self._limiter = limiter or SlidingWindows(shared_by(TENANT_WINDOWS, settings.processes))
        self._wire = Wire(settings, self.limits, self.timing)
        self._tokens = Tokens(settings, self._wire, self.timing)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Read; returns the JSON."""
        return self._call(Request("GET", path, params))

    def post(self, path: str, body: Mapping[str, Any], *, may_write: MayWrite) -> Any:
        """Create or update; returns the JSON. What ``may_write`` raises is raised, and this sending did not happen."""
        return self._call(Request("POST", path, body=body, may_write=may_write))

    def delete(self, path: str, *, may_write: MayWrite) -> bool:
        """Delete; False where it was gone already (404). ``may_write`` as for :meth:`post`."""
        try:
            self._call(Request("DELETE", path, may_write=may_write))
        except TenantError as error:
            if error.code is Code.NOT_FOUND:
                return False
            raise
        return True

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Go through a list, page by page ($top, $skip). A link in an answer is never followed, only believed to be."""
        skip = 0
        while skip < MOST_ITEMS:
            answer = self.get(path, {**(params or {}), "$top": str(self.limits.page), "$skip": str(skip)})
            items = items_of(answer)
            yield from items
            skip += len(items)
            if not items or (len(items) < self.limits.page and "@odata.nextLink" not in answer):
                return
        raise TenantError(Code.BROKEN_ANSWER, f"A list of {MOST_ITEMS} items and more.")

    def _call(self, request: Request) -> Any:
        """Return the answer's JSON, None without a body; what goes wrong is logged without secrets, and raised."""
        try:
            reply = self._send_patiently(request)
            return reply.json() if reply.body else None
        except TenantError as error:
            error.detail = self._without_secrets(error.detail)
            error.args = tuple(self._without_secrets(str(part)) for part in error.args)
            log.warning(
                "tenant_call_failed",
                method=request.method,
                path=request.path,
                code=error.code,
                microsoft_code=error.microsoft_code,
                correlation_id=error.correlation_id,
            )
            raise

    def _send_patiently(self, request: Request) -> Reply:
        """Send until there is an answer that counts: once more with a fresh token, and after pauses asked for."""
        token, is_fresh, left_s = self._tokens.current(), False, self.limits.patience.total_seconds()
        while True:
            left_s -= self._wait_for_room(left_s)
            if request.may_write is not None:  # the waiting took time, and so does a second try
                request.may_write()
            reply = self._send(request, token.value)
            if reply.status == 401 and not is_fresh:
                token, is_fresh = self._tokens.renewed(token), True
            elif reply.status == 429:
                left_s = self._heed(reply, left_s)
            elif 200 <= reply.status < 300:
                return reply
            else:
                raise error_of(reply)

    def _send(self, request: Request, token: str) -> Reply:
        return self._wire.send(
            request.method,
            f"{self._settings.host.rstrip('/')}{request.path}",
            headers={"Authorization": f"Bearer {token}"},
            params=request.params,
            json_body=request.body,
        )

    def _wait_for_room(self, left_s: float) -> float:
        """Wait until the limiter grants a call, and give the seconds it took; raises THROTTLED where it is too long."""
        waited_s = 0.0
        while (wait_s := self._limiter.claim(now=self.timing.clock())) > 0:
            if waited_s + wait_s > left_s:
                detail = "The portal keeps to the tenant's limits, and its calls are used up."
                raise TenantError(Code.THROTTLED, detail, retry_after=timedelta(seconds=wait_s))
            self.timing.sleep(wait_s)
            waited_s += wait_s
        return waited_s

    def _heed(self, reply: Reply, left_s: float) -> float:
        """Close the limiter for as long as the tenant says; raises where that is longer than the patience left."""
        pause = retry_after(reply.headers)
        self._limiter.close_until(self.timing.clock() + pause.total_seconds())
        if pause.total_seconds() > left_s:
            raise error_of(reply)
        return left_s

    def _without_secrets(self, text: str) -> str:
        secrets = (self._settings.client_secret, self._settings.proxy, self._tokens.last_value)
        for secret in filter(None, secrets):
            text = text.replace(secret, HIDDEN)
        return text


def check_settings(settings: TenantSettings) -> None:
    """Raise TenantError NOT_SET_UP where a setting is missing, or the host is no plain HTTPS address."""
    if settings.missing:
        raise TenantError(Code.NOT_SET_UP, f"To be set: {', '.join(settings.missing)}.")
    for name, address in (("HOST", settings.host), ("AUTHORITY", settings.authority)):
        if not _is_plain_https(address):
            raise TenantError(Code.NOT_SET_UP, f"DEFENDER_API_{name} is {address!r}; write https:// and a host.")
    if quote(settings.tenant, safe="") != settings.tenant:
        raise TenantError(Code.NOT_SET_UP, f"DEFENDER_API_TENANT is {settings.tenant!r}; write its id or domain.")


def _is_plain_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    return parts.scheme == "https" and bool(_HOST.fullmatch(parts.hostname or "")) and has_port and not extra


def items_of(answer: Any) -> list[dict[str, Any]]:
    """Return the entries of a list's answer; raises TenantError BROKEN_ANSWER for another shape."""
    items = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TenantError(Code.BROKEN_ANSWER, f"Not a list: {str(answer)[:SHOWN]}")
    return items


def error_of(reply: Reply) -> TenantError:
    """Read an error: ``{"error": {"code", "message", "target"}}``, target being the correlation id."""
    told: Any = {}
    try:
        body = reply.json()
        told = body.get("error") if isinstance(body, dict) else {}
    except TenantError:
        pass  # a gateway's page; its status and its first words are all there is
    told = told if isinstance(told, dict) else {}
    return TenantError(
        status_code(reply.status),
        str(told.get("message") or f"HTTP {reply.status}: {reply.text[:SHOWN]}"),
        microsoft_code=_text_or_none(told.get("code")),
        correlation_id=_text_or_none(told.get("target")),
        retry_after=retry_after(reply.headers) if reply.status == 429 else None,
    )


def _text_or_none(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) and value else None


_clients: dict[tuple[int, TenantSettings], TenantClient] = {}
_clients_lock = threading.Lock()


def client_for(settings: TenantSettings) -> TenantClient:
    """Return this process's one client of a tenant, so that all its threads share token, connections and limits.

    Raises TenantError NOT_SET_UP. A forked process gets one of its own.
    """
    key = (os.getpid(), settings)
    with _clients_lock:
        if key not in _clients:
            _clients[key] = TenantClient(settings)
        return _clients[key]


def close_clients() -> None:
    """Close this process's clients and forget them; who asks again gets new ones."""
    with _clients_lock:
        clients = list(_clients.values())
        _clients.clear()
    for client in clients:
        client.close()
