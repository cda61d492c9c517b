"""Events of Windows Defender/Operational from their XML (docs/reference/events.md sections 2 and 3).

The XML comes from a PC that may be compromised: its size is limited, and document types and entities are refused.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from troubleshooting.domain.evidence.snapshot import ProtectionEvent
from troubleshooting.machines.readers import moment, number, text

MOST_EVENTS = 500
LONGEST_EVENT = 64_000  # characters

_BLOCK = ("productname", "productversion", "id", "detectiontime", "user", "destination", "processname")

# EventData in manifest order, blanks removed and case folded: the order serves where names are missing.
FIELDS: Mapping[int, tuple[str, ...]] = {
    1125: _BLOCK,
    1126: _BLOCK,
    5007: ("productname", "productversion", "oldvalue", "newvalue"),
    5013: ("productname", "productversion", "changedtype", "value"),
}


class UnreadableRecord(Exception):
    """A record that may be any event: broken, too long, without a number or a time, or XML that means harm."""


def read_events(content: Sequence[object]) -> tuple[ProtectionEvent, ...]:
    """Return the events that could be read, in the order they came; the others are left out."""
    return read_log(content)[0]


def read_log(content: Sequence[object]) -> tuple[tuple[ProtectionEvent, ...], int]:
    """Return the events in the order they came, and how many records could not be read."""
    events: list[ProtectionEvent] = []
    unread = 0
    for item in content:
        try:
            event = _read_record(item)
        except UnreadableRecord:
            unread += 1
        else:
            events += [event] if event is not None else []
    return tuple(events[:MOST_EVENTS]), unread


def read_event(event_text: str) -> ProtectionEvent | None:
    """Read one event, or give None for another event's XML, for broken XML, and for XML that means harm."""
    try:
        return _read_record(event_text)
    except UnreadableRecord:
        return None


def _read_record(event_text: object) -> ProtectionEvent | None:
    """Read one record; None for an event of another kind, UnreadableRecord where nobody can tell what it is."""
    root = _parsed(event_text) if isinstance(event_text, str) else None
    if root is None or not isinstance(event_text, str):
        raise UnreadableRecord
    system = _first(root, "System")
    event_id = number(_text(_first(system, "EventID")))
    recorded_at = moment(_attribute(_first(system, "TimeCreated"), "SystemTime"))
    if event_id is None or (event_id in FIELDS and recorded_at is None):
        raise UnreadableRecord
    if event_id not in FIELDS or recorded_at is None:
        return None
    data = _data(_first(root, "EventData"), FIELDS[event_id])
    return ProtectionEvent(
        event_id=event_id,
        recorded_at=recorded_at,
        record_id=number(_text(_first(system, "EventRecordID"))),
        computer=text(_text(_first(system, "Computer"))),
        destination=text(data.get("destination")),
        process_name=text(data.get("processname")),
        user=text(data.get("user")),
        detected_at=moment(data.get("detectiontime")),
        rule_id=text(data.get("id")),
        product_version=text(data.get("productversion")),
        old_value=text(data.get("oldvalue")),
        new_value=text(data.get("newvalue")),
        changed_type=text(data.get("changedtype")),
        value=text(data.get("value")),
        xml=event_text,
    )


def _parsed(event_text: str) -> ET.Element | None:
    if len(event_text) > LONGEST_EVENT:
        return None
    try:
        return fromstring(event_text, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError):
        return None


def _data(element: ET.Element | None, order: tuple[str, ...]) -> dict[str, str]:
    """Return the data by folded name; by place where none of the expected names is there."""
    data = [child for child in _children(element) if _local(child) == "Data"]
    named = {_folded(child.get("Name", "")): child.text or "" for child in data}
    if named.keys() & set(order):
        return named
    return {name: child.text or "" for name, child in zip(order, data, strict=False)}


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _first(element: ET.Element | None, name: str) -> ET.Element | None:
    return next((child for child in _children(element) if _local(child) == name), None)


def _children(element: ET.Element | None) -> Iterator[ET.Element]:
    return iter(element if element is not None else ())


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: ET.Element | None) -> str | None:
    return element.text if element is not None else None


def _attribute(element: ET.Element | None, name: str) -> str | None:
    return element.get(name) if element is not None else None
