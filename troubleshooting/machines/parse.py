"""From the stored answers of a visit to its snapshot: pure, so that evidence can be judged again later.

Tolerant: a value of an unexpected type is None, an answer of an unexpected shape is nothing, and no input raises.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    BrowserPolicy,
    CloudConnectivity,
    Computer,
    ComputerStatus,
    DeviceClock,
    EndpointFacts,
    LogReading,
    Onboarding,
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
from troubleshooting.machines import field_tables
from troubleshooting.machines.base import Answer
from troubleshooting.machines.event_xml import read_log
from troubleshooting.machines.native_text import read_cloud_connectivity, read_winhttp_proxy
from troubleshooting.machines.properties import BROWSER_KEYS, POLICY_KEYS
from troubleshooting.machines.readers import FieldTable, flag, get, moment, number, read_fields, reversed_flag, text
from troubleshooting.machines.site_answers import read_name_resolution, read_page_request, read_port_test

T = TypeVar("T")
Answers = Mapping[str, Answer]

_OWN_PROPERTIES = frozenset({"pspath", "psparentpath", "pschildname", "psdrive", "psprovider"})

# The worst part speaks for the sum.
_SUMMED: tuple[ReadState, ...] = (ReadState.FAILED, ReadState.REFUSED, ReadState.ANSWERED, ReadState.ABSENT)


def build_snapshot(answers: Sequence[Answer], *, collected_at: datetime) -> Snapshot:
    """Return the snapshot of a visit from the answers that have come so far.

    The latest answer of a name counts; of the log, which only grows, the latest that could be read.
    """
    named = {answer.name: answer for answer in answers}
    logs = (answer for answer in reversed(answers) if answer.name == "protection_events" and _is_read(answer))
    named |= {answer.name: answer for answer in itertools.islice(logs, 1)}
    clock = _clock(named.get("clock"))
    zone = clock.device.tzinfo if clock is not None else None
    events, log = _log(named.get("protection_events"))
    start = named.get("log_start")
    return Snapshot(
        collected_at=collected_at,
        readings=_readings(named),
        operating_system=_operating_system(named, zone),
        windows_version=_object(named, "windows_version", WindowsVersion, field_tables.WINDOWS_VERSION),
        computer_status=_computer_status(named, zone),
        preferences=_object(named, "preferences", Preferences, field_tables.PREFERENCES),
        antivirus_products=_antivirus_products(named.get("antivirus_products")),
        policy_keys=_policy_keys(named),
        computer=_object(named, "computer", Computer, field_tables.COMPUTER),
        onboarding=_object(named, "onboarding", Onboarding, field_tables.ONBOARDING),
        browser_policies=_browser_policies(named),
        clock=clock,
        cloud_connectivity=_cloud_connectivity(named.get("cloud_connectivity")),
        winhttp_proxy=_winhttp_proxy(named.get("winhttp_proxy")),
        events=events,
        log=replace(log, begins_at=_begins_at(start, zone), is_empty=not events and _is_absent(start)),
        name_resolution=read_name_resolution(named.get("resolve_name")),
        port_test=read_port_test(named.get("test_port")),
        page_request=read_page_request(named.get("request_page")),
        endpoint=_object(named, "endpoint", EndpointFacts, field_tables.ENDPOINT),
    )


# --- readings ---------------------------------------------------------------------------------------------------------


def _readings(answers: Answers) -> tuple[tuple[str, Reading], ...]:
    readings = {name: answer.reading for name, answer in answers.items()}
    for name, parts in (("policy_values", POLICY_KEYS), ("browser_policies", BROWSER_KEYS)):
        summed = _sum([readings.get(f"{name}:{part}") for part in parts])
        if summed is not None:
            readings[name] = summed
    return tuple(readings.items())


def _sum(parts: Sequence[Reading | None]) -> Reading | None:
    """Return one reading for an entry that is sent for several keys, or None while a part is missing."""
    read = [part for part in parts if part is not None]
    if not read or len(read) < len(parts) or any(part.state is ReadState.WAITING for part in read):
        return None
    return min(read, key=lambda part: _SUMMED.index(part.state))


# --- objects ----------------------------------------------------------------------------------------------------------


def _objects(answer: Answer | None) -> list[Mapping[str, object]]:
    """Return the objects of an answer, whatever else is among its content."""
    content = _content(answer)
    return [{str(name): value for name, value in item.items()} for item in content if isinstance(item, Mapping)]


def _content(answer: Answer | None) -> Sequence[object]:
    if answer is None or answer.reading.state is not ReadState.ANSWERED or not isinstance(answer.content, list):
        return ()
    return answer.content


def _object(answers: Answers, name: str, kind: type[T], table: FieldTable) -> T | None:
    found = _objects(answers.get(name))
    return read_fields(kind, table, found[0]) if found else None


def _operating_system(answers: Answers, zone: tzinfo | None) -> OperatingSystem | None:
    found = _objects(answers.get("operating_system"))
    if not found:
        return None
    return replace(
        read_fields(OperatingSystem, field_tables.OPERATING_SYSTEM, found[0]),
        last_boot_at=moment(get(found[0], "LastBootUpTime"), zone=zone),
        local_time=moment(get(found[0], "LocalDateTime"), zone=zone),
    )


def _computer_status(answers: Answers, zone: tzinfo | None) -> ComputerStatus | None:
    found = _objects(answers.get("computer_status"))
    if not found:
        return None
    updated_at = moment(get(found[0], "AntivirusSignatureLastUpdated"), zone=zone)
    read = read_fields(ComputerStatus, field_tables.COMPUTER_STATUS, found[0])
    return replace(read, signature_updated_at=updated_at)


def _antivirus_products(answer: Answer | None) -> tuple[AntivirusProduct, ...] | None:
    """Return the registered products; None also where there is no Security Center, as on servers."""
    if answer is None or answer.reading.state is not ReadState.ANSWERED:
        return None
    return tuple(
        AntivirusProduct(
            name=text(get(item, "displayName")) or "",
            product_state=number(get(item, "productState")),
            executable=text(get(item, "pathToSignedProductExe")),
            timestamp=text(get(item, "timestamp")),
        )
        for item in _objects(answer)
    )


# --- registry ---------------------------------------------------------------------------------------------------------


def _policy_keys(answers: Answers) -> tuple[PolicyKey, ...]:
    keys = (_policy_key(answers.get(f"policy_values:{part}"), path) for part, (path, _) in POLICY_KEYS.items())
    return tuple(key for key in keys if key is not None)


def _policy_key(answer: Answer | None, path: str) -> PolicyKey | None:
    """Return a key with the values that are set in it, a key that is absent, or None where it could not be read."""
    if answer is None or answer.reading.state not in {ReadState.ANSWERED, ReadState.ABSENT}:
        return None
    if answer.reading.state is ReadState.ABSENT:
        return PolicyKey(path)
    return PolicyKey(path, tuple(value for item in _objects(answer) for value in _values(item)))


def _values(item: Mapping[str, object]) -> Iterable[tuple[str, str | int]]:
    for name, value in item.items():
        if name.casefold() in _OWN_PROPERTIES:
            continue
        if isinstance(value, list) and all(isinstance(element, str) for element in value):
            yield name, "|".join(map(str, value))  # REG_MULTI_SZ, joined as policies write lists
        read = number(value) if not isinstance(value, str) else value
        if read is not None:
            yield name, read


def _browser_policies(answers: Answers) -> tuple[BrowserPolicy, ...]:
    policies = (_browser_policy(answers.get(f"browser_policies:{browser}"), browser) for browser in BROWSER_KEYS)
    return tuple(policy for policy in policies if policy is not None)


def _browser_policy(answer: Answer | None, browser: str) -> BrowserPolicy | None:
    if answer is None or answer.reading.state not in {ReadState.ANSWERED, ReadState.ABSENT}:
        return None
    found = _objects(answer)
    item = found[0] if found else {}
    hello = flag(get(item, "EncryptedClientHelloEnabled"))
    return BrowserPolicy(
        browser=browser,
        present=bool(found),
        quic_allowed=flag(get(item, "QuicAllowed")),
        encrypted_client_hello=hello if hello is not None else reversed_flag(get(item, "DisableEncryptedClientHello")),
        smart_screen=flag(get(item, "SmartScreenEnabled")),
    )


# --- clock, native commands, events -----------------------------------------------------------------------------------


def _clock(answer: Answer | None) -> DeviceClock | None:
    """Return the device's time beside the portal's at the moment the answer came."""
    read = [moment(item) for item in _content(answer)]
    device = next((value for value in read if value is not None), None)
    if answer is None or device is None or answer.sent_at.tzinfo is None:
        return None
    return DeviceClock(device=device, portal=answer.sent_at + timedelta(seconds=answer.seconds))


def _lines(answer: Answer | None) -> list[str] | None:
    """Return the lines of a native command, its error lines last; None where it did not run."""
    if answer is None or answer.reading.state is not ReadState.ANSWERED:
        return None
    spoken = [line for item in _content(answer) if isinstance(item, str) for line in item.splitlines()]
    return spoken + [line for message in _native_errors(answer.errors) for line in message.splitlines()]


def _native_errors(errors: object) -> list[str]:
    records = errors if isinstance(errors, list) else []
    native = (record for record in records if isinstance(record, Mapping))
    return [
        str(record.get("message", ""))
        for record in native
        if str(record.get("fq_error", "")).casefold().startswith("nativecommanderror")
    ]


def _cloud_connectivity(answer: Answer | None) -> CloudConnectivity | None:
    lines = _lines(answer)
    return read_cloud_connectivity(lines) if lines is not None else None


def _winhttp_proxy(answer: Answer | None) -> WinHttpProxy | None:
    lines = _lines(answer)
    return read_winhttp_proxy(lines) if lines is not None else None


def _begins_at(answer: Answer | None, zone: tzinfo | None) -> datetime | None:
    found = _objects(answer)
    return moment(get(found[0], "TimeCreated"), zone=zone) if found else None


def _is_read(answer: Answer) -> bool:
    return answer.reading.state in {ReadState.ANSWERED, ReadState.ABSENT}


def _is_absent(answer: Answer | None) -> bool:
    return answer is not None and answer.reading.state is ReadState.ABSENT


def _log(answer: Answer | None) -> tuple[tuple[ProtectionEvent, ...] | None, LogReading]:
    """Return the events (none where the log says so, None where it could not be read), and whether that is all."""
    if answer is not None and answer.reading.state is ReadState.ABSENT:
        return (), LogReading(returned=0)
    if answer is None or answer.reading.state is not ReadState.ANSWERED:
        return None, LogReading()
    events, unread = read_log(_content(answer))
    broke_off = bool(answer.truncated or answer.errors or answer.reading.error_code)
    return events, LogReading(returned=len(_content(answer)), unread=unread, broke_off=broke_off)
