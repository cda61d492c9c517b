"""Who may sign in to a simulated PC: Basic, and NTLM or Negotiate through pyspnego's acceptor."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import spnego
from spnego import ContextProxy
from spnego.exceptions import SpnegoError

_USER_FILE = "NTLM_USER_FILE"
_environment = threading.Lock()  # the acceptor finds its user file through the environment of the process


class Accounts:
    r"""User names (``DOMAIN\user`` or ``user@domain``) with their passwords."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        """Write the user file that the NTLM acceptor reads."""
        self._passwords = dict(passwords)
        lines = [f"{_ntlm_line(user, password)}\n" for user, password in self._passwords.items()]
        handle, name = tempfile.mkstemp(prefix="lab-users-")
        self._file = Path(name)
        with os.fdopen(handle, "w") as file:
            file.writelines(lines)

    def remove(self) -> None:
        """Delete the user file."""
        self._file.unlink(missing_ok=True)

    def check_basic(self, credentials: str) -> str | None:
        """Return the user of a Basic header's value, or None where it is wrong."""
        try:
            user, _, password = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        known = {name.casefold(): word for name, word in self._passwords.items()}
        return user if known.get(user.casefold()) == password else None

    def begin(self) -> ContextProxy:
        """Begin an NTLM or Negotiate exchange."""
        with self._offered():
            return spnego.server(protocol="negotiate")

    def step(self, context: ContextProxy, token: bytes) -> bytes | None:
        """Take the client's token and give ours; raises PermissionError for a wrong account or password."""
        try:
            with self._offered():
                return context.step(token)
        except (SpnegoError, ValueError) as error:
            raise PermissionError(str(error)) from error

    @contextmanager
    def _offered(self) -> Iterator[None]:
        with _environment:
            before = os.environ.get(_USER_FILE)
            os.environ[_USER_FILE] = str(self._file)
            try:
                yield
            finally:
                _restore(before)


def _restore(before: str | None) -> None:
    if before is not None:
        os.environ[_USER_FILE] = before
        return
    with suppress(KeyError):
        del os.environ[_USER_FILE]


def _ntlm_line(user: str, password: str) -> str:
    if ":" in user or ":" in password:
        raise ValueError("an NTLM user file cannot hold a colon in a name or password")
    domain, separator, name = user.partition("\\")
    return f"{domain}:{name}:{password}" if separator else f":{user}:{password}"
