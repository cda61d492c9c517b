"""The checks of one run as the page shows them, and the transcript of what ran on the PC."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from troubleshooting.domain.check_run import RunStatus
from troubleshooting.domain.device_errors import DeviceErrorCode
from troubleshooting.domain.finding import PREREQUISITES, CheckId, CheckStatus
from troubleshooting.domain.remediation_errors import error_text
from troubleshooting.domain.snapshot import ReadState
from troubleshooting.domain.text import Text
from troubleshooting.models import Case, CheckFinding, CheckRun, DeviceAnswer, DeviceSnapshot, User
from troubleshooting.models.case import SEE_ALL_CASES
from troubleshooting.models.choices import (
    CHECK_STATUS_LABELS,
    CHECK_TITLES,
    READ_STATE_LABELS,
    RUN_STATUS_LABELS,
)
from troubleshooting.queries.words import stored_text, translated

_signer = signing.Signer(salt="troubleshooting.checklist")

POLL_S = 2  # while something can change at any moment
SLOW_POLL_S = 10  # while the PC is waited for, which takes minutes at least
NEEDS_ATTENTION = (CheckStatus.FAIL, CheckStatus.WARN)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check. What is only for IT is None for other readers."""

    check_id: str
    title: Promise
    status: str
    status_label: Promise
    summary: Text | None
    observed: Text | None
    expected: Text | None
    remedy: Text | None
    it_remedy: Text | None
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run waits or failed. ``code``, ``it_remedy`` and ``detail`` are empty for all but IT and auditors."""

    title: Text
    cause: Text
    remedy: Text | None
    it_remedy: Text | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """One run, as far as it has come."""

    check_run_id: int
    case_number: str
    device: str
    status: str
    status_label: Promise
    is_live: bool
    is_stopping: bool
    token: str
    poll_s: int
    lines: tuple[CheckLine, ...]
    attempt: int
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None
    deadline_at: datetime
    usual_s: int | None  # how long the PC's last finished check took, None where there was none
    error: RunError | None
    technical: bool

    @property
    def prerequisites(self) -> tuple[CheckLine, ...]:
        """Give the article's own checks."""
        return tuple(line for line in self.lines if line.check_id in PREREQUISITES)

    @property
    def others(self) -> tuple[CheckLine, ...]:
        """Give the checks beyond the prerequisites."""
        return tuple(line for line in self.lines if line.check_id not in PREREQUISITES)

    @property
    def total(self) -> int:
        """Count the checks."""
        return len(self.lines)

    @property
    def done(self) -> int:
        """Count the checks that have been judged."""
        return sum(line.status != CheckStatus.WAITING for line in self.lines)

    @property
    def attention(self) -> tuple[CheckLine, ...]:
        """Give the checks that failed or warn, failures first."""
        found = (line for line in self.lines if line.status in NEEDS_ATTENTION)
        return tuple(sorted(found, key=lambda line: line.status != CheckStatus.FAIL))

    @property
    def rest(self) -> tuple[CheckLine, ...]:
        """Give the checks that need no attention."""
        return tuple(line for line in self.lines if line.status not in NEEDS_ATTENTION)

    @property
    def counts(self) -> str:
        """Say how many checks came to what: "14 passed, 2 failed, 1 unknown"."""
        found = Counter(line.status for line in self.lines)
        named = ((CHECK_STATUS_LABELS[status], found[status.value]) for status in CheckStatus if found[status.value])
        return ", ".join(f"{number} {str(label).lower()}" for label, number in named)

    @property
    def news(self) -> str:
        """Say for a screen reader how far the run is and what is wrong so far."""
        if self.error:
            return f"{translated(self.error.title)}."
        if not self.is_live:
            return _("The check has ended: %(counts)s.") % {"counts": self.counts} if self.lines else ""
        done = _("%(done)s of %(total)s checks done.") % {"done": self.done, "total": self.total}
        names = ", ".join(str(line.title) for line in self.attention)
        return f"{done} {_('Not as it should be: %(names)s.') % {'names': names}}" if names else done


@dataclass(frozen=True, slots=True)
class SeenState:
    """What a page showed of a run when it was made."""

    version: int
    status: str


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
    """One visit of a run: where it went, with which account, and what it asked."""

    attempt: int
    started_at: datetime
    endpoint: str
    account: str
    credential_profile: str
    commands: tuple[SentCommand, ...]

    @property
    def seconds(self) -> float:
        """Sum up the time that the commands took."""
        return sum(command.seconds for command in self.commands)


def page_token(run: CheckRun) -> str:
    """Give the token of the state that a page shows; only a page that we made has it."""
    return _signer.sign(f"{run.pk}:{run.version}:{run.status}")


def read_token(token: str, run_id: int) -> SeenState | None:
    """Read the state that a token of this run names; None for a missing, foreign or forged one."""
    try:
        run, version, status = _signer.unsign(token).split(":")
    except signing.BadSignature:
        return None
    return SeenState(int(version), status) if run == str(run_id) else None


def is_unchanged(run_id: int, token: str) -> bool:
    """Tell whether the run still is as the page with this token shows it: one indexed query, or none."""
    seen = read_token(token, run_id)
    return seen is not None and CheckRun.objects.filter(pk=run_id, version=seen.version).exists()


def runs_visible_to(reader: User) -> QuerySet[CheckRun]:
    """Give the runs of the cases that the reader may open, with what their pages need."""
    runs = CheckRun.objects.select_related("case__device", "case__reporter", "device")
    return runs.filter(case__in=Case.objects.visible_to(reader))


def read_checklist(run: CheckRun, *, reader: User) -> Checklist:
    """Give the run as the reader may see it; two queries."""
    technical = reader.role in SEE_ALL_CASES
    status = RunStatus(run.status)
    return Checklist(
        check_run_id=run.pk,
        case_number=run.case.number,
        device=run.device.hostname,
        status=run.status,
        status_label=RUN_STATUS_LABELS[status],
        is_live=run.is_live,
        is_stopping=run.is_live and run.cancel_requested_at is not None,
        token=page_token(run),
        poll_s=SLOW_POLL_S if status is RunStatus.WAITING else POLL_S,
        lines=_lines(run, technical=technical),
        attempt=run.attempt,
        requested_at=run.requested_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        next_attempt_at=run.next_attempt_at,
        deadline_at=run.deadline_at,
        usual_s=_usual_seconds(run) if run.is_live else None,
        error=_run_error(run, technical=technical),
        technical=technical,
    )


def read_transcript(run: CheckRun) -> tuple[TranscriptVisit, ...]:
    """Give every command that ran, visit by visit, newest visit first; two queries."""
    answers = Prefetch("answers", queryset=DeviceAnswer.objects.defer("content", "errors"))
    visits = run.snapshots.order_by("-attempt").prefetch_related(answers)
    return tuple(_visit(visit) for visit in visits)


def read_raw_answer(run: CheckRun, answer_id: int) -> str | None:
    """Give one stored answer as indented JSON, None where the run has no such answer; one query."""
    answer = DeviceAnswer.objects.filter(snapshot__check_run=run, pk=answer_id).first()
    if answer is None:
        return None
    raw = {"content": answer.content, "errors": answer.errors, "truncated": answer.truncated}
    return json.dumps(raw, indent=2, ensure_ascii=False, default=str)


def _lines(run: CheckRun, *, technical: bool) -> tuple[CheckLine, ...]:
    """Give all checks in the page's order; while the run is live, those without a finding wait."""
    found = {finding.check_id: finding for finding in run.findings.all()}
    wanted: Iterable[CheckId] = CheckId if run.is_live else [check for check in CheckId if check in found]
    return tuple(_line(check, found.get(check), technical=technical) for check in wanted)


def _line(check: CheckId, finding: CheckFinding | None, *, technical: bool) -> CheckLine:
    status = CheckStatus(finding.status) if finding else CheckStatus.WAITING
    content: Mapping[str, Any] = finding.content if finding else {}
    remedy: Mapping[str, Any] = content.get("remedy") or {}
    return CheckLine(
        check_id=check.value,
        title=CHECK_TITLES[check],
        status=status.value,
        status_label=CHECK_STATUS_LABELS[status],
        summary=stored_text(content.get("summary")),
        observed=stored_text(content.get("observed")),
        expected=stored_text(content.get("expected")),
        remedy=stored_text(remedy.get("employee")),
        it_remedy=stored_text(remedy.get("it")) if technical else None,
        commands=tuple(content.get("depends_on", ())) if technical else (),
    )


def _run_error(run: CheckRun, *, technical: bool) -> RunError | None:
    if run.status not in (RunStatus.WAITING, RunStatus.FAILED) or run.error_code not in set(DeviceErrorCode):
        return None
    words = error_text(DeviceErrorCode(run.error_code))
    return RunError(
        title=words.title,
        cause=words.cause,
        remedy=words.employee,
        it_remedy=words.it if technical else None,
        code=run.error_code if technical else "",
        detail=run.error_detail if technical else "",
    )


def _usual_seconds(run: CheckRun) -> int | None:
    """Give how long the PC's last finished visit took."""
    finished = CheckRun.objects.filter(device_id=run.device_id, status=RunStatus.FINISHED).exclude(started_at=None)
    times = finished.order_by("-finished_at").values_list("started_at", "finished_at").first()
    if times is None or times[0] is None or times[1] is None:
        return None
    took: timedelta = times[1] - times[0]
    return max(1, round(took.total_seconds()))


def _visit(visit: DeviceSnapshot) -> TranscriptVisit:
    return TranscriptVisit(
        attempt=visit.attempt,
        started_at=visit.started_at,
        endpoint=visit.endpoint,
        account=visit.account,
        credential_profile=visit.credential_profile,
        commands=tuple(_command(answer) for answer in visit.answers.all()),
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
