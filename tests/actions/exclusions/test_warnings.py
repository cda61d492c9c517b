"""Exclusions are announced before their end, once for each number of days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    PROCESS,
    RULES,
    approved,
    asked,
    case_in_tenant,
    checked_case,
    present,
)
from tests.support.world import ADAM, EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.placements import settle
from troubleshooting.actions.exclusions.renewals import request_renewal
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.warnings import warn_of_ends
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.retests.retest import RetestOutcome
from troubleshooting.models import ActivityEntry, Exclusion, ExclusionWarning

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def in_force(what=IP, *, people=(IVO,), days: int = 30) -> Exclusion:
    """Return an exclusion as the worker leaves it when it was read back."""
    case = case_in_tenant() if what is INDICATOR else checked_case(device_at(None, owner=person(EMMA)))
    exclusion = approved(asked(case, what, days=days), *people)
    placement = exclusion.placements.get()
    exclusion.status = ExclusionStatus.APPLYING
    exclusion.save(update_fields=["status"])
    placement.status, placement.was_there_before = PlacementStatus.APPLYING, False
    placement.save(update_fields=["status", "was_there_before"])
    settle(placement, PlacementStatus.VERIFIED, outcome=None, now=timezone.now())
    return present(exclusion)


def warned(exclusion: Exclusion, *, days_left: float, may_retest: bool = False) -> list[int]:
    warn_of_ends(now=exclusion.expires_at - days_left * DAY, may_retest=may_retest)
    return sorted(ExclusionWarning.objects.filter(exclusion=exclusion).values_list("days", flat=True))


def test_it_is_announced_7_days_and_1_day_before_the_end_and_once_each():
    exclusion = in_force()

    assert warned(exclusion, days_left=8) == []
    assert warned(exclusion, days_left=7) == [7]
    assert warned(exclusion, days_left=3) == [7]
    assert warned(exclusion, days_left=1) == [1, 7]
    assert warned(exclusion, days_left=0.5) == [1, 7]
    said = ActivityEntry.objects.filter(action="exclusion_warned").order_by("pk")
    assert [entry.details["days"] for entry in said] == [7, 1]


def test_after_a_long_absence_only_the_nearest_is_made():
    exclusion = in_force()

    assert warned(exclusion, days_left=0.9) == [1]


def test_what_lasts_shorter_than_the_warning_is_not_announced_by_it():
    exclusion = in_force(days=5)

    assert warned(exclusion, days_left=4.9) == []
    assert warned(exclusion, days_left=1) == [1]


def test_nothing_is_announced_that_is_over_or_was_ended():
    exclusion = in_force()
    assert warned(exclusion, days_left=-1) == []
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    assert warned(exclusion, days_left=1) == []


def renewed(exclusion: Exclusion) -> Exclusion:
    return request_renewal(
        exclusion.pk,
        expires_at=timezone.now() + 29 * DAY,
        reason_code="business",
        reason="still needed",
        findings=[],
        by=person(EMMA),
        rules=RULES,
        now=timezone.now(),
    )


def test_an_approved_renewal_ends_the_warnings_and_one_that_waits_does_not():
    exclusion = in_force()
    renewal = renewed(exclusion)
    assert warned(exclusion, days_left=7) == [7]

    approved(renewal)

    assert warned(exclusion, days_left=1) == [7]


@pytest.mark.parametrize(
    ("what", "people", "may_retest", "outcome"),
    [
        (IP, [IVO], False, RetestOutcome.NOT_ALLOWED),
        (IP, [IVO], True, ""),
        (PROCESS, [IVO, ADAM], True, RetestOutcome.ONLY_A_PERSON),
        (INDICATOR, [IVO], True, RetestOutcome.INDICATOR_FOR_MANY),
    ],
)
def test_each_warning_comes_with_a_retest_or_with_the_reason_why_there_is_none(what, people, may_retest, outcome):
    exclusion = in_force(what, people=people)

    warned(exclusion, days_left=7, may_retest=may_retest)

    retest = ExclusionWarning.objects.get().retest
    assert (retest.purpose, retest.outcome, retest.ended_at is None) == ("still_needed", outcome, outcome == "")


def test_a_retest_that_waits_for_its_pc_serves_the_next_warning_as_well():
    exclusion = in_force()
    warned(exclusion, days_left=7, may_retest=True)

    warned(exclusion, days_left=1, may_retest=True)

    assert exclusion.retests.filter(purpose="still_needed").count() == 1
    assert ExclusionWarning.objects.values("retest").distinct().count() == 1
