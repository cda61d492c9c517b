"""Readers of single values from a device: the value in our type, None for anything unexpected, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from troubleshooting.domain.evidence.snapshot import ListValue

T = TypeVar("T")

LARGEST_NUMBER = 2**63 - 1
LONGEST_TEXT = 20_000  # characters
YEARS = range(1980, 2200)  # outside, a time zone could push the moment out of what Python can hold
# "N/A: Must be and administrator to view exclusions" (docs/reference/defender-cmdlets.md section 1)
NOT_READABLE = "n/a:"

Reader = Callable[[object], Any]
FieldTable = Mapping[str, tuple[str, Reader]]


def text(value: object) -> str | None:
    """Return a text that is not blank."""
    return value[:LONGEST_TEXT] if isinstance(value, str) and value.strip() else None


def said(value: object) -> str | None:
    """Return a text, also a blank one: there and empty is something else than not there."""
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def number(value: object) -> int | None:
    """Return a whole number, also from its decimal text (BuildNumber is one)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) <= 20:
        value = int(value)
    return value if isinstance(value, int) and abs(value) <= LARGEST_NUMBER else None


def flag(value: object) -> bool | None:
    """Return a boolean, also from 0 and 1 (older platforms and the registry)."""
    if isinstance(value, bool):
        return value
    return bool(value) if isinstance(value, int) and value in {0, 1} else None


def reversed_flag(value: object) -> bool | None:
    """Return the opposite of a boolean, for settings that say what is off."""
    read = flag(value)
    return None if read is None else not read


def moment(value: object, *, zone: tzinfo | None = None) -> datetime | None:
    """Return an aware moment from ISO 8601; without an offset it is the device's own time, where ``zone`` is known."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    aware = read if read.tzinfo is not None else read.replace(tzinfo=zone)
    return aware if aware.tzinfo is not None and aware.year in YEARS else None


def entries(value: object) -> ListValue | None:
    """Return a list preference; null is how Windows shows an empty one, ``N/A: …`` that it may not be read."""
    if value is None:
        return ListValue()
    items = value if isinstance(value, list) else [value]
    listed = [entry for entry in items if isinstance(entry, str)]
    if len(listed) < len(items):
        return None
    if any(entry.casefold().startswith(NOT_READABLE) for entry in listed):
        return ListValue(readable=False)
    return ListValue(tuple(entry[:LONGEST_TEXT] for entry in listed if entry.strip()))


def get(item: Mapping[str, object], name: str) -> object:
    """Return a property by its name in any case, or None."""
    if name in item:
        return item[name]
    wanted = name.casefold()
    return next((value for key, value in item.items() if key.casefold() == wanted), None)


def read_fields(kind: Callable[..., T], table: FieldTable, item: Mapping[str, object]) -> T:
    """Make a dataclass from a table of field -> (property, reader)."""
    return kind(**{field: reader(get(item, name)) for field, (name, reader) in table.items()})
