"""What an audit-mode test shows: one verdict for whatever is known, and always the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain import strategies
from tests.domain.builders import NOW, event, missed, report
from troubleshooting.domain.cases.case import ProblemKind, Program
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.leases.audit_mode_test import TEST_PAGE
from troubleshooting.domain.leases.audit_mode_verdict import RULES, TestFacts, Visit, conclude_test
from troubleshooting.domain.verdict.base import Confidence, NextStepCode, VerdictCode

STARTED, VISITED, ENDED = NOW, NOW + timedelta(minutes=3), NOW + timedelta(minutes=4)
SHOP, PAGE = "shop.example.com", "smartscreentestratings2.net"


def audited(destination: str | None = SHOP, **parts):
    return event(destination, **{"event_id": 1125, "recorded_at": VISITED, **parts})


def facts(*events, about=None, visit=Visit.EMPLOYEE, **parts) -> TestFacts:
    """Return a test in which the employee visited the reported site."""
    values = {
        "report": about or report(),
        "events": events,
        "visit": visit,
        "visited_at": None if visit is Visit.NONE else VISITED,
        "started_at": STARTED,
        "ended_at": ENDED,
        "test_page": parse_indicator(TEST_PAGE),
    }
    return TestFacts(**(values | parts))


HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
BLOCKED, PASSED, NOTHING = VerdictCode.WOULD_BE_BLOCKED, VerdictCode.NOT_BLOCKED, VerdictCode.NOTHING_HAPPENED
BROKEN, WORKS, UNREAD = VerdictCode.PROTECTION_NOT_WORKING, VerdictCode.NOT_REPRODUCED, VerdictCode.CANNOT_TELL
PORTAL, FAILED, NOBODY = Visit.REACHED, Visit.NOT_REACHED, Visit.NONE
EXAMPLES = {
    "the reported site was logged": (facts(audited()), BLOCKED, HIGH),
    "it was logged although nobody said so": (facts(audited(), visit=NOBODY), BLOCKED, HIGH),
    "it was really blocked: the mode was back already": (facts(audited(event_id=1126)), BLOCKED, HIGH),
    "a part of the site was logged": (facts(audited("cdn." + SHOP)), BLOCKED, HIGH),
    "the portal's request was logged, by PowerShell": (
        facts(audited(process_name="powershell.exe"), visit=FAILED),
        BLOCKED,
        HIGH,
    ),
    "the end of the long test": (
        facts(
            audited(recorded_at=NOW + timedelta(minutes=2)),
            visited_at=NOW + timedelta(minutes=59),
            ended_at=NOW + timedelta(minutes=60),
        ),
        BLOCKED,
        HIGH,
    ),
    "the PC's clock is an hour ahead": (
        facts(audited(recorded_at=VISITED + timedelta(hours=1)), skew=timedelta(hours=1)),
        BLOCKED,
        HIGH,
    ),
    "another site was logged": (facts(audited("ads.example.org")), PASSED, MEDIUM),
    "a host of another country was logged": (facts(audited("münchen.de")), PASSED, MEDIUM),
    "the site's neighbour was logged": (facts(audited("not" + SHOP)), PASSED, MEDIUM),
    "another program went there": (facts(audited(process_name="teams.exe")), BLOCKED, MEDIUM),
    "it was logged before the start": (facts(audited(recorded_at=STARTED - timedelta(seconds=1))), PASSED, MEDIUM),
    "an hour ahead, and before the start": (
        facts(audited(recorded_at=STARTED + timedelta(minutes=59)), skew=timedelta(hours=1)),
        PASSED,
        MEDIUM,
    ),
    "only the setting's change was logged": (facts(audited(event_id=5007)), PASSED, MEDIUM),
    "an event without an address": (facts(audited(None)), PASSED, MEDIUM),
    "nothing was logged, the employee was there": (facts(), PASSED, MEDIUM),
    "nothing was logged, the portal got an answer": (facts(visit=PORTAL), PASSED, HIGH),
    "nothing was logged, the portal got none": (facts(visit=FAILED), UNREAD, LOW),
    "nobody was there": (facts(visit=NOBODY), NOTHING, LOW),
    "another site, and nobody was there": (facts(audited("ads.example.org"), visit=NOBODY), NOTHING, LOW),
    "the log could not be read": (facts(events=None), UNREAD, LOW),
    "missed: the log could not be read": (facts(about=missed(), events=None), UNREAD, LOW),
    "missed: the test page was caught": (
        facts(audited(PAGE, process_name="powershell.exe"), about=missed(), visit=FAILED),
        WORKS,
        HIGH,
    ),
    "missed: the test page was let through": (facts(about=missed(), visit=PORTAL), BROKEN, HIGH),
    "missed: the test page did not answer": (facts(about=missed(), visit=FAILED), UNREAD, LOW),
    "missed: the test page was not requested": (facts(about=missed(), visit=NOBODY), NOTHING, LOW),
    "missed: the bad site itself says nothing about the test page": (
        facts(audited("bad.example.com"), about=missed(), visit=PORTAL),
        BROKEN,
        HIGH,
    ),
    "missed: caught before the start": (
        facts(audited(PAGE, recorded_at=STARTED - timedelta(minutes=1)), about=missed(), visit=PORTAL),
        BROKEN,
        HIGH,
    ),
}
NEXT = {
    BLOCKED: NextStepCode.PREPARE_SUBMISSION,
    WORKS: NextStepCode.PREPARE_SUBMISSION,
    BROKEN: NextStepCode.FIX_PREREQUISITES,
    PASSED: NextStepCode.CHECK_NETWORK,
    NOTHING: NextStepCode.TEST_AGAIN,
    UNREAD: NextStepCode.TEST_AGAIN,
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_course_of_a_test_has_its_verdict(example):
    known, code, confidence = EXAMPLES[example]

    verdict = conclude_test(known)

    assert (verdict.code, verdict.confidence, verdict.next_step.code) == (code, confidence, NEXT[code])


def test_every_rule_has_an_example():
    decided = {next(rule for rule in RULES if rule(known) is not None) for known, _, _ in EXAMPLES.values()}

    assert decided == set(RULES)


def test_the_evidence_names_three_events_at_most_by_number_or_by_moment():
    several = [audited(record_id=number) for number in (7, 8, 9, 10)]

    shown = conclude_test(facts(*several)).evidence
    unnumbered = conclude_test(facts(audited(record_id=None))).evidence

    assert [piece.reference for piece in shown] == ["7", "8", "9"]
    assert [piece.reference for piece in unnumbered] == [VISITED.isoformat()]


def test_words_of_a_german_event_change_nothing():
    german = replace(audited(), process_name=r"C:\Programme\Google\Chrome\Application\chrome.exe", user="LAB\\jürgen")

    assert conclude_test(facts(german)).code == BLOCKED


all_facts = st.builds(
    TestFacts,
    report=strategies.reports,
    events=st.none() | st.lists(strategies.events, max_size=4),
    visit=st.sampled_from(Visit),
    visited_at=st.none() | strategies.near_moments,
    started_at=strategies.near_moments,
    ended_at=strategies.near_moments,
    test_page=st.just(parse_indicator(TEST_PAGE)),
    skew=st.timedeltas(timedelta(days=-2), timedelta(days=2)),
)


@given(all_facts)
def test_there_is_always_one_verdict_and_it_is_always_the_same(known):
    verdict = conclude_test(known)

    assert conclude_test(known) == verdict
    assert verdict.evidence
    assert str(verdict.employee)
    assert str(verdict.it)


@given(all_facts, st.randoms())
def test_the_order_of_the_log_does_not_matter(known, random):
    shuffled = list(known.events or ())
    random.shuffle(shuffled)
    again = replace(known, events=None if known.events is None else shuffled)

    assert conclude_test(again).code == conclude_test(known).code


@given(all_facts)
def test_a_bad_site_never_gets_the_verdict_of_a_safe_one(known):
    code = conclude_test(known).code

    if known.report.kind is ProblemKind.DANGEROUS_SITE_MISSED:
        assert code in {WORKS, BROKEN, NOTHING, UNREAD}
    else:
        assert code in {BLOCKED, PASSED, NOTHING, UNREAD}


@given(all_facts)
def test_silence_is_never_read_as_fine(known):
    silent = replace(known, events=(), visit=Visit.NONE)

    assert conclude_test(silent).code == NOTHING
    assert conclude_test(replace(known, events=None)).code == UNREAD


def test_the_portals_own_request_counts_whatever_program_was_reported():
    known = facts(audited(process_name="powershell.exe"), about=report(program=Program.FIREFOX), visit=Visit.REACHED)

    assert conclude_test(known).code == BLOCKED
