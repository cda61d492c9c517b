"""The list of exclusions: what a filter leaves, newest first, one page at a time; and those of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.advice.proposal import SENSIBLE
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.exclusions.exclusion import (
    APPROVED_OR_IN_FORCE,
    ENDED,
    ENDING,
    IN_FORCE,
    NEXT_MOVE,
    ExclusionKind,
    ExclusionStatus,
)
from troubleshooting.models import Case, Exclusion, ExclusionWarning, User
from troubleshooting.models.choices import EXCLUSION_KIND_LABELS, EXCLUSION_STATUS_LABELS, SCOPE_LABELS
from troubleshooting.queries.base.paging import PAGE_SIZE, Cursor, read_page
from troubleshooting.queries.base.searching import devices_with, people_with, whole_number
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.cases.solving import said_to_be_blocked


class ListState(StrEnum):
    """Which part of their life the list shows."""

    TO_DECIDE = "to_decide"
    QUESTION_ASKED = "question_asked"
    IN_FORCE = "in_force"
    ENDING_SOON = "ending_soon"  # announced to end
    STILL_BLOCKED = "still_blocked"  # said not to work, and no try since then says otherwise
    ENDING = "ending"
    ENDED = "ended"
    ALL = "all"


STATE_LABELS: Mapping[ListState, Promise] = {
    ListState.TO_DECIDE: _("To decide"),
    ListState.QUESTION_ASKED: _("Waiting for an answer"),
    ListState.IN_FORCE: _("Approved and in force"),
    ListState.ENDING_SOON: _("Ending soon"),
    ListState.STILL_BLOCKED: _("Reported as still blocked"),
    ListState.ENDING: _("Being removed"),
    ListState.ENDED: _("Over"),
    ListState.ALL: _("All"),
}
STATUSES: Mapping[ListState, frozenset[ExclusionStatus]] = {
    ListState.TO_DECIDE: frozenset({ExclusionStatus.REQUESTED}),
    ListState.QUESTION_ASKED: frozenset({ExclusionStatus.QUESTION_ASKED}),
    ListState.IN_FORCE: APPROVED_OR_IN_FORCE,
    ListState.ENDING_SOON: IN_FORCE,
    ListState.STILL_BLOCKED: IN_FORCE,
    ListState.ENDING: ENDING,
    ListState.ENDED: ENDED,
    ListState.ALL: frozenset(ExclusionStatus),
}


LIST_FIELDS = (
    "kind",
    "value",
    "scope_kind",
    "requested_at",
    "expires_at",
    "status",
    "approvals_needed",
    "case__number",
    "requested_by__username",
    "requested_by__first_name",
    "requested_by__last_name",
    "scope_device__hostname",
    "scope_group__name",
)


@dataclass(frozen=True, slots=True)
class ExclusionFilter:
    """What the reader wants to see."""

    state: ListState = ListState.TO_DECIDE
    kind: ExclusionKind | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """One line of a list."""

    pk: int
    value: str
    kind: Promise
    scope: str
    case_number: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    status: str
    status_label: Promise | None
    approvals_needed: int
    next_move: str | None
    waits_for_reader: bool = False  # the reader could decide about it, were they IT


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """One page of the list."""

    rows: tuple[ExclusionRow, ...]
    total: int  # counted no further than COUNTED_TO
    older: Cursor | None
    newer: Cursor | None


def list_exclusions(
    reader: User, wanted: ExclusionFilter, *, cursor: Cursor | None = None, page_size: int = PAGE_SIZE
) -> ExclusionList:
    """Return one page of the exclusions that the reader may see and the filter leaves; three queries."""
    found, is_search = _matching(reader, wanted), bool(wanted.search.strip())
    page = read_page(found, by="requested_at", cursor=cursor, page_size=page_size, load=_joined, is_search=is_search)
    undecided = Exclusion.objects.undecided_by(reader).filter(pk__in=[exclusion.pk for exclusion in page.rows])
    waiting = set(undecided.values_list("pk", flat=True))
    rows = (replace(row_of(exclusion), waits_for_reader=exclusion.pk in waiting) for exclusion in page.rows)
    return ExclusionList(rows=tuple(rows), total=page.total, older=page.older, newer=page.newer)


def exclusions_of(case: Case) -> tuple[ExclusionRow, ...]:
    """Return the exclusions of a case, newest first; one query."""
    found = Exclusion.objects.filter(case=case).order_by("-requested_at", "-pk")
    return tuple(map(row_of, _joined(found)))


def is_exclusion_sensible(case: Case) -> bool:
    """Tell whether the case's verdict is a reason for an exclusion; no query."""
    return case.kind == ProblemKind.SAFE_SITE_BLOCKED and case.verdict_code in set(SENSIBLE)


def scope_words(exclusion: Exclusion) -> str:
    """Name for whom an exclusion holds; the scope is joined."""
    if exclusion.scope_device is not None:
        return exclusion.scope_device.hostname
    label = str(label_of(SCOPE_LABELS, exclusion.scope_kind) or exclusion.scope_kind)
    return f"{label} {exclusion.scope_group.name}" if exclusion.scope_group is not None else label


def _matching(reader: User, wanted: ExclusionFilter) -> QuerySet[Exclusion]:
    found: QuerySet[Exclusion] = Exclusion.objects.visible_to(reader)
    found = found.filter(status__in=[status.value for status in STATUSES[wanted.state]])
    if wanted.state is ListState.STILL_BLOCKED:
        found = found.filter(pk__in=said_to_be_blocked().values("pk"))
    if wanted.state is ListState.ENDING_SOON:
        found = found.filter(pk__in=ExclusionWarning.objects.values("exclusion_id"))
    if wanted.kind:
        found = found.filter(kind=wanted.kind.value)
    number = whole_number(wanted.search)
    if number is not None:
        return found.filter(case__number=number)
    for word in wanted.search.split():
        on_case = Q(case__number__icontains=word) | Q(case__device__in=devices_with(word))
        found = found.filter(Q(value__icontains=word) | Q(requested_by__in=people_with(word)) | on_case)
    return found


def _joined(found: QuerySet[Exclusion]) -> QuerySet[Exclusion]:
    return found.select_related("case", "requested_by", "scope_device", "scope_group").only(*LIST_FIELDS)


def row_of(exclusion: Exclusion) -> ExclusionRow:
    """Return the line of an exclusion with case, requester and scope joined."""
    return ExclusionRow(
        pk=exclusion.pk,
        value=exclusion.value,
        kind=EXCLUSION_KIND_LABELS[ExclusionKind(exclusion.kind)],
        scope=scope_words(exclusion),
        case_number=exclusion.case.number,
        requested_by=str(exclusion.requested_by),
        requested_at=exclusion.requested_at,
        expires_at=exclusion.expires_at,
        status=exclusion.status,
        status_label=label_of(EXCLUSION_STATUS_LABELS, exclusion.status),
        approvals_needed=exclusion.approvals_needed,
        next_move=NEXT_MOVE[ExclusionStatus(exclusion.status)],
    )
