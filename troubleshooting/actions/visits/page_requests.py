"""What a PC is asked to request for a case, and what its answer and its log say."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Protocol

from troubleshooting.domain.cases.masked import plain_indicator
from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot
from troubleshooting.machines.base import Answer
from troubleshooting.models import Case

HTTP_STATUS = re.compile(r"\([1-5][0-9]{2}\)")  # "(404)" in the error's message, whatever the language
LONGEST_URL = 2_000  # what the catalogue lets the PC request; longer ones are tried by their host


class ReadsEvents(Protocol):
    """A visit that reads the log."""

    def read_events(self, *, since: datetime) -> Snapshot:
        """Read the protection events since then, and the clock to compare them with."""
        ...


def url_of(case: Case) -> str:
    """Return the address that the PC requests for a case: the reported URL, else the host over HTTPS.

    What is masked in the URL is not known to the portal, and left out.
    """
    indicator = plain_indicator(case.report.indicator)
    if indicator.scheme in ("http", "https") and len(indicator.value) <= LONGEST_URL:
        return indicator.value
    host = f"[{indicator.host}]" if ":" in indicator.host else indicator.host
    return f"https://{host}/" if indicator.port is None else f"https://{host}:{indicator.port}/"


def was_reached(answer: Answer) -> bool:
    """Tell whether a server answered: a status, or an error that carries an HTTP answer (a redirect, a 404).

    Windows PowerShell 5.1 reports both as errors (docs/reference/device-commands.md, "Notes on answers").
    """
    if answer.reading.state is ReadState.ANSWERED and answer.content:
        return True
    redirected = (error.get("fq_error", "").startswith("MaximumRedirectExceeded") for error in answer.errors)
    answered = (HTTP_STATUS.search(error.get("message", "")) for error in answer.errors)
    return any(redirected) or any(answered)


def read_log(visit: ReadsEvents, *, since: datetime, lag: timedelta) -> Snapshot:
    """Read the events twice, a few seconds apart, for the log lags; the second answer has everything of the first."""
    visit.read_events(since=since)
    time.sleep(lag.total_seconds())
    return visit.read_events(since=since)
