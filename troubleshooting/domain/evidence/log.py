"""How much of the log a visit has: that there is no record of a block only means something where the log is whole."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.evidence.events import BLOCK_EVENTS, CLOSE, EventMatch, clock_skew, read_destination
from troubleshooting.domain.evidence.programs import Degree, match_program
from troubleshooting.domain.evidence.snapshot import ProtectionEvent, Snapshot

LOG_SPAN = timedelta(hours=24)  # the visit reads so much of the log
LOG_LIMIT = 500  # records that a visit reads at most, newest first (docs/reference/device-commands.md)
TIME_SLACK = timedelta(minutes=5)  # people round the time up
SAME_VISIT = timedelta(
    minutes=5
)  # around the reported moment: what a page loads comes from many addresses (own choice)


class Gap(StrEnum):
    """Why the log that was read may lack the event of the reported moment."""

    UNREAD = "log_unread"
    TOO_SHORT = "log_too_short"  # reported for a moment outside, or so many records that older ones were not read
    INCOMPLETE = "log_incomplete"  # it broke off, was cut, or records could not be read
    TOO_YOUNG = "log_too_young"  # cleared, or overwritten from the front, since then


def gap_of(snapshot: Snapshot, report: Report) -> Gap | None:
    """Return why the log does not cover the reported moment; None where it does."""
    log, age, since = snapshot.log, snapshot.collected_at - report.happened_at, snapshot.events_since
    if snapshot.events is None:
        return Gap.UNREAD
    if age < -TIME_SLACK or (age > LOG_SPAN and since is None):
        return Gap.TOO_SHORT
    if not log.is_whole:
        return Gap.INCOMPLETE
    if since is not None:
        return None if since <= report.happened_at else Gap.TOO_SHORT
    if max(log.returned or 0, len(snapshot.events)) >= LOG_LIMIT and not _reaches_back(snapshot, report):
        return Gap.TOO_SHORT
    if log.is_empty or (
        log.begins_at is not None and log.begins_at - clock_skew(snapshot) > report.happened_at - CLOSE
    ):
        return Gap.TOO_YOUNG
    return None


def _reaches_back(snapshot: Snapshot, report: Report) -> bool:
    oldest = min((event.recorded_at for event in snapshot.events or ()), default=None)
    return oldest is not None and oldest - clock_skew(snapshot) < report.happened_at - CLOSE


def near_blocks(snapshot: Snapshot, report: Report, matches: tuple[EventMatch, ...]) -> tuple[ProtectionEvent, ...]:
    """Return blocks of the reported moment that may be the reported program's, at another address; nearest first.

    A page is loaded from more than one address, and Defender may name the address by number; so such a block may be
    the reported one, though the log does not show it.
    """
    skew, matched = clock_skew(snapshot), {id(match.event) for match in matches}
    found = [
        event
        for event in snapshot.events or ()
        if event.event_id in BLOCK_EVENTS
        and id(event) not in matched
        and abs(event.recorded_at - report.happened_at - skew) <= SAME_VISIT
        and (
            match_program(event.process_name, report)[0] is not Degree.NO or read_destination(event.destination) is None
        )
    ]
    return tuple(
        sorted(found, key=lambda event: (abs(event.recorded_at - report.happened_at - skew), event.record_id or 0))
    )
