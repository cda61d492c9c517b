"""Every way in which a call to the tenant can fail, from the libraries' exceptions to the closed list of codes.

Sources: docs/reference/apis.md sections 1 and 3. Types, numbers and Microsoft's codes decide, never a message in some
language.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta

import httpx

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import TenantIndicator

LONGEST_DETAIL = 2_000  # characters


class TenantError(Exception):
    """The tenant could not be asked, or did not do what was asked.

    ``detail`` is the original text for IT; ``microsoft_code`` is Microsoft's own code and ``correlation_id`` its name
    for the call (``error.target``), both None where it gave none; ``retry_after`` says when to come back.
    """

    def __init__(
        self,
        code: Code,
        detail: str = "",
        *,
        microsoft_code: str | None = None,
        correlation_id: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        """Keep the facts, the text cut to a bearable length."""
        self.code = code
        self.detail = detail[:LONGEST_DETAIL].replace("\x00", "")
        self.microsoft_code = microsoft_code
        self.correlation_id = correlation_id
        self.retry_after = retry_after
        facts = (microsoft_code, self.detail, correlation_id and f"(correlation id {correlation_id})")
        super().__init__(" ".join([f"{code}:", *filter(None, facts)]) if any(facts) else str(code))


class Conflict(TenantError):
    """The value has an indicator that the portal did not make, or that no longer allows: ``present``."""

    def __init__(self, present: TenantIndicator) -> None:
        """Keep what is there."""
        self.present = present
        maker = present.source or present.created_by or "unknown"
        super().__init__(Code.CONFLICT, f"{present.action} for {present.value} (id {present.id}, made by {maker}).")


class NotConfirmed(TenantError):
    """The tenant accepted a change, but the reads after it did not show it so.

    ``accepted`` is what the tenant said it had taken (None after a removal): its id is needed to take it back.
    """

    def __init__(self, detail: str, *, accepted: TenantIndicator | None = None) -> None:
        """Keep what was accepted."""
        self.accepted = accepted
        super().__init__(Code.NOT_CONFIRMED, detail)


STATUSES: dict[int, Code] = {
    400: Code.BAD_REQUEST,
    401: Code.WRONG_CREDENTIALS,
    403: Code.NOT_PERMITTED,
    404: Code.NOT_FOUND,
    407: Code.UNREACHABLE,  # a proxy stands in between
    408: Code.UNREACHABLE,
    429: Code.THROTTLED,
}


# What is neither: no connection, none in time, or one that broke off.
WIRE_CODES: tuple[tuple[type[Exception], Code], ...] = (
    (httpx.DecodingError, Code.BROKEN_ANSWER),
    (httpx.InvalidURL, Code.NOT_SET_UP),  # a host that is none
    (UnicodeError, Code.BAD_REQUEST),  # a value that is no text
)


def status_code(status: int) -> Code:
    """Name an HTTP status that is no success."""
    if status in STATUSES:
        return STATUSES[status]
    if status >= 500:
        return Code.SERVER_FAULT
    return Code.BAD_REQUEST if status >= 400 else Code.BROKEN_ANSWER  # redirects are not followed


def name_http_error(error: httpx.HTTPError | httpx.InvalidURL | UnicodeError | OSError) -> TenantError:
    """Return an exception from the wire its code."""
    detail = str(error) or type(error).__name__
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return TenantError(Code.TLS_NOT_TRUSTED, detail)
    code = next((code for kind, code in WIRE_CODES if isinstance(error, kind)), Code.UNREACHABLE)
    return TenantError(code, detail)


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    seen = 0
    while current is not None and seen < 20:
        yield current
        current, seen = current.__cause__ or current.__context__, seen + 1
