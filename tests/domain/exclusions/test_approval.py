"""How many approve, who may not, and nothing wider than asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.advice.situations import APP, DEVICE, GROUP, IP, SITE
from troubleshooting.domain.exclusions.approval import (
    OWN_CASE,
    OWN_REQUEST,
    ApprovalPolicy,
    BlastRadius,
    WiderThanAsked,
    approvals_needed,
    check_not_wider,
    is_approved,
    why_not_ones_own,
)
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionKind, is_wider

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EMMA, IVO, SARA = 1, 2, 3
scopes = st.sampled_from([DEVICE, GROUP, EVERYONE])
lifetimes = st.timedeltas(HOUR, 400 * DAY)
numbers = st.lists(st.integers(1, 5), min_size=5, max_size=5).map(sorted)
policies = st.builds(
    lambda numbers, short: ApprovalPolicy(short, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]),
    numbers,
    st.timedeltas(HOUR, 30 * DAY),
)


@pytest.mark.parametrize(
    ("kind", "scope", "lifetime", "people"),
    [
        (SITE, GROUP, 30 * DAY, 1),
        (SITE, EVERYONE, HOUR, 2),
        (IP, DEVICE, HOUR, 1),
        (IP, DEVICE, 30 * DAY, 1),
        (IP, GROUP, 30 * DAY, 1),
        (IP, EVERYONE, HOUR, 2),
        (APP, DEVICE, HOUR, 2),
        (APP, EVERYONE, HOUR, 2),
    ],
)
def test_how_many_people_approve(kind, scope, lifetime, people):
    assert approvals_needed(kind, scope, lifetime) == people


def test_the_company_may_ask_for_more_people_for_a_long_time():
    policy = ApprovalPolicy(short_time=7 * DAY, one_pc_for_long=2)

    assert approvals_needed(IP, DEVICE, 7 * DAY, policy=policy) == 1
    assert approvals_needed(IP, DEVICE, 7 * DAY + HOUR, policy=policy) == 2


@given(st.sampled_from(ExclusionKind), scopes, scopes, lifetimes, lifetimes, policies)
def test_wider_longer_or_a_process_never_needs_fewer_people(kind, one, other, short, long, policy):
    narrow, wide = (other, one) if is_wider(one.kind, other.kind) else (one, other)
    short, long = sorted([short, long])
    needed = approvals_needed(kind, narrow, short, policy=policy)

    assert 1 <= needed <= approvals_needed(kind, wide, long, policy=policy)
    assert needed <= approvals_needed(APP, narrow, short, policy=policy)


@pytest.mark.parametrize(
    "parts",
    [
        {"one_pc": 0},
        {"everyone": 6},
        {"everyone": 1, "group": 2},
        {"one_pc": 2, "one_pc_for_long": 1, "group": 2},
        {"one_pc": 2, "one_pc_for_long": 2},
        {"short_time": timedelta(0)},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(parts):
    with pytest.raises(ValueError, match=r"people|short time"):
        ApprovalPolicy(**parts)


def test_the_requester_never_decides():
    why_not = why_not_ones_own(EMMA, requester_id=EMMA, case_people=(IVO, None))

    assert "another reviewer" in str(why_not)
    assert why_not == OWN_REQUEST


@pytest.mark.parametrize("case_people", [(EMMA, None), (SARA, EMMA), (EMMA, EMMA)])
def test_the_people_of_a_case_never_decide_on_it(case_people):
    assert why_not_ones_own(EMMA, requester_id=IVO, case_people=case_people) == OWN_CASE


def test_a_case_without_an_owner_keeps_nobody_from_deciding():
    assert why_not_ones_own(IVO, requester_id=EMMA, case_people=(EMMA, None)) is None


@given(st.lists(st.integers(1, 4)), st.integers(1, 3))
def test_only_different_people_other_than_the_requester_bring_an_approval_about(attempts, needed):
    approvers = [person for person in attempts if why_not_ones_own(person, requester_id=EMMA, case_people=()) is None]

    assert is_approved(approvers, needed=needed) is (len(set(attempts) - {EMMA}) >= needed)
    assert not is_approved([SARA] * needed, needed=needed + 1)


def test_a_decision_may_be_narrower_or_shorter():
    check_not_wider(asked=EVERYONE, asked_lifetime=DAY, granted=DEVICE, granted_lifetime=HOUR)
    check_not_wider(asked=GROUP, asked_lifetime=DAY, granted=GROUP, granted_lifetime=DAY)


@pytest.mark.parametrize(
    ("granted", "lifetime", "sentence"), [(EVERYONE, DAY, "covers PCs"), (GROUP, 2 * DAY, "lasts longer")]
)
def test_a_decision_is_never_wider_or_longer_than_asked(granted, lifetime, sentence):
    with pytest.raises(WiderThanAsked) as caught:
        check_not_wider(asked=GROUP, asked_lifetime=DAY, granted=granted, granted_lifetime=lifetime)

    assert sentence in str(caught.value.text)


def test_a_blast_radius_counts():
    assert BlastRadius(1, 2, 3, 4).as_json() == {"devices": 1, "people": 2, "past_cases": 3, "events": 4}

    with pytest.raises(ValueError, match="not negative"):
        BlastRadius(devices=1, people=-1, past_cases=0, events=0)
