"""The conclusion of a check run: what happened to the reported connection, how sure that is, and what is next.

A verdict is never a guess: each one rests on named evidence. The local log carries no category, so it cannot say
*whose list* blocked a site (Microsoft's intelligence, the company's own indicator, web content filtering, Defender for
Cloud Apps); the texts say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.microsoft_pages import Tested, microsoft_page
from troubleshooting.domain.checks import exclusions
from troubleshooting.domain.checks.finding import CheckStatus, Finding
from troubleshooting.domain.evidence.events import BLOCKED, EventMatch, Strength, clock_skew, matches_in
from troubleshooting.domain.evidence.log import gap_of, near_blocks
from troubleshooting.domain.evidence.programs import program_of
from troubleshooting.domain.evidence.snapshot import ProtectionEvent, Snapshot, Source
from troubleshooting.domain.verdict.base import Confidence, Evidence, EvidenceKind, NextStep, Verdict, VerdictCode
from troubleshooting.domain.verdict.facts import REQUIRED, Facts
from troubleshooting.domain.verdict.hints import hints
from troubleshooting.domain.verdict.microsoft_page_texts import MICROSOFT_PAGE_WORDS
from troubleshooting.domain.verdict.notes import NOT_WORKING, TEST_PAGE, close_events
from troubleshooting.domain.verdict.suspects import antivirus_names
from troubleshooting.domain.verdict.texts import WORDS, verdict_of
from troubleshooting.domain.verdict.tries import said_by_tries
from troubleshooting.domain.verdict.warned import with_warning
from troubleshooting.domain.verdict.whose_list import TenantList, with_whose_list

__all__ = [
    "LADDER",
    "Confidence",
    "Evidence",
    "EvidenceKind",
    "NextStep",
    "Verdict",
    "VerdictCode",
    "conclude",
]

_NOT_KNOWN = frozenset({CheckStatus.UNKNOWN, CheckStatus.WAITING})

Rung = Callable[[Facts], Verdict | None]


def conclude(
    report: Report, snapshot: Snapshot, findings: Iterable[Finding], *, tenant: TenantList | None = None
) -> Verdict:
    """Return the verdict of the first rung of LADDER that has one; the last rung always has.

    ``tenant`` are the indicators about the address, where they were read.
    """
    matches = matches_in(snapshot, report)
    facts = Facts(
        report=report,
        snapshot=snapshot,
        findings={finding.check: finding for finding in findings},
        matches=matches,
        near=near_blocks(snapshot, report, matches),
        gap=gap_of(snapshot, report),
    )
    found = next(verdict for rung in LADDER if (verdict := rung(facts)) is not None)
    worded = with_warning(found, report, snapshot)
    return with_whose_list(worded, report, tenant=tenant, now=snapshot.collected_at)


def blocked(facts: Facts) -> Verdict | None:
    """A 1126 that matches address, program and time: the block is a fact, whatever else is wrong."""
    return _from_event(facts, VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, is_block=True)


def would_be_blocked(facts: Facts) -> Verdict | None:
    """A 1125 that matches: network protection knows the site and only wrote it down."""
    return _from_event(facts, VerdictCode.WOULD_BE_BLOCKED, is_block=False)


def edge_is_not_covered(facts: Facts) -> Verdict | None:
    """In Microsoft Edge it is SmartScreen that blocks, unless the log has just shown otherwise.

    Source: docs/reference/checks.md section 5, C6.
    """
    if program_of(facts.report) is not Program.EDGE:
        return None
    confidence = Confidence.HIGH if facts.gap is None and not facts.is_close else Confidence.MEDIUM
    evidence = [*_log_evidence(facts), *_checks(facts.failed)]
    return _verdict(facts, VerdictCode.NOT_COVERED, "edge", confidence, evidence)


def smart_screen_page_is_not_covered(facts: Facts) -> Verdict | None:
    """Microsoft's demonstration of SmartScreen is for Edge alone; in other programs it shows nothing."""
    page = microsoft_page(facts.report.indicator)
    if page is None or page.tested is not Tested.SMART_SCREEN:
        return None
    return _verdict(facts, VerdictCode.NOT_COVERED, page.tested, Confidence.HIGH, _log_evidence(facts))


def private_address_is_not_covered(facts: Facts) -> Verdict | None:
    """Internal addresses are on no list of Microsoft's, and indicators refuse them.

    Source: docs/reference/exclusions.md section 2.
    """
    if not facts.report.indicator.is_private:
        return None
    return _verdict(facts, VerdictCode.NOT_COVERED, "private", Confidence.MEDIUM, _log_evidence(facts))


def defender_is_stopped(facts: Facts) -> Verdict | None:
    """For a missed site: the device itself says that Defender's service is not running."""
    if not facts.is_missed or not facts.stopped:
        return None
    return _verdict(facts, VerdictCode.PREREQUISITES_NOT_MET, "stopped", Confidence.HIGH, facts.stopped)


def prerequisites_not_met(facts: Facts) -> Verdict | None:
    """For a missed site: a check without which network protection does not work has failed.

    High only while the log was read too: a block that nobody could read would have come first.
    """
    if not facts.is_missed or not facts.failed:
        return None
    confidence = Confidence.HIGH if facts.gap is None else Confidence.MEDIUM
    return _verdict(facts, VerdictCode.PREREQUISITES_NOT_MET, "failed", confidence, _checks(facts.failed))


def excluded(facts: Facts) -> Verdict | None:
    """An exclusion covers the program or address of a missed site, so its traffic was not looked at (C15)."""
    covering = facts.with_status([exclusions.EXCLUSIONS_IN_FORCE], frozenset({CheckStatus.FAIL}))
    if not facts.is_missed or not covering:
        return None
    by_address = facts.report.indicator.address is not None
    confidence = Confidence.HIGH if by_address else Confidence.MEDIUM  # a program is compared by its file name only
    return _verdict(facts, VerdictCode.EXCLUDED, "excluded", confidence, _checks(covering))


def log_cannot_tell(facts: Facts) -> Verdict | None:
    """The log could not be read, or does not reach the reported moment."""
    if facts.gap is None:
        return None
    return _cannot_tell(facts, facts.gap.value, _log_evidence(facts))


def test_page_not_blocked(facts: Facts) -> Verdict | None:
    """Microsoft's test page was opened and not blocked: protection does not work here, whatever the checks say.

    Source: docs/reference/events.md section 8.
    """
    page = microsoft_page(facts.report.indicator)
    if page is None or facts.report.kind is not ProblemKind.DANGEROUS_SITE_MISSED:
        return None
    confidence = Confidence.LOW if facts.matches else Confidence.MEDIUM
    unknown = facts.with_status(REQUIRED, _NOT_KNOWN)
    evidence = [*_log_evidence(facts), *_checks(unknown)]
    return _verdict(facts, VerdictCode.PROTECTION_NOT_WORKING, page.tested, confidence, evidence)


def not_blocked(facts: Facts) -> Verdict | None:
    """For a blocked site: network protection cannot block on this PC, and the whole log has no block.

    What is missing is IT's own finding; it does not answer the report. A block of that time shows that protection did
    work then.
    """
    has_blocked = any(match.is_block for match in facts.matches) or any(e.event_id == BLOCKED for e in facts.near)
    if facts.is_missed or has_blocked or not (facts.failed or facts.stopped):
        return None
    confidence = Confidence.HIGH if facts.is_log_sure and not facts.is_close else Confidence.MEDIUM
    reason = "other_antivirus" if antivirus_names(facts.snapshot) else "not_working"
    evidence = [*_log_evidence(facts), *_tried(facts), *_checks(facts.failed), *facts.stopped]
    return _verdict(facts, VerdictCode.NOT_BLOCKED, reason, confidence, evidence)


def checks_cannot_tell(facts: Facts) -> Verdict | None:
    """For a missed site every required check has to be known: "not blocked" means nothing where it may be off."""
    unknown = facts.with_status(REQUIRED, _NOT_KNOWN)
    incomplete = unknown or any(check.id not in facts.findings for check in REQUIRED)
    if not facts.is_missed or not incomplete:
        return None
    return _cannot_tell(facts, "checks_unread", _checks(unknown))


def _cannot_tell(facts: Facts, reason: str, evidence: Iterable[Evidence]) -> Verdict:
    """Say so; a file cannot be asked again, so its words are others."""
    of_file = f"{reason}_in_file"
    has_own = facts.snapshot.source is Source.FILE and (VerdictCode.CANNOT_TELL, of_file) in WORDS
    return _verdict(facts, VerdictCode.CANNOT_TELL, of_file if has_own else reason, Confidence.LOW, evidence)


def missed_not_reproduced(facts: Facts) -> Verdict | None:
    """Everything is in order, the log was read, and no block of the reported site is in it."""
    if not facts.is_missed:
        return None
    unclear = facts.with_status([exclusions.EXCLUSIONS_IN_FORCE], _NOT_KNOWN)
    unsure = hints(facts.report, facts.snapshot) or facts.is_close or unclear or not facts.is_log_sure
    confidence = Confidence.LOW if unsure else Confidence.MEDIUM
    evidence = [*_log_evidence(facts), *_checks(unclear)]
    return _verdict(facts, VerdictCode.NOT_REPRODUCED, "missed", confidence, evidence)


def blocked_not_reproduced(facts: Facts) -> Verdict:
    """The log was read, and no block of the reported site is in it: something else kept the site from opening."""
    unsure = facts.with_status(REQUIRED, _NOT_KNOWN) or facts.is_close or not facts.is_log_sure
    confidence = Confidence.MEDIUM if unsure else Confidence.HIGH
    reason = "close" if facts.is_close else "not_blocked"
    return _verdict(facts, VerdictCode.NOT_REPRODUCED, reason, confidence, [*_log_evidence(facts), *_tried(facts)])


# The order of decision: facts of the log; what network protection never sees; what is broken; what explains a miss;
# what cannot be known; last, that nothing was found (docs/reference/checks.md section 7, with the log moved to the
# front).
LADDER: tuple[Rung, ...] = (
    blocked,
    would_be_blocked,
    smart_screen_page_is_not_covered,
    edge_is_not_covered,
    private_address_is_not_covered,
    defender_is_stopped,
    prerequisites_not_met,
    excluded,
    log_cannot_tell,
    test_page_not_blocked,
    not_blocked,
    checks_cannot_tell,
    missed_not_reproduced,
    blocked_not_reproduced,
)


_BY_STRENGTH: Mapping[Strength, Confidence] = {
    Strength.STRONG: Confidence.HIGH,
    Strength.FAIR: Confidence.MEDIUM,
    Strength.FAINT: Confidence.LOW,
}


def _from_event(facts: Facts, code: VerdictCode, *, is_block: bool) -> Verdict | None:
    """Conclude from the best event of a kind that nothing contradicts."""
    fitting = [match for match in facts.matches if match.counts and match.is_block is is_block]
    if not fitting:
        return None
    confidence = _BY_STRENGTH[fitting[0].strength]
    if facts.snapshot.clock is None and confidence is Confidence.HIGH:
        confidence = Confidence.MEDIUM
    evidence = [*(_event(match) for match in fitting[:3]), *_checks(facts.failed)]
    return _verdict(facts, code, facts.report.kind.value, confidence, evidence)


def _verdict(
    facts: Facts, code: VerdictCode, reason: str, confidence: Confidence, evidence: Iterable[Evidence]
) -> Verdict:
    """Put the words to a conclusion; Microsoft's own test pages have some of their own."""
    page = microsoft_page(facts.report.indicator)
    if page is not None and (code, page.tested) in MICROSOFT_PAGE_WORDS:
        reason = page.tested
    worded = verdict_of(code, reason, facts.report, facts.snapshot, facts.matches)
    return replace(worded, confidence=confidence, evidence=tuple(evidence), notes=_notes(facts, code))


def _notes(facts: Facts, code: VerdictCode) -> tuple[Text, ...]:
    """Say what both readers should know beside a conclusion that rests on the absence of an event."""
    if code not in _FROM_ABSENCE:
        return ()
    close = close_events(facts.report, facts.matches, facts.near, skew=clock_skew(facts.snapshot))
    if microsoft_page(facts.report.indicator) is not None:  # the words of the other verdicts say it themselves
        page = say(TEST_PAGE, host=facts.report.indicator.display_host)
        return (page, *close) if code is VerdictCode.CANNOT_TELL else close
    is_unprotected = not facts.is_missed and bool(facts.failed or facts.stopped)
    return (*close, NOT_WORKING) if is_unprotected else close


_FROM_ABSENCE = frozenset(
    {VerdictCode.NOT_COVERED, VerdictCode.CANNOT_TELL, VerdictCode.NOT_REPRODUCED, VerdictCode.NOT_BLOCKED}
)


def _checks(findings: Iterable[Finding]) -> list[Evidence]:
    """Point at findings."""
    return [Evidence(EvidenceKind.CHECK, finding.check, finding.summary) for finding in findings]


def _event(match: EventMatch) -> Evidence:
    """Point at an event that concerns the address."""
    return Evidence(EvidenceKind.EVENT, _reference(match.event), match.reasons[0])


def _tried(facts: Facts) -> list[Evidence]:
    """Point at what the PC itself tried."""
    tries = said_by_tries(facts.report, facts.snapshot)
    return [Evidence(EvidenceKind.READING, one.name, one.said) for one in tries]


def _reference(event: ProtectionEvent) -> str:
    """Return an event's record number, or its time where the log gave none."""
    return str(event.record_id) if event.record_id is not None else event.recorded_at.isoformat()


def _log_evidence(facts: Facts) -> list[Evidence]:
    """Point at the log, at events that concern the address without fitting, and at blocks of that moment elsewhere."""
    near = (Evidence(EvidenceKind.EVENT, _reference(event)) for event in facts.near[:3])
    return [
        Evidence(EvidenceKind.READING, "protection_events"),
        *(_event(match) for match in facts.matches[:3]),
        *near,
    ]
