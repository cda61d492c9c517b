"""The list of cases: what a filter leaves, the newest change first, one page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise

from troubleshooting.domain.cases.case import NEXT_MOVE, ProblemKind, Program, Stage
from troubleshooting.models import Case, User
from troubleshooting.models.choices import (
    CONFIDENCE_LABELS,
    PROBLEM_LABELS,
    PROGRAM_LABELS,
    SEE_ALL_CASES,
    STAGE_LABELS,
    VERDICT_LABELS,
)
from troubleshooting.queries.base.paging import EXPORT_PORTION, PAGE_SIZE, Cursor, read_page
from troubleshooting.queries.base.searching import cases_with, whole_number
from troubleshooting.queries.base.words import label_of, words_of

NO_VERDICT = "none"
EXPORTED = (
    "number",
    "opened_at",
    "updated_at",
    "stage",
    "kind",
    "indicator_value",
    "program",
    "program_name",
    "device__hostname",
    "reporter__first_name",
    "reporter__last_name",
    "reporter__username",
    "verdict_code",
    "verdict_confidence",
)
LIST_FIELDS = (
    "number",
    "kind",
    "indicator_value",
    "indicator_host",
    "program",
    "program_name",
    "stage",
    "verdict_code",
    "verdict_confidence",
    "opened_at",
    "updated_at",
    "device__hostname",
    "reporter__username",
    "reporter__first_name",
    "reporter__last_name",
)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What the reader wants to see; empty parts leave everything."""

    stage: Stage | None = None
    kind: ProblemKind | None = None
    verdict: str = ""  # a VerdictCode value, or NO_VERDICT
    waiting_for_it: bool = False
    search: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is filtered."""
        return self == CaseFilter()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list."""

    number: str
    address: str
    kind: Promise
    device: str
    reporter: str
    program: str | Promise
    stage: str
    stage_label: Promise
    verdict_code: str
    verdict: Promise | None
    confidence: Promise | None
    next_move: str | None  # "portal", "reviewer", "microsoft", or None when it is over
    opened_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CaseList:
    """One page of the list."""

    rows: tuple[CaseRow, ...]
    total: int  # counted no further than COUNTED_TO
    older: Cursor | None
    newer: Cursor | None
    shows_everybody: bool  # False: the reader's own cases, in simpler columns


def list_cases(
    reader: User, wanted: CaseFilter, *, cursor: Cursor | None = None, page_size: int = PAGE_SIZE
) -> CaseList:
    """Return one page of the cases that the reader may see and the filter leaves; two queries."""
    found = matching_cases(reader, wanted)
    is_search = bool(wanted.search.strip())
    page = read_page(found, by="updated_at", cursor=cursor, page_size=page_size, load=_joined, is_search=is_search)
    return CaseList(
        rows=tuple(map(_row, page.rows)),
        total=page.total,
        older=page.older,
        newer=page.newer,
        shows_everybody=reader.role in SEE_ALL_CASES,
    )


def export_cases(reader: User, wanted: CaseFilter) -> Iterator[tuple[str, ...]]:
    """Return the cells of every row of the filtered list, in the order of ``EXPORTED``, read in portions.

    No objects are made, and each label is looked up once: a row costs half as much.
    """
    stages, kinds, programs = words_of(STAGE_LABELS), words_of(PROBLEM_LABELS), words_of(PROGRAM_LABELS)
    verdicts, confidences = words_of(VERDICT_LABELS), words_of(CONFIDENCE_LABELS)
    found = matching_cases(reader, wanted).order_by("-updated_at", "-pk").values_list(*EXPORTED)
    return (
        (
            number,
            opened_at.isoformat(timespec="seconds"),
            updated_at.isoformat(timespec="seconds"),
            stages[stage],
            kinds[kind],
            address,
            program_name or programs[program],
            device,
            f"{first_name} {last_name}".strip() or username,
            verdicts.get(verdict, ""),
            confidences.get(confidence, ""),
        )
        for (
            number,
            opened_at,
            updated_at,
            stage,
            kind,
            address,
            program,
            program_name,
            device,
            first_name,
            last_name,
            username,
            verdict,
            confidence,
        ) in found.iterator(chunk_size=EXPORT_PORTION)
    )


def matching_cases(reader: User, wanted: CaseFilter) -> QuerySet[Case]:
    """Return the cases that the reader may see and the filter leaves."""
    found: QuerySet[Case] = Case.objects.visible_to(reader)
    if wanted.stage:
        found = found.filter(stage=wanted.stage.value)
    if wanted.kind:
        found = found.filter(kind=wanted.kind.value)
    if wanted.verdict:
        found = found.filter(verdict_code="" if wanted.verdict == NO_VERDICT else wanted.verdict)
    if wanted.waiting_for_it:
        found = found.filter(stage__in=[stage.value for stage, mover in NEXT_MOVE.items() if mover == "reviewer"])
    number = whole_number(wanted.search)
    if number is not None:
        return found.filter(number=number)
    for word in wanted.search.split():
        found = found.filter(cases_with(word))
    return found


def _joined(found: QuerySet[Case]) -> QuerySet[Case]:
    return found.select_related("device", "reporter").only(*LIST_FIELDS)


def _row(case: Case) -> CaseRow:
    program = Program(case.program)
    return CaseRow(
        number=case.number,
        address=case.indicator_value,
        kind=PROBLEM_LABELS[ProblemKind(case.kind)],
        device=case.device.hostname,
        reporter=str(case.reporter),
        program=case.program_name or PROGRAM_LABELS[program],
        stage=case.stage,
        stage_label=STAGE_LABELS[Stage(case.stage)],
        verdict_code=case.verdict_code,
        verdict=label_of(VERDICT_LABELS, case.verdict_code),
        confidence=label_of(CONFIDENCE_LABELS, case.verdict_confidence),
        next_move=NEXT_MOVE[Stage(case.stage)],
        opened_at=case.opened_at,
        updated_at=case.updated_at,
    )
