"""What the first page shows: a person's own cases in words, and for IT and auditors how many wait for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troubleshooting.domain.cases.case import OPEN, ProblemKind, Stage
from troubleshooting.domain.cases.indicator import Indicator
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import Case, CheckRun, Submission, User
from troubleshooting.models.choices import PROBLEM_LABELS, STAGE_LABELS, VERDICT_LABELS
from troubleshooting.models.submission import AWAITED
from troubleshooting.queries.base.words import label_of

NEWEST = 8  # cases on the first page; the rest is on the page of cases

STATE_SENTENCES: Mapping[Stage, Promise] = {
    Stage.CHECKING: gettext_lazy("We are checking %(pc)s. You don't need to do anything."),
    Stage.CHECKED: gettext_lazy("%(pc)s has been checked. IT decides what happens next."),
    Stage.SUBMITTED: gettext_lazy("IT has asked Microsoft to look at this address. We are waiting for the answer."),
    Stage.SOLVED: gettext_lazy("Solved. There is nothing left to do."),
    Stage.WITHDRAWN: gettext_lazy("You withdrew this report."),
}
ANSWERED = gettext_lazy("Microsoft has answered. IT is looking at the answer.")
UNREACHABLE = gettext_lazy("%(pc)s cannot be reached. We will check it as soon as it is on and connected.")


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One of the person's cases."""

    number: str
    address: str
    kind: Promise
    stage: str
    stage_label: Promise
    verdict: Promise | None
    state: str  # a sentence: where it stands
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many open cases stand in a stage."""

    stage: str
    label: Promise
    meaning: Promise
    count: int


@dataclass(frozen=True, slots=True)
class OwnCases:
    """The newest of the person's own cases."""

    lines: tuple[CaseLine, ...]
    has_more: bool


def own_cases(person: User) -> OwnCases:
    """Return the cases that the person reported or that are about what was their PC, newest first; one query."""
    waits = CheckRun.objects.filter(case=OuterRef("pk"), status=RunStatus.WAITING)
    own = Case.objects.filter(Q(reporter=person) | Q(device_owner=person))
    awaited = Submission.objects.filter(case=OuterRef("pk"), status__in=AWAITED)
    found = own.select_related("device").annotate(pc_is_away=Exists(waits), is_awaited=Exists(awaited))
    found = found.order_by("-opened_at", "-pk")[: NEWEST + 1]
    lines = tuple(_line(case, person=person) for case in found)
    return OwnCases(lines=lines[:NEWEST], has_more=len(lines) > NEWEST)


STAGE_MEANINGS: Mapping[Stage, Promise] = {
    Stage.CHECKED: gettext_lazy("waiting for a decision by IT"),
    Stage.CHECKING: gettext_lazy("being checked, or waiting for a PC"),
    Stage.SUBMITTED: gettext_lazy("waiting for Microsoft"),
}


def stage_counts() -> tuple[StageCount, ...]:
    """Return how many open cases wait for whom, IT first; one query."""
    rows = Case.objects.filter(stage__in=[s.value for s in OPEN]).order_by().values("stage").annotate(n=Count("pk"))
    counts = {row["stage"]: row["n"] for row in rows}
    return tuple(
        StageCount(stage.value, STAGE_LABELS[stage], meaning, counts.get(stage.value, 0))
        for stage, meaning in STAGE_MEANINGS.items()
    )


def _line(case: Case, *, person: User) -> CaseLine:
    stage = Stage(case.stage)
    return CaseLine(
        number=case.number,
        address=Indicator.from_json(case.indicator).display_host,
        kind=PROBLEM_LABELS[ProblemKind(case.kind)],
        stage=case.stage,
        stage_label=STAGE_LABELS[stage],
        verdict=label_of(VERDICT_LABELS, case.verdict_code),
        state=_state(case, stage, person=person),
        opened_at=case.opened_at,
    )


def _state(case: Case, stage: Stage, *, person: User) -> str:
    if stage is Stage.WITHDRAWN and case.reporter_id != person.pk:
        return _("The report was withdrawn.")
    if stage is Stage.SUBMITTED and not getattr(case, "is_awaited", True):
        return str(ANSWERED)
    away = stage is Stage.CHECKING and bool(getattr(case, "pc_is_away", False))
    sentence = UNREACHABLE if away else STATE_SENTENCES[stage]
    return str(sentence) % {"pc": case.device.hostname}
