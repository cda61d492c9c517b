"""The two texts of a submission: additional information for Microsoft's form, and the evidence as a readable sheet.

Both are plain English and never translated. What a device or a person wrote is put on one line and shortened.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.checks.finding import CheckStatus, Finding
from troubleshooting.domain.checks.network import MODES
from troubleshooting.domain.checks.registry import title_of
from troubleshooting.domain.evidence.events import matches_in
from troubleshooting.domain.evidence.policies import mode_policy
from troubleshooting.domain.evidence.programs import file_name
from troubleshooting.domain.evidence.snapshot import (
    ComputerStatus,
    OperatingSystem,
    Preferences,
    ProtectionEvent,
    Snapshot,
)
from troubleshooting.domain.verdict.verdict import Verdict

# characters, as reported for Microsoft's form (docs/reference/submission.md section 2)
ADDITIONAL_INFORMATION_LIMIT = 1900
LONGEST_VALUE = 400  # characters of one value, so that a long URL does not drive everything else out

_PROBLEMS = {
    ProblemKind.SAFE_SITE_BLOCKED: "Network protection blocks a safe site (false positive).",
    ProblemKind.DANGEROUS_SITE_MISSED: "Network protection does not block a dangerous site (false negative).",
}
_NOT_KNOWN = "not known"


class SentCommand(NamedTuple):
    """One command that was sent to the device; plain values, so that a page can pass what it has."""

    name: str  # catalogue name
    pipeline: str
    sent_at: datetime
    seconds: float


def additional_information(
    report: Report,
    snapshot: Snapshot,
    verdict: Verdict,
    *,
    findings: Iterable[Finding] = (),
    case_number: str = "",
    time_zone: tzinfo = UTC,
    response_category: str = "",
    steps_tried: str = "",
    alert_link: str = "",
    contact: str = "",
    limit: int = ADDITIONAL_INFORMATION_LIMIT,
) -> str:
    """Return the text for the form, most important line first; lines that do not fit are dropped from the bottom.

    Source: docs/reference/submission.md section 6. Characters are counted after rendering.
    """
    lines = (
        _PROBLEMS[report.kind],
        _address_line(report),
        _time_line(report, time_zone),
        _system_line(snapshot),
        _defender_line(snapshot),
        _mode_line(snapshot),
        _evidence_line(report, snapshot, verdict, response_category),
        _failed_line(findings),
        _optional("Why the site is needed", report.reason),
        _optional("What the employee saw", report.saw),
        _optional("Other steps tried", steps_tried),
        _optional("Alert", alert_link),
        _optional("Contact", contact),
        _optional("Our case number", case_number),
    )
    return _fitting([line for line in lines if line], limit)


def _fitting(lines: list[str], limit: int) -> str:
    """Join as many whole lines from the top as fit."""
    while lines and len("\n".join(lines)) > limit:
        lines.pop()
    return "\n".join(lines)


def one_line(text: str, longest: int = LONGEST_VALUE) -> str:
    """Return a text on one line, without control characters, shortened with an ellipsis."""
    plain = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _known(value: str | None) -> str:
    """Return a device's value on one line, or say that it is not known."""
    return one_line(value, 120) if value else _NOT_KNOWN


def _optional(title: str, value: str) -> str:
    """Return a titled line, or "" where there is no value."""
    shown = one_line(value)
    return f"{title}: {shown}" if shown else ""


def _address_line(report: Report) -> str:
    """Name address, host and port."""
    indicator = report.indicator
    host = (
        indicator.host if indicator.host == indicator.display_host else f"{indicator.host} ({indicator.display_host})"
    )
    port = f", port {indicator.port}" if indicator.port else ""
    return f"Address: {one_line(indicator.value)} (host {one_line(host)}{port})"


def _time_line(report: Report, time_zone: tzinfo) -> str:
    """Name the moment in UTC and in the reporter's zone."""
    local = report.happened_at.astimezone(time_zone)
    return f"Time: {_utc(report.happened_at)} ({local:%Y-%m-%d %H:%M} in {one_line(str(time_zone), 60)})"


def _utc(moment: datetime) -> str:
    """Write a moment in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _system_line(snapshot: Snapshot) -> str:
    """Name the Windows edition and build."""
    system = snapshot.operating_system or OperatingSystem()
    revision = snapshot.windows_version.ubr if snapshot.windows_version else None
    build = _NOT_KNOWN if system.build is None else str(system.build)
    return f"Device: {_known(system.caption)}, build {build}" + (f".{revision}" if revision is not None else "")


def _defender_line(snapshot: Snapshot) -> str:
    """Name Defender's versions."""
    status = snapshot.computer_status or ComputerStatus()
    return (
        f"Defender: platform {_known(status.product_version)}, engine {_known(status.engine_version)}, "
        f"signatures {_known(status.signature_version)}"
    )


def _mode_line(snapshot: Snapshot) -> str:
    """Name the mode and who sets it."""
    mode = (snapshot.preferences or Preferences()).network_protection
    name = str(MODES.get(mode, _NOT_KNOWN)) if mode is not None else _NOT_KNOWN
    return f"Network protection mode: {name}, set by {mode_policy(snapshot).origin or _NOT_KNOWN}"


def _evidence_line(report: Report, snapshot: Snapshot, verdict: Verdict, response_category: str) -> str:
    """Name the verdict and the best event. Of the program only the file name: its path may carry a person's name."""
    best = next((match for match in matches_in(snapshot, report) if match.counts), None)
    found = _event_words(best.event) if best else "no matching event 1125 or 1126 in the local log"
    category = one_line(response_category, 60) or "not known (the local log carries none)"
    return (
        f"Evidence: {verdict.code.value} (confidence {verdict.confidence.value}); {found}; response category {category}"
    )


def _event_words(event: ProtectionEvent) -> str:
    """Write an event in a few words."""
    program = one_line(file_name(event.process_name), 80) or _NOT_KNOWN
    return (
        f"event {event.event_id} at {_utc(event.recorded_at)}, destination {one_line(event.destination or '?', 200)}, "
        f"program {program}"
    )


def _failed_line(findings: Iterable[Finding]) -> str:
    """Name the checks that failed."""
    failed = [str(title_of(finding.check)) for finding in findings if finding.status is CheckStatus.FAIL]
    return f"Checks that failed: {', '.join(failed) or 'none'}"


def readable_evidence(
    report: Report,
    snapshot: Snapshot,
    verdict: Verdict,
    *,
    findings: Iterable[Finding],
    commands: Iterable[tuple[str, str, datetime, float]] = (),
    visits: Iterable[tuple[str, Iterable[tuple[str, str, datetime, float]]]] = (),
    case_number: str = "",
    device: str = "",
    time_zone: tzinfo = UTC,
) -> str:
    """Return the evidence as plain text: report, verdict, checks, events, and every command (see SentCommand).

    ``commands`` are those of the visit that the checks are from, ``visits`` every visit of the case with its name.
    """
    sections = (
        _report_section(report, snapshot, case_number=case_number, device=device, time_zone=time_zone),
        _verdict_section(verdict),
        _findings_section(findings),
        _events_section(snapshot, report),
        _commands_section("Commands", commands),
        *(_commands_section(f"Visit: {name}", sent) for name, sent in visits),
    )
    return "\n".join(line for section in sections for line in (*section, ""))


def _titled(title: str) -> tuple[str, str]:
    """Return a heading with its line."""
    return title, "-" * len(title)


def _report_section(
    report: Report, snapshot: Snapshot, *, case_number: str, device: str, time_zone: tzinfo
) -> Iterator[str]:
    """Write what was reported, and about which device."""
    yield from _titled(" ".join(("Evidence", *one_line(case_number).split())))
    yield _PROBLEMS[report.kind]
    yield _address_line(report)
    yield _time_line(report, time_zone)
    yield f"Program: {report.program.value} {one_line(report.program_name)}".rstrip()
    yield from filter(None, (_optional("Device name", device), _optional("Seen", report.saw)))
    yield from filter(None, (_optional("Why the site is needed", report.reason),))
    yield f"Collected: {_utc(snapshot.collected_at)}"
    yield _system_line(snapshot)
    yield _defender_line(snapshot)
    yield _mode_line(snapshot)


def _verdict_section(verdict: Verdict) -> Iterator[str]:
    """Write the verdict with what it rests on."""
    yield from _titled("Verdict")
    yield f"{verdict.code.value} (confidence {verdict.confidence.value})"
    yield one_line(str(verdict.it), 4000)
    for hint in (*verdict.notes, *verdict.hints):
        yield f"Possible: {one_line(str(hint), 4000)}"
    for item in verdict.evidence:
        yield f"Rests on {item.kind.value} {one_line(item.reference)}"


def _findings_section(findings: Iterable[Finding]) -> Iterator[str]:
    """Write every check."""
    yield from _titled("Checks")
    for finding in findings:
        yield f"[{finding.status.value}] {title_of(finding.check)}: {one_line(str(finding.summary), 1000)}"
        yield f"    observed: {one_line(str(finding.observed), 1000)}; expected: {finding.expected}"


def _events_section(snapshot: Snapshot, report: Report) -> Iterator[str]:
    """Write the events that concern the report, best first."""
    yield from _titled("Events that concern the address")
    if snapshot.events is None:
        yield "The log could not be read."
        return
    matches = matches_in(snapshot, report)
    yield f"{len(snapshot.events)} events read, {len(matches)} concern the address."
    for match in matches:
        reasons = " ".join(str(reason) for reason in match.reasons)
        yield f"[{match.strength.value}] {_event_words(match.event)}. {one_line(reasons, 1000)}"


def _commands_section(title: str, commands: Iterable[tuple[str, str, datetime, float]]) -> Iterator[str]:
    """Write every command as it was sent."""
    yield from _titled(title)
    for name, pipeline, sent_at, seconds in commands:
        yield f"{_utc(sent_at)}  {seconds:.2f} s  {name}: {one_line(pipeline, 4000)}"
