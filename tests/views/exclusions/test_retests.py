"""The pages of exclusions in force: does it work, does it end soon, is it renewed, may the case be closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.actions.cases.test_solving import tried
from tests.actions.exclusions.test_warnings import in_force, renewed, warned
from tests.factories import UserFactory
from tests.queries import made
from tests.support.exclusion_world import INDICATOR, PROCESS, approved
from tests.support.retest_world import in_force as on_pc
from tests.support.retest_world import needed_of, retested, swept
from tests.support.retest_world import warned as let_end_soon
from tests.support.roles import as_owner
from tests.support.world import ADAM, EMMA, IVO, person
from tests.views.exclusions.test_exclusions import FOR_IT_ONLY, signed_in, text_of
from tests.views.reading import words_on
from troubleshooting.actions.exclusions.decisions import ask_question, reject_exclusion
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import ask_retest, end_retest, say_still_blocked
from troubleshooting.domain.retests.retest import RetestOutcome, RetestPurpose
from troubleshooting.models import ActivityEntry, Case, Exclusion, User

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ASK_TO_RENEW = "If you still need it, ask to renew it."


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


# --- The end ----------------------------------------------------------------------------------------------------------


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


# --- Renewal ----------------------------------------------------------------------------------------------------------


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
