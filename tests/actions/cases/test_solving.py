"""A case with an exclusion in force is closed as solved only after a person of it or a re-test says that it works."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.actions.exclusions.test_warnings import in_force
from tests.support.exclusion_world import IP, PROCESS, approved, asked, checked_case
from tests.support.roles import as_owner
from tests.support.world import ADAM, EMMA, IVO, SARA, device_at, person
from troubleshooting.actions.cases.cases import NotProved, solve_case
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import ask_retest, end_retest, say_still_blocked
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.retests.retest import RetestOutcome, RetestPurpose
from troubleshooting.models import ActivityEntry, Case, Exclusion
from troubleshooting.queries.cases.solving import Unproved, read_solving

pytestmark = pytest.mark.django_db


def solved(case: Case, who) -> str:
    return solve_case(case.pk, by=person(who), note="", now=timezone.now()).stage


def tried(exclusion: Exclusion, outcome: RetestOutcome = RetestOutcome.WORKS, *, now=None) -> None:
    """Let the re-test that was asked for end."""
    moment = now or timezone.now()
    retest = ask_retest(exclusion, RetestPurpose.WORKS, by=None, due_at=moment, now=moment)
    end_retest(retest, outcome, case=exclusion.case, now=moment)


def said_by(exclusion: Exclusion) -> list[str]:
    said = ActivityEntry.objects.filter(action="exclusion_still_blocked", subject_id=exclusion.pk)
    return list(said.order_by("pk").values_list("actor_name", flat=True))


def test_the_person_of_the_case_closes_it_at_any_time():
    assert solved(in_force().case, EMMA) == Stage.SOLVED


def test_it_closes_it_only_after_a_retest_says_that_it_works():
    exclusion = in_force()
    with pytest.raises(NotProved) as refusal:
        solved(exclusion.case, IVO)
    assert refusal.value.unproved is Unproved.NOT_TRIED

    tried(exclusion)

    assert solved(exclusion.case, IVO) == Stage.SOLVED


@pytest.mark.parametrize("outcome", [one for one in RetestOutcome if one != RetestOutcome.WORKS])
def test_no_other_outcome_is_enough(outcome):
    exclusion = in_force()
    tried(exclusion, outcome)

    with pytest.raises(NotProved):
        solved(exclusion.case, IVO)


def test_a_retest_from_before_it_was_read_back_is_not_enough():
    exclusion = in_force()
    tried(exclusion, now=timezone.now() - timedelta(hours=1))

    assert read_solving(exclusion.case).unproved is Unproved.NOT_TRIED


def test_what_the_person_says_later_counts_more_than_the_retest():
    exclusion = in_force()
    tried(exclusion)
    say_still_blocked(exclusion.pk, by=person(EMMA), now=timezone.now())

    with pytest.raises(NotProved) as refusal:
        solved(exclusion.case, IVO)

    assert refusal.value.unproved is Unproved.SAID_BLOCKED
    tried(exclusion, now=timezone.now() + timedelta(minutes=5))
    assert solved(exclusion.case, IVO) == Stage.SOLVED


def test_said_twice_it_is_recorded_once_for_each_person():
    exclusion = in_force()
    with as_owner():
        Case.objects.filter(pk=exclusion.case_id).update(device_owner=person(SARA))  # she owned the PC, Emma reported

    for who in (EMMA, EMMA, SARA, SARA, EMMA):
        say_still_blocked(exclusion.pk, by=person(who), now=timezone.now())

    assert said_by(exclusion) == [EMMA[0], SARA[0]]


@pytest.mark.parametrize("since_then", ["a re-test", "put anew"])
def test_said_again_after_something_happened_it_is_recorded_again(since_then):
    exclusion = in_force()
    say_still_blocked(exclusion.pk, by=person(EMMA), now=timezone.now())
    if since_then == "a re-test":
        tried(exclusion)
    else:
        exclusion.placements.update(verified_at=timezone.now())

    for _ in range(2):
        say_still_blocked(exclusion.pk, by=person(EMMA), now=timezone.now())

    assert said_by(exclusion) == [EMMA[0], EMMA[0]]


def test_what_was_said_about_another_exclusion_is_another_word():
    exclusion = in_force()
    say_still_blocked(exclusion.pk, by=person(EMMA), now=timezone.now())
    other = approved(asked(exclusion.case, PROCESS), IVO, ADAM)
    for status in ("applying", "applied"):
        Exclusion.objects.filter(pk=other.pk).update(status=status)

    say_still_blocked(other.pk, by=person(EMMA), now=timezone.now())

    assert (said_by(exclusion), said_by(other)) == ([EMMA[0]], [EMMA[0]])


def test_what_was_approved_and_is_not_there_yet_proves_nothing():
    case = checked_case(device_at(None, owner=person(EMMA)))
    approved(asked(case))

    with pytest.raises(NotProved) as refusal:
        solved(case, IVO)

    assert refusal.value.unproved is Unproved.NOT_THERE_YET


def test_a_program_can_only_be_vouched_for_by_the_person():
    exclusion = in_force(PROCESS, people=(IVO, ADAM))

    assert read_solving(exclusion.case).unproved is Unproved.NOT_TRIED
    assert solved(exclusion.case, EMMA) == Stage.SOLVED


def test_without_an_exclusion_in_force_it_closes_it_as_before():
    case = checked_case(device_at(None, owner=person(EMMA)))
    waiting = asked(case, IP)
    assert waiting.status == "requested"

    assert solved(case, IVO) == Stage.SOLVED


def test_an_exclusion_that_was_ended_asks_for_no_proof():
    exclusion = in_force()
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    assert solved(exclusion.case, IVO) == Stage.SOLVED


@pytest.mark.parametrize("with_exclusion", [True, False])
def test_what_is_known_costs_the_same_for_every_case(with_exclusion, django_assert_num_queries):
    case = in_force().case if with_exclusion else checked_case(device_at(None, owner=person(EMMA)))

    with django_assert_num_queries(4 if with_exclusion else 1):
        read_solving(case)
