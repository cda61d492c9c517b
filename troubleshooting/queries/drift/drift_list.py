"""The list of differences from the register, one page at a time; and those of one exclusion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.drift.drift import BY_POLICY, DriftCode
from troubleshooting.domain.drift.texts import drift_text, removal_command
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import DriftFinding, Exclusion, Placement
from troubleshooting.models.choices import EXCLUSION_KIND_LABELS, Labels, placement_labels
from troubleshooting.queries.base.paging import EXPORT_PORTION, PAGE_SIZE, Cursor, read_page
from troubleshooting.queries.base.searching import devices_with, whole_number
from troubleshooting.queries.base.words import label_of, words_of
from troubleshooting.queries.exclusions.place_list import TENANT

DRIFT_LABELS: Labels = {
    DriftCode.NOT_APPROVED: _("Not approved"),
    DriftCode.ENDED_BUT_PRESENT: _("Ended but present"),
    DriftCode.APPROVED_BUT_MISSING: _("Approved but missing"),
    DriftCode.BROADER_THAN_APPROVED: _("Broader than approved"),
}


A_POLICY = _("a policy")
EXPORTED = (
    "device__hostname",
    "code",
    "kind",
    "value",
    "found_at",
    "last_seen_at",
    "gone_at",
    "changed_at",
    "changed_by",
    "exclusion",
    "exclusion__case__number",
)
NEWEST_FIRST = ("-found_at", "-pk")


class Where(StrEnum):
    """Which places the list shows."""

    PCS = "pcs"
    TENANT = "tenant"


class DriftState(StrEnum):
    """Whether the list shows what differs now."""

    PRESENT = "present"
    GONE = "gone"
    ALL = "all"


WHERE_LABELS: Labels = {Where.PCS: _("On PCs"), Where.TENANT: _("In the tenant")}
STATE_LABELS: Labels = {
    DriftState.PRESENT: _("Open"),
    DriftState.GONE: _("Put right"),
    DriftState.ALL: _("All"),
}


@dataclass(frozen=True, slots=True)
class DriftFilter:
    """What the reader wants to see."""

    state: DriftState = DriftState.PRESENT
    code: DriftCode | None = None
    where: Where | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One difference."""

    pk: int
    place: str
    device_id: int | None  # None: the tenant
    code: str
    label: Promise
    kind: Promise
    value: str
    means: Text
    it: Text
    command: str  # for IT to run on the PC by hand, or ""
    found_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    changed_at: datetime | None
    changed_by: str  # as the tenant names them, or ""
    is_by_policy: bool
    exclusion_id: int | None
    case_number: str
    placed: Promise | None  # where the exclusion stands in this place
    is_ours: bool  # the portal put it there, or took it off, and can do so again
    may_apply_again: bool
    may_remove_again: bool


@dataclass(frozen=True, slots=True)
class DriftList:
    """One page of the list."""

    rows: tuple[DriftRow, ...]
    total: int  # counted no further than COUNTED_TO
    older: Cursor | None
    newer: Cursor | None


def list_drift(
    wanted: DriftFilter, *, now: datetime, cursor: Cursor | None = None, page_size: int = PAGE_SIZE
) -> DriftList:
    """Return one page of the differences that the filter leaves, newest first; three queries."""
    found, is_search = _matching(wanted), bool(wanted.search.strip())
    page = read_page(found, by="found_at", cursor=cursor, page_size=page_size, load=_joined, is_search=is_search)
    return DriftList(rows=_rows(page.rows, now=now), total=page.total, older=page.older, newer=page.newer)


def export_drift(wanted: DriftFilter) -> Iterator[tuple[str, ...]]:
    """Return the cells of every row of the filtered list, in the order of ``EXPORTED``, read in portions.

    No objects are made, and each label is looked up once.
    """
    codes, kinds, tenant, policy = words_of(DRIFT_LABELS), words_of(EXCLUSION_KIND_LABELS), str(TENANT), str(A_POLICY)
    found = _matching(wanted).order_by(*NEWEST_FIRST).values_list(*EXPORTED)
    return (
        (
            device or tenant,
            codes[code],
            kinds[kind],
            value,
            *(moment.isoformat(timespec="seconds") if moment else "" for moment in moments),
            policy if device and changed_by == BY_POLICY else changed_by,
            str(exclusion or ""),
            case or "",
        )
        for device, code, kind, value, *moments, changed_by, exclusion, case in found.iterator(
            chunk_size=EXPORT_PORTION
        )
    )


def drift_of(exclusion: Exclusion, *, now: datetime) -> tuple[DriftRow, ...]:
    """Return what differs now and concerns an exclusion; one query, and one more where there is something."""
    found = DriftFinding.objects.present().filter(exclusion=exclusion)
    return _rows(_joined(found).order_by(*NEWEST_FIRST)[:PAGE_SIZE], now=now)


def _matching(wanted: DriftFilter) -> QuerySet[DriftFinding]:
    found: QuerySet[DriftFinding] = DriftFinding.objects.all()
    if wanted.state is not DriftState.ALL:
        found = found.filter(gone_at__isnull=wanted.state is DriftState.PRESENT)
    if wanted.code:
        found = found.filter(code=wanted.code.value)
    if wanted.where:
        found = found.filter(device__isnull=wanted.where is Where.TENANT)
    number = whole_number(wanted.search)
    if number is not None:
        return found.filter(exclusion__case__number=number)
    for word in wanted.search.split():
        on_case = Q(exclusion__case__number__icontains=word)
        found = found.filter(
            Q(value__icontains=word) | Q(changed_by__icontains=word) | Q(device__in=devices_with(word)) | on_case
        )
    return found


def _joined(found: QuerySet[DriftFinding]) -> QuerySet[DriftFinding]:
    return found.select_related("device", "exclusion__case")


def _rows(found: Iterable[DriftFinding], *, now: datetime) -> tuple[DriftRow, ...]:
    """Return the lines, with where their exclusions stand in the same places; one query."""
    findings = tuple(found)
    exclusions = {finding.exclusion_id for finding in findings if finding.exclusion_id is not None}
    placed: dict[tuple[int, int | None], str] = {}
    if exclusions:
        devices = Q(device__in=[finding.device_id for finding in findings if finding.device_id]) | Q(device=None)
        places = Placement.objects.filter(devices, exclusion__in=exclusions)
        placed = {(row.exclusion_id, row.device_id): row.status for row in places}
    return tuple(_row(finding, placed, now=now) for finding in findings)


def _row(finding: DriftFinding, placed: Mapping[tuple[int, int | None], str], *, now: datetime) -> DriftRow:
    code, kind = DriftCode(finding.code), ExclusionKind(finding.kind)
    is_by_policy = finding.device_id is not None and finding.changed_by == BY_POLICY
    words = drift_text(code, kind, is_by_policy=is_by_policy)
    exclusion = finding.exclusion
    standing = placed.get((exclusion.pk, finding.device_id), "") if exclusion else ""
    is_present = finding.gone_at is None
    return DriftRow(
        pk=finding.pk,
        place=finding.device.hostname if finding.device else str(TENANT),
        device_id=finding.device_id,
        code=code.value,
        label=DRIFT_LABELS[code],
        kind=EXCLUSION_KIND_LABELS[kind],
        value=finding.value,
        means=words.means,
        it=words.it,
        command="" if is_by_policy or not is_present else removal_command(code, kind, finding.value),
        found_at=finding.found_at,
        last_seen_at=finding.last_seen_at,
        gone_at=finding.gone_at,
        changed_at=finding.changed_at,
        changed_by="" if is_by_policy else finding.changed_by,
        is_by_policy=is_by_policy,
        exclusion_id=finding.exclusion_id,
        case_number=exclusion.case.number if exclusion else "",
        placed=label_of(placement_labels(finding.device_id), standing),
        is_ours=code in (DriftCode.APPROVED_BUT_MISSING, DriftCode.ENDED_BUT_PRESENT),
        may_apply_again=is_present
        and code is DriftCode.APPROVED_BUT_MISSING
        and standing == PlacementStatus.VERIFIED
        and exclusion is not None
        and exclusion.is_in_force(now=now),
        may_remove_again=is_present and code is DriftCode.ENDED_BUT_PRESENT and standing == PlacementStatus.REMOVED,
    )
