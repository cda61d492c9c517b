r"""MPOperationalEvents.txt: Defender's own event log as text (docs/reference/diagnostics.md section 4.3).

Labels and dates are in the language of Windows, so what a value is follows from its form and its place: an ISO time, a
path, an account, an address. Events of 1125 and 1126 carry their time in UTC. The others have only the local time of
the head line, whose form and zone follow from those two; without them such an event is left out. A block that cannot be
dated at all makes the log one that could not be read: to leave it out would be to say that there was none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from troubleshooting.domain.cases.indicator import InvalidIndicator, parse_exact
from troubleshooting.domain.evidence.events import BLOCK_EVENTS, CHANGE_REFUSED, SETTING_CHANGED
from troubleshooting.domain.evidence.places import Place
from troubleshooting.domain.evidence.snapshot import ProtectionEvent
from troubleshooting.machines.readers import moment
from troubleshooting.machines.support_files.lines import Lines
from troubleshooting.machines.support_files.local_time import LocalTimes

_SEPARATOR = re.compile(r"^\s*\*{20,}$")
_BETWEEN_FIELDS = re.compile(r"\t+| {2,}")
_READ = BLOCK_EVENTS | {SETTING_CHANGED, CHANGE_REFUSED}
_MOST_RECORDS = 20_000
_MOST_EVENTS = 5_000  # newest first, as the file has them
_MOST_LINES = 60  # of one record

# Labels in the languages that were seen; others are told apart by the form of their values.
_LABELS = {
    "detection time": "detected_at",
    "erkennungszeit": "detected_at",
    "erkennungszeitpunkt": "detected_at",
    "user": "user",
    "benutzer": "user",
    "destination": "destination",
    "ziel": "destination",
    "process name": "process_name",
    "prozessname": "process_name",
    "product version": "product_version",
    "produktversion": "product_version",
    "old value": "old_value",
    "alter wert": "old_value",
    "new value": "new_value",
    "neuer wert": "new_value",
    "changed type": "changed_type",
    "value": "value",
    "wert": "value",
}
_PATH = re.compile(r"^(?:[A-Za-z]:\\|\\Device\\|\\\\)|^[^\\/:]+\.exe$", re.IGNORECASE)
_ACCOUNT = re.compile(r"^[^\\:/]+\\[^\\:/]+$|^S-1-[0-9-]+$")
_VERSION = re.compile(r"^\d+(?:\.\d+){3}$")
_RULE = re.compile(r"^\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?$")


@dataclass
class Record:
    """One record as it stands in the file."""

    local: str  # its time, as the device writes times
    event_id: int
    computer: str | None
    place: Place
    said: list[tuple[str, str, Place]] = field(default_factory=list)  # label, value, place


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """The events, newest first, each with the line that names the address or the setting, and the local times."""

    events: tuple[ProtectionEvent, ...]
    places: tuple[Place, ...]
    times: LocalTimes
    is_whole: bool  # False: blocks may stand there that are not among the events


def read_events(files: Sequence[Lines], *, zone: timezone | None = None) -> ReadEvents:
    """Return the events of the log and of its older part, which comes second."""
    records = list(islice((record for lines in files for record in _records(lines)), _MOST_RECORDS))
    times = LocalTimes.of([(record.local, _detected_at(record)) for record in records], zone)
    read = [(event, _place(record)) for record in records if (event := _event(record, times))]
    read.sort(key=lambda pair: pair[0].recorded_at, reverse=True)
    kept = read[:_MOST_EVENTS]
    undated = any(record.event_id in BLOCK_EVENTS and _moment(record, times) is None for record in records)
    return ReadEvents(
        tuple(event for event, _ in kept),
        tuple(place for _, place in kept),
        times,
        is_whole=not undated and all(_is_log(lines) for lines in files),
    )


def _is_log(lines: Lines) -> bool:
    """Tell whether a file has records that can be read, or nothing in it."""
    is_head, is_empty = True, True
    for _number, line in lines:
        if _SEPARATOR.match(line):
            is_head = True
        elif is_head and line.strip():
            if _event_id(line) is not None:
                return True
            is_head = False
        is_empty = is_empty and not line.strip()
    return is_empty


def _records(lines: Lines) -> Iterator[Record]:
    """Return the records of the ids that matter."""
    record: Record | None = None
    begins = True  # the file may begin with a head line
    for number, line in lines:
        if _SEPARATOR.match(line):
            if record is not None:
                yield record
            record, begins = None, True
        elif begins and line.strip():
            record, begins = _head(line, lines.place(number)), False
        elif record is not None and len(record.said) < _MOST_LINES and line[:1].isspace():
            label, colon, value = line.partition(":")
            if colon and (not value or value[0].isspace()):
                record.said.append((label.strip().casefold(), value.strip(), lines.place(number)))
    if record is not None:
        yield record


def _head(line: str, place: Place) -> Record | None:
    event_id = _event_id(line)
    if event_id is None or event_id not in _READ:
        return None
    fields = _head_fields(line)
    return Record(fields[0], event_id, fields[-1] if not fields[-1].isdigit() else None, place)


def _head_fields(line: str) -> list[str]:
    return [field.strip() for field in _BETWEEN_FIELDS.split(line.strip()) if field.strip()]


def _event_id(line: str) -> int | None:
    """Return the id of a head line: its first field of digits alone."""
    fields = _head_fields(line)
    numbers = [int(field) for field in fields if field.isascii() and field.isdigit() and len(field) < 9]
    return numbers[0] if numbers and len(fields) >= 3 else None


def _moment(record: Record, times: LocalTimes) -> datetime | None:
    """Return when a record was written, as well as that is known."""
    at = _detected_at(record) or times.utc(record.local)
    return at or (times.from_zone(record.local) if record.event_id in BLOCK_EVENTS else None)


def _detected_at(record: Record) -> datetime | None:
    if record.event_id not in BLOCK_EVENTS:
        return None
    return next((at for _label, value, _place in record.said if (at := moment(value)) is not None), None)


def _event(record: Record, times: LocalTimes) -> ProtectionEvent | None:
    fields = _fields(record)
    recorded_at = _moment(record, times)
    if recorded_at is None:
        return None
    at = _detected_at(record)
    event = ProtectionEvent(record.event_id, recorded_at, computer=record.computer, detected_at=at)
    said: dict[str, Any] = {name: value for name, (value, _place) in fields.items()}
    return replace(event, **said)


def _place(record: Record) -> Place:
    """Return the line that an event is recognised by: its address, else its setting, else its head."""
    fields = _fields(record)
    found = fields.get("destination") or fields.get("new_value") or fields.get("value") or fields.get("old_value")
    return found[1] if found else record.place


def _fields(record: Record) -> dict[str, tuple[str, Place]]:
    """Return the fields of ProtectionEvent that a record fills, each with its line."""
    named = {
        _LABELS[label]: (value, place)
        for label, value, place in reversed(record.said)
        if label in _LABELS and value and _LABELS[label] != "detected_at"
    }
    if record.event_id in BLOCK_EVENTS:
        return {**_by_form(record), **_only(named, "user", "destination", "process_name", "product_version")}
    if record.event_id == SETTING_CHANGED:
        return _only(named, "old_value", "new_value") or _two_values(record)
    return _only(named, "changed_type", "value")


def _only(named: dict[str, tuple[str, Place]], *fields: str) -> dict[str, tuple[str, Place]]:
    return {name: found for name, found in named.items() if name in fields}


def _by_form(record: Record) -> dict[str, tuple[str, Place]]:
    """Tell the values of a block apart by their forms; the account stands before the address."""
    found: dict[str, tuple[str, Place]] = {}
    plain = []
    for label, value, place in record.said:
        if not value or label in _LABELS or moment(value) is not None:
            continue
        if _RULE.match(value):
            found.setdefault("rule_id", (value, place))
        elif _PATH.match(value):
            found.setdefault("process_name", (value, place))
        elif _ACCOUNT.match(value):
            found.setdefault("user", (value, place))
        elif _is_address(value):
            plain.append((value, place))
    if plain:
        found["destination"] = plain[-1] if "user" not in found else plain[0]
    return found


def _is_address(value: str) -> bool:
    if _VERSION.match(value) and any(int(part) > 255 for part in value.split(".")):
        return False
    try:
        parse_exact(value)
    except InvalidIndicator:
        return False
    return True


def _two_values(record: Record) -> dict[str, tuple[str, Place]]:
    """Return old and new value by their order."""
    values = [(value, place) for _label, value, place in record.said[-2:]]
    if len(values) < 2:
        return {}
    return {name: found for name, found in zip(("old_value", "new_value"), values, strict=True) if found[0]}
