"""Submissions about which Microsoft has said nothing for too long, for IT's first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from troubleshooting.models import Submission
from troubleshooting.queries.submissions.sheet import silent_days

SHOWN = 5


@dataclass(frozen=True, slots=True)
class AwaitedLine:
    """A submission without news."""

    case_number: str
    address: str
    reference: str
    days: int


@dataclass(frozen=True, slots=True)
class Awaited:
    """Those without news for the longest time, and how many there are."""

    lines: tuple[AwaitedLine, ...]
    count: int


def awaited(*, now: datetime) -> Awaited:
    """Return the submissions without news for longer than SUBMISSION_REMINDER; two queries at most."""
    late = Submission.objects.unanswered(since=now - settings.SUBMISSION_REMINDER)
    found = late.select_related("case").order_by("updated_at", "pk")[: SHOWN + 1]
    lines = tuple(
        AwaitedLine(one.case.number, one.case.report.indicator.display_host, one.reference, silent_days(one))
        for one in found
    )
    return Awaited(lines[:SHOWN], late.count() if len(lines) > SHOWN else len(lines))
