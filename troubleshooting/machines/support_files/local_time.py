"""What a device's local times are in UTC, learnt from events that carry both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from troubleshooting.machines.readers import YEARS

# How Windows writes date and time, by culture. 11/12/2026 may be either; then the pairs decide.
_FORMS = (
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d.%m.%y %H:%M:%S",
)
_STEP = timedelta(minutes=15)  # zones differ by multiples of it
_FARTHEST = timedelta(hours=14)
_LATE = timedelta(minutes=2)  # an event may be written some time after the detection
_MOST_PAIRS = 200


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """The form of local times, and how far they were ahead of UTC at some moments."""

    forms: tuple[str, ...]
    offsets: tuple[tuple[datetime, timedelta], ...]  # local time without zone, and how far it is ahead
    zone: timezone | None = None  # for where no event carries both

    @classmethod
    def of(cls, times: Sequence[tuple[str, datetime | None]], zone: timezone | None = None) -> LocalTimes:
        """Learn from (local time as written, the same moment in UTC where that is known), newest first."""
        pairs = [(local, at) for local, at in times if at is not None][:_MOST_PAIRS]
        for form in _FORMS:
            offsets = [_offset(local, at, form) for local, at in pairs]
            if offsets and all(offset is not None for offset in offsets):
                return cls((form,), tuple(offset for offset in offsets if offset is not None), zone)
        return cls((), (), zone) if pairs else cls(_only_form([local for local, _at in times]), (), zone)

    def utc(self, local: str) -> datetime | None:
        """Return a local time in UTC; None where its form or its zone is not known."""
        read = next((at for form in self.forms if (at := _read(local, form)) is not None), None)
        return self.from_clock(read) if read is not None else None

    def from_zone(self, local: str) -> datetime | None:
        """Return a local time in UTC by the zone alone, an hour late in summer; None where that cannot be told."""
        read = next((at for form in self.forms if (at := _read(local, form)) is not None), None)
        return read.replace(tzinfo=self.zone).astimezone(UTC) if read is not None and self.zone is not None else None

    def from_clock(self, local: datetime) -> datetime | None:
        """Return a naive local time in UTC, by the offset that was nearest to it in time (summer time changes it)."""
        if not self.offsets:
            return None
        _at, offset = min(self.offsets, key=lambda known: abs(known[0] - local))
        return (local - offset).replace(tzinfo=UTC)


UNKNOWN_TIMES = LocalTimes((), ())


def _only_form(times: Sequence[str]) -> tuple[str, ...]:
    """Return the one form in which all times can be read, newest first; nothing where two fit, or none."""
    fitting = []
    for form in _FORMS:
        read = [_read(local, form) for local in times[:_MOST_PAIRS]]
        known = [at for at in read if at is not None]
        if known and len(known) == len(read) and all(later >= earlier for later, earlier in pairwise(known)):
            fitting.append(form)
    return tuple(fitting) if len(fitting) == 1 else ()


def _read(local: str, form: str) -> datetime | None:
    try:
        read = datetime.strptime(" ".join(local.split()), form)  # noqa: DTZ007  its zone is what is looked for
    except ValueError:
        return None
    return read if read.year in YEARS else None


def _offset(local: str, at: datetime, form: str) -> tuple[datetime, timedelta] | None:
    read = _read(local, form)
    if read is None:
        return None
    ahead = read.replace(tzinfo=UTC) - at.astimezone(UTC)
    steps = round(ahead / _STEP)
    is_offset = abs(ahead - steps * _STEP) <= _LATE and abs(ahead) <= _FARTHEST + _STEP
    return (read, steps * _STEP) if is_offset else None
