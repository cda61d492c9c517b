"""The PCs whose protection was not yet put back, for the band at the top of IT's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Window

from troubleshooting.domain.base.text import Text
from troubleshooting.models import SettingLease
from troubleshooting.queries.leases.audit_mode_test import error_title, fallback_of

SHOWN = 5  # in the band; a longer list says how many more there are


@dataclass(frozen=True, slots=True)
class NotRestored:
    """One PC that may still be in the mode of a test."""

    lease_id: int
    device: str
    case_number: str
    since: datetime | None  # when the mode was changed
    error: Text | None
    next_attempt_at: datetime | None  # None: at once
    fallback_at: datetime | None  # when the PC puts the mode back by itself


@dataclass(frozen=True, slots=True)
class NotRestoredList:
    """The first of them, those over longest first, and how many more there are."""

    rows: tuple[NotRestored, ...] = ()
    more: int = 0


def not_yet_restored(*, now: datetime) -> NotRestoredList:
    """Return what IT and auditors have to know on every page; one query. A test that is just ending is no news."""
    late = SettingLease.objects.late(now=now).select_related("device", "case").annotate(number=Window(Count("pk")))
    shown = list(late[:SHOWN])
    number = getattr(shown[0], "number", 0) if shown else 0  # of all of them
    return NotRestoredList(tuple(map(_row, shown)), number - len(shown))


def _row(lease: SettingLease) -> NotRestored:
    return NotRestored(
        lease_id=lease.pk,
        device=lease.device.hostname,
        case_number=lease.case.number,
        since=lease.started_at,
        error=error_title(lease),
        next_attempt_at=lease.next_attempt_at,
        fallback_at=fallback_of(lease),
    )
