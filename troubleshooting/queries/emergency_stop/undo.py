"""What an undo would take back, place by place, and how far the undos of before have come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.emergency_stop.undo import UndoStep, preview_digest, undo_step
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import TO_TAKE_OFF, PlacementStatus
from troubleshooting.models import Exclusion, Placement, Undo
from troubleshooting.models.choices import EXCLUSION_KIND_LABELS, Labels, placement_labels
from troubleshooting.models.exclusion import APPROVED_OR_IN_FORCE_CODES, ENDING_CODES, IN_FORCE_CODES, ExclusionQuerySet
from troubleshooting.models.placement import OPEN_PLACEMENT_CODES
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.exclusions.place_list import error_title_of

SHOWN = 20  # undos on the page; older ones are reached by their address
PLACES_SHOWN = 200  # of one undo; all of them are counted, and all of them are undone

STEP_LABELS: Labels = {
    UndoStep.TAKE_OFF: _("Will be removed and read back"),
    UndoStep.NOT_SEND: _("Nothing has been sent yet, and nothing will be"),
    UndoStep.LEFT_AS_BEFORE: _("Stays: it was there before the portal applied it"),
    UndoStep.LEFT_FOR_ANOTHER: _("Stays: another exclusion that is not undone needs it there"),
}


@dataclass(frozen=True, slots=True)
class UndoRow:
    """One exclusion in one place."""

    placement: int
    exclusion: int
    case: str
    kind: str
    value: str
    place: str  # "" = in the tenant
    step: str
    put_at: datetime | None  # None: nothing was sent
    read_back_at: datetime | None
    is_earlier: bool  # put before the moment, and ended with the rest of its exclusion
    is_ending: bool  # ended already, and still there

    @property
    def kind_label(self) -> Promise | None:
        """Return the kind in words."""
        return label_of(EXCLUSION_KIND_LABELS, self.kind)

    @property
    def step_label(self) -> Promise | None:
        """Say what happens here."""
        return label_of(STEP_LABELS, self.step)

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        moments = {"put_at": _stored(self.put_at), "read_back_at": _stored(self.read_back_at)}
        return asdict(self) | moments

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> UndoRow:
        """Read back what :meth:`as_json` gave."""
        moments = {name: _moment(stored[name]) for name in ("put_at", "read_back_at")}
        return cls(**(dict(stored) | moments))


@dataclass(frozen=True, slots=True)
class ExclusionCount:
    """One exclusion of an undo, and in how many places that is."""

    row: UndoRow  # any of its places
    places: int


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """How many places an undo has, listed or not."""

    total: int
    by_step: tuple[tuple[Promise | None, int], ...]
    by_exclusion: tuple[ExclusionCount, ...]  # no more than places are listed
    exclusions: int

    @property
    def listed(self) -> int:
        """Count the places that are listed."""
        return min(self.total, PLACES_SHOWN)

    @property
    def is_cut(self) -> bool:
        """Tell whether some places are only counted."""
        return self.total > self.listed


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """Everything that an undo would end, and the digest that ties the action to it."""

    since: datetime
    rows: tuple[UndoRow, ...]
    digest: str

    @property
    def exclusion_ids(self) -> frozenset[int]:
        """Return the exclusions that would end, whole."""
        return frozenset(row.exclusion for row in self.rows)

    @property
    def to_take_off(self) -> int:
        """Count the places where something is taken off."""
        return sum(row.step == UndoStep.TAKE_OFF for row in self.rows)

    @property
    def has_earlier(self) -> bool:
        """Tell whether anything was put before the moment."""
        return any(row.is_earlier for row in self.rows)

    @property
    def shown(self) -> tuple[UndoRow, ...]:
        """Return the places that are listed; the digest is over all of them."""
        return self.rows[:PLACES_SHOWN]

    @property
    def counts(self) -> PlaceCounts:
        """Count all places."""
        return _count(self.rows)


@dataclass(frozen=True, slots=True)
class UndoLine:
    """One undo and how far it is."""

    pk: int
    at: datetime
    by: str
    since: datetime
    reason: str
    exclusions: int
    gone: int  # places read to be gone, or left for a reason
    unsent: int  # places where nothing was ever sent
    left: int  # places where it may still be

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to be taken off."""
        return self.left == 0


@dataclass(frozen=True, slots=True)
class UndoPlace:
    """One place of an undo that was begun, with what was read there since."""

    row: UndoRow
    status: str
    status_label: Promise | None
    error: Text | None
    next_attempt_at: datetime | None


def undoable(since: datetime) -> ExclusionQuerySet:
    """Return the exclusions in force that were approved or put anywhere since the moment.

    Also those that ended meanwhile and are still somewhere: their removal may wait for the emergency stop.
    """
    places = Placement.objects.filter(exclusion=OuterRef("pk"), status__in=OPEN_PLACEMENT_CODES)
    in_force = Q(status__in=APPROVED_OR_IN_FORCE_CODES)
    still_there = Q(status__in=ENDING_CODES) & ~Exists(Undo.objects.filter(exclusions=OuterRef("pk")))
    fresh = Q(approved_at__gte=since) | Exists(places.filter(put_at__gte=since))
    return Exclusion.objects.filter(in_force | still_there, fresh, Exists(places))


def preview_undo(since: datetime) -> UndoPreview:
    """Return each place and value that an undo would end; two queries."""
    found = undoable(since)
    placed = Placement.objects.filter(exclusion__in=found, status__in=OPEN_PLACEMENT_CODES)
    joined = placed.select_related("device", "exclusion__case").order_by("exclusion_id", "device__hostname", "pk")
    needed = _needed_by_others(found)
    rows = tuple(_row(placement, since=since, needed=needed) for placement in joined)
    return UndoPreview(since, rows, _digest(since, [row.as_json() for row in rows]))


def digest_of(undo: Undo) -> str:
    """Return the digest of the preview from which an undo was begun."""
    return _digest(undo.since, undo.preview)


def list_undos() -> tuple[UndoLine, ...]:
    """Return the newest undos with their progress; one query."""
    return tuple(_line(undo) for undo in _with_progress()[:SHOWN])


def read_undo(pk: int) -> UndoLine | None:
    """Return one undo with its progress; None where there is none of that number."""
    undo = _with_progress().filter(pk=pk).first()
    return _line(undo) if undo else None


def places_of(undo: Undo) -> tuple[UndoPlace, ...]:
    """Return the places of the preview with what was read there since; one query.

    Of more than are listed, those that are still to do come in before the others.
    """
    placed = Placement.objects.filter(pk__in=[stored["placement"] for stored in undo.preview])
    to_do_first = Case(When(status__in=TO_TAKE_OFF, then=0), default=1)
    present = {found.pk: found for found in placed.order_by(to_do_first, "exclusion_id", "pk")[:PLACES_SHOWN]}
    rows = [UndoRow.from_json(stored) for stored in undo.preview if stored["placement"] in present]
    return tuple(_place(row, present[row.placement]) for row in rows)


def counts_of(undo: Undo) -> PlaceCounts:
    """Count all places of the preview; no query."""
    return _count([UndoRow.from_json(stored) for stored in undo.preview])


def _count(rows: Sequence[UndoRow]) -> PlaceCounts:
    steps, exclusions = Counter(row.step for row in rows), Counter(row.exclusion for row in rows)
    one_of = {row.exclusion: row for row in rows}
    return PlaceCounts(
        total=len(rows),
        by_step=tuple((STEP_LABELS[step], steps[step]) for step in UndoStep if step in steps),
        by_exclusion=tuple(ExclusionCount(one_of[pk], exclusions[pk]) for pk in [*exclusions][:PLACES_SHOWN]),
        exclusions=len(exclusions),
    )


def _digest(since: datetime, rows: Sequence[Mapping[str, Any]]) -> str:
    return preview_digest(_stored(since) or "", rows)


def _needed_by_others(found: ExclusionQuerySet) -> frozenset[tuple[int | None, str, str]]:
    """Return place, kind and value of what other exclusions in force need."""
    others = Placement.objects.filter(status=PlacementStatus.VERIFIED, exclusion__status__in=IN_FORCE_CODES)
    same = others.filter(exclusion__value_key__in=found.values("value_key")).exclude(exclusion__in=found)
    return frozenset(same.values_list("device_id", "exclusion__kind", "exclusion__value_key"))


def _row(placement: Placement, *, since: datetime, needed: frozenset[tuple[int | None, str, str]]) -> UndoRow:
    exclusion = placement.exclusion
    step = undo_step(
        PlacementStatus(placement.status),
        was_there_before=placement.was_there_before,
        is_needed_by_another=(placement.device_id, exclusion.kind, exclusion.value_key) in needed,
    )
    return UndoRow(
        placement=placement.pk,
        exclusion=exclusion.pk,
        case=exclusion.case.number,
        kind=ExclusionKind(exclusion.kind).value,
        value=exclusion.value,
        place=placement.device.hostname if placement.device else "",
        step=step.value,
        put_at=placement.put_at,
        read_back_at=placement.verified_at,
        is_earlier=placement.put_at is not None and placement.put_at < since,
        is_ending=exclusion.status in ENDING_CODES,
    )


def _with_progress() -> QuerySet[Undo]:
    counted = {
        "gone": Q(exclusions__placements__status=PlacementStatus.REMOVED),
        "unsent": Q(exclusions__placements__status=PlacementStatus.NOT_APPLIED),
        "left": Q(exclusions__placements__status__in=TO_TAKE_OFF),
    }
    counts = {name: Count("exclusions__placements", filter=which) for name, which in counted.items()}
    ended = Count("exclusions", distinct=True)
    undos = Undo.objects.select_related("by").defer("preview")
    return undos.annotate(ended=ended, **counts).order_by("-at", "-pk")


def _line(undo: Any) -> UndoLine:
    """Take an undo of ``_with_progress``, whose counts no type knows."""
    return UndoLine(
        pk=undo.pk,
        at=undo.at,
        by=str(undo.by),
        since=undo.since,
        reason=undo.reason,
        exclusions=undo.ended,
        gone=undo.gone,
        unsent=undo.unsent,
        left=undo.left,
    )


def _place(row: UndoRow, placement: Placement) -> UndoPlace:
    return UndoPlace(
        row=row,
        status=placement.status,
        status_label=label_of(placement_labels(placement.device_id), placement.status),
        error=error_title_of(placement),
        next_attempt_at=placement.next_attempt_at,
    )


def _stored(moment: datetime | None) -> str | None:
    """Return the one form of a moment, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
