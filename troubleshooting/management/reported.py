"""The options with which the shell says what is wrong with a site, and the report made of them."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import InvalidIndicator, parse_indicator
from troubleshooting.domain.evidence.programs import PROGRAM_FILES, file_name

KINDS = {"safe-site": ProblemKind.SAFE_SITE_BLOCKED, "missed-site": ProblemKind.DANGEROUS_SITE_MISSED}
NEEDS_BOTH = "A verdict needs both --report and --url; the checks are judged without it."

EXIT_READ, EXIT_UNREADABLE, EXIT_USAGE = 0, 1, 2


def wrong_usage(sentence: str) -> CommandError:
    """Return the error for options that make no sense."""
    return CommandError(sentence, returncode=EXIT_USAGE)


def add_options(parser: ArgumentParser) -> None:
    """Declare what is wrong with which site, in which program, and how it is printed."""
    parser.add_argument("--report", choices=sorted(KINDS), help="what is wrong; with --url a verdict is given")
    parser.add_argument("--url", help="the site that is wrongly blocked or was not blocked")
    parser.add_argument("--program", help="the program that was used, such as chrome or outlook.exe")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON and nothing else")


def is_half(options: dict[str, Any]) -> bool:
    """Tell whether only one of the two is there that a verdict needs."""
    return (options["report"] is None) != (options["url"] is None)


def report_of(options: dict[str, Any], *, happened_at: datetime) -> Report | None:
    """Return the report, or None where one of its two halves is missing; a bad address is wrong usage all the same."""
    if options["url"] is None:
        return None
    try:
        indicator = parse_indicator(options["url"])
    except InvalidIndicator as error:
        raise wrong_usage(str(error.text)) from None
    if options["report"] is None:
        return None
    program, program_name = _program(options["program"])
    return Report(KINDS[options["report"]], indicator, program, program_name, happened_at=happened_at)


def moment_of(written: str | None) -> datetime | None:
    """Read a time as a person types it, ISO 8601; without a zone it is UTC."""
    if written is None:
        return None
    try:
        read = datetime.fromisoformat(written.strip())
        return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong_usage("--at is a time such as 2026-11-28T14:05+01:00 or 2026-11-28T13:05Z.") from None


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
