"""The collector: one PowerShell script that reads what a visit reads, for a PC that the portal cannot reach.

Made from the catalogue, so that it runs the same commands as a visit. The script of a case is the same text with the
case's address and one-time token as the defaults of two parameters.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from troubleshooting.domain.base import powershell
from troubleshooting.machines import catalogue
from troubleshooting.machines.pipeline import Entry, rendered

FILE_NAME = "Collect-NetworkProtection.ps1"
MARK = "##NP## "  # begins the one line that an unattended run prints

_STATIC = Path(__file__).parent / "static"
_DEFAULTS = ("Address", "Token")
_SAFE = re.compile(r"[A-Za-z0-9:/._\[\]-]*")
_DEFAULT = re.compile(r"^(    \[string\] \$(?:Address|Token) = )'[A-Za-z0-9:/._\[\]-]*',\r?$", re.MULTILINE)


def entries() -> tuple[Entry, ...]:
    """Return what the script reads: a visit's commands, and the events of the longest period."""
    return catalogue.prerequisite_visit(catalogue.LONGEST_PERIOD)


@cache
def catalogue_digest() -> str:
    """Return the SHA-256 of all commands with their names: what a script read and what the portal knows must be one."""
    listed = "\n".join(f"{entry.name} {rendered(entry)}" for entry in entries())
    return hashlib.sha256(listed.encode()).hexdigest()


def collector_script(*, address: str = "", token: str = "") -> bytes:
    """Return the script's file: ASCII with the line ends of Windows. Raises ValueError for an odd address or token."""
    text = _static_text()
    for name, value in zip(_DEFAULTS, (address, token), strict=True):
        if not _SAFE.fullmatch(value):
            raise ValueError(name)
        text = text.replace(powershell.assignment(name, ""), powershell.assignment(name, value), 1)
    return text.replace("\n", "\r\n").encode("ascii")


def script_digest(script: bytes) -> str:
    """Return the SHA-256 of a script without a case's address and token: the same for every case."""
    text = script.decode("ascii", errors="replace")
    return hashlib.sha256(_DEFAULT.sub(lambda found: f"{found[1]}'',\r", text).encode()).hexdigest()


@cache
def _static_text() -> str:
    calls = [(entry.name, rendered(entry)) for entry in entries()]
    parts = (
        (_STATIC / "begin.ps1").read_text(encoding="ascii"),
        powershell.assignment("catalogue", catalogue_digest()) + "\n",
        "$begunAt = Get-Moment\n",
        powershell.list_of_calls("entries", "Read-Entry", calls) + "\n",
        "\n" + (_STATIC / "finish.ps1").read_text(encoding="ascii"),
    )
    return "".join(parts)
