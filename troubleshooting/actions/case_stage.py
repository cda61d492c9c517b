"""The one way to change a case's stage."""

from __future__ import annotations

from datetime import datetime

from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.cases.case import OPEN, TRANSITIONS, Stage
from troubleshooting.models import Case


def move_case(case: Case, *, to: Stage, now: datetime) -> None:
    """Save the next stage of a locked case; raises InvalidTransition where the table has no such step."""
    check_transition(TRANSITIONS, Stage(case.stage), to)
    case.stage = to.value
    case.closed_at = None if to in OPEN else now
    case.updated_at = now
    case.save(update_fields=["stage", "closed_at", "updated_at"])


def end_checking(case: Case, *, now: datetime) -> None:
    """Move a locked case on when its check has ended, whatever came of it; a case that was closed meanwhile stays."""
    if case.stage == Stage.CHECKING:
        move_case(case, to=Stage.CHECKED, now=now)
