"""SystemInfo.txt and versions (docs/reference/diagnostics.md section 2).

The labels of systeminfo are in the language of Windows; the order of its lines and the form of its values are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone

from troubleshooting.domain.checks.editions import SERVER, WORKSTATION
from troubleshooting.domain.evidence.places import Place
from troubleshooting.machines.support_files.lines import Lines

# What follows "Windows 11" or "Windows Server 2022" in the caption -> OperatingSystemSKU (docs/reference/checks.md
# section 3); a caption that is not here stays unknown.
_CLIENTS = {
    "enterprise": 4,
    "enterprise n": 27,
    "enterprise evaluation": 72,
    "enterprise ltsc": 125,
    "enterprise n ltsc": 126,
    "enterprise ltsc evaluation": 129,
    "enterprise multi-session": 175,
    "enterprise for virtual desktops": 175,
    "pro": 48,
    "pro n": 49,
    "pro for workstations": 161,
    "pro n for workstations": 162,
    "pro education": 164,
    "education": 121,
    "education n": 122,
    "home": 101,
    "home n": 98,
    "home single language": 100,
}
_SERVERS = {
    "standard": 7,
    "datacenter": 8,
    "standard evaluation": 79,
    "datacenter evaluation": 80,
    "datacenter azure edition": 407,
}
# EditionID in the registry -> OperatingSystemSKU
EDITION_IDS = {
    "enterprise": 4,
    "enterprises": 125,
    "serverrdsh": 175,
    "professional": 48,
    "professionalworkstation": 161,
    "education": 121,
    "core": 101,
    "coren": 98,
    "coresinglelanguage": 100,
    "serverstandard": 7,
    "serverdatacenter": 8,
}
_CLIENT = re.compile(r"\bWindows (?:10|11) (\S.*)$", re.IGNORECASE)
_SERVER = re.compile(r"\bWindows Server\b(?: \d{4})?(?: R2)? ?(.*)$", re.IGNORECASE)
_LTSC_YEAR = re.compile(r" (?:19|20)\d\d\b")

_VERSION = re.compile(r"^(\d{1,3}\.\d{1,3}\.(\d{3,6}))\b")
_ZONE = re.compile(r"^\(UTC(?:([+-])(\d\d):(\d\d))?\)")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_CAPTION_WITHIN = 4  # the caption is the second line

_PLATFORM = re.compile(r"\\Platform\\(4\.\d{1,3}\.\d{1,6}\.\d{1,6})(?:-\d+)?\\", re.IGNORECASE)
_PLATFORM_FILE = re.compile(r"\bMsMpEng\.exe\b.{0,120}?\b(4\.\d{1,3}\.\d{1,6}\.\d{1,6})\b", re.IGNORECASE)


@dataclass
class System:
    """What SystemInfo.txt says."""

    name: tuple[str, Place] | None = None
    caption: tuple[str, Place] | None = None
    version: tuple[str, Place] | None = None
    build: tuple[int, Place] | None = None
    sku: tuple[int, Place] | None = None
    product_type: tuple[int, Place] | None = None
    zone: timezone | None = None  # without summer time


def read_system(lines: Lines) -> System:
    """Read SystemInfo.txt in any language."""
    system = System()
    for position, (value, place) in enumerate(_values(lines)):
        if position == 0 and _HOST.fullmatch(value):
            system.name = value, place
        if position < _CAPTION_WITHIN and system.caption is None and "windows" in value.casefold():
            _take_caption(system, value, place)
        if system.build is None and (found := _VERSION.match(value)):
            system.version, system.build = (found[1], place), (int(found[2]), place)
        if system.zone is None and (found := _ZONE.match(value)):
            system.zone = _zone(found)
    return system


def _values(lines: Lines) -> Iterator[tuple[str, Place]]:
    for number, line in lines:
        label, _colon, value = line.partition(":")
        if label[:1].strip() and value[:1].isspace():
            yield value.strip(), lines.place(number)


def _take_caption(system: System, caption: str, place: Place) -> None:
    system.caption = caption, place
    words = _LTSC_YEAR.sub("", " ".join(caption.split()))
    for pattern, editions, kind in ((_SERVER, _SERVERS, SERVER), (_CLIENT, _CLIENTS, WORKSTATION)):
        if found := pattern.search(words):
            system.product_type = kind, place
            sku = editions.get(found[1].strip().casefold())
            system.sku = (sku, place) if sku is not None else None
            return


def _zone(found: re.Match[str]) -> timezone | None:
    offset = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset) if offset < timedelta(hours=24) else None


def read_platform(lines: Lines) -> tuple[str, Place] | None:
    """Return the platform's version that a file names last: in the path of a program, or as MsMpEng.exe's own."""
    last = None
    for number, line in lines:
        if found := _PLATFORM.search(line) or _PLATFORM_FILE.search(line):
            last = found[1], lines.place(number)
    return last
