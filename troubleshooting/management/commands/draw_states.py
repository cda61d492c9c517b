"""Draw ``docs/states.md`` from the tables of transitions."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from troubleshooting.domain.cases import case
from troubleshooting.domain.checks import check_run
from troubleshooting.domain.exclusions import exclusion, placement
from troubleshooting.domain.leases import audit_mode_test, lease
from troubleshooting.domain.retests import retest
from troubleshooting.domain.submissions import submission

TABLES: Mapping[str, tuple[Mapping[Any, frozenset[Any]], Mapping[Any, str | None]]] = {
    "Case": (case.TRANSITIONS, case.NEXT_MOVE),
    "Check run": (check_run.TRANSITIONS, check_run.NEXT_MOVE),
    "Audit-mode test": (audit_mode_test.TRANSITIONS, audit_mode_test.NEXT_MOVE),
    "Lease": (lease.TRANSITIONS, lease.NEXT_MOVE),
    "Exclusion": (exclusion.TRANSITIONS, exclusion.NEXT_MOVE),
    "Exclusion on one PC": (placement.TRANSITIONS, placement.NEXT_MOVE),
    "Re-test": (retest.TRANSITIONS, retest.NEXT_MOVE),
    "Submission": (submission.TRANSITIONS, submission.NEXT_MOVE),
}


def drawing() -> str:
    """Return the whole page."""
    return "\n".join(
        ["# States", "", "Drawn by `python manage.py draw_states` from `troubleshooting/domain/`.", *_parts()]
    )


def _parts() -> Iterator[str]:
    for title, (transitions, movers) in TABLES.items():
        yield from ("", f"## {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {_first(transitions)}")
        for status, following in transitions.items():
            yield from (f"    {status.value} --> {after}" for after in sorted(s.value for s in following))
            if not following:
                yield f"    {status.value} --> [*]"
        yield from ("```", "", "| state | who moves it on |", "|---|---|")
        yield from (f"| {status.value} | {movers[status] or 'nobody: it is over'} |" for status in transitions)
    yield ""


def _first(transitions: Mapping[StrEnum, frozenset[StrEnum]]) -> str:
    return next(iter(transitions)).value


class Command(BaseCommand):
    """Write the drawing, or tell whether it is stale."""

    help = "Draw docs/states.md from the tables of transitions."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to write and whether to write at all."""
        parser.add_argument("file", type=Path, nargs="?", default=Path("docs/states.md"))
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        file: Path = options["file"]
        if not options["check"]:
            file.write_text(drawing(), encoding="utf-8")
            return
        if not file.exists() or file.read_text(encoding="utf-8") != drawing():
            raise CommandError(f"{file} is stale: run `python manage.py draw_states`.")
