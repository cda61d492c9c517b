"""Where an exclusion is: a few places on its page, what needs a look first, and all of them on a page of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.exclusion import APPROVED_OR_IN_FORCE
from troubleshooting.domain.exclusions.placement import OUT_OF_SCOPE, PlacementStatus
from troubleshooting.domain.exclusions.placement_texts import placement_text
from troubleshooting.domain.tenant.errors import TenantErrorCode, tenant_error_text
from troubleshooting.models import ActivityEntry, Exclusion, Placement
from troubleshooting.models.choices import placement_labels
from troubleshooting.queries.base.words import label_of

SHOWN_AT_ONCE = 25  # on the exclusion's page, which asks for them again while the portal works
PAGE_SIZE = 100
STOPPED = DeviceErrorCode.EMERGENCY_STOPPED  # goes on when the stop is lifted, at no moment that is known
MayOpen = Callable[[Placement], bool]
TENANT = _("Tenant (Defender for Endpoint)")
# Nothing is left to do there, and nothing went wrong.
AT_REST = (PlacementStatus.VERIFIED, PlacementStatus.REMOVED, PlacementStatus.NOT_APPLIED)


@dataclass(frozen=True, slots=True)
class PlacementLine:
    """The exclusion in one place."""

    pk: int
    may_open: bool  # what was done there
    device: str
    status: str
    status_label: Promise | None
    is_first: bool  # among the first few
    is_late: bool  # joined the scope after the approval
    has_left: bool  # belongs to the scope no more
    since: datetime | None  # read back at, or ended at
    outcome: Text | None
    error: Text | None
    error_detail: str
    next_attempt_at: datetime | None
    event_at: datetime | None  # of event 5007, by the PC's own clock


@dataclass(frozen=True, slots=True)
class Places:
    """The places that need a look first, and how many there are in which state."""

    lines: tuple[PlacementLine, ...]
    total: int
    counts: tuple[tuple[Promise | None, int], ...]  # only where not all are among the lines
    elsewhere: int  # places of other people's PCs, for employees


def read_places(exclusion: Exclusion, *, for_it: bool, may_open: MayOpen) -> Places:
    """Return where an exclusion is; its case is joined. Two queries, one more each for an employee and for many PCs.

    An employee reads of the case's own PC and of the tenant; other people's PCs are only counted.
    """
    told = _told(exclusion, for_it=for_it)
    ordered = told.select_related("device").order_by(_needs_a_look(), "-is_canary", "device__hostname")
    shown = list(ordered[:SHOWN_AT_ONCE])
    counts = _counts(told) if len(shown) == SHOWN_AT_ONCE else ()
    return Places(
        lines=_lines(shown, exclusion, for_it=for_it, may_open=may_open),
        total=sum(number for _label, number in counts) or len(shown),
        counts=counts,
        elsewhere=0 if for_it else exclusion.placements.exclude(_own_places(exclusion)).count(),
    )


def read_places_page(
    exclusion: Exclusion, *, number: str, search: str, for_it: bool, may_open: MayOpen
) -> tuple[Page[Placement], tuple[PlacementLine, ...]]:
    """Return one page of all places whose PC's name has the searched text; a number that is none gives the nearest."""
    told = _told(exclusion, for_it=for_it).select_related("device").order_by("device__hostname", "pk")
    if search:
        told = told.filter(device__hostname__icontains=search)
    page = Paginator(told, PAGE_SIZE).get_page(number)
    return page, _lines(page, exclusion, for_it=for_it, may_open=may_open)


def _told(exclusion: Exclusion, *, for_it: bool) -> QuerySet[Placement]:
    return exclusion.placements.all() if for_it else exclusion.placements.filter(_own_places(exclusion))


def _needs_a_look() -> Case:
    """Order what is under way or went wrong before what rests."""
    return Case(When(Q(status__in=AT_REST, error_code=""), then=Value(1)), default=Value(0))


def _counts(told: QuerySet[Placement]) -> tuple[tuple[Promise | None, int], ...]:
    by_status = told.order_by("status").values_list("status").annotate(number=Count("pk"))
    return tuple((label_of(placement_labels(1), status), number) for status, number in by_status)


def _lines(
    shown: Iterable[Placement], exclusion: Exclusion, *, for_it: bool, may_open: MayOpen
) -> tuple[PlacementLine, ...]:
    found = list(shown)
    joined = ActivityEntry.objects.filter(subject_type="placement", action="placement_joined")
    late = set(joined.filter(subject_id__in=[one.pk for one in found]).values_list("subject_id", flat=True))
    return tuple(_placement(one, exclusion, is_late=one.pk in late, for_it=for_it, may_open=may_open) for one in found)


def _own_places(exclusion: Exclusion) -> Q:
    return Q(device=None) | Q(device_id=exclusion.case.device_id)


def _placement(
    placement: Placement, exclusion: Exclusion, *, is_late: bool, for_it: bool, may_open: MayOpen
) -> PlacementLine:
    words = placement_text(placement.outcome)
    placement.exclusion = exclusion  # joined with its case
    return PlacementLine(
        pk=placement.pk,
        may_open=may_open(placement),
        device=placement.device.hostname if placement.device else str(TENANT),
        status=placement.status,
        status_label=label_of(placement_labels(placement.device_id), placement.status),
        is_first=placement.is_canary,
        is_late=is_late,
        has_left=exclusion.status in set(APPROVED_OR_IN_FORCE) and placement.status in OUT_OF_SCOPE,
        since=placement.ended_at or placement.verified_at,
        outcome=(words.it if for_it else words.employee) if words else None,
        error=error_title_of(placement),
        error_detail=placement.error_detail if for_it else "",
        next_attempt_at=placement.next_attempt_at if placement.error_code != STOPPED else None,
        event_at=placement.event_at if for_it else None,
    )


def error_title_of(placement: Placement) -> Text | None:
    """Name what went wrong at the last try: a PC's error or the tenant's."""
    if placement.error_code in set(DeviceErrorCode):
        return error_text(DeviceErrorCode(placement.error_code)).title
    if placement.error_code in set(TenantErrorCode):
        return tenant_error_text(TenantErrorCode(placement.error_code)).title
    return None
