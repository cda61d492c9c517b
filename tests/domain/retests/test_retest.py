"""When an exclusion is tried, whether that is possible, and what it showed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain import builders
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.retests.retest import (
    GIVE_UP_AFTER,
    RetestFacts,
    RetestOutcome,
    RetestPurpose,
    RetestStatus,
    conclude_retest,
    due_again,
    first_due,
    is_given_up,
    status_of,
    why_not_without,
    why_not_works,
)
from troubleshooting.domain.retests.retest_texts import retest_text

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
IP, PROCESS, INDICATOR = ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS, ExclusionKind.ALLOW_INDICATOR
WORKS, STILL_NEEDED = RetestPurpose
HOST = "shop.example.com"


def report():
    return builders.report(f"https://{HOST}/", kind=ProblemKind.SAFE_SITE_BLOCKED)


def facts(purpose=WORKS, **changes) -> RetestFacts:
    plain = RetestFacts(
        purpose=purpose, report=report(), events=(), was_reached=True, since=AT, requested_at=AT + timedelta(seconds=5)
    )
    return replace(plain, **changes)


def event(event_id=1126, host=HOST, *, at=AT + timedelta(seconds=6), program="wsmprovhost.exe"):
    return replace(builders.event(host, recorded_at=at), event_id=event_id, process_name=program)


@pytest.mark.parametrize(
    ("purpose", "changes", "outcome"),
    [
        (WORKS, {}, RetestOutcome.WORKS),
        (WORKS, {"events": None}, RetestOutcome.CANNOT_TELL),
        (WORKS, {"events": None, "was_reached": False}, RetestOutcome.CANNOT_TELL),
        (WORKS, {"events": (event(),), "was_reached": False}, RetestOutcome.BLOCKED),
        (WORKS, {"events": (event(1125),)}, RetestOutcome.BLOCKED),
        (WORKS, {"events": (event(program="chrome.exe"),)}, RetestOutcome.BLOCKED),
        (WORKS, {"events": (event(host="other.example"),)}, RetestOutcome.WORKS),
        (WORKS, {"events": (event(5007),)}, RetestOutcome.WORKS),
        (WORKS, {"events": (event(at=AT - timedelta(seconds=3)),)}, RetestOutcome.WORKS),
        (WORKS, {"events": (event(at=AT - timedelta(seconds=2)),)}, RetestOutcome.BLOCKED),
        (WORKS, {"was_reached": False}, RetestOutcome.NOT_REACHED),
        (WORKS, {"was_reached": None, "requested_at": None}, RetestOutcome.CANNOT_TELL),
        (STILL_NEEDED, {}, RetestOutcome.NOT_NEEDED),
        (STILL_NEEDED, {"events": None}, RetestOutcome.CANNOT_TELL),
        (STILL_NEEDED, {"events": (event(1125),)}, RetestOutcome.STILL_NEEDED),
        (STILL_NEEDED, {"was_reached": False}, RetestOutcome.NOT_REACHED),
    ],
)
def test_what_a_retest_showed(purpose, changes, outcome):
    assert conclude_retest(facts(purpose, **changes)) is outcome


def test_what_the_log_had_before_does_not_count_however_near_it_is():
    just_before = replace(event(1125, at=AT), record_id=4711)

    assert conclude_retest(facts(events=(just_before,))) is RetestOutcome.BLOCKED
    assert conclude_retest(facts(events=(just_before,), known=frozenset({4711}))) is RetestOutcome.WORKS


def test_a_pc_whose_clock_is_wrong_says_the_same():
    skew = timedelta(hours=3)

    fresh, old = (event(at=AT + shift + skew) for shift in (timedelta(seconds=6), timedelta(minutes=-1)))

    assert conclude_retest(facts(events=(fresh,), skew=skew)) is RetestOutcome.BLOCKED
    assert conclude_retest(facts(events=(old,), skew=skew)) is RetestOutcome.WORKS


@given(st.sampled_from(RetestPurpose), st.sampled_from([True, False, None]), st.booleans())
def test_an_unreadable_log_or_a_page_that_nobody_requested_never_counts_as_fine(purpose, was_reached, is_read):
    outcome = conclude_retest(facts(purpose, was_reached=was_reached, events=() if is_read else None))

    is_fine = outcome in (RetestOutcome.WORKS, RetestOutcome.NOT_NEEDED)
    assert is_fine is (bool(was_reached) and is_read)


@pytest.mark.parametrize(
    ("kind", "is_safe_site", "is_on_pc", "why_not"),
    [
        (IP, True, True, None),
        (INDICATOR, True, True, None),
        (IP, True, False, RetestOutcome.NOT_ON_THIS_PC),
        (PROCESS, True, True, RetestOutcome.ONLY_A_PERSON),
        (IP, False, True, RetestOutcome.DANGEROUS_SITE),
        (PROCESS, False, True, RetestOutcome.DANGEROUS_SITE),
    ],
)
def test_whether_the_portal_can_try_that_it_works(kind, is_safe_site, is_on_pc, why_not):
    assert why_not_works(kind, is_safe_site=is_safe_site, is_on_pc=is_on_pc) is why_not


@pytest.mark.parametrize(
    ("kind", "changes", "why_not"),
    [
        (IP, {}, None),
        (IP, {"is_allowed": False}, RetestOutcome.NOT_ALLOWED),
        (INDICATOR, {}, RetestOutcome.INDICATOR_FOR_MANY),
        (PROCESS, {}, RetestOutcome.ONLY_A_PERSON),
        (IP, {"is_safe_site": False}, RetestOutcome.DANGEROUS_SITE),
        (IP, {"is_on_pc": False}, RetestOutcome.NOT_ON_THIS_PC),
        (IP, {"is_the_portals": False}, RetestOutcome.NOT_THE_PORTALS),
    ],
)
def test_whether_it_can_be_taken_off_for_a_try(kind, changes, why_not):
    plain = {"is_allowed": True, "is_safe_site": True, "is_on_pc": True, "is_the_portals": True}

    assert why_not_without(kind, **(plain | changes)) is why_not


def test_an_indicator_is_tried_two_hours_after_it_was_read_back_and_an_entry_on_a_pc_at_once():
    assert first_due(INDICATOR, there_at=AT) == AT + timedelta(hours=2)
    assert first_due(IP, there_at=AT) == first_due(PROCESS, there_at=AT) == AT


@pytest.mark.parametrize(
    ("kind", "outcome", "there_at", "due"),
    [
        (INDICATOR, RetestOutcome.BLOCKED, AT, AT + timedelta(hours=48)),
        (INDICATOR, RetestOutcome.BLOCKED, AT + timedelta(hours=1), AT + timedelta(hours=3)),  # somebody was early
        (INDICATOR, RetestOutcome.BLOCKED, AT - timedelta(hours=46), None),  # it was the last one
        (INDICATOR, RetestOutcome.BLOCKED, None, None),
        (INDICATOR, RetestOutcome.WORKS, AT, None),
        (IP, RetestOutcome.BLOCKED, AT, None),
    ],
)
def test_only_an_indicator_that_is_still_blocked_is_tried_again_after_2_and_48_hours(kind, outcome, there_at, due):
    assert due_again(kind, outcome, there_at=there_at, now=AT + timedelta(hours=2)) == due


def test_a_pc_is_waited_for_a_day():
    assert not is_given_up(AT, now=AT + GIVE_UP_AFTER - timedelta(seconds=1))
    assert is_given_up(AT, now=AT + GIVE_UP_AFTER)


@pytest.mark.parametrize("outcome", RetestOutcome)
def test_every_outcome_has_a_status_and_words_for_both_readers(outcome):
    words = retest_text(outcome.value)

    assert status_of(outcome) in (RetestStatus.DONE, RetestStatus.NOT_DONE)
    assert words is not None
    assert str(words.employee) != str(words.it)


def test_no_outcome_has_no_words():
    assert retest_text("") is None
