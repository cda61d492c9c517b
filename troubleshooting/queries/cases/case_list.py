"""The list of cases: what a filter leaves, one page at a time, in an order that does not move under the reader.

Pages are sought by the last row seen (updated_at, id), never counted off: page 400 costs as much as page 1, and a case
that changes meanwhile is not shown twice or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
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
from troubleshooting.queries.base.words import label_of

PAGE_SIZE = 50
COUNTED_TO = 1000  # counting further would cost more than it tells
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_VERDICT = "none"
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
class Cursor:
    """Where a page begins: beside this row, which is not part of it."""

    updated_at: datetime
    case_id: int
    newer: bool = False  # False: the rows after it (older changes); True: the rows before it

    def __str__(self) -> str:
        """Return the form for the address bar."""
        return f"{(self.updated_at - EPOCH) // timedelta(microseconds=1)}-{self.case_id}"


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

    @property
    def total_is_cut(self) -> bool:
        """Tell whether there are more than were counted."""
        return self.total >= COUNTED_TO


def read_cursor(text: str, *, newer: bool = False) -> Cursor | None:
    """Read what ``str(cursor)`` gave; None for anything else, which means the first page."""
    moment, _, case_id = text.partition("-")
    if not (moment.isascii() and moment.isdecimal() and case_id.isascii() and case_id.isdecimal()):
        return None
    if len(moment) > 17 or len(case_id) > 18:
        return None
    return Cursor(EPOCH + timedelta(microseconds=int(moment)), int(case_id), newer=newer)


def list_cases(
    reader: User, wanted: CaseFilter, *, cursor: Cursor | None = None, page_size: int = PAGE_SIZE
) -> CaseList:
    """Return one page of the cases that the reader may see and the filter leaves; two queries."""
    found = matching_cases(reader, wanted)
    cases, more = _page(found, cursor, page_size)
    newer_page = cursor is not None and cursor.newer
    has_older, has_newer = (True, more) if newer_page else (more, cursor is not None)
    return CaseList(
        rows=tuple(_row(case) for case in cases),
        total=found.order_by()[:COUNTED_TO].count(),
        older=_cursor_at(cases[-1:]) if has_older else None,
        newer=_cursor_at(cases[:1], newer=True) if has_newer else None,
        shows_everybody=reader.role in SEE_ALL_CASES,
    )


def export_rows(reader: User, wanted: CaseFilter) -> Iterator[CaseRow]:
    """Return every row of the filtered list, read in portions."""
    for case in _ordered(matching_cases(reader, wanted)).iterator(chunk_size=500):
        yield _row(case)


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
    return _searched(found, wanted.search)


def _searched(found: QuerySet[Case], text: str) -> QuerySet[Case]:
    """Every word has to be found somewhere: number, host, PC or reporter."""
    for word in text.split():
        found = found.filter(
            Q(number__icontains=word)
            | Q(indicator_host__icontains=word)
            | Q(indicator_value__icontains=word)
            | Q(device__hostname__icontains=word)
            | Q(reporter__username__icontains=word)
            | Q(reporter__first_name__icontains=word)
            | Q(reporter__last_name__icontains=word)
        )
    return found


def _ordered(found: QuerySet[Case]) -> QuerySet[Case]:
    return found.select_related("device", "reporter").only(*LIST_FIELDS).order_by("-updated_at", "-pk")


def _page(found: QuerySet[Case], cursor: Cursor | None, page_size: int) -> tuple[list[Case], bool]:
    """Return the rows of the page, newest change first, and whether more lie in the direction of travel."""
    ordered = _ordered(found)
    if cursor is None:
        rows = list(ordered[: page_size + 1])
    elif cursor.newer:
        beside = Q(updated_at__gt=cursor.updated_at) | Q(updated_at=cursor.updated_at, pk__gt=cursor.case_id)
        rows = list(ordered.filter(beside).order_by("updated_at", "pk")[: page_size + 1])
    else:
        beside = Q(updated_at__lt=cursor.updated_at) | Q(updated_at=cursor.updated_at, pk__lt=cursor.case_id)
        rows = list(ordered.filter(beside)[: page_size + 1])
    more = len(rows) > page_size
    rows = rows[:page_size]
    return (rows[::-1] if cursor is not None and cursor.newer else rows), more


def _cursor_at(edge: list[Case], *, newer: bool = False) -> Cursor | None:
    return next((Cursor(case.updated_at, case.pk, newer=newer) for case in edge), None)


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
