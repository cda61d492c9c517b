"""MPOperationalEvents.txt of a simulated PC, in English or German (docs/reference/diagnostics.md section 4.3)."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.demo.lab import events
from portal.demo.lab.events import EventRecord
from portal.demo.lab.pc import SimulatedPC

SEPARATOR = "*" * 80
LEVELS = {"en": {2: "Error", 3: "Warning", 4: "Information"}, "de": {2: "Fehler", 3: "Warnung", 4: "Informationen"}}
SENTENCES = {
    "en": {
        events.AUDITED: "Microsoft Defender Exploit Guard has audited a dangerous network connection.",
        events.BLOCKED: "Microsoft Defender Exploit Guard has blocked a dangerous network connection.",
        events.SETTING_CHANGED: "Microsoft Defender Antivirus Configuration has changed.",
        events.CHANGE_REFUSED: "Tamper Protection blocked a change to Microsoft Defender Antivirus.",
    },
    "de": {
        events.AUDITED: "Microsoft Defender Exploit Guard hat eine gefährliche Netzwerkverbindung überwacht.",
        events.BLOCKED: "Microsoft Defender Exploit Guard hat eine gefährliche Netzwerkverbindung blockiert.",
        events.SETTING_CHANGED: "Die Konfiguration von Microsoft Defender Antivirus wurde geändert.",
        events.CHANGE_REFUSED: "Der Manipulationsschutz hat eine Änderung an Microsoft Defender Antivirus blockiert.",
    },
}
LABELS = {  # field of the event -> label
    "en": {
        "Detection Time": "Detection time",
        "User": "User",
        "Destination": "Destination",
        "Process Name": "Process Name",
        "Old Value": "Old value",
        "New Value": "New value",
        "Changed Type": "Changed Type",
        "Value": "Value",
    },
    "de": {
        "Detection Time": "Erkennungszeit",
        "User": "Benutzer",
        "Destination": "Ziel",
        "Process Name": "Prozessname",
        "Old Value": "Alter Wert",
        "New Value": "Neuer Wert",
        "Changed Type": "Geänderter Typ",
        "Value": "Wert",
    },
}


def local_moment(at: datetime, language: str) -> str:
    """Return a date and time as the culture writes it."""
    if language == "de":
        return f"{at:%d.%m.%Y %H:%M:%S}"
    return f"{at.month}/{at.day}/{at.year} {int(f'{at:%I}')}:{at:%M:%S %p}"


def events_text(pc: SimulatedPC, language: str) -> str:
    """Return the file, newest record first."""
    records = [record for record in pc.log.records if record.log == events.DEFENDER_LOG]
    records.sort(key=lambda record: (record.recorded_at, record.record_id), reverse=True)
    lines = [line for record in records for line in _record(pc, record, language)]
    return "\r\n".join([*lines, SEPARATOR, ""]) if lines else ""


def _record(pc: SimulatedPC, record: EventRecord, language: str) -> list[str]:
    level = LEVELS[language][events.LEVELS[record.event_id]]
    at = local_moment(record.recorded_at.astimezone(pc.time_zone), language)
    head = f"{at}\t{record.provider}\t{level}\t\t\t{record.event_id}\t{pc.full_name}"
    labels = LABELS[language]
    said = [f" \t{labels[name]}: {value}" for name, value in record.data if name in labels]
    return [SEPARATOR, head, SENTENCES[language][record.event_id], *said]


def service_log(pc: SimulatedPC) -> str:
    """Return the end of the service's own log, which is in UTC and in English everywhere."""
    at = pc.now().astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z [Mini-filter] Scan finished.\r\n"
