"""The pages of exclusions, as each person gets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import CaseFactory, ExclusionFactory, UserFactory
from tests.queries import made
from tests.support.roles import as_owner
from tests.views.reading import words_on
from troubleshooting.actions.exclusions.decisions import ask_question, reject_exclusion
from troubleshooting.actions.exclusions.requests import answer_back
from troubleshooting.models import Case, Exclusion, User

pytestmark = pytest.mark.django_db

FOR_IT_ONLY = ("MpPreference", "ExclusionIpAddress", "DisableLocalAdminMerge", "5007", "1126", "Digest")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response) -> str:
    """Return the page with each run of white space as one space."""
    return " ".join(response.content.decode().split())


def readable_case() -> Case:
    """A case whose PC told its lists, so that nothing speaks against an exclusion on it."""
    case = made.blocked_case()
    visit = case.check_runs.get().snapshots.get()
    visit.answers.create(
        position=9,
        name="preferences",
        pipeline="Get-MpPreference",
        sent_at=visit.started_at,
        seconds=0.1,
        state="answered",
        content=[{"ExclusionIpAddress": None, "ExclusionProcess": None}],
        errors=[],
    )
    return case


# --- Deciding ---------------------------------------------------------------------------------------------------------


def page_of(exclusion: Exclusion, reader: User) -> str:
    return text_of(signed_in(reader).get(reverse("exclusion", args=[exclusion.pk])))


def decide(exclusion: Exclusion, name: str, reader: User, **fields: str) -> str:
    return text_of(signed_in(reader).post(reverse(f"exclusion-{name}", args=[exclusion.pk]), fields, follow=True))


def rejected(exclusion: Exclusion) -> Exclusion:
    return reject_exclusion(exclusion.pk, by=made.reviewer(), note="No", now=timezone.now())


def digest_in(page: str) -> str:
    return page.partition('name="digest" value="')[2][:64]


def test_a_reviewer_reads_the_exact_commands_and_what_it_touches():
    exclusion = ExclusionFactory(case=readable_case())

    page = page_of(exclusion, made.reviewer())

    assert f"Add-MpPreference -ExclusionIpAddress {exclusion.value}" in page
    assert f"Remove-MpPreference -ExclusionIpAddress {exclusion.value}" in page
    assert len(digest_in(page)) == 64
    assert "Blocks it would have allowed" in page
    assert "0 of 1 required approval" in page


def test_an_employee_reads_no_command():
    page = page_of(exclusion := ExclusionFactory(case=readable_case()), exclusion.requested_by)

    assert words_on(page, FOR_IT_ONLY) == []
    assert "Withdraw the request" in page
    assert "Approve" not in page


def test_an_approval_puts_it_in_force():
    exclusion, ivo = ExclusionFactory(case=readable_case()), made.reviewer()

    page = decide(exclusion, "approve", ivo, digest=digest_in(page_of(exclusion, ivo)))

    assert "Approved." in page
    assert "Where it is applied" in page
    assert "Waiting for its turn" in page


def test_what_changed_since_the_page_was_read_is_not_approved():
    exclusion, ivo = ExclusionFactory(case=readable_case()), made.reviewer()
    seen = digest_in(page_of(exclusion, ivo))
    now = timezone.now()
    ask_question(exclusion.pk, by=made.reviewer(), note="Who?", now=now)
    answer_back(exclusion.pk, by=exclusion.requested_by, reason="Something else", now=now)

    assert "has changed since you opened it" in decide(exclusion, "approve", ivo, digest=seen)
    assert Exclusion.objects.get().status == "requested"


def test_a_narrower_approval_is_for_less_and_never_for_more():
    exclusion, ivo = ExclusionFactory(case=readable_case(), for_group=True), made.reviewer()
    digest = digest_in(page_of(exclusion, ivo))
    day = (timezone.now() + timedelta(days=20)).date().isoformat()

    assert "later than allowed" in decide(exclusion, "approve", ivo, digest=digest, ends_on=day)
    assert "Choose the requested scope or a narrower one" in decide(
        exclusion, "approve", ivo, digest=digest, scope="everyone"
    )
    decide(exclusion, "approve", ivo, digest=digest, scope="device")

    narrowed = Exclusion.objects.get()
    assert (narrowed.scope_kind, narrowed.status, narrowed.round) == ("device", "approved", 2)


def test_a_narrowing_that_meets_an_open_one_names_it():
    exclusion, ivo = ExclusionFactory(case=readable_case(), for_group=True), made.reviewer()
    other = ExclusionFactory(case=exclusion.case, value=exclusion.value)

    page = decide(exclusion, "approve", ivo, digest=digest_in(page_of(exclusion, ivo)), scope="device")

    assert f"Exclusion #{other.pk}" in page
    assert "is already open for the same value and scope" in page


@pytest.mark.parametrize(
    ("name", "field", "sentence"),
    [("reject", "reject-note", "Say why, and what would change"), ("ask-question", "ask-note", "Write what you need")],
)
def test_a_no_and_a_question_need_words(name, field, sentence):
    exclusion = ExclusionFactory(case=readable_case())

    page = decide(exclusion, name, made.reviewer(), **{field: ""})

    assert sentence in page.partition("field__error")[2]
    assert Exclusion.objects.get().status == "requested"


def test_asking_back_and_answering_begins_a_new_round():
    exclusion, ivo = ExclusionFactory(case=readable_case()), made.reviewer()

    decide(exclusion, "ask-question", ivo, **{"ask-note": "Who confirms the address?"})
    asked = page_of(exclusion, exclusion.requested_by)
    decide(exclusion, "answer", exclusion.requested_by, **{"answer-reason": "Contoso did, by phone"})

    assert "Who confirms the address?" in asked
    assert (Exclusion.objects.get().status, Exclusion.objects.get().round) == ("requested", 2)


def test_a_rejection_says_what_would_change_the_answer():
    exclusion = ExclusionFactory(case=readable_case())

    decide(exclusion, "reject", made.reviewer(), **{"reject-note": "Ask for one program"})

    assert "Ask for one program" in page_of(exclusion, exclusion.requested_by)


def test_nobody_decides_twice_or_about_the_own_request():
    ivo = made.reviewer()
    own = ExclusionFactory(case=readable_case(), requested_by=ivo)
    client = signed_in(ivo)

    assert client.post(reverse("exclusion-approve", args=[own.pk]), {"digest": ""}).status_code == 403
    assert "another reviewer has to decide" in page_of(own, ivo)
    twice = ExclusionFactory(case=readable_case(), kind="process", value=r"C:\App\app.exe", approvals_needed=2)
    decide(twice, "approve", ivo, digest=digest_in(page_of(twice, ivo)))
    assert "The next decision is up to another reviewer" in page_of(twice, ivo)


@pytest.mark.parametrize("part", ["reporter", "device_owner"])
def test_nobody_decides_about_their_own_case(part):
    exclusion = ExclusionFactory(case=readable_case(), requested_by=made.reviewer())
    party = made.reviewer()
    with as_owner():
        Case.objects.filter(pk=exclusion.case_id).update(**{part: party})
    page, others = page_of(exclusion, party), page_of(exclusion, made.reviewer())
    fields = {"digest": digest_in(others), "reject-note": "No", "ask-note": "Who?"}

    assert "This is about your own case, so another reviewer has to decide." in page
    assert ('id="approve"' in page, 'id="approve"' in others) == (False, True)
    for action in ("approve", "reject", "ask-question"):
        assert signed_in(party).post(reverse(f"exclusion-{action}", args=[exclusion.pk]), fields).status_code == 403
    assert Exclusion.objects.get().decisions.count() == 0


def test_revoking_needs_a_reason():
    exclusion, ivo = ExclusionFactory(case=readable_case()), made.reviewer()
    decide(exclusion, "approve", ivo, digest=digest_in(page_of(exclusion, ivo)))

    assert "Write why it ends early" in decide(exclusion, "revoke", ivo, **{"revoke-note": ""})
    decide(exclusion, "revoke", ivo, **{"revoke-note": "No longer needed"})

    assert (Exclusion.objects.get().status, exclusion.placements.get().status) == ("not_applied", "not_applied")


def test_what_moved_on_meanwhile_is_said_and_not_done():
    exclusion = rejected(ExclusionFactory(case=readable_case()))

    assert "has changed since you opened the page" in decide(exclusion, "withdraw", exclusion.requested_by)


# --- The list and the case --------------------------------------------------------------------------------------------


def test_the_queue_shows_what_is_to_be_decided_first_and_the_rest_on_demand():
    waiting, over = ExclusionFactory(), rejected(ExclusionFactory())
    client = signed_in(made.reviewer())

    queue, all_of_them = (text_of(client.get(reverse("exclusions"), data)) for data in ({}, {"state": "all"}))

    assert waiting.value in queue
    assert f'title="{over.value}"' not in queue
    assert f'title="{over.value}"' in all_of_them
    assert '<span class="nav-count"> 1 ' in queue


def test_an_empty_queue_says_what_will_stand_there():
    assert "No requests to decide" in text_of(signed_in(UserFactory(auditor=True)).get(reverse("exclusions")))


def test_a_value_of_the_address_bar_that_is_not_known_is_left_out():
    ExclusionFactory()
    page = text_of(signed_in(made.reviewer()).get(reverse("exclusions"), {"state": "x", "kind": "y", "older": "z"}))

    assert "1 exclusion" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pages_cost_the_same_queries_with_one_row_and_with_three(rows, django_assert_num_queries):
    for _ in range(rows):
        ExclusionFactory(case=readable_case())
    client = signed_in(made.reviewer())

    # the session, the person, the rows, which of them wait for the reader, their count, three bands, what is to
    # decide
    with django_assert_num_queries(9):
        client.get(reverse("exclusions"))


def test_the_case_offers_an_exclusion_where_it_makes_sense_and_lists_them():
    case = readable_case()
    assert "Ask for an exclusion" in text_of(signed_in(case.reporter).get(reverse("case", args=[case.number])))

    exclusion = ExclusionFactory(case=case)

    page = text_of(signed_in(case.reporter).get(reverse("case", args=[case.number])))
    assert exclusion.value in page
    assert "Waiting for a decision" in page


def test_a_case_that_was_not_blocked_offers_none():
    case = CaseFactory(checked=True, verdict_code="not_covered")

    assert "Ask for an exclusion" not in text_of(signed_in(case.reporter).get(reverse("case", args=[case.number])))


def test_messages_are_sentences():
    exclusion = ExclusionFactory(case=readable_case())
    response = signed_in(exclusion.requested_by).post(reverse("exclusion-withdraw", args=[exclusion.pk]))

    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "The request is withdrawn. You can ask again from the case."
    ]
