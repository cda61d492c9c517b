"""The checks of one run as the page shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.checks.check_run import HAS_ERROR, RunStatus
from troubleshooting.domain.checks.finding import NEEDS_ATTENTION, CheckStatus
from troubleshooting.domain.checks.registry import CHECKS, PREREQUISITE_IDS, in_page_order, title_of
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.fleet.settings import BY_CHECK, FleetSetting
from troubleshooting.domain.verdict.tries import REQUEST_PAGE, RESOLVE_NAME, TEST_PORT, TRIES, said_by_tries
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.models import Case, CheckFinding, CheckRun, DeviceAnswer, User
from troubleshooting.models.choices import (
    CHECK_STATUS_LABELS,
    RUN_STATUS_LABELS,
    SEE_ALL_CASES,
)
from troubleshooting.queries.base.state_tokens import StateTokens
from troubleshooting.queries.base.words import stored_text, translated
from troubleshooting.queries.checks.endpoint import OldEndpoint, read_old_endpoint
from troubleshooting.queries.checks.evidence import answer_of
from troubleshooting.queries.checks.given import Given, read_given

POLL_S = 2  # while something can change at any moment
SLOW_POLL_S = 10  # while the PC is waited for, which takes minutes at least

TRY_TITLES: Mapping[str, Promise] = {
    RESOLVE_NAME: gettext_lazy("Name resolution"),
    TEST_PORT: gettext_lazy("Connection"),
    REQUEST_PAGE: gettext_lazy("Page"),
}
TRY_STATUS: Mapping[bool | None, CheckStatus] = {
    True: CheckStatus.PASS,
    False: CheckStatus.WARN,
    None: CheckStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check. What is only for IT is None for other readers."""

    check_id: str
    title: str
    status: str
    status_label: Promise
    summary: Text | None
    observed: Text | None
    expected: Text | None
    remedy: Text | None
    it_remedy: Text | None
    commands: tuple[str, ...]
    fleet: tuple[FleetSetting, ...] = ()  # what puts it right on many PCs


@dataclass(frozen=True, slots=True)
class TryLine:
    """One thing that the PC tried itself, after the checks."""

    name: str
    title: Promise
    status: str
    said: Text


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
    is_worker_lost: bool  # nobody takes what waits
    token: str
    poll_s: int
    lines: tuple[CheckLine, ...]
    tries: tuple[TryLine, ...]
    is_trying: bool  # every check is done, and the PC is asked what the verdict still needs
    attempt: int
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None
    deadline_at: datetime
    usual_s: int | None  # how long the PC's last finished check took, None where there was none
    error: RunError | None
    for_it: bool
    old_endpoint: OldEndpoint | None  # for IT, once the run has ended
    given: Given | None  # where a person gave the evidence

    @property
    def prerequisites(self) -> tuple[CheckLine, ...]:
        """Return the article's own checks."""
        return tuple(line for line in self.lines if line.check_id in PREREQUISITE_IDS)

    @property
    def others(self) -> tuple[CheckLine, ...]:
        """Return the checks beyond the prerequisites."""
        return tuple(line for line in self.lines if line.check_id not in PREREQUISITE_IDS)

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
        """Return the checks that failed or warn, failures first."""
        found = (line for line in self.lines if line.status in NEEDS_ATTENTION)
        return tuple(sorted(found, key=lambda line: line.status != CheckStatus.FAIL))

    @property
    def rest(self) -> tuple[CheckLine, ...]:
        """Return the checks that need no attention."""
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
        names = ", ".join(line.title for line in self.attention)
        return f"{done} {_('Needs attention: %(names)s.') % {'names': names}}" if names else done


_tokens = StateTokens(CheckRun, salt="troubleshooting.checklist")
page_token = _tokens.give
read_token = _tokens.read
is_unchanged = _tokens.is_unchanged


def runs_visible_to(reader: User) -> QuerySet[CheckRun]:
    """Return the runs of the cases that the reader may open, with what their pages need."""
    runs = CheckRun.objects.select_related("case__device", "case__reporter", "device", "collection__given_by")
    return runs.filter(case__in=Case.objects.visible_to(reader))


def read_checklist(run: CheckRun, *, reader: User, is_worker_lost: bool = False) -> Checklist:
    """Return the run as the reader may see it: two queries, one more once every check is judged, one more for IT."""
    for_it = reader.role in SEE_ALL_CASES
    status = RunStatus(run.status)
    lines = _lines(run, for_it=for_it)
    has_all = bool(lines) and all(line.status != CheckStatus.WAITING for line in lines)
    return Checklist(
        check_run_id=run.pk,
        case_number=run.case.number,
        device=run.device.hostname,
        status=run.status,
        status_label=RUN_STATUS_LABELS[status],
        is_live=run.is_live,
        is_stopping=run.is_live and run.cancel_requested_at is not None,
        is_worker_lost=is_worker_lost and status in {RunStatus.QUEUED, RunStatus.WAITING},
        token=page_token(run),
        poll_s=SLOW_POLL_S if status is RunStatus.WAITING else POLL_S,
        lines=lines,
        tries=_tries(run) if has_all else (),
        is_trying=status is RunStatus.RUNNING and has_all,
        attempt=run.attempt,
        requested_at=run.requested_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        next_attempt_at=run.next_attempt_at,
        deadline_at=run.deadline_at,
        usual_s=_usual_seconds(run) if run.is_live else None,
        error=_run_error(run, for_it=for_it),
        for_it=for_it,
        given=read_given(run, reader=reader),
        old_endpoint=read_old_endpoint(run) if for_it and not run.is_live else None,
    )


def _lines(run: CheckRun, *, for_it: bool) -> tuple[CheckLine, ...]:
    """Return the findings in the page's order; while the run is live, also the checks that wait for theirs."""
    found = {finding.check_id: finding for finding in run.findings.all()}
    waiting = {check.id for check in CHECKS} if run.is_live else set()
    wanted = in_page_order(found.keys() | waiting)
    return tuple(_line(check, found.get(check), for_it=for_it) for check in wanted)


def _line(check: str, finding: CheckFinding | None, *, for_it: bool) -> CheckLine:
    status = CheckStatus(finding.status) if finding else CheckStatus.WAITING
    content: Mapping[str, Any] = finding.content if finding else {}
    remedy: Mapping[str, Any] = content.get("remedy") or {}
    return CheckLine(
        check_id=check,
        title=translated(title_of(check)),
        status=status.value,
        status_label=CHECK_STATUS_LABELS[status],
        summary=stored_text(content.get("summary")),
        observed=stored_text(content.get("observed")),
        expected=stored_text(content.get("expected")),
        remedy=stored_text(remedy.get("employee")),
        it_remedy=stored_text(remedy.get("it")) if for_it else None,
        commands=tuple(content.get("depends_on", ())) if for_it else (),
        fleet=BY_CHECK.get(check, ()) if for_it and status is CheckStatus.FAIL else (),
    )


def _tries(run: CheckRun) -> tuple[TryLine, ...]:
    """Return what the PC tried for a block report in the run's last visit; one query."""
    if run.case.kind != ProblemKind.SAFE_SITE_BLOCKED:
        return ()
    asked = DeviceAnswer.objects.filter(snapshot__check_run=run, snapshot__attempt=run.attempt, name__in=TRIES)
    answers = [answer_of(row) for row in asked]
    snapshot = build_snapshot(answers, collected_at=run.requested_at)
    return tuple(
        TryLine(one.name, TRY_TITLES[one.name], TRY_STATUS[one.is_good].value, one.said)
        for one in said_by_tries(run.case.report, snapshot)
    )


def _run_error(run: CheckRun, *, for_it: bool) -> RunError | None:
    if RunStatus(run.status) not in HAS_ERROR or run.error_code not in set(DeviceErrorCode):
        return None
    words = error_text(DeviceErrorCode(run.error_code))
    return RunError(
        title=words.title,
        cause=words.cause,
        remedy=words.employee,
        it_remedy=words.it if for_it else None,
        code=run.error_code if for_it else "",
        detail=run.error_detail if for_it else "",
    )


def _usual_seconds(run: CheckRun) -> int | None:
    """Return how long the PC's last finished visit took."""
    finished = CheckRun.objects.filter(device_id=run.device_id, status=RunStatus.FINISHED).exclude(started_at=None)
    times = finished.order_by("-finished_at").values_list("started_at", "finished_at").first()
    if times is None or times[0] is None or times[1] is None:
        return None
    took: timedelta = times[1] - times[0]
    return max(1, round(took.total_seconds()))
