"""Visit a device from the shell: the same visit and the same rules as on the web, without database and broker."""

from __future__ import annotations

import getpass
import json
import os
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import InvalidIndicator, parse_indicator
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import NOT_SHOWN_FINE, CheckStatus, Finding
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.programs import PROGRAM_FILES, file_name
from troubleshooting.domain.verdict.verdict import Verdict, conclude
from troubleshooting.machines.base import (
    CONFIGURATION_NAME,
    USUAL_ENDPOINT,
    Address,
    Answer,
    Auth,
    Credential,
    Limits,
    UnsafeAddress,
)
from troubleshooting.machines.catalogue import SHOWN_COMMANDS, InvalidArgument, host_name
from troubleshooting.machines.endpoint.doctor import EndpointReport, examine
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.visit import visit
from troubleshooting.management import endpoint_report

PASSWORD_VARIABLE = "PORTAL_DEVICE_PASSWORD"  # noqa: S105  the name of a variable

KINDS = {"safe-site": ProblemKind.SAFE_SITE_BLOCKED, "missed-site": ProblemKind.DANGEROUS_SITE_MISSED}

EXIT_VISITED, EXIT_UNREADABLE, EXIT_USAGE = 0, 1, 2


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
        parser.add_argument("host", help="name or IP address of the PC")
        parser.add_argument("--port", type=int, help="WinRM port; 5986 for HTTPS and 5985 for HTTP where not given")
        scheme = parser.add_mutually_exclusive_group()
        scheme.add_argument("--http", dest="https", action="store_false", help="HTTP with message encryption")
        scheme.add_argument("--https", dest="https", action="store_true", help="HTTPS, verified (the default)")
        parser.set_defaults(https=True)
        parser.add_argument("--ca", type=Path, help="file with the authority that signed the PC's certificate")
        parser.add_argument("--auth", choices=[str(auth) for auth in Auth], default=str(Auth.NEGOTIATE))
        parser.add_argument("--username", help=f"account on the PC; its password: ${PASSWORD_VARIABLE} or a prompt")
        parser.add_argument("--certificate", type=Path, help="client certificate (PEM) for --auth certificate")
        parser.add_argument("--key", type=Path, help="key of the client certificate (PEM)")
        parser.add_argument("--endpoint", default=USUAL_ENDPOINT, help="session configuration on the PC")
        parser.add_argument("--report", choices=sorted(KINDS), help="what is wrong; with --url a verdict is given")
        parser.add_argument("--url", help="the site that is wrongly blocked or was not blocked")
        parser.add_argument("--program", help="the program that was used, such as chrome or outlook.exe")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the visit and print what came of it."""
        now = timezone.now()
        address, report = _address(options), _report(options, now=now)
        credential = _credential(options, address)
        if (options["report"] is None) != (options["url"] is None):
            self.stderr.write("A verdict needs both --report and --url; the checks are judged without it.")
        outcome = _outcome(address, credential, report)
        page = _as_json(outcome) if options["as_json"] else _page(outcome, username=credential.username)
        self.stdout.write(page if isinstance(page, str) else json.dumps(page, ensure_ascii=False))
        if outcome.error is not None:
            raise SystemExit(EXIT_UNREADABLE)


# --- from options to values -------------------------------------------------------------------------------------------


def _wrong(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=EXIT_USAGE)


def _address(options: dict[str, Any]) -> Address:
    port, ca_file = options["port"], options["ca"]
    if port is not None and not 1 <= port <= 65535:
        raise _wrong("The port is a number from 1 to 65535.")
    if ca_file is not None and not ca_file.is_file():
        raise _wrong(f"There is no file {ca_file}.")
    if not CONFIGURATION_NAME.fullmatch(options["endpoint"]):
        raise _wrong("--endpoint is the name of a session configuration, such as NetworkProtectionPortal.Reading.")
    try:
        host = host_name(options["host"])
        return Address(
            host,
            port=port,
            https=options["https"],
            auth=Auth(options["auth"]),
            ca_file=ca_file,
            configuration_name=options["endpoint"],
        )
    except InvalidArgument:
        raise _wrong("HOST is a name or an IP address, without http:// and without a port (see --port).") from None
    except UnsafeAddress as error:
        raise _wrong(f"{error} Leave out --http, or choose --auth negotiate.") from None


def _credential(options: dict[str, Any], address: Address) -> Credential:
    if address.auth is Auth.CERTIFICATE:
        return _certificate(options)
    username = options["username"]
    if address.auth is Auth.KERBEROS:  # without a password: the ticket of whoever runs this
        return Credential("command line", username, os.environ.get(PASSWORD_VARIABLE))
    if not username:
        raise _wrong(f"Give --username; its password comes from {PASSWORD_VARIABLE} or from a prompt.")
    return Credential("command line", username, _password(username))


def _certificate(options: dict[str, Any]) -> Credential:
    certificate, key = options["certificate"], options["key"]
    if certificate is None or key is None:
        raise _wrong("--auth certificate needs --certificate and --key.")
    missing = [str(path) for path in (certificate, key) if not path.is_file()]
    if missing:
        raise _wrong(f"There is no file {' and no file '.join(missing)}.")
    return Credential("command line", None, certificate_pem=certificate, certificate_key=key)


def _password(username: str) -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    try:
        return getpass.getpass(f"Password of {username}: ")
    except (EOFError, KeyboardInterrupt):
        raise _wrong(f"No password: set {PASSWORD_VARIABLE} or type it at the prompt.") from None


def _report(options: dict[str, Any], *, now: datetime) -> Report | None:
    """Return the report, or None where one of its two halves is missing; a bad address is wrong usage all the same."""
    if options["url"] is None:
        return None
    try:
        indicator = parse_indicator(options["url"])
    except InvalidIndicator as error:
        raise _wrong(str(error.text)) from None
    if options["report"] is None:
        return None
    program, program_name = _program(options["program"])
    return Report(KINDS[options["report"]], indicator, program, program_name, happened_at=now)


def _program(named: str | None) -> tuple[Program, str]:
    """Return the program by the form's words (``chrome``) or its file (``chrome.exe``, with or without path)."""
    if not named:
        return Program.UNKNOWN, ""
    typed = file_name(named)
    by_file = {file: program for program, file in PROGRAM_FILES.items()}
    if typed in by_file or f"{typed}.exe" in by_file:
        return by_file.get(typed) or by_file[f"{typed}.exe"], ""
    known = {str(program): program for program in Program if program is not Program.OTHER}
    return (known[typed], "") if typed in known else (Program.OTHER, named.strip())


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
            limits=Limits(),
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
        "findings": [_finding_json(finding) for finding in outcome.findings],
        "verdict": _verdict_json(outcome.verdict) if outcome.verdict else None,
        "commands": [
            {"name": answer.name, "pipeline": answer.pipeline, "seconds": answer.seconds} for answer in outcome.answers
        ],
        "error": _error_json(outcome.error) if outcome.error else None,
        "endpoint": endpoint_report.as_json(outcome.endpoint),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "check": str(finding.check),
        "status": str(finding.status),
        "observed": str(finding.observed),
        "expected": str(finding.expected),
        "summary": str(finding.summary),
        "remedy": str(finding.remedy.it) if finding.remedy.it else None,
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "code": str(verdict.code),
        "confidence": str(verdict.confidence),
        "employee": str(verdict.employee),
        "it": str(verdict.it),
        "hints": [str(hint) for hint in verdict.hints],
        "next_step": {"code": str(verdict.next_step.code), "text": str(verdict.next_step.text)},
        "evidence": [
            {"kind": str(item.kind), "reference": item.reference, "text": str(item.text) if item.text else None}
            for item in verdict.evidence
        ],
    }


def _error_json(error: MachineError) -> dict[str, Any]:
    words = error_text(error.code)
    message = f"{words.cause} ({error.detail})" if error.detail else str(words.cause)
    return {"code": str(error.code), "message": message, "remedy": str(words.it)}


def _page(outcome: Outcome, *, username: str | None) -> str:
    """Return the report for people."""
    seconds = sum(answer.seconds for answer in outcome.answers)
    lines = [f"{outcome.device}: {len(outcome.answers)} commands in {seconds:.1f} s", ""]
    for finding in outcome.findings:
        lines += _finding_lines(finding)
    if outcome.verdict is not None:
        lines += ["", *_verdict_lines(outcome.verdict)]
    if outcome.answers:
        lines += ["", *endpoint_report.lines(outcome.endpoint, username=username)]
    if outcome.error is not None:
        error = _error_json(outcome.error)
        lines += ["", f"The PC could not be read: {error['code']}", f"  {error['message']}", f"  {error['remedy']}"]
    return "\n".join(lines)


def _finding_lines(finding: Finding) -> list[str]:
    lines = [f"{finding.status.upper():<15} {finding.check}: {finding.summary}"]
    if finding.status in NOT_SHOWN_FINE:
        lines.append(f"{'':<15} observed {finding.observed}; expected {finding.expected}")
        lines += [f"{'':<15} {finding.remedy.it}"] if finding.remedy.it else []
    return lines


def _verdict_lines(verdict: Verdict) -> list[str]:
    hints = [f"  {hint}" for hint in verdict.hints]
    head = f"Verdict: {verdict.code} (confidence {verdict.confidence})"
    return [head, f"  {verdict.it}", *hints, f"  {verdict.next_step.text}"]
