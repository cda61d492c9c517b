"""Event records of a simulated PC, rendered as ``EventRecord.ToXml()`` renders them (docs/reference/events.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape

DEFENDER_LOG = "Microsoft-Windows-Windows Defender/Operational"
SYSTEM_LOG = "System"
DEFENDER_PROVIDER = "Microsoft-Windows-Windows Defender"
NETLOGON_PROVIDER = "NETLOGON"
PRODUCT = "Microsoft Defender Antivirus"

AUDITED, BLOCKED, SETTING_CHANGED, CHANGE_REFUSED, CALL_CANCELLED = 1125, 1126, 5007, 5013, 5783
LEVELS = {AUDITED: 4, BLOCKED: 3, SETTING_CHANGED: 4, CHANGE_REFUSED: 4, CALL_CANCELLED: 2}
PROVIDER_ELEMENTS = {
    DEFENDER_PROVIDER: "<Provider Name='Microsoft-Windows-Windows Defender' "
    "Guid='{11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78}'/>",
    NETLOGON_PROVIDER: "<Provider Name='NETLOGON'/>",
}
NP_VERDICT = "{d1e49aac-8f56-4280-b9ba-993a6d77406c}"


@dataclass(frozen=True)
class EventRecord:
    """One record; ``data`` are the fields of EventData in the order of the manifest, unnamed ones under ""."""

    event_id: int
    recorded_at: datetime  # aware, the clock of the PC
    data: tuple[tuple[str, str], ...]
    log: str = DEFENDER_LOG
    provider: str = DEFENDER_PROVIDER
    record_id: int = 0


@dataclass
class EventLog:
    """All records of a PC, oldest first."""

    records: list[EventRecord] = field(default_factory=list)

    def add(self, record: EventRecord) -> EventRecord:
        """Write a record and give it with its number."""
        numbered = EventRecord(
            record.event_id, record.recorded_at, record.data, record.log, record.provider, len(self.records) + 1001
        )
        self.records.append(numbered)
        return numbered

    def with_id(self, *event_ids: int) -> list[EventRecord]:
        """Return the records of these ids, oldest first."""
        return [record for record in self.records if record.event_id in event_ids]


def protection_event(
    event_id: int, *, at: datetime, version: str, user: str, destination: str, program: str
) -> EventRecord:
    """Make a 1125 or 1126."""
    return EventRecord(
        event_id,
        at,
        (
            ("Product Name", PRODUCT),
            ("Product Version", version),
            ("ID", NP_VERDICT),
            ("Detection Time", _iso(at, digits=3)),
            ("User", user),
            ("Destination", destination),
            ("Process Name", program),
        ),
    )


def change_event(*, at: datetime, version: str, old: str, new: str) -> EventRecord:
    """Make a 5007; empty texts mean that the value was made or removed."""
    fields = (("Product Name", PRODUCT), ("Product Version", version), ("Old Value", old), ("New Value", new))
    return EventRecord(SETTING_CHANGED, at, fields)


def refusal_event(*, at: datetime, version: str, value: str) -> EventRecord:
    """Make a 5013."""
    fields = (("Product Name", PRODUCT), ("Product Version", version), ("Changed Type", "Ignored"), ("Value", value))
    return EventRecord(CHANGE_REFUSED, at, fields)


def netlogon_event(*, at: datetime, controller: str, domain: str, computer: str) -> EventRecord:
    """Make a 5783: a call to a domain controller got no answer."""
    fields = (("", controller), ("", domain), ("", computer))
    return EventRecord(CALL_CANCELLED, at, fields, SYSTEM_LOG, NETLOGON_PROVIDER)


def to_xml(record: EventRecord, computer: str) -> str:
    """Render a record of that computer."""
    data = "".join(_data(name, value) for name, value in record.data)
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"{PROVIDER_ELEMENTS[record.provider]}<EventID{_qualifiers(record)}>{record.event_id}</EventID>"
        f"<Version>0</Version><Level>{LEVELS[record.event_id]}</Level><Task>0</Task><Opcode>0</Opcode>"
        f"<Keywords>{'0x80000000000000' if record.log == SYSTEM_LOG else '0x8000000000000000'}</Keywords>"
        f"<TimeCreated SystemTime='{_iso(record.recorded_at, digits=7)}'/>"
        f"<EventRecordID>{record.record_id}</EventRecordID><Correlation/>"
        f"<Execution ProcessID='3456' ThreadID='7890'/><Channel>{record.log}</Channel>"
        f"<Computer>{escape(computer)}</Computer><Security UserID='S-1-5-18'/></System>"
        f"<EventData>{data}</EventData></Event>"
    )


def _qualifiers(record: EventRecord) -> str:
    return " Qualifiers='0'" if record.log == SYSTEM_LOG else ""


def _data(name: str, value: str) -> str:
    mark = f" Name='{escape(name)}'" if name else ""
    return f"<Data{mark}>{escape(value, quote=False)}</Data>"


def _iso(moment: datetime, *, digits: int) -> str:
    fraction = f"{moment.microsecond:06d}0"[:digits]
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{fraction}Z"


@dataclass(frozen=True)
class Query:
    """What an event filter of the catalogue asks for."""

    event_ids: frozenset[int]
    provider: str | None
    newest: timedelta


_IDS = r"\((EventID=\d+(?: or EventID=\d+)*)\)"
_TIME = r"TimeCreated\[timediff\(@SystemTime\) <= (\d+)\]"
_XPATH = re.compile(rf"\*\[System\[(?:Provider\[@Name='(\w+)'\] and )?{_IDS} and {_TIME}\]\]")


def read_query(xpath: str) -> Query | None:
    """Read a filter of the catalogue's form; None for any other."""
    match = _XPATH.fullmatch(xpath)
    if match is None:
        return None
    event_ids = frozenset(int(number) for number in re.findall(r"\d+", match[2]))
    return Query(event_ids, match[1], timedelta(milliseconds=int(match[3])))


def find(records: Iterable[EventRecord], query: Query, *, log: str, now: datetime, most: int) -> list[EventRecord]:
    """Return the records that a query asks for, newest first."""
    found = [
        record
        for record in records
        if record.log.casefold() == log.casefold()
        and record.event_id in query.event_ids
        and query.provider in {None, record.provider}
        and now - record.recorded_at <= query.newest
    ]
    return sorted(found, key=lambda record: (record.recorded_at, record.record_id), reverse=True)[:most]
