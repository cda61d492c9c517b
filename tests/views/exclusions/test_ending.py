"""The pages of exclusions that end soon: who is told, with what re-test, and what they can do."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.actions.exclusions.test_warnings import in_force, renewed
from tests.factories import UserFactory
from tests.queries import made
from tests.support.exclusion_world import approved
from tests.support.roles import as_owner
from tests.support.world import EMMA, IVO, person
from tests.views.exclusions.test_retests import announced, page, tried_without
from troubleshooting.actions.exclusions.decisions import ask_question, reject_exclusion
from troubleshooting.domain.retests.retest import RetestOutcome
from troubleshooting.models import Case, Exclusion

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (RetestOutcome.STILL_NEEDED, "Without the exclusion the site would still be blocked"),
        (RetestOutcome.NOT_NEEDED, "We recommend letting"),
        (RetestOutcome.NOT_ALLOWED, "Your company does not test this automatically"),
    ],
)
def test_what_ends_soon_says_so_with_the_retest_and_what_can_be_done(outcome, words):
    exclusion = announced(in_force())
    tried_without(exclusion, outcome)

    shown = page(person(EMMA), "exclusion", exclusion.pk)

    assert "This exclusion ends in 30 days" in shown  # the warning was made ahead of its time
    assert words in shown
    assert reverse("exclusion-renew", args=[exclusion.pk]) in shown


def test_while_the_pc_is_being_asked_the_page_says_so():
    assert "The result will appear here" in page(person(EMMA), "exclusion", announced(in_force()).pk)


def test_home_and_list_show_what_ends_soon():
    exclusion, other = announced(in_force()), made.reviewer()

    assert exclusion.value in page(person(EMMA), "home")
    assert "Exclusions that end soon" not in page(UserFactory(), "home")
    for_it = page(other, "home")
    assert "Show the 1 exclusion that ends soon" in for_it
    listed = page(other, "exclusions", data={"state": "ending_soon"})
    assert exclusion.value in listed
    Exclusion.objects.filter(pk=exclusion.pk).update(status="applying")
    with as_owner():
        exclusion.warnings.all().delete()
    assert f'title="{exclusion.value}"' not in page(other, "exclusions", data={"state": "ending_soon"})


@pytest.mark.parametrize("party", ["reporter", "device_owner"])
def test_home_warns_the_people_of_a_case_for_whom_somebody_else_asked(party):
    exclusion, theirs = announced(in_force()), UserFactory()
    parties = {"reporter": made.reviewer(), "device_owner": None} | {party: theirs}
    with as_owner():
        Case.objects.filter(pk=exclusion.case_id).update(**parties)

    shown = page(theirs, "home")

    assert shown.count(f'href="{reverse("exclusion", args=[exclusion.pk])}"') == 1
    assert "Exclusions that end soon" not in page(UserFactory(), "home")


ASK_TO_RENEW = "If you still need it, ask to renew it."
WHERE_IT_IS = {
    "requested": "A renewal was requested and is waiting for a decision.",
    "question_asked": "A renewal was requested, and IT has a question about it.",
    "rejected": ASK_TO_RENEW,
}


@pytest.mark.parametrize("status", ["", *WHERE_IT_IS])
def test_home_says_where_the_renewal_is_that_was_asked_for_already(status):
    exclusion = announced(in_force())
    if status:
        renewal = renewed(exclusion)
        answer = {"question_asked": ask_question, "rejected": reject_exclusion}.get(status)
        if answer:
            answer(renewal.pk, by=person(IVO), note="Why?", now=timezone.now())

    shown = page(person(EMMA), "home")

    assert [words for words in dict.fromkeys(WHERE_IT_IS.values()) if words in shown] == [
        WHERE_IT_IS.get(status, ASK_TO_RENEW)
    ]


def test_home_says_that_the_renewal_was_approved():
    exclusion = announced(in_force())
    approved(renewed(exclusion))

    shown = page(person(EMMA), "home")

    assert "Its renewal was approved." in shown
    assert ASK_TO_RENEW not in shown


def test_a_former_owner_is_not_told_to_ask_for_a_renewal():
    exclusion = announced(in_force())
    emma = person(EMMA)
    assert ASK_TO_RENEW in page(emma, "home")
    device = exclusion.case.device
    device.owner = UserFactory()
    device.save()

    shown = page(emma, "home")

    assert ASK_TO_RENEW not in shown
    assert "The PC belongs to someone else now" in shown
    assert "Ask to renew it" not in page(emma, "exclusion", exclusion.pk)
    assert ASK_TO_RENEW not in page(person(IVO), "home")
