r"""What an entry of a list opens beyond its own text, so far as it can be told.

Source: docs/reference/exclusions.md sections 2 to 4.

On a PC entries need not keep our rules: Windows takes bare image names, wildcards and folders for programs; whether it
takes networks and ranges for addresses is not documented, and they count as what they would mean.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import (
    SYSTEM_VARIABLES,
    ExclusionValue,
    InvalidExclusionValue,
    canonical,
    parse_value,
    value_covers,
)

_RANGE = re.compile(r"(?P<first>[0-9.]+)\s*[-–]\s*(?P<last>[0-9.]+)")
_WILDCARDS = frozenset("*?")


def covers_more(kind: ExclusionKind, entry: str, value: str) -> bool:
    """Tell whether an entry opens an approved value, and more than that; never for the value itself."""
    if canonical(entry) == canonical(value):
        return False
    return _COVERS[kind](canonical(entry), canonical(value))


def own_name(kind: ExclusionKind, entry: str) -> str:
    """Return the name under which an entry may be found among :func:`wider_names`: its host, "" for what has none."""
    site = _site(canonical(entry)) if kind is ExclusionKind.ALLOW_INDICATOR else None
    return site.indicator.host if site is not None and site.indicator is not None else ""


def wider_names(kind: ExclusionKind, value: str) -> tuple[str, ...]:
    """Return the names of all entries that could cover a value: its host and the domains above it; "" on a PC.

    A tenant has 15,000 entries; with the names each is compared with the few values that it could cover.
    """
    labels = own_name(kind, value).split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


def is_for_more(groups: frozenset[str], approved: frozenset[str]) -> bool:
    """Tell whether an indicator reaches device groups that were not approved; no groups are all PCs."""
    if not approved:
        return False
    return not groups or not _folded(groups) <= _folded(approved)


def _folded(groups: frozenset[str]) -> set[str]:
    return {group.casefold() for group in groups}


def _site_covers(entry: str, value: str) -> bool:
    """A domain covers what lies below it, a page what begins with it."""
    wide, narrow = _site(entry), _site(value)
    return wide is not None and narrow is not None and wide.expanded != narrow.expanded and value_covers(wide, narrow)


@lru_cache(maxsize=4096)
def _site(text: str) -> ExclusionValue | None:
    """Read an indicator's value; None where it is none by our rules."""
    try:
        return parse_value(ExclusionKind.ALLOW_INDICATOR, text)
    except InvalidExclusionValue:
        return None


def _address_covers(entry: str, value: str) -> bool:
    """A network, a range or a pattern covers the addresses in it."""
    address = _address(value)
    if address is None:
        return False
    between = _RANGE.fullmatch(entry)
    if between is not None:
        first, last = _address(between["first"]), _address(between["last"])
        return first is not None and last is not None and first <= address <= last and first != last
    if _WILDCARDS & set(entry):
        return _begins(value.split("."), entry.split("."))
    try:
        network = ipaddress.IPv4Network(entry, strict=False)
    except ValueError:
        return False
    return network.num_addresses > 1 and address in network


def _address(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def _program_covers(entry: str, value: str) -> bool:
    """A bare file name covers it in any folder; a folder and a pattern what lies in them."""
    wide, narrow = _plain_path(entry), _plain_path(value)
    if wide == narrow:
        return False  # the same program in another spelling
    if "\\" not in wide:
        return _fits(narrow.rpartition("\\")[2], wide)
    return _begins(narrow.split("\\"), wide.rstrip("\\").split("\\"))


def _plain_path(path: str) -> str:
    r"""Return a path in lower case with ``\`` only, the system's variables replaced by what they usually are."""
    written = path.replace("/", "\\").lower()
    for variable, meaning in SYSTEM_VARIABLES.items():
        written = written.replace(variable, meaning)
    return written


def _begins(parts: list[str], patterns: list[str]) -> bool:
    """Tell whether the first parts fit the patterns, one by one: ``*`` never reaches over a folder or a dot."""
    return len(patterns) <= len(parts) and all(map(_fits, parts, patterns))


def _fits(text: str, pattern: str) -> bool:
    """Compare with ``*`` and ``?``; square brackets mean themselves."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


_COVERS: Mapping[ExclusionKind, Callable[[str, str], bool]] = {
    ExclusionKind.ALLOW_INDICATOR: _site_covers,
    ExclusionKind.IP_ADDRESS: _address_covers,
    ExclusionKind.PROCESS: _program_covers,
}
