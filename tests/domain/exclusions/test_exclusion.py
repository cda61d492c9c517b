"""The life of an exclusion: its table, its end, its warnings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import NOW
from troubleshooting.domain.exclusions.exclusion import (
    ENDED,
    ENDING,
    EVERYONE,
    IN_FORCE,
    MAY_BE_THERE,
    NEXT_MOVE,
    OPEN,
    TRANSITIONS,
    WARN_BEFORE,
    ExclusionStatus,
    InvalidLifetime,
    PutStep,
    RemovalStep,
    Scope,
    ScopeKind,
    check_lifetime,
    is_in_force_now,
    is_wider,
    may_be_applied_now,
    put_step,
    removal_step,
    warnings_due,
)

S = ExclusionStatus
DAY = timedelta(days=1)
scopes = st.just(EVERYONE) | st.builds(Scope, st.sampled_from([ScopeKind.DEVICE, ScopeKind.GROUP]), st.integers(1, 3))


def reachable(start: ExclusionStatus, *, without: frozenset[ExclusionStatus] = frozenset()) -> set[ExclusionStatus]:
    """Return every status that may follow the start, not going through some of them."""
    reached: set[ExclusionStatus] = set()
    open_ones = {start} - without
    while open_ones:
        status = open_ones.pop()
        reached.add(status)
        open_ones |= set(TRANSITIONS[status]) - reached - without
    return reached


def test_every_status_has_a_row_and_a_mover_exactly_while_it_is_open():
    assert set(TRANSITIONS) == set(NEXT_MOVE) == set(S)
    assert {status for status, mover in NEXT_MOVE.items() if mover} == OPEN


def test_every_status_is_reached():
    assert reachable(S.REQUESTED) == set(S)


def test_nothing_reaches_a_device_without_approval():
    assert reachable(S.REQUESTED, without=frozenset({S.APPROVED})).isdisjoint(MAY_BE_THERE)


@given(st.sampled_from(sorted(MAY_BE_THERE)))
def test_what_may_be_on_a_device_ends_only_by_being_read_to_be_gone(status):
    assert reachable(status, without=frozenset({S.REMOVED})).isdisjoint(ENDED)
    assert reachable(status) & ENDED == {S.REMOVED}


@given(st.sampled_from(sorted(S)))
def test_every_status_can_come_to_an_end(status):
    assert reachable(status) & ENDED


@given(st.sampled_from(sorted(IN_FORCE)))
def test_what_is_in_force_can_always_be_revoked_and_expire(status):
    assert {S.REVOKED, S.EXPIRED} <= TRANSITIONS[status]


def test_nothing_comes_back_into_force_while_it_is_ending():
    for status in ENDING:
        assert reachable(status).isdisjoint(IN_FORCE | {S.APPROVED})


def test_verified_comes_after_applied():
    assert S.VERIFIED not in reachable(S.REQUESTED, without=frozenset({S.APPLIED}))


def test_a_rejected_or_withdrawn_request_was_never_in_force():
    before = {status for status, after in TRANSITIONS.items() if after & {S.REJECTED, S.WITHDRAWN, S.NOT_APPLIED}}

    assert before == {S.REQUESTED, S.QUESTION_ASKED, S.APPROVED}


@pytest.mark.parametrize(("kind", "target_id"), [("device", None), ("group", None), ("everyone", 7)])
def test_a_scope_has_an_id_unless_it_is_everyone(kind, target_id):
    with pytest.raises(ValueError, match="have an id"):
        Scope(ScopeKind(kind), target_id)


def test_scopes_are_ordered_by_width():
    assert is_wider(ScopeKind.GROUP, ScopeKind.DEVICE)
    assert is_wider(ScopeKind.EVERYONE, ScopeKind.GROUP)
    assert Scope(ScopeKind.DEVICE, 1).is_wider_than(Scope(ScopeKind.DEVICE, 2))
    assert not Scope(ScopeKind.DEVICE, 1).is_wider_than(Scope(ScopeKind.GROUP, 2))


@given(scopes, scopes)
def test_a_scope_is_never_wider_than_itself_or_everyone_and_survives_storage(scope, other):
    assert not scope.is_wider_than(scope)
    assert not scope.is_wider_than(EVERYONE)
    assert EVERYONE.is_wider_than(scope) is (scope != EVERYONE)
    assert not (scope.kind is not other.kind and scope.is_wider_than(other) and other.is_wider_than(scope))
    assert Scope.from_json(scope.as_json()) == scope


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=30)))
def test_a_lifetime_within_the_limit_is_taken(wanted):
    check_lifetime(wanted)

    check_lifetime(wanted, timedelta(days=30))


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (timedelta(0), "The end date must be in the future, for example 30 days from now."),
        (-DAY, "The end date must be in the future, for example 30 days from now."),
        (timedelta(days=30, microseconds=1), "An exclusion lasts at most 30 days. Choose an earlier end date."),
    ],
)
def test_another_lifetime_is_refused_with_a_sentence(wanted, sentence):
    with pytest.raises(InvalidLifetime) as caught:
        check_lifetime(wanted)

    assert str(caught.value.text) == sentence


def test_the_company_sets_the_longest_lifetime():
    check_lifetime(timedelta(days=90), timedelta(days=90))

    with pytest.raises(InvalidLifetime):
        check_lifetime(2 * DAY, DAY)


@given(st.sampled_from(S), st.timedeltas(-DAY, DAY))
def test_the_end_itself_is_outside_and_only_what_was_approved_may_be_applied(status, left):
    is_over = left <= timedelta(0)

    assert is_in_force_now(status, NOW + left, now=NOW) is (status in IN_FORCE and not is_over)
    assert may_be_applied_now(status, NOW + left, now=NOW) is (
        status in {S.APPROVED, S.APPLYING, S.APPLIED, S.VERIFIED} and not is_over
    )


@pytest.mark.parametrize(
    ("left", "due"),
    [
        (timedelta(days=7, seconds=1), ()),
        (timedelta(days=7), WARN_BEFORE[:1]),
        (timedelta(days=1, seconds=1), WARN_BEFORE[:1]),
        (DAY, WARN_BEFORE),
        (timedelta(seconds=1), WARN_BEFORE),
        (timedelta(0), ()),
        (-DAY, ()),
    ],
)
def test_warnings_come_a_week_and_a_day_before_the_end(left, due):
    assert warnings_due(NOW + left, now=NOW) == due


def test_a_short_exclusion_is_not_announced_from_the_start():
    assert warnings_due(NOW + 3 * DAY, now=NOW, starts_at=NOW) == ()
    assert warnings_due(NOW + DAY / 2, now=NOW, starts_at=NOW - 3 * DAY) == WARN_BEFORE[1:]


@given(st.timedeltas(timedelta(0), timedelta(days=40)), st.timedeltas(timedelta(0), timedelta(days=40)))
def test_warnings_never_become_fewer_before_the_end(left, earlier):
    before, later = (warnings_due(NOW + left, now=NOW - by) for by in (earlier, timedelta(0)))

    assert left == timedelta(0) or set(before) <= set(later)


@pytest.mark.parametrize(("is_there", "step"), [(None, PutStep.READ_AGAIN), (True, PutStep.DONE), (False, PutStep.PUT)])
def test_applying_is_done_when_the_value_was_read(is_there, step):
    assert put_step(is_there=is_there) is step


@pytest.mark.parametrize(
    ("is_there", "step"), [(None, RemovalStep.READ_AGAIN), (True, RemovalStep.REMOVE), (False, RemovalStep.DONE)]
)
def test_removing_is_done_when_the_value_was_read_to_be_gone(is_there, step):
    assert removal_step(is_there=is_there, is_needed_by_another=False) is step
    assert removal_step(is_there=is_there, is_needed_by_another=True) is RemovalStep.HANDED_OVER
