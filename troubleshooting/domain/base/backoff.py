"""When what failed is tried again: growing pauses, an hour at most."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


def pause_after(failures: int) -> timedelta:
    """Return the pause after the ``failures``-th failure in a row (from 1): one minute, doubled, an hour at most."""
    doublings = min(max(failures, 1) - 1, 16)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def next_try(failures: int, *, now: datetime) -> datetime:
    """Return when it is tried again."""
    return now + pause_after(failures)
