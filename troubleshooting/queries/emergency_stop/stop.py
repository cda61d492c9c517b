"""The emergency stop on the pages: whether it is on, what waits because of it, and the stops of before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Q

from troubleshooting.domain.exclusions.placement import TO_PUT, PlacementStatus
from troubleshooting.models import EmergencyStop, Exclusion, Placement, SettingLease

SHOWN = 20  # stops on the page


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop; without an end it is on."""

    begun_at: datetime
    begun_by: str
    reason: str
    ended_at: datetime | None
    ended_by: str
    end_note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a stop holds back, and what it does not."""

    to_put: int  # places where an exclusion is to be put
    to_remove: int  # places where one is to be taken off, and no administrator undoes it
    tests: int  # audit-mode tests under way; they end, and put the PC's protection back, all the same


def present_stop() -> StopLine | None:
    """Return the stop that is on, None where there is none; one query."""
    stop = EmergencyStop.objects.on().select_related("begun_by").first()
    return _line(stop) if stop else None


def list_stops() -> tuple[StopLine, ...]:
    """Return the newest stops that were lifted; one query."""
    over = EmergencyStop.objects.filter(is_on=False).select_related("begun_by", "ended_by")
    return tuple(_line(stop) for stop in over[:SHOWN])


def what_waits() -> Waiting:
    """Count what waits while a stop is on; two queries."""
    undone = Exclusion.objects.exclude(undos=None)
    counts = Placement.objects.aggregate(
        to_put=Count("pk", filter=Q(status__in=TO_PUT)),
        to_remove=Count("pk", filter=Q(status=PlacementStatus.REMOVING) & ~Q(exclusion__in=undone)),
    )
    return Waiting(counts["to_put"], counts["to_remove"], SettingLease.objects.open().count())


def is_any_held_back(exclusion_ids: Iterable[int]) -> bool:
    """Tell whether a stop holds any of these exclusions back; those that an administrator undoes go on. One query."""
    held = Exclusion.objects.filter(pk__in=exclusion_ids, undos=None)
    return EmergencyStop.objects.on().filter(Exists(held)).exists()


def _line(stop: EmergencyStop) -> StopLine:
    return StopLine(
        begun_at=stop.begun_at,
        begun_by=str(stop.begun_by),
        reason=stop.reason,
        ended_at=stop.ended_at,
        ended_by=str(stop.ended_by) if stop.ended_by else "",
        end_note=stop.end_note,
    )
