"""What stands beside a verdict for both readers: blocks that come close to the report, and missing protection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.evidence.events import BLOCKED, EventMatch, read_destination
from troubleshooting.domain.evidence.programs import UNNAMED, Degree, file_name
from troubleshooting.domain.evidence.snapshot import ProtectionEvent

MOST_EVENTS = 2  # of each sort; the others stand in the table of events
PORTALS_OWN = frozenset({"wsmprovhost.exe"})  # what runs the portal's commands on the PC

NOT_WORKING = say(
    _(
        "Apart from that, network protection can't protect this PC as it is set up now. IT can see what is missing and "
        "can fix it, no matter how this report ends."
    )
)
TEST_PAGE = _("%(host)s is Microsoft's own test page. It is blocked on purpose, to show that protection works.")

_ELSEWHERE = _("At that time network protection blocked %(program)s at a different address, %(address)s.")
_ELSEWHERE_LOGGED = _("At that time network protection logged %(program)s at a different address, %(address)s.")
_UNREADABLE = _("At that time network protection blocked %(program)s at an address that the portal could not read.")
_OTHER_PROGRAM = _("Network protection blocked %(address)s in a different program, %(program)s.")
_BY_PORTAL = _("Network protection blocked %(address)s when the PC requested it for a check by this portal.")
_EARLIER = _("Network protection blocked %(address)s %(minutes)s minutes before the time that was reported.")
_LATER = _("Network protection blocked %(address)s %(minutes)s minutes after the time that was reported.")


def close_events(
    report: Report, matches: Iterable[EventMatch], near: Iterable[ProtectionEvent], *, skew: timedelta
) -> tuple[Text, ...]:
    """Return a sentence for each block that comes close to the report, as what it is."""
    weak = [match for match in matches if not match.counts and match.is_block]
    return (
        *(_elsewhere(event) for event in [*near][:MOST_EVENTS]),
        *(text for match in weak[:MOST_EVENTS] for text in _weak(match, report.happened_at, skew)),
    )


def _elsewhere(event: ProtectionEvent) -> Text:
    found, program = read_destination(event.destination), _program(event)
    if found is None:
        return say(_UNREADABLE, program=program)
    message = _ELSEWHERE if event.event_id == BLOCKED else _ELSEWHERE_LOGGED
    return say(message, program=program, address=found.display_host)


def _weak(match: EventMatch, reported_at: datetime, skew: timedelta) -> Iterator[Text]:
    found = read_destination(match.event.destination)
    address = found.display_host if found else ""
    if match.program is Degree.NO:
        program = _program(match.event)
        if program in PORTALS_OWN:
            yield say(_BY_PORTAL, address=address)
        else:
            yield say(_OTHER_PROGRAM, address=address, program=program)
    if match.time is Degree.NO:
        minutes = round(match.distance.total_seconds() / 60)
        is_earlier = match.event.recorded_at - skew < reported_at
        yield say(_EARLIER if is_earlier else _LATER, address=address, minutes=minutes)


def _program(event: ProtectionEvent) -> str:
    name = file_name(event.process_name)
    return "?" if name in UNNAMED else name
