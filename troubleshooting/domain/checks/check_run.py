"""The life of one check run: a visit to a device, and the waiting before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from troubleshooting.domain.base.backoff import next_try


class RunStatus(StrEnum):
    """Where a check run is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"  # the PC cannot be reached; tried again at next_attempt_at
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.RUNNING: frozenset(
        {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.WAITING, RunStatus.CANCELLED, RunStatus.QUEUED}
    ),
    RunStatus.WAITING: frozenset({RunStatus.QUEUED, RunStatus.CANCELLED, RunStatus.FAILED}),
    RunStatus.FINISHED: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}

NEXT_MOVE: Mapping[RunStatus, str | None] = {
    RunStatus.QUEUED: "portal",
    RunStatus.RUNNING: "portal",
    RunStatus.WAITING: "portal",
    RunStatus.FINISHED: None,
    RunStatus.FAILED: None,
    RunStatus.CANCELLED: None,
}

LIVE: frozenset[RunStatus] = frozenset({RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING})
ENDED: frozenset[RunStatus] = frozenset(RunStatus) - LIVE
HAS_ERROR: frozenset[RunStatus] = frozenset({RunStatus.WAITING, RunStatus.FAILED})  # its error code says why
TO_BEGIN: frozenset[RunStatus] = frozenset({RunStatus.QUEUED, RunStatus.WAITING})


def next_attempt(*, attempt: int, now: datetime, deadline: datetime) -> datetime | None:
    """Return the moment of the next visit, or None when it would come after the deadline."""
    moment = next_try(attempt, now=now)
    return moment if moment < deadline else None
