"""The tables of transitions are closed and complete."""

from __future__ import annotations

import pytest

from troubleshooting.domain.base.transitions import InvalidTransition, check_transition
from troubleshooting.domain.cases import case
from troubleshooting.domain.checks import check_run
from troubleshooting.domain.submissions import submission

NOUNS = {
    "case": (case.TRANSITIONS, case.NEXT_MOVE, case.Stage),
    "check run": (check_run.TRANSITIONS, check_run.NEXT_MOVE, check_run.RunStatus),
    "submission": (submission.TRANSITIONS, submission.NEXT_MOVE, submission.SubmissionStatus),
}
FIRST = {"case": "checking", "check run": "queued", "submission": "draft"}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_status_has_a_row_a_mover_and_known_followers(noun: str):
    table, movers, statuses = NOUNS[noun]

    assert set(table) == set(movers) == set(statuses)
    assert {follower for followers in table.values() for follower in followers} <= set(statuses)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_status_is_reached_and_the_ends_have_no_mover(noun: str):
    table, movers, statuses = NOUNS[noun]
    reached, open_ones = set(), {statuses(FIRST[noun])}
    while open_ones:
        status = open_ones.pop()
        reached.add(status)
        open_ones |= set(table[status]) - reached

    assert reached == set(statuses)
    assert all(movers[status] is None for status in statuses if not table[status])


@pytest.mark.parametrize("noun", NOUNS)
def test_check_transition_follows_the_table(noun: str):
    table, _movers, statuses = NOUNS[noun]
    for present in statuses:
        for wanted in statuses:
            if wanted in table[present]:
                check_transition(table, present, wanted)
            else:
                with pytest.raises(InvalidTransition) as caught:
                    check_transition(table, present, wanted)
                assert (caught.value.present, caught.value.wanted) == (present, wanted)
