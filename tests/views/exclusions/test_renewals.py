"""The pages on which an exclusion is renewed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.actions.cases.test_solving import tried
from tests.actions.exclusions.test_warnings import in_force, renewed
from tests.support.world import EMMA, IVO, person
from tests.views.exclusions.test_exclusions import signed_in, text_of
from tests.views.exclusions.test_retests import announced, page, sent, tried_without
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import say_still_blocked
from troubleshooting.domain.retests.retest import RetestOutcome
from troubleshooting.models import Exclusion

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def wanted(**changes: str) -> dict[str, str]:
    day = (timezone.now() + 20 * DAY).date().isoformat()
    return {"ends_on": day, "reason_code": "business", "reason": "Microsoft has not answered"} | changes


def test_a_renewal_is_asked_for_with_the_evidence_in_sight():
    exclusion = announced(in_force())
    tried_without(exclusion, RetestOutcome.STILL_NEEDED)

    form = page(person(EMMA), "exclusion-renew", exclusion.pk)
    said = sent(person(EMMA), "exclusion-renew", exclusion.pk, **wanted())

    assert "Without the exclusion the site would still be blocked" in form
    assert "IT has been asked to renew it" in said
    assert "Renewal" in said
    renewal = Exclusion.objects.get(renews=exclusion)
    assert (renewal.value, renewal.scope, renewal.reason) == (
        exclusion.value,
        exclusion.scope,
        "Microsoft has not answered",
    )
    assert reverse("exclusion", args=[renewal.pk]) in page(person(EMMA), "exclusion", exclusion.pk)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ends_on": ""}, "Choose the last day"),
        ({"ends_on": "soon"}, "Enter a day"),
        ({"ends_on": "2020-01-01"}, "The end date must be in the future"),
        ({"ends_on": "2099-01-01"}, "This is later than allowed"),
        ({"reason_code": ""}, "Choose a reason"),
        ({"reason_code": "x"}, "Choose a reason from the list"),
        ({"reason": " "}, "Write why it is needed for longer"),
        ({"reason": "x" * 2001}, "Shorten this"),
        ({"reason": "a\x00b"}, "This contains control characters"),
    ],
)
def test_bad_input_gets_a_sentence_next_to_its_field(changes, sentence):
    exclusion = in_force()

    assert sentence in sent(person(EMMA), "exclusion-renew", exclusion.pk, **wanted(**changes))
    assert not Exclusion.objects.filter(renews=exclusion).exists()


def test_a_second_renewal_leads_to_the_first():
    exclusion = in_force()
    renewal = renewed(exclusion)

    response = signed_in(person(EMMA)).get(reverse("exclusion-renew", args=[exclusion.pk]))

    assert response.headers["Location"] == reverse("exclusion", args=[renewal.pk])


def test_what_is_not_in_force_is_not_renewed_and_the_page_says_what_to_do():
    exclusion = in_force()
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    shown = text_of(signed_in(person(EMMA)).get(reverse("exclusion-renew", args=[exclusion.pk]), follow=True))

    assert "Only an exclusion in force can be renewed" in shown


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (RetestOutcome.STILL_NEEDED, "one it would block"),
        (RetestOutcome.NOT_NEEDED, "The re-test speaks against a renewal"),
        (None, "Whether the site is still blocked without it has not been tested yet"),
    ],
)
def test_the_reviewer_reads_that_it_is_a_renewal_and_what_the_retest_says(outcome, words):
    exclusion = in_force()
    if outcome is not None:
        tried_without(exclusion, outcome)

    shown = page(person(IVO), "exclusion", renewed(exclusion).pk)

    assert f"exclusion #{exclusion.pk}" in shown
    assert words in shown
    assert "Approve as requested" in shown


def test_a_value_that_another_exclusion_decides_is_refused_and_the_renewed_one_is_not_meant():
    exclusion = in_force()

    said = sent(person(EMMA), "exclusion-renew", exclusion.pk, **wanted())

    findings = Exclusion.objects.get(renews=exclusion).findings
    assert "IT has been asked to renew it" in said
    assert "already_excluded" not in [finding["code"] for finding in findings]


def test_the_timeline_tells_the_story():
    exclusion = announced(in_force())
    tried(exclusion)
    tried_without(exclusion, RetestOutcome.STILL_NEEDED)
    say_still_blocked(exclusion.pk, by=person(EMMA), now=timezone.now())
    renewed(exclusion)

    shown = page(person(IVO), "case", exclusion.case.number)

    for sentence in (
        "Announced that the exclusion ends soon",
        "7 days before it ends",
        "Carried out the re-test",
        "Said that the site is still blocked",
        "Asked to renew the exclusion",
    ):
        assert sentence in shown
