"""Who is next: on a PC that a worker has just left, and on every PC for the sweep, an undo or the end of a stop.

One message for a PC, since one visit is all that it takes at a time. What ends goes before what begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from troubleshooting import dispatch
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.models import CheckRun, Retest, SettingLease

NOTIFY_AGAIN_AFTER = timedelta(seconds=30)
MOST_WISHES = 200  # PCs that one sweep sends messages for; the others are found by the next ones, longest wait first
MOST_ENDINGS = 1000
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work on a PC: which rows want it, in which order, and how a worker is told."""

    notify: Callable[[int], None]
    wanting: Callable[[datetime], QuerySet[Any]]  # annotated with since when they wait
    order: tuple[Any, ...]


def _ending_leases(now: datetime) -> QuerySet[SettingLease]:
    return (
        SettingLease.objects.wanting_a_visit(now=now).exclude(status=LeaseStatus.REQUESTED).annotate(since=F("ends_at"))
    )


def _new_leases(now: datetime) -> QuerySet[SettingLease]:
    wanting = SettingLease.objects.wanting_a_visit(now=now).filter(status=LeaseStatus.REQUESTED)
    return wanting.annotate(since=F("requested_at"))


def _placements(now: datetime, *, ends: bool) -> QuerySet[Any]:
    removing = {"status": PlacementStatus.REMOVING}
    due = due_placements(now=now)
    due = due.filter(**removing) if ends else due.exclude(**removing)
    return due.annotate(since=Coalesce("next_attempt_at", "put_at", "exclusion__approved_at"))


def _retests(now: datetime) -> QuerySet[Retest]:
    return Retest.objects.wanting_a_visit(now=now).annotate(since=F("due_at"))


def _checks(now: datetime) -> QuerySet[CheckRun]:
    return CheckRun.objects.filter(deadline_at__gt=now).next_in_line().annotate(since=F("queued_at"))


ENDING_LEASES = Kind(partial(dispatch.lease_wants_visit, ends=True), _ending_leases, ("since", "pk"))
NEW_LEASES = Kind(dispatch.lease_wants_visit, _new_leases, ("since", "pk"))
ENDINGS = (Kind(partial(dispatch.placement_wants_visit, ends=True), partial(_placements, ends=True), ("since", "pk")),)
WISHES = (
    Kind(dispatch.placement_wants_visit, partial(_placements, ends=False), ("-is_canary", "since", "pk")),
    Kind(dispatch.retest_wants_visit, _retests, ("since", "pk")),
    Kind(dispatch.check_run_queued, _checks, (F("served_at").asc(nulls_first=True), "since", "pk")),
)
KINDS = (ENDING_LEASES, *ENDINGS, NEW_LEASES, *WISHES)


def wake_next(device_id: int, *, now: datetime) -> None:
    """Notify whoever is next on this PC; one question for all kinds. Without it the sweep would, within two minutes."""
    question = _question()
    with connection.cursor() as cursor:
        cursor.execute(question.sql, question.values(device_id, now))
        found = cursor.fetchone()
    if found is not None:
        turn, pk = found
        KINDS[turn].notify(pk)


@dataclass(frozen=True, slots=True)
class _Question:
    """The SQL of one question, and where the PC and the moment stand among its values."""

    sql: str
    given: tuple[Any, ...]

    def values(self, device_id: int, now: datetime) -> list[Any]:
        return [{_PC: device_id, _NOW: now}[value] if value in (_PC, _NOW) else value for value in self.given]


_PC, _NOW = "the PC", "the moment"


@cache
def _question() -> _Question:
    """Return the question who is next on a PC. Django takes longer to write it than PostgreSQL to answer it.

    It is written for two PCs at two moments, which shows where these stand among the values; raises KeyError where
    another value depends on them, since that would stay as it is now.
    """
    sql, first = _written(1, EARLIEST)
    _, second = _written(2, EARLIEST.replace(year=2))
    stands = {(1, 2): _PC, (EARLIEST, EARLIEST.replace(year=2)): _NOW}
    given = [one if one == other else stands[one, other] for one, other in zip(first, second, strict=True)]
    return _Question(sql, tuple(given))


def _written(device_id: int, now: datetime) -> tuple[str, tuple[Any, ...]]:
    first, *others = (
        kind.wanting(now)
        .filter(device_id=device_id)
        .order_by(*kind.order)
        .annotate(turn=Value(turn))
        .values_list("turn", "pk")[:1]
        for turn, kind in enumerate(KINDS)
    )
    written: tuple[str, tuple[Any, ...]] = first.union(*others, all=True).order_by("turn")[:1].query.sql_with_params()
    return written


def wake_all(*, now: datetime) -> None:
    """Notify what waits on each PC: of each kind the first, of all these what waits longest, up to a limit.

    Leases are not among them: a PC has one at a time, and the sweep looks after each.
    """
    for kinds, most in ((ENDINGS, MOST_ENDINGS), (WISHES, MOST_WISHES)):
        waiting = sorted(
            (since or EARLIEST, number, pk)
            for number, kind in enumerate(kinds)
            for since, pk in _firsts(kind, most, now)
        )
        for _since, number, pk in waiting[:most]:
            kinds[number].notify(pk)


def _firsts(kind: Kind, most: int, now: datetime) -> list[tuple[datetime | None, int]]:
    """Return since when the first row of each PC waits, and the row; of the tenant, where no PC is in the way, all."""
    wanting = kind.wanting(now)
    if wanting.model is CheckRun:
        wanting = wanting.filter(queued_at__lte=now - NOTIFY_AGAIN_AFTER)
    on_pcs = wanting.filter(device__isnull=False).order_by("device_id", *kind.order).distinct("device_id")
    in_tenant = wanting.filter(device__isnull=True).order_by(*kind.order)[:most]
    return [*on_pcs.values_list("since", "pk"), *in_tenant.values_list("since", "pk")]
