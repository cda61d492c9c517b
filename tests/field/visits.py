"""Snapshots as the portal reads them from a PC's raw answers, for the tables of field cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.domain.builders import NOW
from troubleshooting.domain.evidence.snapshot import Reading, ReadState, Snapshot
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer
from troubleshooting.machines.batch import Gathered
from troubleshooting.machines.judged import judged
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.plain import DeviceError

# Values as public transcripts of healthy PCs have them.
STATUS = {
    "AMProductVersion": "4.18.24090.11",
    "AMRunningMode": "Normal",
    "AMServiceEnabled": True,
    "AntivirusEnabled": True,
    "AntivirusSignatureAge": 0,
    "AntivirusSignatureVersion": "1.421.1.0",
    "BehaviorMonitorEnabled": True,
    "DefenderSignaturesOutOfDate": False,
    "IsTamperProtected": True,
    "NISEnabled": True,
    "OnAccessProtectionEnabled": True,
    "RealTimeProtectionEnabled": True,
}
PREFERENCES = {"EnableNetworkProtection": 1, "MAPSReporting": 2, "ExclusionIpAddress": None, "ExclusionProcess": None}
SYSTEM = {
    "Caption": "Microsoft Windows 11 Enterprise",
    "BuildNumber": "22631",
    "OperatingSystemSKU": 4,
    "ProductType": 1,
}
CLOUD = "ValidateMapsConnection successfully established a connection to MAPS"
INVALID_DATA = "The data is invalid,Microsoft.PowerShell.Commands.GetWinEventCommand"


def answer(name: str, content: Sequence[Any] = (), *, state: ReadState = ReadState.ANSWERED, **parts: Any) -> Answer:
    """Return what one catalogue entry brought home."""
    reading = parts.pop("reading", None) or Reading(state)
    return Answer(name, "x", NOW, 0.1, reading, list(content), parts.pop("errors", []), **parts)


def visited(*about_log: Answer, **changed: Any) -> Snapshot:
    """Return the snapshot of a healthy PC whose log answered as given; ``changed`` are raw values by property."""
    of = {name: {**values, **changed} for name, values in (("s", STATUS), ("p", PREFERENCES), ("o", SYSTEM))}
    absent = (*catalogue.POLICY_VALUES.values(), *catalogue.BROWSER_POLICIES.values())
    return build_snapshot(
        [
            answer("clock", [NOW.isoformat()]),
            answer("operating_system", [of["o"]]),
            answer("computer_status", [of["s"]]),
            answer("preferences", [of["p"]]),
            answer("antivirus_products", [{"displayName": "Windows Defender", "productState": 397568}]),
            *(answer(entry.name, state=ReadState.ABSENT) for entry in absent),
            answer("winhttp_proxy", ["Current WinHTTP proxy settings:", "    Direct access (no proxy server)."]),
            answer("cloud_connectivity", [CLOUD]),
            *about_log,
        ],
        collected_at=NOW,
    )


def log_of(*records: object, error: str = "", failed: bool = False, truncated: bool = False) -> Answer:
    """Return the log's answer as the portal's own batch reader judges it: records, then perhaps an error."""
    mine = Gathered(catalogue.protection_events(timedelta(hours=24)), 2_000_000, failed=failed)
    mine.outputs.extend(records)  # type: ignore[arg-type]
    if error:
        mine.errors.append(
            DeviceError("The data is invalid", error, "NotSpecified", "", "EventLogInvalidDataException")
        )
    return answer("protection_events", records, reading=judged(mine, is_limited=False), truncated=truncated)


def record(event_id: int = 5007, *, ago: timedelta = timedelta(minutes=1), **data: str) -> str:
    """Return one record's XML; ``data`` are its fields with underscores for blanks."""
    fields = "".join(f"<Data Name='{name.replace('_', ' ')}'>{value}</Data>" for name, value in data.items())
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<EventID>{event_id}</EventID><TimeCreated SystemTime='{(NOW - ago).isoformat()}'/>"
        f"<EventRecordID>{int(9_000 - ago.total_seconds())}</EventRecordID><Computer>pc.example.com</Computer></System>"
        f"<EventData>{fields}</EventData></Event>"
    )
