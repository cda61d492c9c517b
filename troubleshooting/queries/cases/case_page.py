"""Everything that the page of a case shows; the same number of queries for every case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import ProblemKind, Program, Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.models import Case, CheckRun, Submission, User
from troubleshooting.models.choices import (
    PROBLEM_LABELS,
    PROGRAM_LABELS,
    RUN_STATUS_LABELS,
    SEE_ALL_CASES,
    STAGE_LABELS,
    SUBMISSION_STATUS_LABELS,
    VERDICT_LABELS,
)
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.cases.timeline import Timeline, read_timeline
from troubleshooting.queries.cases.verdict import EventRow, VerdictView, event_rows, read_verdict
from troubleshooting.queries.cases.warned import button_words, read_how_to_open
from troubleshooting.queries.checks.checklist import Checklist, read_checklist
from troubleshooting.queries.checks.evidence import read_snapshot
from troubleshooting.queries.leases.audit_mode_test import TestStep, newest_tests, read_test_step

RUNS_SHOWN = 20
LONG_VALUE = 60  # characters


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the report; the names are those that the evidence component reads."""

    label: Promise
    value: str | Promise
    note: str | Promise = ""
    is_code: bool = False
    is_in_title: bool = False  # IT reads it in the bar at the top

    @property
    def is_long(self) -> bool:
        """Tell whether the value needs a line of its own."""
        return len(str(self.value)) > LONG_VALUE


@dataclass(frozen=True, slots=True)
class StageStep:
    """One step of the stage line."""

    label: Promise
    state: str  # "done", "current", "todo" or "stopped"
    note: str | Promise = ""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run before the one that the page shows."""

    check_run_id: int
    requested_at: datetime
    status: str
    status_label: Promise
    verdict: Promise | None


@dataclass(frozen=True, slots=True)
class SubmissionState:
    """How far the submission to Microsoft is."""

    status: str
    status_label: Promise
    reference: str
    determination: str


# Where a case is, drawn from its stage: (label, state, note) for each step.
STEPS: Mapping[Stage, tuple[StageStep, ...]] = {
    Stage.CHECKING: (
        StageStep(_("Reported"), "done"),
        StageStep(_("PC checked"), "current", _("in progress")),
        StageStep(_("Decided"), "todo"),
        StageStep(_("Solved"), "todo"),
    ),
    Stage.CHECKED: (
        StageStep(_("Reported"), "done"),
        StageStep(_("PC checked"), "done"),
        StageStep(_("Decided"), "current", _("with IT")),
        StageStep(_("Solved"), "todo"),
    ),
    Stage.SUBMITTED: (
        StageStep(_("Reported"), "done"),
        StageStep(_("PC checked"), "done"),
        StageStep(_("Decided"), "current", _("with Microsoft")),
        StageStep(_("Solved"), "todo"),
    ),
    Stage.SOLVED: (
        StageStep(_("Reported"), "done"),
        StageStep(_("PC checked"), "done"),
        StageStep(_("Decided"), "done"),
        StageStep(_("Solved"), "done"),
    ),
    Stage.WITHDRAWN: (
        StageStep(_("Reported"), "done"),
        StageStep(_("Withdrawn"), "stopped"),
    ),
}

# A check that ended without a verdict, as the second step tells it.
NOT_CHECKED: Mapping[RunStatus, StageStep] = {
    RunStatus.FAILED: StageStep(_("PC checked"), "stopped", _("could not be completed")),
    RunStatus.CANCELLED: StageStep(_("PC checked"), "stopped", _("stopped")),
}

# What happens next and who does it: first by the state of the run while the PC is checked, else by the stage.
NEXT_WHILE_CHECKING: Mapping[RunStatus, Promise] = {
    RunStatus.QUEUED: _(
        "The portal is about to check the PC. You don't need to do anything, and you can close this page."
    ),
    RunStatus.RUNNING: _(
        "The portal is checking the PC now. You don't need to do anything, and you can close this page."
    ),
    RunStatus.WAITING: _("The portal is waiting for the PC and tries again by itself."),
}
NEXT_WITHOUT_WORKER = _(
    "The check cannot start right now, because a part of the portal is not running. IT is told on its own pages. The "
    "check starts by itself once everything runs again; you can close this page."
)
NEXT_WITHOUT_VERDICT: Mapping[RunStatus, Promise] = {
    RunStatus.FAILED: _(
        "The check could not be completed. The reason is shown below. Once that has been fixed, check again."
    ),
    RunStatus.CANCELLED: _(
        "The check was stopped before it finished. Have the PC checked again so that IT can decide."
    ),
}
NEXT_BY_STAGE: Mapping[Stage, Promise] = {
    Stage.CHECKING: _(
        "The portal is about to check the PC. You don't need to do anything, and you can close this page."
    ),
    Stage.CHECKED: _("IT will look at the result and decide. You don't need to do anything until you hear from them."),
    Stage.SUBMITTED: _("IT has sent this to Microsoft. An answer usually takes a few days. IT will record it here."),
    Stage.SOLVED: _("This case is closed. If the problem comes back, have the PC checked again."),
    Stage.WITHDRAWN: _("This case was withdrawn, and no one will act on it. You can report the problem again."),
}
NEXT_FOR_IT: Mapping[Stage, Promise] = {
    Stage.CHECKED: _("Your turn: read the verdict, then decide."),
    Stage.SUBMITTED: _("Waiting for Microsoft: record the answer once the submission history shows it."),
    Stage.SOLVED: _("Closed. A new check reopens the case."),
    Stage.WITHDRAWN: _("Withdrawn by the reporter; nothing is left to do."),
}
NEXT_FOR_IT_ONCE_ANSWERED = _(
    "Microsoft has answered. Your turn: have the PC checked again, and close the case if the problem is gone."
)
NEXT_IN_TEST: Mapping[TestStatus, Promise] = {
    TestStatus.ASKED: _("Your turn: approve or reject the audit-mode test."),
    TestStatus.STARTING: _("The portal is switching the PC to audit mode."),
    TestStatus.OPEN: _(
        "Waiting for the employee to open the site again and confirm it. The mode is restored by itself."
    ),
    TestStatus.ENDING: _("The portal is restoring the mode and reading the log."),
}


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case as the reader may see it."""

    number: str
    address: str
    typed_address: str
    kind: Promise
    device: str
    reporter: str
    opened_at: datetime
    updated_at: datetime
    happened_at: datetime
    saw: str
    reason: str
    how_to_open: Text | None  # where it was a warning, and no verdict says so yet
    stage: str
    stage_label: Promise
    is_over: bool
    steps: tuple[StageStep, ...]
    next: Promise
    facts: tuple[Fact, ...]
    checklist: Checklist | None
    test: TestStep
    verdict: VerdictView | None
    events: tuple[EventRow, ...]  # for IT and auditors
    device_facts: tuple[Fact, ...]  # for IT and auditors
    earlier_runs: tuple[EarlierRun, ...]
    timeline: Timeline
    submission: SubmissionState | None
    for_it: bool


def read_case_page(case: Case, *, reader: User, may_test: bool = False, is_worker_lost: bool = False) -> CasePage:
    """Return the page of a case that the reader may open, with device and reporter joined.

    ``may_test`` tells whether the reader may consent to an audit-mode test.
    """
    for_it = reader.role in SEE_ALL_CASES
    runs = _runs(case)
    latest = runs[0] if runs else None
    snapshot = read_snapshot(latest) if for_it and latest else None
    tests = newest_tests(case)
    verdict = read_verdict(runs, for_it=for_it, tests=tests)
    test = read_test_step(case, tests, reader=reader, may_ask=may_test)
    stage = Stage(case.stage)
    checklist = read_checklist(latest, reader=reader, is_worker_lost=is_worker_lost) if latest else None
    submission = _submission(case)
    return CasePage(
        number=case.number,
        address=case.indicator_value,
        typed_address=case.typed_address,
        kind=PROBLEM_LABELS[ProblemKind(case.kind)],
        device=case.device.hostname,
        reporter=str(case.reporter),
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        happened_at=case.happened_at,
        saw=case.saw,
        reason=case.reason,
        how_to_open=read_how_to_open(case, latest, verdict, known=snapshot),
        stage=case.stage,
        stage_label=STAGE_LABELS[stage],
        is_over=case.closed_at is not None,
        steps=_steps(stage, latest, verdict),
        next=_next_in_test(test, for_it=for_it) or _next_sentence(stage, checklist, verdict, submission, for_it=for_it),
        facts=_facts(case),
        checklist=checklist,
        test=test,
        verdict=verdict,
        events=event_rows(snapshot, case.report) if snapshot else (),
        device_facts=_device_facts(snapshot) if snapshot else (),
        earlier_runs=tuple(_earlier(run) for run in runs[1:]),
        timeline=read_timeline(case, reader=reader),
        submission=submission,
        for_it=for_it,
    )


def _runs(case: Case) -> list[CheckRun]:
    """Return the newest runs with their verdicts; they know their case without asking again."""
    runs = list(
        case.check_runs.select_related("verdict", "collection__given_by").order_by("-requested_at", "-pk")[:RUNS_SHOWN]
    )
    for run in runs:
        run.case, run.device = case, case.device
    return runs


def _steps(stage: Stage, latest: CheckRun | None, verdict: VerdictView | None) -> tuple[StageStep, ...]:
    steps = STEPS[stage]
    if stage is not Stage.CHECKED or latest is None or verdict is not None:
        return steps
    checked = NOT_CHECKED.get(RunStatus(latest.status), steps[1])
    return steps[0], checked, *steps[2:]


def _next_sentence(
    stage: Stage,
    latest: Checklist | None,
    verdict: VerdictView | None,
    submission: SubmissionState | None,
    *,
    for_it: bool,
) -> Promise:
    is_answered = submission is not None and submission.status == SubmissionStatus.CLOSED
    if for_it and stage is Stage.SUBMITTED and is_answered:
        return NEXT_FOR_IT_ONCE_ANSWERED
    status = RunStatus(latest.status) if latest else RunStatus.QUEUED
    if stage is Stage.CHECKING and latest is not None and latest.is_worker_lost:
        return NEXT_WITHOUT_WORKER
    if stage is Stage.CHECKING and status in NEXT_WHILE_CHECKING:
        return NEXT_WHILE_CHECKING[status]
    if stage is Stage.CHECKED and verdict is None and status in NEXT_WITHOUT_VERDICT:
        return NEXT_WITHOUT_VERDICT[status]
    return NEXT_FOR_IT.get(stage, NEXT_BY_STAGE[stage]) if for_it else NEXT_BY_STAGE[stage]


def _next_in_test(step: TestStep, *, for_it: bool) -> Promise | None:
    """Say for IT who has to move while a test is awaited or under way."""
    live = step.test if for_it and step.is_live else None
    return NEXT_IN_TEST[TestStatus(live.status)] if live else None


def _facts(case: Case) -> tuple[Fact, ...]:
    """Return the report as it was made."""
    program = PROGRAM_LABELS[Program(case.program)]
    typed = "" if case.typed_address == case.indicator_value else case.typed_address
    facts = (
        Fact(_("Problem"), PROBLEM_LABELS[ProblemKind(case.kind)]),
        Fact(_("Address"), case.indicator_value, is_code=True, is_in_title=True),
        Fact(_("As entered"), typed, is_code=True),
        Fact(_("Program"), case.program_name or program, note=program if case.program_name else ""),
        Fact(_("PC"), case.device.hostname, note=case.device.description, is_in_title=True),
        Fact(_("Reported by"), str(case.reporter), is_in_title=True),
        Fact(_("Button to open it anyway"), button_words(case)),
        Fact(_("What the person saw"), case.saw),
        Fact(_("Why it is needed"), case.reason),
    )
    return tuple(fact for fact in facts if fact.value)


def _device_facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return what IT wants to know of the PC at a glance; an empty value says that the PC did not tell."""
    system, status = snapshot.operating_system, snapshot.computer_status
    computer = snapshot.computer
    facts = (
        Fact(_("Windows"), (system and system.caption) or "", note=(system and system.version) or ""),
        Fact(_("Antivirus mode"), (status and status.running_mode) or ""),
        Fact(_("Platform"), (status and status.product_version) or "", is_code=True),
        Fact(_("Engine"), (status and status.engine_version) or "", is_code=True),
        Fact(_("Security intelligence"), (status and status.signature_version) or "", is_code=True),
        Fact(_("Signed in at the PC"), (computer and computer.user_name) or ""),
    )
    return facts if any(fact.value for fact in facts) else ()


def _earlier(run: CheckRun) -> EarlierRun:
    verdict = getattr(run, "verdict", None)
    return EarlierRun(
        check_run_id=run.pk,
        requested_at=run.requested_at,
        status=run.status,
        status_label=RUN_STATUS_LABELS[RunStatus(run.status)],
        verdict=label_of(VERDICT_LABELS, verdict.code) if verdict else None,
    )


def _submission(case: Case) -> SubmissionState | None:
    submission: Submission | None = case.submissions.last()
    if submission is None:
        return None
    return SubmissionState(
        status=submission.status,
        status_label=SUBMISSION_STATUS_LABELS[SubmissionStatus(submission.status)],
        reference=submission.reference,
        determination=submission.determination,
    )
