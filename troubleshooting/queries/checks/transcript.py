"""What ran on a PC, visit by visit: for a check run, a lease, one place of an exclusion, a re-test, or a drift scan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils.functional import Promise

from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.models import (
    CheckRun,
    DeviceAnswer,
    DeviceSnapshot,
    DriftScan,
    Placement,
    RemovedAnswers,
    Retest,
    SettingLease,
)
from troubleshooting.models.choices import READ_STATE_LABELS

Visited = CheckRun | SettingLease | Placement | Retest | DriftScan  # what visits are made for


@dataclass(frozen=True, slots=True)
class SentCommand:
    """One command that ran, with what came back."""

    answer_id: int  # the raw answer is fetched on demand: it may be large
    name: str
    pipeline: str
    sent_at: datetime
    seconds: float
    state: str
    state_label: Promise
    error_code: str
    detail: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class TranscriptVisit:
    """One visit: where it went, with which account, and what it asked."""

    attempt: int
    started_at: datetime
    endpoint: str
    account: str
    credential_profile: str
    commands: tuple[SentCommand, ...]
    removed: RemovedAnswers | None  # what is left where the answers were removed after their time

    @property
    def kept_days(self) -> int:
        """Return for how many days removed answers were kept."""
        return (self.removed.removed_at - self.started_at).days if self.removed else 0

    @property
    def seconds(self) -> float:
        """Sum up the time that the commands took."""
        return sum(command.seconds for command in self.commands)


def read_transcript(of: Visited) -> tuple[TranscriptVisit, ...]:
    """Return every command that ran, visit by visit, newest visit first; two queries."""
    answers = Prefetch("answers", queryset=DeviceAnswer.objects.defer("content", "errors"))
    visits = of.snapshots.select_related("removed").order_by("-attempt").prefetch_related(answers)
    return tuple(_visit(visit) for visit in visits)


def read_raw_answer(of: Visited, answer_id: int) -> str | None:
    """Return one stored answer as indented JSON, None where none of the visits has such an answer; one query."""
    answer = DeviceAnswer.objects.filter(snapshot__in=of.snapshots.all(), pk=answer_id).first()
    if answer is None:
        return None
    raw = {"content": answer.content, "errors": answer.errors, "truncated": answer.truncated}
    return json.dumps(raw, indent=2, ensure_ascii=False, default=str)


def _visit(visit: DeviceSnapshot) -> TranscriptVisit:
    return TranscriptVisit(
        attempt=visit.attempt,
        started_at=visit.started_at,
        endpoint=visit.endpoint,
        account=visit.account,
        credential_profile=visit.credential_profile,
        commands=tuple(_command(answer) for answer in visit.answers.all()),
        removed=getattr(visit, "removed", None),
    )


def _command(answer: DeviceAnswer) -> SentCommand:
    return SentCommand(
        answer_id=answer.pk,
        name=answer.name,
        pipeline=answer.pipeline,
        sent_at=answer.sent_at,
        seconds=answer.seconds,
        state=answer.state,
        state_label=READ_STATE_LABELS[ReadState(answer.state)],
        error_code=answer.error_code,
        detail=answer.detail,
        truncated=answer.truncated,
    )
