"""What an employee reports, and the stages a case goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from troubleshooting.domain.cases.indicator import Indicator


class ProblemKind(StrEnum):
    """What is wrong. Slow network and unreachable cloud join later."""

    SAFE_SITE_BLOCKED = "safe_site_blocked"
    DANGEROUS_SITE_MISSED = "dangerous_site_missed"


class Program(StrEnum):
    """Which program the employee used; asked first, because in Edge it is SmartScreen that blocks.

    Source: docs/reference/checks.md section 5, C6.
    """

    EDGE = "edge"
    CHROME = "chrome"
    FIREFOX = "firefox"
    OTHER_BROWSER = "other_browser"
    OTHER = "other"  # Report.program_name says which
    UNKNOWN = "unknown"


class UnblockButton(StrEnum):
    """Whether the message offered to open the site: then it was a warning, not a block."""

    OFFERED = "offered"
    NOT_OFFERED = "not_offered"
    UNKNOWN = "unknown"


class Stage(StrEnum):
    """Where a case is."""

    CHECKING = "checking"  # a run is queued, running or waiting for the PC
    CHECKED = "checked"  # a verdict is there; someone has to act on it
    SUBMITTED = "submitted"  # sent to Microsoft, answer awaited
    SOLVED = "solved"
    WITHDRAWN = "withdrawn"


TRANSITIONS: Mapping[Stage, frozenset[Stage]] = {
    Stage.CHECKING: frozenset({Stage.CHECKED, Stage.WITHDRAWN}),
    Stage.CHECKED: frozenset({Stage.CHECKING, Stage.SUBMITTED, Stage.SOLVED, Stage.WITHDRAWN}),
    Stage.SUBMITTED: frozenset({Stage.CHECKING, Stage.SOLVED, Stage.WITHDRAWN}),
    Stage.SOLVED: frozenset({Stage.CHECKING}),
    Stage.WITHDRAWN: frozenset(),
}

OPEN: frozenset[Stage] = frozenset({Stage.CHECKING, Stage.CHECKED, Stage.SUBMITTED})
OPEN_AND_CHECKED: frozenset[Stage] = OPEN - {Stage.CHECKING}

NEXT_MOVE: Mapping[Stage, str | None] = {
    Stage.CHECKING: "portal",
    Stage.CHECKED: "reviewer",
    Stage.SUBMITTED: "microsoft",
    Stage.SOLVED: None,
    Stage.WITHDRAWN: None,
}


@dataclass(frozen=True, slots=True)
class Report:
    """The employee's report as the rules need it."""

    kind: ProblemKind
    indicator: Indicator
    program: Program
    program_name: str  # file name as typed, "" where not asked ("outlook.exe", "Teams")
    happened_at: datetime  # aware
    saw: str = ""  # the toast's or page's wording
    reason: str = ""  # why the site is needed
    unblock: UnblockButton = UnblockButton.UNKNOWN


def case_number(year: int, serial: int) -> str:
    """Return the number people use: ``NP-2026-00001``."""
    return f"NP-{year}-{serial:05d}"
