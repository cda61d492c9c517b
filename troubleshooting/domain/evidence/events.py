"""Which events of the device's log belong to a report.

Network protection logs 1125 (audit: would have blocked) and 1126 (blocked); docs/reference/events.md section 2. The
Destination may be a bare host, ``host:port``, a URL or an IP address; the times are the device's own, so the measured
clock skew is taken out before they are compared with the moment the employee named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.cases.indicator import Indicator, InvalidIndicator, covers, parse_exact
from troubleshooting.domain.evidence.programs import Degree, match_program
from troubleshooting.domain.evidence.snapshot import ProtectionEvent, Snapshot

AUDITED = 1125
BLOCKED = 1126
SETTING_CHANGED = 5007
CHANGE_REFUSED = 5013
BLOCK_EVENTS = frozenset({AUDITED, BLOCKED})

# People remember "about ten o'clock": up to 15 minutes is the moment they meant, up to two hours may be (own choice).
CLOSE = timedelta(minutes=15)
WINDOW = timedelta(hours=2)
NO_SKEW = timedelta(0)


class Strength(StrEnum):
    """How well the whole event fits."""

    STRONG = "strong"  # address, program and time are exact
    FAIR = "fair"  # nothing contradicts, at least one is only near
    FAINT = "faint"  # address and time fit; the name that was typed says nothing about the program
    WEAK = "weak"  # the address fits, the program or the time does not


_RANK = {strength: rank for rank, strength in enumerate(Strength)}


@dataclass(frozen=True, slots=True)
class EventMatch:
    """An event that concerns the reported address, with how well each feature fits and why."""

    event: ProtectionEvent
    address: Degree
    program: Degree
    time: Degree
    strength: Strength
    distance: timedelta  # between the event (skew taken out) and the reported moment, never negative
    reasons: tuple[Text, ...]

    @property
    def counts(self) -> bool:
        """Tell whether nothing contradicts: address and time fit at least nearly, and the program is no other one."""
        return self.strength is not Strength.WEAK

    @property
    def is_block(self) -> bool:
        """Tell whether the connection was really blocked (1126), not only audited (1125)."""
        return self.event.event_id == BLOCKED

    def as_json(self) -> dict[str, Any]:
        """Return the form for the evidence download."""
        return {
            "event_id": self.event.event_id,
            "record_id": self.event.record_id,
            "address": self.address.value,
            "program": self.program.value,
            "time": self.time.value,
            "strength": self.strength.value,
            "distance_s": self.distance.total_seconds(),
            "reasons": [reason.as_json() for reason in self.reasons],
        }


def matching_events(
    events: Iterable[ProtectionEvent], report: Report, *, window: timedelta = WINDOW, skew: timedelta = NO_SKEW
) -> tuple[EventMatch, ...]:
    """Return the events that concern the report, best first (strength, blocks before audits, nearest in time)."""
    matches = (match_event(event, report, window=window, skew=skew) for event in events)
    return tuple(sorted((match for match in matches if match is not None), key=_order))


def matches_in(snapshot: Snapshot, report: Report) -> tuple[EventMatch, ...]:
    """Return the events of a snapshot that concern the report, with its own clock skew taken out."""
    return matching_events(snapshot.events or (), report, skew=clock_skew(snapshot))


def clock_skew(snapshot: Snapshot) -> timedelta:
    """Return how far the device's clock is ahead of the portal's; zero where it was not measured."""
    return snapshot.clock.device - snapshot.clock.portal if snapshot.clock else NO_SKEW


def match_event(
    event: ProtectionEvent, report: Report, *, window: timedelta = WINDOW, skew: timedelta = NO_SKEW
) -> EventMatch | None:
    """Compare one event with the report; None where it is about something else.

    ``skew`` is how far the device's clock is ahead. It is about something else when it is no 1125 or 1126, when the
    address differs, or when neither program nor time fits.
    """
    if event.event_id not in BLOCK_EVENTS:
        return None
    address, address_reason = _match_address(event.destination, report.indicator)
    program, program_reason = match_program(event.process_name, report)
    distance = abs(event.recorded_at - report.happened_at - skew)
    time, time_reason = _match_time(distance, window)
    if address is Degree.NO or (program is Degree.NO and time is Degree.NO):
        return None
    return EventMatch(
        event=event,
        address=address,
        program=program,
        time=time,
        strength=_strength({address, program, time}),
        distance=distance,
        reasons=(address_reason, program_reason, time_reason),
    )


def read_destination(text: str | None) -> Indicator | None:
    """Read an event's Destination; None where it is empty or not an address."""
    try:
        return parse_exact(text or "")
    except InvalidIndicator:
        return None


def _match_address(destination: str | None, reported: Indicator) -> tuple[Degree, Text]:
    """Compare the Destination with the reported address."""
    found = read_destination(destination)
    if found is None or _ports_differ(found, reported):
        return Degree.NO, say(_("The address in the event is a different one."))
    shown = {"event_host": found.display_host, "host": reported.display_host}
    if found.host == reported.host:
        return Degree.EXACT, say(_("The event names the reported address %(host)s."), host=shown["host"])
    if covers(reported.host, found.host):
        return Degree.NEAR, say(_("The event names %(event_host)s, a part of the reported site %(host)s."), **shown)
    if "." in found.host and covers(found.host, reported.host):
        return Degree.NEAR, say(_("The event names %(event_host)s, to which the reported %(host)s belongs."), **shown)
    return Degree.NO, say(_("The address in the event is a different one."))


def _ports_differ(one: Indicator, other: Indicator) -> bool:
    """Tell whether both name a port, and not the same."""
    return one.port is not None and other.port is not None and one.port != other.port


def _match_time(distance: timedelta, window: timedelta) -> tuple[Degree, Text]:
    """Judge the distance in time."""
    minutes = round(distance.total_seconds() / 60)
    if distance <= min(CLOSE, window):
        return Degree.EXACT, say(_("The event is %(minutes)s min from the reported time."), minutes=minutes)
    if distance <= window:
        return Degree.NEAR, say(
            _("The event is %(minutes)s min from the reported time, so it may be the same visit."), minutes=minutes
        )
    return Degree.NO, say(_("The event is %(minutes)s min from the reported time."), minutes=minutes)


def _strength(degrees: set[Degree]) -> Strength:
    """Sum three degrees up."""
    if Degree.NO in degrees:
        return Strength.WEAK
    if Degree.OPEN in degrees:
        return Strength.FAINT
    return Strength.STRONG if degrees == {Degree.EXACT} else Strength.FAIR


def _order(match: EventMatch) -> tuple[int, int, timedelta, int]:
    """Return the sort key: best first, and always the same for the same events."""
    return _RANK[match.strength], -match.event.event_id, match.distance, match.event.record_id or 0
