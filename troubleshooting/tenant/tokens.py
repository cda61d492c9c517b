"""Tokens for the API: OAuth2 client credentials by way of msal (docs/reference/apis.md section 1).

How msal is used, and why (docs/adr/0005-tenant-client.md): it speaks through the portal's own verified connection; the
authority's host is one of Microsoft's sign-in hosts, or this machine itself (the lab); the portal keeps the token and
asks msal only when a new one is wanted.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard
from urllib.parse import urlsplit

import msal
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS
from msal.exceptions import MsalError

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import TenantSettings
from troubleshooting.tenant.errors import TenantError, status_code
from troubleshooting.tenant.wire import SHOWN, Reply, Timing, Wire, retry_after

SHORTEST_TOKEN = 16  # characters
RENEW_BEFORE_S = 300.0  # a token is not used in its last minutes
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

# The OAuth2 errors that mean: this application, with this secret, in this tenant, is not let in.
REFUSED = frozenset({"invalid_client", "unauthorized_client", "invalid_grant", "access_denied"})
FAULTS = frozenset({"server_error", "temporarily_unavailable"})


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and the clock's second until which it is used."""

    value: str = field(repr=False)
    until: float


class Tokens:
    """Keeps one token for all threads."""

    def __init__(self, settings: TenantSettings, wire: Wire, timing: Timing) -> None:
        """Prepare; nothing is asked yet."""
        self._settings = settings
        self._wire = wire
        self._timing = timing
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._app: Any = None

    @property
    def last_value(self) -> str:
        """Return what must not be shown in any text; empty before the first token."""
        token = self._token
        return token.value if token else ""

    def current(self) -> Token:
        """Return the token, a new one where there is none or its end is near; raises TenantError."""
        with self._lock:
            if self._token is None or self._timing.clock() >= self._token.until:
                self._token = self._ask()
            return self._token

    def renewed(self, refused: Token) -> Token:
        """Return another token than the one the API refused; where another thread has it already, that one."""
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = None
                self._token = self._ask()
            return self._token

    def _ask(self) -> Token:
        try:
            if self._app is None:
                self._app = self._application()
            self._app.remove_tokens_for_client()  # msal keeps tokens too; here one asks only for new ones
            answer = self._app.acquire_token_for_client([self._settings.scope])
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, MsalError) as error:
            raise TenantError(Code.BROKEN_ANSWER, f"The sign-in answered oddly ({type(error).__name__}).") from error
        return self._token_of(answer)

    def _token_of(self, answer: Any) -> Token:
        if isinstance(answer, dict) and "error" in answer:
            raise sign_in_error(answer)
        value, seconds = (answer.get("access_token"), answer.get("expires_in")) if isinstance(answer, dict) else (0, 0)
        if not _is_token(value) or not isinstance(seconds, int) or seconds <= 0:
            raise TenantError(Code.BROKEN_ANSWER, "The sign-in gave no token.")
        return Token(value, self._timing.clock() + max(seconds - RENEW_BEFORE_S, seconds / 2))

    def _application(self) -> Any:
        authority = f"{self._settings.authority.rstrip('/')}/{self._settings.tenant}"
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            client_credential=_credential(self._settings),
            authority=authority,
            http_client=SignInDoor(self._wire, hosts_for(authority)),
            # Its only use is to vouch for hosts that msal does not know, and those are not let in at all (hosts_for).
            instance_discovery=False,
        )


class SignInDoor:
    """The HTTP client that msal wants, on the portal's own wire, and only to the hosts of the sign-in."""

    def __init__(self, wire: Wire, hosts: frozenset[str]) -> None:
        """Take the wire and the hosts that may be told the secret."""
        self._wire = wire
        self._hosts = hosts

    def get(self, url: str, params: Mapping[str, str] | None = None, **options: Any) -> SignInReply:
        """Read the sign-in's own description."""
        reply = self._send("GET", url, params=params, headers=options.get("headers"))
        if reply.status >= 400:
            detail = f"The sign-in does not know the tenant (HTTP {reply.status}): {reply.text[:SHOWN]}"
            raise TenantError(Code.WRONG_CREDENTIALS, detail)
        return SignInReply(reply)

    def post(self, url: str, data: Mapping[str, str | bytes] | None = None, **options: Any) -> SignInReply:
        """Ask for a token. msal gives signed assertions as bytes, which httpx would write as Python does."""
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return SignInReply(self._send("POST", url, form=form, headers=options.get("headers")))

    def close(self) -> None:
        """Leave the wire open: the API uses it too."""

    def _send(self, method: str, url: str, **parts: Any) -> Reply:
        address = urlsplit(url)
        if address.scheme != "https" or address.hostname not in self._hosts:
            raise TenantError(Code.BROKEN_ANSWER, f"The sign-in sends the portal to another host: {address.hostname}.")
        reply = self._wire.send(method, url, **parts)
        if reply.status == 429 or reply.status >= 500:
            pause = retry_after(reply.headers) if reply.status == 429 else None
            raise TenantError(status_code(reply.status), f"Sign-in: HTTP {reply.status}.", retry_after=pause)
        if not isinstance(reply.json(), dict):
            raise TenantError(Code.BROKEN_ANSWER, f"Sign-in: {reply.text[:SHOWN]}")
        return reply_or_redirect(reply)


def reply_or_redirect(reply: Reply) -> Reply:
    """Return the reply; raises TenantError for a redirect, which is never followed."""
    if 300 <= reply.status < 400:
        raise TenantError(Code.BROKEN_ANSWER, f"Sign-in: HTTP {reply.status}.")
    return reply


class SignInReply:
    """An answer in the form that msal reads."""

    def __init__(self, reply: Reply) -> None:
        """Take over status, text and headers."""
        self.status_code = reply.status
        self.text = reply.text
        self.headers = dict(reply.headers)

    def raise_for_status(self) -> None:
        """Do nothing: what has to be raised was raised by the door."""


def sign_in_error(answer: Mapping[str, Any]) -> TenantError:
    """Name what the token endpoint said no with; its text says which application and tenant, never the secret."""
    error = str(answer["error"])
    code = Code.WRONG_CREDENTIALS if error in REFUSED else Code.SERVER_FAULT if error in FAULTS else Code.BAD_REQUEST
    correlation_id = answer.get("correlation_id")
    return TenantError(
        code,
        str(answer.get("error_description", "")),
        microsoft_code=error,
        correlation_id=str(correlation_id) if correlation_id else None,
    )


def _is_token(value: Any) -> TypeGuard[str]:
    """Tell whether a text can be a bearer token: nothing in it can end a header, and it is too long to be guessed."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and len(value) >= SHORTEST_TOKEN


def hosts_for(authority: str) -> frozenset[str]:
    """Return the hosts that may be told the secret; raises TenantError for an authority that is not one of them."""
    address = urlsplit(authority)
    host = address.hostname or ""
    if address.scheme == "https" and host in LOOPBACK:
        return frozenset({host})
    if address.scheme == "https" and host in WELL_KNOWN_AUTHORITY_HOSTS:
        return frozenset(WELL_KNOWN_AUTHORITY_HOSTS)
    raise TenantError(Code.NOT_SET_UP, f"DEFENDER_API_AUTHORITY is {authority!r}, no sign-in host of Microsoft's.")


def _credential(settings: TenantSettings) -> str | dict[str, str]:
    """Return the secret, or the certificate (which wins) as msal takes it. Raises TenantError NOT_SET_UP."""
    if settings.certificate is None or settings.certificate_key is None:
        return settings.client_secret
    try:
        key, certificate = settings.certificate_key.read_bytes(), settings.certificate.read_bytes()
        load_pem_private_key(key, password=None)
        load_pem_x509_certificate(certificate)
        return {"private_key": key.decode("ascii"), "public_certificate": certificate.decode("ascii")}
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: the key wants a password
        raise TenantError(Code.NOT_SET_UP, "DEFENDER_API_CERTIFICATE or its key cannot be read.") from error
