"""Bad input of every field of the forms about exclusions: a sentence beside it, nothing lost, nothing done.

What the request's form says about values and days stands in ``test_exclusions.py``; here is what else can be sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from tests.factories import DeviceGroupFactory, ExclusionFactory
from tests.support.exclusion_states import brought_to
from tests.support.exclusion_world import seen
from tests.support.world import IVO, person
from tests.views.exclusions.test_exclusions import readable_case, text_of
from tests.views.exclusions.test_request_page import ask
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import Exclusion, ExclusionDecision

pytestmark = pytest.mark.django_db

HTML = "<img src=x onerror=alert(1)>"
TOO_LONG = "x" * 2001
CONTROL = "contains control characters"
SHORTEN = "Shorten this to 2,000 characters"


def beside(page: str, element: str) -> str:
    """The sentence beside a field; the field names it as its description."""
    assert re.search(rf'aria-describedby="[^"]*\b{element}_error"', page), f"{element} does not name its error"
    return page.partition(f'id="{element}_error"')[2].partition("</p>")[0]


# --- Asking -----------------------------------------------------------------------------------------------------------

ASK = [
    ("kind", "ip_address\0", "Choose one of the kinds"),
    ("kind", HTML, "Choose one of the kinds"),
    ("value", HTML, "one IPv4 address"),
    ("value", "203.0.113.1, 203.0.113.2", "one IPv4 address"),
    ("value", "203.0.113.1 203.0.113.2", "one IPv4 address"),
    ("value", "203.0.113.1-203.0.113.9", "range"),
    ("value", r"C:\App\app.exe", "one IPv4 address"),
    ("value", "999.1.1.1", "one IPv4 address"),
    ("scope", "device\0", "Choose one of the three"),
    ("scope", HTML, "Choose one of the three"),
    ("scope", "FOREIGN GROUP", "Choose one of the three"),
    ("ends_on", "2027-02-30", "Enter a day"),
    ("ends_on", "31.12.2026", "Enter a day"),
    ("ends_on", "2026-12-01\0", "Enter a day"),
    ("ends_on", "2026-12-01 2026-12-02", "Enter a day"),
    ("ends_on", HTML, "Enter a day"),
    ("reason_code", "business\0", "Choose a reason from the list"),
    ("reason_code", HTML, "Choose a reason from the list"),
    ("reason", "", "Write what it is needed for"),
    ("reason", "a\0b", CONTROL),
    ("confirmed", "x" * 5000, "Read the reasons against it"),
    ("confirmed", "address_for_name\0", "Read the reasons against it"),
    ("confirmed", HTML, "Read the reasons against it"),
]


@pytest.mark.parametrize(("field", "typed", "sentence"), ASK, ids=[f"{n}-{row[0]}" for n, row in enumerate(ASK)])
def test_a_request_with_bad_input_says_so_beside_the_field_and_keeps_the_rest(field, typed, sentence):
    typed = str(DeviceGroupFactory(name="Other").pk) if typed == "FOREIGN GROUP" else typed
    kept = {"value": "203.0.113.10", "reason": "Invoices & orders", "reason_code": "partner_portal"} | {field: typed}

    page = text_of(ask(readable_case(), **kept))

    assert sentence in beside(page, f"id_{field}")
    assert not Exclusion.objects.exists()
    assert HTML not in page
    assert f'value="{escape(kept["value"])}"' in page
    assert f"{escape(kept['reason'])}</textarea>" in page
    assert ('<option value="partner_portal" selected>' in page) is (field != "reason_code")


# --- Deciding, answering, revoking ------------------------------------------------------------------------------------


def for_group() -> Exclusion:
    return ExclusionFactory(case=readable_case(), for_group=True)


def question() -> Exclusion:
    return brought_to(ExclusionStatus.QUESTION_ASKED, ExclusionFactory(case=readable_case()))


def in_force() -> Exclusion:
    return brought_to(ExclusionStatus.VERIFIED, ExclusionFactory(case=readable_case()))


def day(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).date().isoformat()


SCOPE = "Choose the requested scope or a narrower one"
# Form, how the exclusion stands, field, what is typed into it, the sentence.
FORMS: list[tuple[str, Callable[[], Exclusion], str, object, str]] = [
    ("approve", for_group, "scope", "everyone", SCOPE),
    ("approve", for_group, "scope", "galaxy", SCOPE),
    ("approve", for_group, "scope", "device\0", SCOPE),
    ("approve", for_group, "scope", HTML, SCOPE),
    ("approve", for_group, "scope", ["device", "galaxy"], SCOPE),
    ("approve", for_group, "ends_on", "2001-01-01", "must be in the future"),
    ("approve", for_group, "ends_on", "9999-12-31", "later than allowed"),
    ("approve", for_group, "ends_on", "LATER THAN ASKED", "later than allowed"),
    ("approve", for_group, "ends_on", "2027-02-30", "Enter a day"),
    ("approve", for_group, "ends_on", "soon", "Enter a day"),
    ("approve", for_group, "ends_on", "2026-12-01\0", "Enter a day"),
    ("approve", for_group, "ends_on", HTML, "Enter a day"),
    ("approve", for_group, "note", TOO_LONG, SHORTEN),
    ("approve", for_group, "note", "a\0b", CONTROL),
    ("reject", for_group, "reject-note", "", "Say why, and what would change"),
    ("reject", for_group, "reject-note", " \n ", "Say why, and what would change"),
    ("reject", for_group, "reject-note", TOO_LONG, SHORTEN),
    ("reject", for_group, "reject-note", "a\0b", CONTROL),
    ("ask-question", for_group, "ask-note", "", "Write what you need to know"),
    ("ask-question", for_group, "ask-note", " \n ", "Write what you need to know"),
    ("ask-question", for_group, "ask-note", TOO_LONG, SHORTEN),
    ("ask-question", for_group, "ask-note", "a\0b", CONTROL),
    ("answer", question, "answer-reason", "", "Answer the question"),
    ("answer", question, "answer-reason", " \n ", "Answer the question"),
    ("answer", question, "answer-reason", TOO_LONG, SHORTEN),
    ("answer", question, "answer-reason", "a\0b", CONTROL),
    ("revoke", in_force, "revoke-note", "", "Write why it ends early"),
    ("revoke", in_force, "revoke-note", " \n ", "Write why it ends early"),
    ("revoke", in_force, "revoke-note", TOO_LONG, SHORTEN),
    ("revoke", in_force, "revoke-note", "a\0b", CONTROL),
]


@pytest.mark.parametrize(
    ("form", "make", "field", "typed", "sentence"), FORMS, ids=[f"{n}-{row[2]}" for n, row in enumerate(FORMS)]
)
def test_a_form_with_bad_input_says_so_beside_the_field_and_changes_nothing(form, make, field, typed, sentence):
    exclusion = make()
    client, before = Client(), standing(exclusion)
    client.force_login(exclusion.requested_by if form == "answer" else person(IVO))
    kept = {"digest": seen(exclusion), "note": "Checked & kept"} if form == "approve" else {}
    typed = day(20) if typed == "LATER THAN ASKED" else typed

    page = text_of(client.post(reverse(f"exclusion-{form}", args=[exclusion.pk]), kept | {field: typed}))

    assert sentence in beside(page, f"id_{field}")
    assert standing(exclusion) == before
    assert HTML not in page
    if form == "approve" and field != "note":
        assert "Checked &amp; kept</textarea>" in page
    if typed == TOO_LONG:
        assert f"{TOO_LONG}</textarea>" in page


def standing(exclusion: Exclusion) -> tuple[object, ...]:
    present = Exclusion.objects.get(pk=exclusion.pk)
    decided = ExclusionDecision.objects.filter(exclusion=exclusion).count()
    return present.status, present.round, present.reason, present.expires_at, present.scope_kind, decided


@pytest.mark.parametrize("digest", ["", "a" * 64, "a" * 5000, "a\0b", HTML])
def test_another_digest_than_that_of_the_request_approves_nothing(digest):
    exclusion, client = for_group(), Client()
    client.force_login(person(IVO))

    page = text_of(client.post(reverse("exclusion-approve", args=[exclusion.pk]), {"digest": digest}, follow=True))

    assert "this request has changed since you opened it" in page
    assert standing(exclusion)[0] == "requested"
    assert not ExclusionDecision.objects.exists()


def test_words_of_people_are_shown_as_text_wherever_they_stand():
    exclusion, client = for_group(), Client()
    client.force_login(person(IVO))

    client.post(reverse("exclusion-reject", args=[exclusion.pk]), {"reject-note": HTML})

    page = text_of(client.get(reverse("exclusion", args=[exclusion.pk])))
    assert HTML not in page
    assert escape(HTML) in page
