"""Plain valid values of the domain for its tests: a healthy Windows 11 PC, a report, a block event.

``answered`` marks every catalogue entry as answered; ``changed`` replaces parts of the healthy snapshot.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.checks.base import Check
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import CheckStatus, Finding
from troubleshooting.domain.checks.registry import ENTRIES_READ
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    CloudConnectivity,
    ComputerStatus,
    DeviceClock,
    ListValue,
    OperatingSystem,
    PolicyKey,
    Preferences,
    ProtectionEvent,
    Reading,
    ReadState,
    Snapshot,
    WindowsVersion,
    WinHttpProxy,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
POLICIES = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender"
GROUP_POLICY_KEY = POLICIES + r"\Windows Defender Exploit Guard\Network Protection"
MDM_KEY = POLICIES + r"\Policy Manager"

NAMES = sorted(ENTRIES_READ | {"protection_events", "log_start", "clock"})

DEFENDER = AntivirusProduct(name="Windows Defender", product_state=397568)

SYSTEM = OperatingSystem(caption="Microsoft Windows 11 Enterprise", build=22631, sku=4, product_type=1)
SERVER_2019 = OperatingSystem(caption="Microsoft Windows Server 2019 Standard", build=17763, sku=7, product_type=3)
SERVER_2016 = OperatingSystem(caption="Microsoft Windows Server 2016 Standard", build=14393, sku=7, product_type=3)

STATUS = ComputerStatus(
    running_mode="Normal",
    real_time_protection=True,
    on_access_protection=True,
    behavior_monitor=True,
    network_inspection=True,
    tamper_protected=True,
    tamper_protection_source="Intune",
    product_version="4.18.24090.11",
    engine_version="1.1.24090.11",
    signature_version="1.421.1.0",
    signature_age_days=0,
    signatures_out_of_date=False,
    troubleshooting_mode="Disabled",
)

PREFERENCES = Preferences(
    network_protection=1,
    maps_reporting=2,
    proxy_server="",
    exclusion_ip_address=ListValue(),
    exclusion_process=ListValue(),
)


def answered(**states: ReadState) -> tuple[tuple[str, Reading], ...]:
    """Mark every catalogue entry as answered, but for those given."""
    return tuple((name, Reading(states.get(name, ReadState.ANSWERED))) for name in NAMES)


def snapshot(**parts: Any) -> Snapshot:
    """Return a healthy Windows 11 PC with some parts changed; ``status`` and ``preferences`` take single values."""
    whole = Snapshot(
        collected_at=NOW,
        readings=answered(),
        operating_system=SYSTEM,
        windows_version=WindowsVersion(edition_id="Enterprise", ubr=4460),
        computer_status=STATUS,
        preferences=PREFERENCES,
        antivirus_products=(DEFENDER,),
        clock=DeviceClock(device=NOW, portal=NOW),
        cloud_connectivity=CloudConnectivity(connected=True),
        winhttp_proxy=WinHttpProxy(direct=True),
        events=(),
    )
    return replace(whole, **parts)


def with_status(**values: Any) -> Snapshot:
    """Return the healthy PC with some of Defender's own values changed."""
    return snapshot(computer_status=replace(STATUS, **values))


def with_preferences(**values: Any) -> Snapshot:
    """Return the healthy PC with some preferences changed."""
    return snapshot(preferences=replace(PREFERENCES, **values))


def with_system(system: OperatingSystem, **preferences: Any) -> Snapshot:
    """Return another Windows, with some preferences changed."""
    return snapshot(operating_system=system, preferences=replace(PREFERENCES, **preferences))


def policy(path: str, **values: str | int) -> tuple[PolicyKey, ...]:
    """Return one policy key."""
    return (PolicyKey(path, tuple(values.items())),)


def report(address: str = "https://shop.example.com/", **parts: Any) -> Report:
    """Return the report of a safe site that was blocked in Chrome ten minutes ago."""
    values: dict[str, Any] = {
        "kind": ProblemKind.SAFE_SITE_BLOCKED,
        "program": Program.CHROME,
        "program_name": "",
        "happened_at": NOW - timedelta(minutes=10),
    }
    return Report(indicator=parse_indicator(address), **{**values, **parts})


def missed(address: str = "https://bad.example.com/", **parts: Any) -> Report:
    """Return the report of a dangerous site that was not blocked."""
    return report(address, **{"kind": ProblemKind.DANGEROUS_SITE_MISSED, **parts})


def event(destination: str | None = "shop.example.com", **parts: Any) -> ProtectionEvent:
    """Return a block by Chrome at the reported moment."""
    values: dict[str, Any] = {
        "event_id": 1126,
        "recorded_at": NOW - timedelta(minutes=10),
        "record_id": 4711,
        "process_name": r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    }
    return ProtectionEvent(destination=destination, **{**values, **parts})


def finding(check: Check, device: Snapshot, about: Report | None = None) -> Finding:
    """Return one finding."""
    return next(found for found in judge(device, report=about) if found.check == check.id)


def status(check: Check, device: Snapshot, about: Report | None = None) -> CheckStatus:
    """Return the status of one finding."""
    return finding(check, device, about).status
