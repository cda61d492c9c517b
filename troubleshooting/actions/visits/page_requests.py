"""What a PC is asked to request for a case, and what its answer and its log say."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Protocol

from troubleshooting.domain.cases.masked import requested_url
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.models import Case


class ReadsEvents(Protocol):
    """A visit that reads the log."""

    def read_events(self, *, since: datetime) -> Snapshot:
        """Read the protection events since then, and the clock to compare them with."""
        ...


def url_of(case: Case) -> str:
    """Return the address that the PC requests for a case."""
    return requested_url(case.report.indicator)


def read_log(visit: ReadsEvents, *, since: datetime, lag: timedelta) -> Snapshot:
    """Read the events twice, a few seconds apart, for the log lags; the second answer has everything of the first."""
    visit.read_events(since=since)
    time.sleep(lag.total_seconds())
    return visit.read_events(since=since)
