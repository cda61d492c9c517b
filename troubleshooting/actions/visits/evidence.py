"""Keeping what a PC says, answer by answer, and judging it each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import models, transaction
from django.db.models import F

from troubleshooting.actions.visits.plan import Access
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import Finding
from troubleshooting.domain.checks.registry import ENTRIES_READ
from troubleshooting.domain.evidence.snapshot import Reading, ReadState, Snapshot
from troubleshooting.domain.verdict.tries import LOG_START
from troubleshooting.domain.verdict.verdict import Verdict, conclude
from troubleshooting.machines.base import Answer
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.models import CheckFinding, CheckRun, DeviceAnswer, DeviceSnapshot
from troubleshooting.queries.checks.evidence import answer_of


class Superseded(Exception):
    """Another worker has taken the run over, or it was ended; this one must stop writing."""


def heartbeat(run: CheckRun, *, now: datetime) -> bool:
    """Say that the worker lives; False where it should stop (cancelled, or taken over)."""
    mine = CheckRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING, attempt=run.attempt, cancel_requested_at=None)
    return mine.update(heartbeat_at=now) == 1


class EvidenceKeeper:
    """Stores the answers of one attempt as they come and keeps the run's findings up to date."""

    def __init__(self, run: CheckRun, *, clock: Callable[[], datetime]) -> None:
        """Start with nothing said."""
        self.run = run
        self.clock = clock
        self._snapshot: DeviceSnapshot | None = None
        self._answers: list[Answer] = []
        self._saved: dict[str, Finding] = {}
        self.report = run.case.report

    @classmethod
    def resumed(cls, run: CheckRun, *, clock: Callable[[], datetime]) -> EvidenceKeeper:
        """Take up what an earlier worker stored of the run's present attempt."""
        keeper = cls(run, clock=clock)
        stored = DeviceSnapshot.objects.filter(check_run=run, attempt=run.attempt).first()
        if stored is not None:
            keeper._snapshot = stored
            keeper._answers = [answer_of(row) for row in stored.answers.all()]
        return keeper

    @transaction.atomic
    def begin(self, access: Access) -> None:
        """Open the snapshot and show every check as waiting again."""
        now = self.clock()
        self._snapshot = open_snapshot(access, attempt=self.run.attempt, now=now, check_run=self.run)
        self.save_findings(self.judged()[1], now=now)

    def keep(self, answers: Sequence[Answer]) -> None:
        """Store answers and what follows from them, in one transaction; raises Superseded."""
        now = self.clock()
        with transaction.atomic():
            mine = CheckRun.objects.filter(pk=self.run.pk, status=RunStatus.RUNNING, attempt=self.run.attempt)
            if not mine.update(version=F("version") + 1, heartbeat_at=now):
                raise Superseded
            self._store(answers)
            self.save_findings(self.judged()[1], now=now)

    def judged(self, *, is_over: bool = False) -> tuple[Snapshot, tuple[Finding, ...]]:
        """Return the snapshot so far and its findings; once it is over, what was not answered counts as failed."""
        snapshot = build_snapshot(self._answers, collected_at=self.run.started_at or self.run.requested_at)
        if is_over:
            snapshot = _closed(snapshot)
        return snapshot, judge(snapshot, report=self.report)

    def verdict_so_far(self) -> tuple[Verdict, Snapshot]:
        """Return what the answers come to, were the visit over now, and the snapshot."""
        snapshot, findings = self.judged(is_over=True)
        return conclude(self.report, snapshot, findings), snapshot

    def save_findings(self, findings: Iterable[Finding], *, now: datetime) -> None:
        """Store the findings that changed."""
        changed = [finding for finding in findings if self._saved.get(finding.check) != finding]
        CheckFinding.objects.bulk_create(
            [
                CheckFinding(
                    check_run=self.run,
                    check_id=finding.check,
                    status=finding.status.value,
                    content=finding_content(finding),
                    judged_at=now,
                )
                for finding in changed
            ],
            update_conflicts=True,
            unique_fields=["check_run", "check_id"],
            update_fields=["status", "content", "judged_at"],
        )
        self._saved.update({finding.check: finding for finding in changed})

    def _store(self, answers: Sequence[Answer]) -> None:
        assert self._snapshot is not None, "begin() comes first"
        store_answers(self._snapshot, answers, first=len(self._answers))
        self._answers += answers


def open_snapshot(access: Access, *, attempt: int, now: datetime, **what_for: models.Model) -> DeviceSnapshot:
    """Open the evidence of a visit for one thing (``check_run=…``, ``lease=…``), before the PC is spoken to."""
    return DeviceSnapshot.objects.create(
        **what_for,
        attempt=attempt,
        account=access.account,
        credential_profile=access.profile,
        endpoint=access.address.shown,
        started_at=now,
    )


def store_answers(snapshot: DeviceSnapshot, answers: Sequence[Answer], *, first: int) -> None:
    """Keep answers of a visit as they came, in one statement; ``first`` is the place of the first one."""
    rows = [_row(snapshot, position, answer) for position, answer in enumerate(answers, start=first)]
    if len(rows) == 1:
        rows[0].save(force_insert=True)  # without a transaction of its own
    elif rows:
        DeviceAnswer.objects.bulk_create(rows)


def _row(snapshot: DeviceSnapshot, position: int, answer: Answer) -> DeviceAnswer:
    return DeviceAnswer(
        snapshot=snapshot,
        position=position,
        name=answer.name,
        pipeline=answer.pipeline,
        sent_at=answer.sent_at,
        seconds=answer.seconds,
        state=answer.reading.state.value,
        error_code=answer.reading.error_code or "",
        detail=answer.reading.detail,
        content=answer.content,
        errors=answer.errors,
        truncated=answer.truncated,
    )


def finding_content(finding: Finding) -> dict[str, object]:
    """Return a finding's texts in the form that is stored."""
    return {
        "observed": finding.observed.as_json(),
        "expected": finding.expected.as_json(),
        "summary": finding.summary.as_json(),
        "remedy": {
            "employee": finding.remedy.employee.as_json() if finding.remedy.employee else None,
            "it": finding.remedy.it.as_json() if finding.remedy.it else None,
        },
        "depends_on": list(finding.depends_on),
    }


def _closed(snapshot: Snapshot) -> Snapshot:
    """Mark as failed what was never answered, so that no check waits for ever."""
    unanswered = dict.fromkeys([*ENTRIES_READ, "protection_events", LOG_START], Reading(ReadState.FAILED))
    return replace(snapshot, readings=tuple((unanswered | dict(snapshot.readings)).items()))
