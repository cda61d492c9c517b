"""Judge a PC from its support files: the same rules as after a visit, without web, database and broker."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import Finding
from troubleshooting.domain.checks.grounds import grounds
from troubleshooting.domain.verdict.verdict import Verdict, conclude
from troubleshooting.machines.support_files.errors import UnreadableCab
from troubleshooting.machines.support_files.reader import Cab, read_cab
from troubleshooting.machines.support_files.snapshot import SupportFiles, read_support_files
from troubleshooting.management.judgement import finding_json, finding_lines, place_json, verdict_json, verdict_lines
from troubleshooting.management.reported import (
    EXIT_UNREADABLE,
    NEEDS_BOTH,
    add_options,
    is_half,
    moment_of,
    report_of,
    wrong_usage,
)


@dataclass(frozen=True)
class Outcome:
    """What a CAB came to; only ``error`` where it could not be read at all."""

    device: str
    error: UnreadableCab | None
    cab: Cab | None = None
    files: SupportFiles | None = None
    report: Report | None = None
    findings: Sequence[Finding] = ()
    verdict: Verdict | None = None

    def evidence(self, finding: Finding) -> list[dict[str, Any]]:
        """Return the files and lines that a finding rests on."""
        if self.files is None:
            return []
        found = grounds(finding, self.files.snapshot, self.report, self.files.places)
        return [place_json(place) for place in found]


class Command(BaseCommand):
    """``judge_cab FILE``: exit 0 when the CAB was read, 1 when not all of it could be, 2 for wrong usage."""

    help = "Judge a Windows PC from its MpSupportFiles.cab, which MpCmdRun.exe -GetFiles writes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="the CAB")
        add_options(parser)
        parser.add_argument("--at", help="when it happened, such as 2026-11-28T14:05+01:00; else when the CAB was made")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file and print what came of it."""
        now = timezone.now()
        at = moment_of(options["at"])
        report_of(options, happened_at=now)  # wrong usage is said before the file is read
        if is_half(options):
            self.stderr.write(NEEDS_BOTH)
        outcome = _outcome(options, at=at, now=now)
        page = json.dumps(_as_json(outcome), ensure_ascii=False) if options["as_json"] else _page(outcome)
        self.stdout.write(page)
        if outcome.error is not None:
            raise SystemExit(EXIT_UNREADABLE)


def _outcome(options: dict[str, Any], *, at: datetime | None, now: datetime) -> Outcome:
    file: Path = options["file"]
    try:
        with file.open("rb") as opened:
            cab = read_cab(opened)
    except UnreadableCab as unreadable:
        return Outcome(file.name, unreadable)
    except OSError as error:
        raise wrong_usage(f"{file} cannot be read: {error.strerror or error}.") from None
    read = read_support_files(cab, now=now)
    snapshot = read.snapshot
    report = report_of(options, happened_at=at or (snapshot.collected_at if read.is_made_at_known else now))
    findings = judge(snapshot, report=report)
    verdict = conclude(report, snapshot, findings) if report is not None and cab.fault is None else None
    device = snapshot.computer.name if snapshot.computer else None
    return Outcome(device or file.name, cab.fault, cab, read, report, findings, verdict)


# --- what is printed --------------------------------------------------------------------------------------------------


def _as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the JSON of check_device, with the CAB's own list of files; no command was sent to anything."""
    snapshot = outcome.files.snapshot if outcome.files else None
    return {
        "device": outcome.device,
        "findings": [finding_json(finding, outcome.evidence(finding)) for finding in outcome.findings],
        "verdict": verdict_json(outcome.verdict, _event_places(outcome)) if outcome.verdict else None,
        "commands": [],
        "error": {"code": str(outcome.error.fault), "message": str(outcome.error.text), "remedy": outcome.error.remedy}
        if outcome.error
        else None,
        "endpoint": None,
        "collected_at": snapshot.collected_at.isoformat() if snapshot and outcome.files else None,
        "happened_at": outcome.report.happened_at.isoformat() if outcome.report else None,
        "files": [{"name": member.name, "size": member.size} for member in outcome.cab.members] if outcome.cab else [],
    }


def _event_places(outcome: Outcome) -> dict[str, Any]:
    """Return the places of the events by the reference that a verdict uses where there is no record number."""
    if outcome.files is None:
        return {}
    events = outcome.files.snapshot.events or ()
    pairs = zip(events, outcome.files.event_places, strict=False)
    return {event.recorded_at.isoformat(): place for event, place in pairs}


def _page(outcome: Outcome) -> str:
    """Return the report for people."""
    lines = [outcome.device]
    if outcome.files is not None and outcome.cab is not None:
        made = "made" if outcome.files.is_made_at_known else "made not before"
        at = outcome.files.snapshot.collected_at
        lines = [f"{outcome.device}: {len(outcome.cab.members)} support files, {made} {at:%Y-%m-%d %H:%M} UTC", ""]
    for finding in outcome.findings:
        lines += finding_lines(finding)
        lines += [f"{'':<15} {item['source']}:{item['line']}: {item['text']}" for item in outcome.evidence(finding)]
    if outcome.verdict is not None:
        lines += ["", *verdict_lines(outcome.verdict)]
    if outcome.error is not None:
        lines += ["", f"The CAB could not be read: {outcome.error.fault}", f"  {outcome.error.text}"]
        lines += [f"  {outcome.error.remedy}"] if outcome.error.remedy else []
    return "\n".join(lines)
