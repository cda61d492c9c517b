"""The evidence of a case: what the PC said in its last visit and in every other one, as stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

from django.db.models import Q, QuerySet

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.checks.finding import CheckStatus, Finding, Remedy
from troubleshooting.domain.checks.registry import in_page_order
from troubleshooting.domain.evidence.snapshot import Reading, ReadState, Snapshot
from troubleshooting.domain.submissions.submission import SentCommand, readable_evidence
from troubleshooting.domain.verdict.verdict import Verdict, conclude
from troubleshooting.machines.base import Answer
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.models import (
    Case,
    CaseVerdict,
    CheckFinding,
    CheckRun,
    DeviceAnswer,
    DeviceSnapshot,
    RemovedAnswers,
)
from troubleshooting.models.check_run import WHAT_FOR
from troubleshooting.queries.base.words import stored_text


def read_snapshot(run: CheckRun) -> Snapshot | None:
    """Return the snapshot of the run's last visit, rebuilt from its stored answers; None where there was no visit."""
    visit = last_visit(run)
    return snapshot_of(visit) if visit else None


def last_visit(run: CheckRun) -> DeviceSnapshot | None:
    """Return the run's last visit with its answers; two queries."""
    return run.snapshots.select_related("removed").order_by("-attempt").prefetch_related("answers").first()


def snapshot_of(visit: DeviceSnapshot) -> Snapshot:
    """Read the stored answers of a visit again."""
    return build_snapshot([answer_of(row) for row in visit.answers.all()], collected_at=visit.started_at)


def answer_of(row: DeviceAnswer) -> Answer:
    """Return a stored answer as it came."""
    return Answer(
        name=row.name,
        pipeline=row.pipeline,
        sent_at=row.sent_at,
        seconds=row.seconds,
        reading=Reading(ReadState(row.state), row.error_code or None, row.detail),
        content=row.content,
        errors=row.errors,
        truncated=row.truncated,
    )


def findings_of(run: CheckRun) -> tuple[Finding, ...]:
    """Return the stored findings of a run in the page's order; one query."""
    stored = {row.check_id: row for row in run.findings.all()}
    return tuple(_finding(stored[check]) for check in in_page_order(stored))


def evidence_json(case: Case, run: CheckRun) -> dict[str, Any]:
    """Return everything that was found for a case, in a form for machines; six queries.

    ``visit`` is the one that the findings are from, ``visits`` are all of them.
    """
    visit = last_visit(run)
    verdict: CaseVerdict | None = getattr(run, "verdict", None)
    return {
        "case": {"number": case.number, "stage": case.stage, "opened_at": case.opened_at.isoformat()},
        "report": _report(case),
        "device": case.device.hostname,
        "verdict": verdict.content if verdict else None,
        "findings": [_finding_json(row) for row in run.findings.all()],
        "visit": _visit_json(visit) if visit else None,
        "visits": [{"made_for": _made_for(one), **_visit_json(one)} for one in visits_of(case)],
    }


def evidence_text(case: Case, run: CheckRun, *, time_zone: tzinfo) -> str:
    """Return the same for people, as plain English text; a run without a verdict is judged as it stands."""
    visit = last_visit(run)
    answers = tuple(visit.answers.all()) if visit else ()
    snapshot = snapshot_of(visit) if visit else Snapshot(collected_at=run.requested_at)
    findings = findings_of(run)
    stored: CaseVerdict | None = getattr(run, "verdict", None)
    return readable_evidence(
        case.report,
        snapshot,
        Verdict.from_json(stored.content) if stored else conclude(case.report, snapshot, findings),
        findings=findings,
        commands=_sent(answers),
        visits=[(_title(one), _sent(one.answers.all())) for one in visits_of(case)],
        case_number=case.number,
        device=case.device.hostname,
        time_zone=time_zone,
    )


def visits_of(case: Case) -> QuerySet[DeviceSnapshot]:
    """Return every visit to the case's own PC that was made for the case, first one first; two queries.

    They are for its checks, its leases (audit-mode tests among them), and its exclusions with their re-tests.
    """
    here = Q(check_run__case=case) | Q(lease__case=case)
    here |= Q(placement__exclusion__case=case, placement__device=case.device_id)
    here |= Q(retest__exclusion__case=case, retest__device=case.device_id)
    return (
        DeviceSnapshot.objects.filter(here)
        .select_related("removed")
        .order_by("started_at", "pk")
        .prefetch_related("answers")
    )


def _made_for(visit: DeviceSnapshot) -> str:
    """Name what a visit was for, with its number in the portal."""
    what = next(name for name in WHAT_FOR if getattr(visit, f"{name}_id") is not None)
    return f"{what} {getattr(visit, f'{what}_id')}"


def _title(visit: DeviceSnapshot) -> str:
    """Name a visit for people, with what is left where its answers were removed."""
    removed: RemovedAnswers | None = getattr(visit, "removed", None)
    left = f" (answers removed on {removed.removed_at:%Y-%m-%d}; SHA-256 {removed.digest})" if removed else ""
    return f"{_made_for(visit)}, attempt {visit.attempt}{left}"


def _sent(answers: Iterable[DeviceAnswer]) -> list[SentCommand]:
    return [SentCommand(row.name, row.pipeline, row.sent_at, row.seconds) for row in answers]


def _finding(row: CheckFinding) -> Finding:
    remedy = row.content.get("remedy") or {}
    return Finding(
        check=row.check_id,
        status=CheckStatus(row.status),
        observed=Text.from_json(row.content["observed"]),
        expected=Text.from_json(row.content["expected"]),
        summary=Text.from_json(row.content["summary"]),
        remedy=Remedy(stored_text(remedy.get("employee")), stored_text(remedy.get("it"))),
        depends_on=tuple(row.content.get("depends_on", ())),
    )


def _finding_json(row: CheckFinding) -> dict[str, Any]:
    return {"check": row.check_id, "status": row.status, **row.content}


def _report(case: Case) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "indicator": case.indicator,
        "typed_address": case.typed_address,
        "program": case.program,
        "program_name": case.program_name,
        "happened_at": case.happened_at.isoformat(),
        "saw": case.saw,
        "reason": case.reason,
        "unblock": case.unblock,
    }


def _visit_json(visit: DeviceSnapshot) -> dict[str, Any]:
    return {
        "attempt": visit.attempt,
        "started_at": visit.started_at.isoformat(),
        "endpoint": visit.endpoint,
        "account": visit.account,
        "commands": commands_json(visit),
        "removed": _removed_json(getattr(visit, "removed", None)),
    }


def commands_json(visit: DeviceSnapshot) -> list[dict[str, Any]]:
    """Return what a visit asked and what came back; where it was removed, its digest was made of this."""
    return [_answer_json(row) for row in visit.answers.all()]


def _removed_json(removed: RemovedAnswers | None) -> dict[str, Any] | None:
    if removed is None:
        return None
    return {"at": removed.removed_at.isoformat(), "commands": removed.commands, "sha256": removed.digest}


def _answer_json(row: DeviceAnswer) -> dict[str, Any]:
    return {
        "name": row.name,
        "pipeline": row.pipeline,
        "sent_at": row.sent_at.isoformat(),
        "seconds": row.seconds,
        "state": row.state,
        "error_code": row.error_code,
        "detail": row.detail,
        "content": row.content,
        "errors": row.errors,
        "truncated": row.truncated,
    }
