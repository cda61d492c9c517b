"""The pages of exclusions in force: does it work, and may the case be closed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.actions.cases.test_solving import tried
from tests.actions.exclusions.test_warnings import in_force, warned
from tests.factories import UserFactory
from tests.support.exclusion_world import INDICATOR, PROCESS
from tests.support.retest_world import in_force as on_pc
from tests.support.retest_world import needed_of, retested, swept
from tests.support.retest_world import warned as let_end_soon
from tests.support.world import ADAM, EMMA, IVO, person
from tests.views.exclusions.test_exclusions import FOR_IT_ONLY, signed_in, text_of
from tests.views.reading import words_on
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import ask_retest, end_retest
from troubleshooting.domain.retests.retest import RetestOutcome, RetestPurpose
from troubleshooting.models import ActivityEntry, Exclusion, User

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def page(reader: User, name: str, *args: object, data=None) -> str:
    return text_of(signed_in(reader).get(reverse(name, args=args), data))


def sent(reader: User, name: str, *args: object, **fields: str) -> str:
    return text_of(signed_in(reader).post(reverse(name, args=args), fields, follow=True))


def tried_without(exclusion: Exclusion, outcome: RetestOutcome, **facts: object) -> None:
    now = timezone.now()
    retest = ask_retest(exclusion, RetestPurpose.STILL_NEEDED, by=None, due_at=now, now=now)
    end_retest(retest, outcome, case=exclusion.case, now=now, **facts)


def announced(exclusion: Exclusion) -> Exclusion:
    warned(exclusion, days_left=7, may_retest=True)
    return exclusion


# --- Does it work? ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [EMMA, IVO])
def test_the_page_says_what_the_last_try_showed_and_offers_another_one(who):
    exclusion = in_force()
    tried(exclusion)

    shown = page(person(who), "exclusion", exclusion.pk)

    assert "Does the site open now?" in shown
    assert ("It works: the PC opened the site" in shown) is (who is EMMA)
    assert ("no event 1125 or 1126" in shown) is (who is IVO)
    assert "Test whether it works now" in shown


def test_an_employee_reads_no_word_that_is_only_for_it():
    exclusion = announced(in_force())
    tried(exclusion, RetestOutcome.BLOCKED)
    tried_without(exclusion, RetestOutcome.LEASE_NOT_POSSIBLE, lease_outcome="managed_by_policy")

    for name, args in (("exclusion", [exclusion.pk]), ("exclusion-renew", [exclusion.pk])):
        assert words_on(page(person(EMMA), name, *args), FOR_IT_ONLY) == []
    assert "The mode is set by policy" in page(person(IVO), "exclusion", exclusion.pk)


def test_the_owner_of_the_pc_and_it_see_every_command_of_a_try(lab_server):
    pc_of = made_on(lab_server())
    retest = needed_of(pc_of)

    for who in (EMMA, IVO):
        shown = page(person(who), "exclusion-retest-record", pc_of.pk, retest.pk)
        for command in ("Set-MpPreference", "Remove-MpPreference", "Invoke-WebRequest", "Add-MpPreference"):
            assert command in shown
        ids = re.findall(r'\bid="([^"]+)"', shown)
        assert sorted(ids) == sorted(set(ids))
    for visited in (retest, retest.lease):
        answer = visited.snapshots.first().answers.first()
        raw = page(person(IVO), "exclusion-retest-record", pc_of.pk, retest.pk, data={"answer": answer.pk})
        assert '"content"' in raw
    for unknown in ("x", "9" * 5000):
        url = reverse("exclusion-retest-record", args=[pc_of.pk, retest.pk])
        assert signed_in(person(IVO)).get(url, {"answer": unknown}).status_code == 404


def made_on(server) -> Exclusion:
    """Return an exclusion that was really tried without."""
    exclusion = on_pc(server)
    retested()
    let_end_soon(exclusion)
    retested()
    swept()
    return exclusion


def test_another_try_is_asked_for_once_and_the_page_says_what_happens():
    exclusion = in_force()
    tried(exclusion)

    first = sent(person(EMMA), "exclusion-retest", exclusion.pk)
    sent(person(IVO), "exclusion-retest", exclusion.pk)

    assert "The PC is requesting the site now, by itself" in first
    assert exclusion.retests.open().count() == 1
    assert ActivityEntry.objects.filter(action="retest_asked", actor=person(EMMA)).exists()


def test_a_program_cannot_be_tried_and_the_page_says_who_can():
    exclusion = in_force(PROCESS, people=(IVO, ADAM))

    said = sent(person(EMMA), "exclusion-retest", exclusion.pk)

    assert "Only you can test this" in said
    assert not exclusion.retests.open().exists()


def test_an_indicator_says_how_long_it_takes_until_pcs_follow():
    assert "usually reach PCs within 2 hours" in page(person(EMMA), "exclusion", in_force(INDICATOR).pk)


def test_what_ended_is_not_tried_and_the_page_says_so():
    exclusion = in_force()
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    assert "had ended" in sent(person(EMMA), "exclusion-retest", exclusion.pk)
    assert "Test whether it works now" not in page(person(EMMA), "exclusion", exclusion.pk)


def test_an_auditor_reads_and_is_offered_no_try_and_no_renewal():
    exclusion = announced(in_force())
    auditor = UserFactory(auditor=True)

    shown = page(auditor, "exclusion", exclusion.pk)

    assert "This exclusion ends" in shown
    assert "Test whether it works now" not in shown
    assert "Ask to renew it" not in shown
    assert signed_in(auditor).get(reverse("exclusion-renew", args=[exclusion.pk])).status_code == 403


# --- The case ---------------------------------------------------------------------------------------------------------


def test_the_case_asks_the_employee_whether_it_works_and_yes_closes_it():
    exclusion = in_force()

    assert "Does it work now?" in page(person(EMMA), "case", exclusion.case.number)
    assert "The case is closed as solved" in sent(person(EMMA), "case-solve", exclusion.case.number)


def test_no_is_told_to_it_on_the_case_and_on_the_exclusion():
    exclusion = in_force()

    said = sent(person(EMMA), "exclusion-still-blocked", exclusion.pk)

    assert "IT can see this in the case and in its list" in said
    assert "You said that the site is still blocked" in said
    assert "Check this PC again" in said
    for name, args in (("case", [exclusion.case.number]), ("exclusion", [exclusion.pk])):
        assert "The employee says that the site is still blocked" in page(person(IVO), name, *args)
    tried(exclusion, now=timezone.now() + timedelta(minutes=5))
    assert "still blocked" not in page(person(IVO), "exclusion", exclusion.pk)


def test_it_reads_why_the_case_cannot_be_closed_instead_of_a_button():
    exclusion = in_force()
    url = reverse("case-solve", args=[exclusion.case.number])

    assert f'action="{url}"' not in page(person(IVO), "case", exclusion.case.number)
    refused = sent(person(IVO), "case-solve", exclusion.case.number)
    assert refused.count("no one knows whether the exclusion works") == 2  # the message, and the page itself
    tried(exclusion)
    assert f'action="{url}"' in page(person(IVO), "case", exclusion.case.number)
    assert "The case is closed as solved" in sent(person(IVO), "case-solve", exclusion.case.number)


def test_only_a_person_of_the_case_says_that_it_is_blocked():
    exclusion = in_force()

    assert signed_in(person(IVO)).post(reverse("exclusion-still-blocked", args=[exclusion.pk])).status_code == 403
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    assert "had ended" in sent(person(EMMA), "exclusion-still-blocked", exclusion.pk)


def test_the_retest_without_the_exclusion_has_its_button_where_the_company_allows_it(settings):
    exclusion = in_force()
    button = "Test in audit mode whether it is still needed"
    assert button not in page(person(EMMA), "exclusion", exclusion.pk)
    assert "does not test this automatically" in sent(person(EMMA), "exclusion-retest-without", exclusion.pk)

    settings.EXCLUSION_RETESTS = True
    assert button in page(person(EMMA), "exclusion", exclusion.pk)
    sent(person(EMMA), "exclusion-retest-without", exclusion.pk)

    asked = exclusion.retests.get(purpose=RetestPurpose.STILL_NEEDED)
    assert (asked.asked_by, asked.ended_at) == (person(EMMA), None)
    assert button not in page(person(EMMA), "exclusion", exclusion.pk)
