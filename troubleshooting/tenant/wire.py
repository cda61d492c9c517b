"""HTTPS with bounds: on time, on size, verified always, never to another place, never through a proxy nobody set."""

from __future__ import annotations

import email.utils
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import TenantLimits, TenantSettings
from troubleshooting.tenant.errors import TenantError, name_http_error

SHOWN = 300  # characters of an answer that cannot be read
USUAL_PAUSE = timedelta(seconds=5)  # where a 429 does not say how long
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock that never goes back, and a way to wait; tests bring their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Its repr hides the body, which may hold a token."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """Return the body as text; what is no UTF-8 is marked."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Read the body; raises TenantError BROKEN_ANSWER."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise TenantError(Code.BROKEN_ANSWER, f"HTTP {self.status}, not JSON: {self.text[:SHOWN]}") from error


class Wire:
    """Carries the calls of one tenant; shared by threads."""

    def __init__(self, settings: TenantSettings, limits: TenantLimits, timing: Timing) -> None:
        """Prepare connections; raises TenantError TLS_NOT_TRUSTED where the file of authorities cannot be read."""
        self._limits = limits
        self._timing = timing
        self._client = httpx.Client(
            verify=trusted(settings.ca_file),
            trust_env=False,
            proxy=settings.proxy or None,
            follow_redirects=False,
            timeout=httpx.Timeout(limits.silence.total_seconds(), connect=limits.connect.total_seconds()),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and read its whole answer; raises TenantError."""
        try:
            with self._client.stream(
                method, url, headers=headers, params=params, json=json_body, data=form
            ) as response:
                return Reply(response.status_code, dict(response.headers), self._read(response))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
            raise name_http_error(error) from error

    def _read(self, response: httpx.Response) -> bytes:
        until = self._timing.clock() + self._limits.call.total_seconds()
        pieces, total = [], 0
        for piece in response.iter_bytes():
            total += len(piece)
            if total > self._limits.answer_bytes:
                raise TenantError(Code.BROKEN_ANSWER, f"The answer is longer than {self._limits.answer_bytes} bytes.")
            if self._timing.clock() > until:
                raise TenantError(Code.UNREACHABLE, "The answer came too slowly.")
            pieces.append(piece)
        return b"".join(pieces)


def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Return the authorities to trust: those of the file alone, else the system's, else those httpx carries along."""
    try:
        if ca_file is not None:
            return ssl.create_default_context(cafile=str(ca_file))
        paths = ssl.get_default_verify_paths()
        return ssl.create_default_context() if paths.cafile or paths.capath else httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        raise TenantError(Code.TLS_NOT_TRUSTED, f"DEFENDER_API_CA_FILE cannot be read: {error.strerror}.") from error


def retry_after(headers: Mapping[str, str]) -> timedelta:
    """Read Retry-After, as seconds or as a date (held against the answer's own); a usual pause where unreadable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= 6:
        return timedelta(seconds=max(1, int(text)))
    try:
        told = email.utils.parsedate_to_datetime(text)
        return max(timedelta(seconds=1), told - email.utils.parsedate_to_datetime(headers.get("date", "")))
    except (ValueError, TypeError):
        return USUAL_PAUSE
