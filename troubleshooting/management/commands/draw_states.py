"""Draw ``docs/states.md`` from the tables of transitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from troubleshooting.domain.cases import case
from troubleshooting.domain.checks import check_run
from troubleshooting.domain.exclusions import exclusion, placement
from troubleshooting.domain.leases import audit_mode_test, lease
from troubleshooting.domain.retests import retest
from troubleshooting.domain.submissions import submission
from troubleshooting.management.generated_page import GeneratedPageCommand

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
        yield from (f"| {status.value} | {movers[status] or 'no one: it is over'} |" for status in transitions)
    yield ""


def _first(transitions: Mapping[StrEnum, frozenset[StrEnum]]) -> str:
    return next(iter(transitions)).value


class Command(GeneratedPageCommand):
    """Draw the states."""

    help = "Draw docs/states.md from the tables of transitions."
    file = "docs/states.md"

    def page(self) -> str:
        return drawing()
