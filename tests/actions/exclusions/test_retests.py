"""What people do about re-tests: have one made, say that it does not work."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.retest_world import (
    in_force,
    retested,
)
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import CannotRetest, ask_whether_it_works, say_still_blocked
from troubleshooting.domain.retests.retest import RetestOutcome
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("who", [EMMA, IVO, ADAM])
def test_it_and_the_people_of_the_case_have_it_tried_again(lab_server, who):
    exclusion = in_force(lab_server(healthy_windows_11()))
    retested()

    asked_for = ask_whether_it_works(exclusion.pk, by=person(who), now=timezone.now())
    again = ask_whether_it_works(exclusion.pk, by=person(who), now=timezone.now())
    retested()

    assert asked_for == again
    assert [r.outcome for r in exclusion.retests.all()] == [RetestOutcome.WORKS, RetestOutcome.WORKS]


@pytest.mark.parametrize("who", [SARA, ADA])
def test_strangers_and_auditors_have_nothing_tried_and_say_nothing(lab_server, who):
    exclusion = in_force(lab_server())

    with pytest.raises(NotAllowed):
        ask_whether_it_works(exclusion.pk, by=person(who), now=timezone.now())
    with pytest.raises(NotAllowed):
        say_still_blocked(exclusion.pk, by=person(who), now=timezone.now())


def test_what_is_not_in_force_cannot_be_tried_and_the_reason_is_given(lab_server):
    exclusion = in_force(lab_server())
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    for action in (ask_whether_it_works, say_still_blocked):
        with pytest.raises(CannotRetest) as refusal:
            action(exclusion.pk, by=person(EMMA), now=timezone.now())
        assert refusal.value.outcome is RetestOutcome.EXCLUSION_ENDED
