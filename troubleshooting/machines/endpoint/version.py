"""Which version of the endpoint this portal needs on a PC."""

from __future__ import annotations

import re

VERSION = "1.3.0"  # goes up with every change of what is installed; a test holds each version's digest

_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}")


def is_older(version: str | None) -> bool:
    """Tell whether a PC's endpoint is older than this portal needs; True also where it names no version."""
    if version is None or not _VERSION.fullmatch(version):
        return True
    return _parts(version) < _parts(VERSION)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
