"""The rules of a temporary change: every way out leads by the value before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import NOW
from troubleshooting.domain.leases import audit_mode_test
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import (
    ENDED,
    LONGEST,
    MAY_HAVE_CHANGED,
    NEXT_MOVE,
    OPEN,
    SETTLES_AFTER,
    TRANSITIONS,
    InvalidLength,
    LeaseStatus,
    NextStep,
    Outcome,
    check_length,
    is_due,
    is_settled,
    step_back,
    why_not_changed,
)
from troubleshooting.machines.session import IDLE_TIMEOUT_S

TABLES = {
    "lease": (TRANSITIONS, NEXT_MOVE, LeaseStatus, LeaseStatus.REQUESTED),
    "audit-mode test": (audit_mode_test.TRANSITIONS, audit_mode_test.NEXT_MOVE, TestStatus, TestStatus.ASKED),
}
modes = st.sampled_from([0, 1, 2])
moments = st.datetimes(timezones=st.just(NOW.tzinfo))


def reachable(table, start, *, without=frozenset()):
    """Return what can follow a status, by ways that avoid others."""
    reached, waiting = set(), {start}
    while waiting:
        status = waiting.pop()
        reached.add(status)
        waiting |= set(table[status]) - reached - set(without)
    return reached


@pytest.mark.parametrize("noun", TABLES)
def test_every_status_has_a_row_and_the_ends_have_no_mover(noun):
    table, movers, statuses, first = TABLES[noun]

    assert set(table) == set(movers) == set(statuses) == reachable(table, first)
    assert all((movers[status] is None) == (not table[status]) for status in statuses)


@pytest.mark.parametrize("noun", TABLES)
def test_every_open_status_can_reach_an_ended_one(noun):
    table, _movers, statuses, _first = TABLES[noun]
    ended = {status for status in statuses if not table[status]}

    assert all(reachable(table, status) & ended for status in statuses)


@pytest.mark.parametrize("status", sorted(MAY_HAVE_CHANGED - {LeaseStatus.RESTORING}))
def test_once_something_may_have_changed_every_end_is_reached_through_restoring_alone(status):
    assert reachable(TRANSITIONS, status, without={LeaseStatus.RESTORING}).isdisjoint(ENDED)


def test_nothing_that_may_have_changed_counts_as_not_applied():
    assert all(LeaseStatus.NOT_APPLIED not in reachable(TRANSITIONS, status) for status in MAY_HAVE_CHANGED)
    assert all(MAY_HAVE_CHANGED.isdisjoint(TRANSITIONS[status]) for status in {LeaseStatus.REQUESTED})
    assert OPEN > MAY_HAVE_CHANGED
    assert set(LeaseStatus) == OPEN | ENDED


def test_the_test_page_follows_the_lease_to_an_end_only():
    assert {status for status, after in audit_mode_test.TRANSITIONS.items() if after} == audit_mode_test.OPEN
    assert reachable(audit_mode_test.TRANSITIONS, TestStatus.ASKED, without={TestStatus.STARTING}) == {
        TestStatus.ASKED,
        TestStatus.REJECTED,
        TestStatus.CANCELLED,
    }


@given(before=modes, during=modes, present=modes | st.none() | st.integers())
def test_only_the_value_before_counts_as_done_and_a_third_value_stays(before, during, present):
    step = step_back(before=before, during=during, present=present)

    assert (step is NextStep.READ_AGAIN) == (present is None)
    assert (step is NextStep.DONE) == (present == before)
    assert (step is NextStep.PUT_BACK) == (present == during != before)
    assert (step is NextStep.LEAVE) == (present not in {None, before, during})


@given(mode=modes | st.none(), wanted=modes, is_managed=st.booleans() | st.none())
def test_a_change_is_made_only_where_it_shows_and_can_be_undone(mode, wanted, is_managed):
    obstacle = why_not_changed(mode=mode, wanted=wanted, is_managed=is_managed)

    assert (obstacle is None) == (mode is not None and mode != wanted and is_managed is False)


@pytest.mark.parametrize(
    ("mode", "is_managed", "obstacle"),
    [
        (1, False, None),
        (0, False, None),
        (2, False, Outcome.ALREADY_SO),
        (1, True, Outcome.MANAGED_BY_POLICY),
        (2, True, Outcome.MANAGED_BY_POLICY),
        (None, False, Outcome.VALUE_UNREADABLE),
        (1, None, Outcome.VALUE_UNREADABLE),
        (None, True, Outcome.VALUE_UNREADABLE),
    ],
)
def test_the_obstacle_is_named(mode, is_managed, obstacle):
    assert why_not_changed(mode=mode, wanted=2, is_managed=is_managed) == obstacle


@given(st.sampled_from(LeaseStatus), moments, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_lease_that_may_have_changed_something_is_due_at_its_end_and_ever_after(status, ends_at, later):
    assert is_due(status, NOW, now=NOW + later) == (status in MAY_HAVE_CHANGED)
    assert is_due(LeaseStatus.RESTORING, ends_at, now=NOW)


@given(st.sampled_from(LeaseStatus), st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_before_its_end_only_what_is_being_put_back_is_due(status, left):
    assert is_due(status, NOW + left, now=NOW) == (status == LeaseStatus.RESTORING)


@given(st.timedeltas())
def test_a_lease_lasts_longer_than_nothing_and_an_hour_at_most(length):
    if timedelta(0) < length <= timedelta(hours=1):
        check_length(length)
    else:
        with pytest.raises(InvalidLength):
            check_length(length)


@pytest.mark.parametrize("length", [timedelta(minutes=15), LONGEST, timedelta(microseconds=1)])
def test_usual_lengths_are_allowed(length):
    check_length(length)


@pytest.mark.parametrize("length", [timedelta(0), LONGEST + timedelta(microseconds=1), timedelta(minutes=-1)])
def test_lengths_beyond_the_bounds_are_refused(length):
    with pytest.raises(InvalidLength):
        check_length(length)


def test_a_value_is_settled_once_the_shell_of_a_lost_worker_has_ended():
    assert is_settled(None, now=NOW)
    assert is_settled(NOW, now=NOW)
    assert not is_settled(NOW + timedelta(seconds=1), now=NOW)
    assert timedelta(seconds=IDLE_TIMEOUT_S) < SETTLES_AFTER
