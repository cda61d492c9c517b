"""The page on which an exclusion is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CaseFactory
from tests.queries import made
from tests.views.exclusions.test_exclusions import FOR_IT_ONLY, readable_case, signed_in, text_of
from tests.views.reading import words_on
from troubleshooting.models import Case, Exclusion, User

pytestmark = pytest.mark.django_db


def wanted(**changes: str) -> dict[str, str]:
    day = (timezone.now() + timedelta(days=10)).date().isoformat()
    fields = {
        "kind": "ip_address",
        "value": "203.0.113.10",
        "scope": "device",
        "ends_on": day,
        "reason_code": "partner_portal",
        "reason": "Invoices of Contoso",
        "confirmed": "address_for_name,effect_unknown,wide_scope",
    }
    return fields | changes


def ask(case: Case, *, by: User | None = None, **changes: str):
    return signed_in(by or case.reporter).post(reverse("exclusion-ask", args=[case.number]), wanted(**changes))


def test_the_page_says_what_each_would_open_and_selects_nothing_wider_than_the_pc():
    case = readable_case()

    page = text_of(signed_in(case.reporter).get(reverse("exclusion-ask", args=[case.number])))

    assert "is allowed in every program" in page
    assert "not set up yet" in page
    assert 'value="device" selected' in page
    assert words_on(page, FOR_IT_ONLY) == []


def test_a_case_without_a_reason_for_one_says_why():
    case = CaseFactory(checked=True)
    made.finished_run(case)  # no block in the log

    page = text_of(signed_in(case.reporter).get(reverse("exclusion-ask", args=[case.number])))

    assert "An exclusion would not help now" in page
    assert "exclusion-ask" not in page


def test_a_request_keeps_what_was_asked_with_the_findings():
    case = readable_case()

    response = ask(case)

    asked = Exclusion.objects.get()
    assert response.headers["Location"] == reverse("exclusion", args=[asked.pk])
    assert (asked.value, asked.scope_kind, asked.reason_code, asked.requested_by) == (
        "203.0.113.10",
        "device",
        "partner_portal",
        case.reporter,
    )
    assert "address_for_name" in [finding["code"] for finding in asked.findings]


def test_warnings_have_to_be_confirmed_and_nothing_is_lost():
    case = readable_case()

    page = text_of(ask(case, confirmed=""))

    assert "Read the reasons against it" in page
    assert 'value="203.0.113.10"' in page
    assert "Invoices of Contoso" in page
    assert not Exclusion.objects.exists()


BAD = [
    ({"kind": ""}, "Choose one of the kinds"),
    ({"kind": "allow_indicator"}, "Allow indicators are not set up yet"),
    ({"kind": "nonsense"}, "Choose one of the kinds"),
    ({"value": ""}, "Enter what it is for"),
    ({"value": "203.0.113.0/24"}, "This is a whole network"),
    ({"value": "2001:db8::1"}, "IPv4 only"),
    ({"value": "1" * 1100}, "This is too long"),
    ({"value": "203.0.113.1\0"}, "contains control characters"),
    ({"kind": "process", "value": "invoices.exe"}, "apply to every program of that name"),
    ({"kind": "process", "value": r"C:\Windows\System32\cmd.exe"}, "never excluded"),
    ({"scope": "galaxy"}, "Choose one of the three"),
    ({"scope": ""}, "Choose for whom"),
    ({"ends_on": ""}, "Choose the last day"),
    ({"ends_on": "soon"}, "Enter a day"),
    ({"ends_on": "2001-01-01"}, "must be in the future"),
    ({"ends_on": "9999-12-31"}, "later than allowed"),
    ({"reason_code": ""}, "Choose a reason"),
    ({"reason_code": "because"}, "Choose a reason from the list"),
    ({"reason": " "}, "Write what it is needed for"),
    ({"reason": "x" * 2001}, "Shorten this to 2,000 characters"),
]


@pytest.mark.parametrize(("changes", "sentence"), BAD, ids=[f"{n}-{[*c][-1]}" for n, (c, _) in enumerate(BAD)])
def test_bad_input_of_every_field_gives_a_sentence_beside_it(changes, sentence):
    page = text_of(ask(readable_case(), **changes))

    field = [*changes][-1]
    assert sentence in page.partition(f'id="id_{field}_error"')[2]
    assert not Exclusion.objects.exists()


def test_the_same_value_and_scope_is_asked_for_once():
    case = readable_case()
    ask(case)

    page = text_of(ask(case))

    assert f"#{Exclusion.objects.get().pk} already covers this" in page


def test_hostile_text_is_shown_as_text():
    case = readable_case()
    ask(case, reason=made.HOSTILE)
    pk = Exclusion.objects.get().pk

    for reader in (case.reporter, made.reviewer()):
        page = text_of(signed_in(reader).get(reverse("exclusion", args=[pk])))
        assert made.HOSTILE not in page
        assert made.escape(made.HOSTILE) in page


def test_an_address_is_mended_as_in_a_report_and_the_person_sees_how_before_anything_is_asked():
    case = readable_case()

    page = text_of(ask(case, value="IP: 203.0.113.10."))

    assert "We read this as 203.0.113.10" in page
    assert "What stood in front of the address was left out." in page
    assert 'value="IP: 203.0.113.10."' in page
    assert not Exclusion.objects.exists()

    ask(case, value="IP: 203.0.113.10.", value_seen="203.0.113.10")

    assert Exclusion.objects.get().value == "203.0.113.10"
