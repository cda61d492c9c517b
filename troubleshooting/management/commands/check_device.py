"""Visit a device from the shell: the same visit and the same rules as on the web, without database and broker."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import CheckStatus, Finding
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.domain.verdict.verdict import Verdict, conclude
from troubleshooting.machines.base import Address, Answer, Credential, Limits
from troubleshooting.machines.catalogue import SHOWN_COMMANDS
from troubleshooting.machines.endpoint.doctor import EndpointReport, examine
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.visit import visit
from troubleshooting.management import endpoint_report
from troubleshooting.management.connection import add_connection, address_of, credential_of
from troubleshooting.management.judgement import (
    evidence_json,
    finding_json,
    finding_lines,
    verdict_json,
    verdict_lines,
)
from troubleshooting.management.reported import (
    EXIT_UNREADABLE,
    NEEDS_BOTH,
    add_options,
    is_half,
    report_of,
)

ANSWERS = frozenset({ReadState.ANSWERED, ReadState.ABSENT})


@dataclass(frozen=True)
class Outcome:
    """What a visit from the shell came to."""

    device: str
    answers: Sequence[Answer]
    findings: Sequence[Finding]
    verdict: Verdict | None
    error: MachineError | None
    endpoint: EndpointReport


class Command(BaseCommand):
    """``check_device HOST``: exit 0 when the visit was made, 1 when the PC could not be read, 2 for wrong usage."""

    help = "Visit a Windows PC and check the prerequisites of network protection."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        add_connection(parser)
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the visit and print what came of it."""
        now = timezone.now()
        address, report = address_of(options), report_of(options, happened_at=now)
        credential = credential_of(options, address)
        if is_half(options):
            self.stderr.write(NEEDS_BOTH)
        outcome = _outcome(address, credential, report)
        page = _as_json(outcome) if options["as_json"] else _page(outcome, username=credential.username)
        self.stdout.write(page if isinstance(page, str) else json.dumps(page, ensure_ascii=False))
        if outcome.error is not None:
            raise SystemExit(EXIT_UNREADABLE)


# --- the visit --------------------------------------------------------------------------------------------------------


def _outcome(address: Address, credential: Credential, report: Report | None) -> Outcome:
    answers: list[Answer] = []
    error: MachineError | None = None
    try:
        visit(
            address,
            credential,
            on_answers=answers.extend,
            should_stop=lambda: False,
            limits=Limits(may_be_local=True),  # whoever types the password says where it goes
            clock=timezone.now,
            also=(SHOWN_COMMANDS,),
        )
    except MachineError as unreadable:
        error = unreadable
    except KeyboardInterrupt:
        error = MachineError(DeviceErrorCode.CANCELLED)
    snapshot = build_snapshot(answers, collected_at=timezone.now())
    judged = judge(snapshot, report=report) if answers else ()
    findings = [finding for finding in judged if finding.status is not CheckStatus.WAITING]
    verdict = conclude(report, snapshot, findings) if report is not None and error is None else None
    endpoint = examine(address.configuration_name, snapshot.endpoint, answers)
    return Outcome(address.hostname, answers, findings, verdict, error, endpoint)


# --- what is printed --------------------------------------------------------------------------------------------------


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "device": outcome.device,
        "findings": [finding_json(finding, _evidence(finding, outcome)) for finding in outcome.findings],
        "verdict": verdict_json(outcome.verdict) if outcome.verdict else None,
        "commands": [
            {"name": answer.name, "pipeline": answer.pipeline, "seconds": answer.seconds} for answer in outcome.answers
        ],
        "error": _error_json(outcome.error) if outcome.error else None,
        "endpoint": endpoint_report.as_json(outcome.endpoint),
    }


def _evidence(finding: Finding, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the commands of a finding that the PC answered, "there is no such thing" included."""
    answered = {answer.name.partition(":")[0] for answer in outcome.answers if answer.reading.state in ANSWERS}
    return [evidence_json(name) for name in finding.depends_on if name in answered]


def _error_json(error: MachineError) -> dict[str, Any]:
    words = error_text(error.code)
    message = f"{words.cause} ({error.detail})" if error.detail else str(words.cause)
    return {"code": str(error.code), "message": message, "remedy": str(words.it)}


def _page(outcome: Outcome, *, username: str | None) -> str:
    """Return the report for people."""
    seconds = sum(answer.seconds for answer in outcome.answers)
    lines = [f"{outcome.device}: {len(outcome.answers)} commands in {seconds:.1f} s", ""]
    for finding in outcome.findings:
        lines += finding_lines(finding)
    if outcome.verdict is not None:
        lines += ["", *verdict_lines(outcome.verdict)]
    if outcome.answers:
        lines += ["", *endpoint_report.lines(outcome.endpoint, username=username)]
    if outcome.error is not None:
        error = _error_json(outcome.error)
        lines += ["", f"The PC could not be read: {error['code']}", f"  {error['message']}", f"  {error['remedy']}"]
    return "\n".join(lines)
