"""When a CAB was made, in UTC, as far as its files tell, and moments that Defender writes in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from troubleshooting.machines.readers import YEARS
from troubleshooting.machines.support_files.command_log import ENGLISH_MONTHS
from troubleshooting.machines.support_files.header import CabMember
from troubleshooting.machines.support_files.lines import Lines
from troubleshooting.machines.support_files.local_time import LocalTimes

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
AHEAD_OF_THE_PORTAL = timedelta(days=1)  # more is not believed
FARTHEST_ZONE = timedelta(hours=14)
_SUMMER_TIME = timedelta(hours=1)
_SHORTLY = timedelta(minutes=30)  # so long before the end of a collection a PC writes into its log at least once
_ROUNDED = timedelta(seconds=2)  # MS-DOS counts in steps of two seconds

_LOG_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?\b")
_IN_WORDS = re.compile(
    r"\b([A-Za-z]{3})[a-z]* +(\d{1,2}),? +(?:(\d{4}) +)?(\d{1,2}):(\d\d):(\d\d)(?: *([AP]M))?(?: +(\d{4}))?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
_MONTHS = dict(zip(ENGLISH_MONTHS, range(1, 13), strict=True))


def made_at(
    members: Sequence[CabMember], *, known: Iterable[datetime], times: LocalTimes, zone: timezone | None, now: datetime
) -> tuple[datetime, bool]:
    """Return when the CAB was made, and whether that is sure.

    ``known`` are moments in UTC at which the PC was still writing. The dates of the files are in local time. Where the
    zone is not known, the earliest moment that they can mean is taken, so that nothing later is claimed to be covered.
    """
    latest = now + AHEAD_OF_THE_PORTAL
    still_writing = max((at for at in known if at <= latest), default=EARLIEST)
    written = max((member.written_at for member in members if member.written_at is not None), default=None)
    if written is None:
        return still_writing, False
    placed = times.from_clock(written), True
    if placed[0] is None and zone is not None:
        placed = _in_zone(written, zone, still_writing)
    at, is_sure = placed if placed[0] is not None else (written.replace(tzinfo=UTC) - FARTHEST_ZONE, False)
    if at is None or not still_writing - _ROUNDED <= at <= latest:
        return still_writing, False
    return max(at, still_writing), is_sure


def _in_zone(written: datetime, zone: timezone, still_writing: datetime) -> tuple[datetime, bool]:
    """Return a local time in UTC, and whether it is sure: a zone does not say whether summer time was on."""
    winter = written.replace(tzinfo=zone).astimezone(UTC)
    summer = winter - _SUMMER_TIME
    if still_writing > summer + _ROUNDED:
        return winter, True
    return summer, summer - still_writing <= _SHORTLY


def last_log_time(logs: Iterable[Lines]) -> datetime | None:
    """Return the last moment in the service's own logs, which are written in UTC."""
    found = (
        match[1] for lines in logs for _number, line in lines if (match := _LOG_TIME.match(line)) and _is_year(match[1])
    )
    last = max(found, default=None)
    try:
        return datetime.fromisoformat(last).replace(tzinfo=UTC) if last is not None else None
    except ValueError:
        return None


def _is_year(text: str) -> bool:
    return int(text[:4]) in YEARS


def in_words(text: str) -> datetime | None:
    """Read a moment that says that it is UTC; None for one in another form."""
    text = text[:100]
    if "utc" not in text.casefold() and not text.strip().endswith("Z"):
        return None
    try:
        if found := _ISO.search(text):
            return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
        found = _IN_WORDS.search(text)
        month = _MONTHS.get(found[1].casefold()) if found else None
        year = (found[3] or found[8]) if found else None
        if found is None or month is None or year is None:
            return None
        hour = int(found[4]) % 12 + (12 if found[7].upper() == "PM" else 0) if found[7] else int(found[4])
        return datetime(int(year), month, int(found[2]), hour, int(found[5]), int(found[6]), tzinfo=UTC)
    except ValueError:
        return None
