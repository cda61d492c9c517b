"""What an audit-mode test showed: was the connection to be blocked, and did anything happen at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import Indicator
from troubleshooting.domain.evidence.events import EventMatch, Strength, matching_events
from troubleshooting.domain.evidence.programs import file_name
from troubleshooting.domain.evidence.snapshot import ProtectionEvent
from troubleshooting.domain.verdict.base import (
    Confidence,
    Evidence,
    EvidenceKind,
    NextStep,
    NextStepCode,
    Verdict,
    VerdictCode,
)

_UNNAMED = "?"


class Visit(StrEnum):
    """Who made the connection during the test, as far as is known."""

    NONE = "none"  # nobody said so
    EMPLOYEE = "employee"  # the employee said so
    REACHED = "reached"  # the PC requested the page and got an answer
    NOT_REACHED = "not_reached"  # the PC requested it and the connection failed


@dataclass(frozen=True, slots=True)
class TestFacts:
    """What a finished test knows. ``events`` are those since its start; None where the log could not be read."""

    __test__ = False

    report: Report
    events: Sequence[ProtectionEvent] | None
    visit: Visit
    visited_at: datetime | None
    started_at: datetime
    ended_at: datetime
    test_page: Indicator
    skew: timedelta = timedelta(0)
    is_log_whole: bool = True  # else its silence proves nothing

    @property
    def matches(self) -> tuple[EventMatch, ...]:
        """Return the events of the test that concern the reported address (or, for a missed site, the test page)."""
        by_portal = self.is_missed or self.visit in (Visit.REACHED, Visit.NOT_REACHED)
        found = self._matches_of(Program.UNKNOWN if by_portal else self.report.program)
        return tuple(match for match in found if match.strength is not Strength.FAINT)

    @property
    def matches_of_other_programs(self) -> tuple[EventMatch, ...]:
        """Return the events of the test about the same address from whatever program."""
        return self._matches_of(Program.UNKNOWN)

    def _matches_of(self, program: Program) -> tuple[EventMatch, ...]:
        wanted = replace(
            self.report,
            indicator=self.test_page if self.is_missed else self.report.indicator,
            program=program,
            happened_at=self.visited_at or self.ended_at,
        )
        window = self.ended_at - self.started_at + timedelta(minutes=5)
        found = matching_events(self.events or (), wanted, skew=self.skew, window=window)
        return tuple(m for m in found if m.counts and m.event.recorded_at - self.skew >= self.started_at)

    @property
    def is_missed(self) -> bool:
        """Tell whether the site was reported as dangerous; then the published test page stood in for it."""
        return self.report.kind is ProblemKind.DANGEROUS_SITE_MISSED


def conclude_test(facts: TestFacts) -> Verdict:
    """Return the verdict of the first rule that has one; the last always has."""
    return next(verdict for rule in RULES if (verdict := rule(facts)) is not None)


def log_unread(facts: TestFacts) -> Verdict | None:
    """Without the log the test shows nothing, and a part of it only what is in that part."""
    if facts.events is not None and (facts.is_log_whole or facts.matches_of_other_programs):
        return None
    return Verdict(
        code=VerdictCode.CANNOT_TELL,
        confidence=Confidence.LOW,
        evidence=(Evidence(EvidenceKind.READING, "protection_events"),),
        employee=say(_("The test took place, but your PC's record of it could not be read.")),
        it=say(_("The event log could not be read after the audit-mode test, so the test has no result.")),
        next_step=_test_again(),
    )


def would_be_blocked(facts: TestFacts) -> Verdict | None:
    """A 1125 for the reported address: network protection would have ended the connection."""
    if facts.is_missed or not facts.matches:
        return None
    return Verdict(
        code=VerdictCode.WOULD_BE_BLOCKED,
        confidence=Confidence.HIGH,
        evidence=_events(facts.matches),
        employee=say(_("Network protection is what blocks this site.")),
        it=say(
            _(
                "During the audit-mode test, network protection logged the connection as one it would "
                "block. The local log does not say whose list it was on (Microsoft's, a company "
                "indicator, web content filtering, Defender for Cloud Apps)."
            )
        ),
        next_step=NextStep(
            NextStepCode.PREPARE_SUBMISSION,
            say(_("IT will find out whose list it is on. If it is Microsoft's, they will report it to Microsoft.")),
        ),
    )


def would_be_blocked_elsewhere(facts: TestFacts) -> Verdict | None:
    """A 1125 for the address from another program than the reported one: the site is on a list all the same."""
    if facts.is_missed or not facts.matches_of_other_programs:
        return None
    event = facts.matches_of_other_programs[0].event
    program = file_name(event.process_name) or _UNNAMED
    return Verdict(
        code=VerdictCode.WOULD_BE_BLOCKED,
        confidence=Confidence.MEDIUM,
        evidence=_events(facts.matches_of_other_programs),
        employee=say(_("Network protection is most likely what blocks this site.")),
        it=say(
            _(
                "During the audit-mode test, network protection logged a connection to the reported "
                "address as one it would block, but from %(program)s and not from the reported program."
            ),
            program=program,
        ),
        next_step=NextStep(
            NextStepCode.PREPARE_SUBMISSION,
            say(_("IT will find out whose list it is on. If it is Microsoft's, they will report it to Microsoft.")),
        ),
    )


def not_connected(facts: TestFacts) -> Verdict | None:
    """The PC requested the page, no answer came and nothing was logged: there was nothing to judge."""
    if facts.visit is not Visit.NOT_REACHED:
        return None
    return Verdict(
        code=VerdictCode.CANNOT_TELL,
        confidence=Confidence.LOW,
        evidence=(Evidence(EvidenceKind.READING, "request_page"), Evidence(EvidenceKind.READING, "protection_events")),
        employee=say(_("The test took place, but your PC could not make the connection, so the test has no result.")),
        it=say(
            _(
                "The device could not make the connection (name resolution, network, or a proxy that its "
                "own account does not use), so network protection had nothing to check. Have the "
                "employee open the site instead."
            )
        ),
        next_step=_test_again(),
    )


def protection_works(facts: TestFacts) -> Verdict | None:
    """The test page was caught: protection works, it just does not know the reported site."""
    if not facts.is_missed or not facts.matches:
        return None
    return Verdict(
        code=VerdictCode.NOT_REPRODUCED,
        confidence=Confidence.HIGH,
        evidence=_events(facts.matches),
        employee=say(_("Network protection works on your PC, but does not yet recognise this site as dangerous.")),
        it=say(
            _(
                "Microsoft's test page was caught during the audit-mode test, so network protection "
                "works on this device. As far as this device knows, the reported site is not on its "
                "lists."
            )
        ),
        next_step=NextStep(NextStepCode.PREPARE_SUBMISSION, say(_("IT will report the site to Microsoft as missed."))),
    )


def protection_does_not_work(facts: TestFacts) -> Verdict | None:
    """The test page was requested and not caught."""
    if not facts.is_missed or facts.visit is Visit.NONE:
        return None
    return Verdict(
        code=VerdictCode.PROTECTION_NOT_WORKING,
        confidence=Confidence.HIGH,
        evidence=(Evidence(EvidenceKind.READING, "request_page"), Evidence(EvidenceKind.READING, "protection_events")),
        employee=say(_("Network protection is not working as it should on your PC. IT can see this result.")),
        it=say(
            _(
                "Microsoft's test page was requested in audit mode and not logged, so network protection "
                "does not work on this device. Check which prerequisite is not met. If the request went "
                "through a proxy, that can also hide it from network protection."
            )
        ),
        next_step=NextStep(NextStepCode.FIX_PREREQUISITES, say(_("IT will check the prerequisites on this PC."))),
    )


def not_blocked(facts: TestFacts) -> Verdict | None:
    """The connection was made during the test, and network protection had nothing against it."""
    if facts.is_missed or facts.visit is Visit.NONE:
        return None
    confidence = Confidence.HIGH if facts.visit is Visit.REACHED else Confidence.MEDIUM
    return Verdict(
        code=VerdictCode.NOT_BLOCKED,
        confidence=confidence,
        evidence=(Evidence(EvidenceKind.READING, "protection_events"),),
        employee=say(_("Network protection is not what keeps this site from opening.")),
        it=say(
            _(
                "The connection was repeated in audit mode, and network protection logged nothing about "
                "it. Check SmartScreen, browser extensions, the proxy, the firewall and the site itself."
            )
        ),
        next_step=NextStep(
            NextStepCode.CHECK_NETWORK, say(_("IT will look for what else could be blocking the site."))
        ),
    )


def nothing_happened(facts: TestFacts) -> Verdict:
    """Nobody said that the visit took place, and nothing was logged."""
    return Verdict(
        code=VerdictCode.NOTHING_HAPPENED,
        confidence=Confidence.LOW,
        evidence=(Evidence(EvidenceKind.READING, "protection_events"),),
        employee=say(_("Nothing was recorded during the test. Did you open the site while it was running?")),
        it=say(_("The test ended without any known visit to the site, and nothing was logged.")),
        next_step=_test_again(),
    )


RULES: tuple[Callable[[TestFacts], Verdict | None], ...] = (
    log_unread,
    would_be_blocked,
    would_be_blocked_elsewhere,
    protection_works,
    not_connected,
    protection_does_not_work,
    not_blocked,
    nothing_happened,
)


def _test_again() -> NextStep:
    return NextStep(NextStepCode.TEST_AGAIN, say(_("Run the test again and open the site while it is running.")))


def _events(matches: Sequence[EventMatch]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            EvidenceKind.EVENT,
            str(match.event.record_id) if match.event.record_id is not None else match.event.recorded_at.isoformat(),
            match.reasons[0],
        )
        for match in matches[:3]
    )
