"""A re-test of an exclusion: does the address open with it, and is it still blocked without it.

The PC requests the reported page itself and its log is read after: an answer alone proves nothing (a proxy answers as
well), and silence of the log proves nothing where the log could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.evidence.events import EventMatch, matching_events
from troubleshooting.domain.evidence.snapshot import ProtectionEvent
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind

INDICATOR_SETTLES = timedelta(hours=2)  # docs/reference/exclusions.md section 2: usually within two hours …
INDICATOR_ESCALATES = timedelta(hours=48)  # … and after 48 hours something is wrong
GIVE_UP_AFTER = timedelta(days=1)  # of a PC that is not reached
LEASE_LENGTH = timedelta(minutes=5)
NEEDED_FOR_A_TRY = timedelta(minutes=2)  # less than this of a lease left: nothing is taken off any more
CLOCKS_AGREE_WITHIN = timedelta(seconds=2)  # skew is measured to about a second
WINDOW = timedelta(minutes=5)  # around the request, within which an event is about it


class RetestPurpose(StrEnum):
    """What a re-test asks."""

    WORKS = "works"  # does it open now, with the exclusion in force?
    STILL_NEEDED = "still_needed"  # is it still blocked without it? In audit mode, so that nobody is


class RetestStatus(StrEnum):
    """Where a re-test is."""

    ASKED = "asked"  # the portal visits the PC when it is due
    DONE = "done"  # the outcome says what it showed
    NOT_DONE = "not_done"  # the outcome says why


TRANSITIONS: Mapping[RetestStatus, frozenset[RetestStatus]] = {
    RetestStatus.ASKED: frozenset({RetestStatus.DONE, RetestStatus.NOT_DONE}),
    RetestStatus.DONE: frozenset(),
    RetestStatus.NOT_DONE: frozenset(),
}

NEXT_MOVE: Mapping[RetestStatus, str | None] = {
    RetestStatus.ASKED: "portal",
    RetestStatus.DONE: None,
    RetestStatus.NOT_DONE: None,
}


class RetestOutcome(StrEnum):
    """What a re-test showed, or why there was none; the words are in ``retest_texts``."""

    # done
    WORKS = "works"  # it opened, and nothing was logged against it
    BLOCKED = "blocked"  # network protection named it all the same
    NOT_REACHED = "not_reached"  # it did not open, and network protection is not the reason
    STILL_NEEDED = "still_needed"  # without the exclusion it would be blocked
    NOT_NEEDED = "not_needed"  # without the exclusion it would open
    CANNOT_TELL = "cannot_tell"
    # not done
    NOT_ALLOWED = "not_allowed"  # the company does not take exclusions off for a try
    ONLY_A_PERSON = "only_a_person"  # a program: the portal's own request is another program
    INDICATOR_FOR_MANY = "indicator_for_many"  # an indicator cannot be lifted for one PC
    DANGEROUS_SITE = "dangerous_site"  # is never requested
    NOT_ON_THIS_PC = "not_on_this_pc"  # the exclusion does not hold on the case's PC
    NOT_THE_PORTALS = "not_the_portals"  # the entry was there before, or another exclusion needs it
    PC_NOT_REACHED = "pc_not_reached"
    LEASE_NOT_POSSIBLE = "lease_not_possible"  # the content says why audit mode was not reached
    EMERGENCY_STOPPED = "emergency_stopped"
    EXCLUSION_ENDED = "exclusion_ended"


DONE_OUTCOMES: frozenset[RetestOutcome] = frozenset(
    {
        RetestOutcome.WORKS,
        RetestOutcome.BLOCKED,
        RetestOutcome.NOT_REACHED,
        RetestOutcome.STILL_NEEDED,
        RetestOutcome.NOT_NEEDED,
        RetestOutcome.CANNOT_TELL,
    }
)


def status_of(outcome: RetestOutcome) -> RetestStatus:
    """Return the status that an outcome stands for."""
    return RetestStatus.DONE if outcome in DONE_OUTCOMES else RetestStatus.NOT_DONE


# --- Whether and when -------------------------------------------------------------------------------------------------


def why_not_works(kind: ExclusionKind, *, is_safe_site: bool, is_on_pc: bool) -> RetestOutcome | None:
    """Say why the portal cannot try whether an exclusion works; None where it can."""
    if not is_safe_site:
        return RetestOutcome.DANGEROUS_SITE
    if kind is ExclusionKind.PROCESS:
        return RetestOutcome.ONLY_A_PERSON
    return None if is_on_pc else RetestOutcome.NOT_ON_THIS_PC


def why_not_without(
    kind: ExclusionKind, *, is_allowed: bool, is_safe_site: bool, is_on_pc: bool, is_the_portals: bool
) -> RetestOutcome | None:
    """Say why an exclusion cannot be taken off for a try; None where it can."""
    if not is_allowed:
        return RetestOutcome.NOT_ALLOWED
    if kind not in LOCAL_KINDS:
        return RetestOutcome.INDICATOR_FOR_MANY
    why_not = why_not_works(kind, is_safe_site=is_safe_site, is_on_pc=is_on_pc)
    if why_not is not None:
        return why_not
    return None if is_the_portals else RetestOutcome.NOT_THE_PORTALS


def first_due(kind: ExclusionKind, *, there_at: datetime) -> datetime:
    """Return when an exclusion that was read back is tried: at once on PCs, two hours later in the tenant."""
    return there_at if kind in LOCAL_KINDS else there_at + INDICATOR_SETTLES


def due_again(
    kind: ExclusionKind, outcome: RetestOutcome, *, there_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when an indicator that is still blocked is tried once more: after 2 and 48 hours; None for all others."""
    if kind in LOCAL_KINDS or outcome is not RetestOutcome.BLOCKED or there_at is None:
        return None
    moments = (there_at + INDICATOR_SETTLES, there_at + INDICATOR_ESCALATES)
    return next((moment for moment in moments if moment > now), None)


def is_given_up(first_due_at: datetime, *, now: datetime) -> bool:
    """Tell whether a PC was waited for long enough."""
    return now - first_due_at >= GIVE_UP_AFTER


# --- What it showed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RetestFacts:
    """What a re-test knows. ``events`` are None where the log could not be read, ``was_reached`` where nobody asked."""

    purpose: RetestPurpose
    report: Report
    events: Sequence[ProtectionEvent] | None
    was_reached: bool | None
    since: datetime  # what was logged before is older than the re-test
    requested_at: datetime | None
    skew: timedelta = timedelta(0)
    is_log_whole: bool = True  # else its silence proves nothing
    known: frozenset[int] = frozenset()  # record ids that the log had before: clocks alone tell seconds badly

    @property
    def matches(self) -> tuple[EventMatch, ...]:
        """Return the events since the start that are about the reported address, from whatever program."""
        at = self.requested_at or self.since
        wanted = replace(self.report, program=Program.UNKNOWN, happened_at=at)
        window = max(at - self.since, timedelta(0)) + WINDOW
        found = matching_events(self.events or (), wanted, skew=self.skew, window=window)
        begun = self.since - CLOCKS_AGREE_WITHIN
        fresh = (match for match in found if match.event.record_id not in self.known)
        return tuple(match for match in fresh if match.counts and match.event.recorded_at - self.skew >= begun)


def conclude_retest(facts: RetestFacts) -> RetestOutcome:
    """Return the outcome of the first rule that has one; the last always has."""
    return next(outcome for rule in RULES if (outcome := rule(facts)) is not None)


def log_unread(facts: RetestFacts) -> RetestOutcome | None:
    """Without the log a re-test shows nothing, and a part of it only what is in that part."""
    is_unknown = facts.events is None or not (facts.is_log_whole or facts.matches)
    return RetestOutcome.CANNOT_TELL if is_unknown else None


def logged(facts: RetestFacts) -> RetestOutcome | None:
    """An event for the address: blocked (1126), or named as what would be blocked (1125)."""
    return _WHEN_LOGGED[facts.purpose] if facts.matches else None


def not_asked(facts: RetestFacts) -> RetestOutcome | None:
    """Nobody requested the page, so the log's silence means nothing."""
    return RetestOutcome.CANNOT_TELL if facts.was_reached is None else None


def not_reached(facts: RetestFacts) -> RetestOutcome | None:
    """No answer, and nothing logged: something else is in the way."""
    return None if facts.was_reached else RetestOutcome.NOT_REACHED


def opened(facts: RetestFacts) -> RetestOutcome:
    """A server answered, and network protection had nothing against it."""
    return _WHEN_OPENED[facts.purpose]


RULES: tuple[Callable[[RetestFacts], RetestOutcome | None], ...] = (log_unread, logged, not_asked, not_reached, opened)

_WHEN_LOGGED: Mapping[RetestPurpose, RetestOutcome] = {
    RetestPurpose.WORKS: RetestOutcome.BLOCKED,
    RetestPurpose.STILL_NEEDED: RetestOutcome.STILL_NEEDED,
}
_WHEN_OPENED: Mapping[RetestPurpose, RetestOutcome] = {
    RetestPurpose.WORKS: RetestOutcome.WORKS,
    RetestPurpose.STILL_NEEDED: RetestOutcome.NOT_NEEDED,
}
