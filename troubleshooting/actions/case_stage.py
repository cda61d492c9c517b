"""The one way to change a case's stage, and to reach a verdict."""

from __future__ import annotations

from datetime import datetime

from troubleshooting.actions import activity_log
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.cases.case import OPEN, TRANSITIONS, Stage
from troubleshooting.domain.verdict.base import Verdict
from troubleshooting.models import AuditModeTest, Case, CaseVerdict, CheckRun


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


def reach_verdict(case: Case, verdict: Verdict, *, now: datetime, **of: CheckRun | AuditModeTest) -> None:
    """Store what a step (``check_run=…`` or ``audit_mode_test=…``) concluded for a locked case, and move it on."""
    (subject,) = of.values()
    said = {"code": verdict.code.value, "confidence": verdict.confidence.value}
    CaseVerdict.objects.create(case=case, **of, **said, content=verdict.as_json(), concluded_at=now)
    case.verdict_code, case.verdict_confidence = said["code"], said["confidence"]
    case.updated_at = now
    if case.stage == Stage.CHECKING:
        check_transition(TRANSITIONS, Stage.CHECKING, Stage.CHECKED)
        case.stage = Stage.CHECKED.value
    case.save(update_fields=["verdict_code", "verdict_confidence", "stage", "updated_at"])
    activity_log.record("verdict_reached", subject, case=case, actor=None, now=now, **said)
