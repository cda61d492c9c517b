"""The words the portal speaks to a machine; nothing here knows how they travel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from troubleshooting.domain.evidence.snapshot import Reading, ReadState


class Auth(StrEnum):
    """Ways to sign in to WinRM that the portal offers."""

    NEGOTIATE = "negotiate"
    KERBEROS = "kerberos"
    NTLM = "ntlm"
    CERTIFICATE = "certificate"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Credential:
    """A named account for devices. Its repr hides the password, so that no log can show it."""

    profile: str
    username: str | None
    password: str | None = None
    certificate_pem: Path | None = None
    certificate_key: Path | None = None

    def __repr__(self) -> str:
        """Show who, never the password."""
        return f"Credential(profile={self.profile!r}, username={self.username!r})"


class UnsafeAddress(ValueError):
    """This way to sign in would cross the network in the clear; it needs HTTPS."""


# Basic has no message encryption and certificates need TLS (docs/reference/remoting.md section 1).
NEEDS_HTTPS: frozenset[Auth] = frozenset({Auth.BASIC, Auth.CERTIFICATE})


USUAL_ENDPOINT = "Microsoft.PowerShell"
# Windows' own session configurations, those of PowerShell 7 by their versions: they show everything that is installed.
_SHOWS_ALL = re.compile(
    r"microsoft\.(?:powershell(?:32|\.workflow)?|windows\.servermanagerworkflows)|powershell\.[0-9].*"
)
CONFIGURATION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def is_limited(configuration_name: str) -> bool:
    """Tell whether an endpoint may show less than the PC has (JEA): any but those that come with PowerShell."""
    return _SHOWS_ALL.fullmatch(configuration_name.casefold()) is None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a machine's WinRM endpoint is, and how to speak to it.

    Raises :class:`UnsafeAddress` for Basic or a client certificate without HTTPS.
    """

    hostname: str
    port: int | None = None  # None: 5986 for HTTPS, 5985 for HTTP
    https: bool = True
    auth: Auth = Auth.NEGOTIATE
    ca_file: Path | None = None  # None: the system's trust store; verification is never off
    configuration_name: str = USUAL_ENDPOINT

    def __post_init__(self) -> None:
        """Refuse what would send a password in the clear."""
        if self.auth in NEEDS_HTTPS and not self.https:
            raise UnsafeAddress(f"The {self.auth} sign-in is only allowed over HTTPS.")

    @property
    def shown(self) -> str:
        """Return the address as evidence: with the endpoint's name, unless it is the one that Windows brings along."""
        return self.url if self.configuration_name == USUAL_ENDPOINT else f"{self.url} {self.configuration_name}"

    @property
    def url(self) -> str:
        """Return the endpoint as people write it."""
        scheme, port = ("https", self.port or 5986) if self.https else ("http", self.port or 5985)
        host = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return f"{scheme}://{host}:{port}/wsman"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one catalogue entry brought home: the unit of evidence.

    ``content`` is JSON: a list of what the device put out (objects as mappings, texts, numbers, booleans), untouched
    but for the size limit; ``errors`` are the device's error records as ``{"message", "fq_error", "category",
    "target", "reason", "activity"}``, where only ``message`` is in the device's language.
    """

    name: str  # catalogue name, with ``:part`` where an entry is sent for several keys ("policy_values:Spynet")
    pipeline: str  # the command as PowerShell would show it
    sent_at: datetime
    seconds: float
    reading: Reading
    content: list[Any]
    errors: list[dict[str, str]]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a visit and its parts may take."""

    connect: timedelta = timedelta(seconds=15)
    opening: timedelta = timedelta(seconds=60)  # signing in and starting PowerShell on the device
    closing: timedelta = timedelta(seconds=10)  # stopping a command, ending the session
    silence: timedelta = timedelta(seconds=15)  # a request without any answer for longer: the device has fallen silent
    command: timedelta = timedelta(minutes=15)  # no command gets more, whatever the catalogue says
    after_hang: timedelta = timedelta(seconds=5)  # a command that did not answer at all before in this visit
    visit: timedelta = timedelta(minutes=5)
    cancel_poll: timedelta = timedelta(seconds=2)  # how often a running command looks whether it was cancelled
    answer_bytes: int = 2_000_000  # more of one answer is cut off and marked so
    may_be_local: bool = False  # whether a device may be on a loopback or link-local address


OnAnswers = Callable[[Sequence[Answer]], None]  # those that came together
ShouldStop = Callable[[], bool]
Clock = Callable[[], datetime]


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """Return the form that is stored as evidence."""
    return {**asdict(answer), "sent_at": answer.sent_at.isoformat()}


def answer_from_json(stored: Mapping[str, Any]) -> Answer:
    """Read back what :func:`answer_as_json` gave; raises KeyError or ValueError where it is something else."""
    reading = stored["reading"]
    return Answer(
        name=stored["name"],
        pipeline=stored["pipeline"],
        sent_at=datetime.fromisoformat(stored["sent_at"]),
        seconds=stored["seconds"],
        reading=Reading(ReadState(reading["state"]), reading["error_code"], reading["detail"]),
        content=stored["content"],
        errors=stored["errors"],
        truncated=stored["truncated"],
    )
