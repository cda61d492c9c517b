"""The report's page: shown, judged step by step, sent once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import DeviceFactory, UserFactory
from tests.support.world import LIFTED
from troubleshooting.models import ActivityEntry, Case, CheckRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def device():
    return DeviceFactory(hostname="PC-0142")


@pytest.fixture
def emma(client, device):
    client.force_login(device.owner)
    return client


def answers(device, /, **changes: str) -> dict[str, str]:
    return {
        "token": "a-token",
        "kind": "safe_site_blocked",
        "program": "chrome",
        "address": "hxxps://shop[.]example[.]com/",
        "device": str(device.pk),
        "happened_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "saw": "Connection blocked",
        "reason": "Invoices",
        **changes,
    }


def test_the_form_stands_on_one_page_with_all_its_steps(emma):
    page = emma.get(reverse("report")).content.decode()

    assert [f'id="step-{number}"' in page for number in range(1, 6)] == [True] * 5
    assert "Your only PC" in page


def test_a_report_opens_a_case_with_a_check_and_an_activity_entry(emma, device):
    response = emma.post(reverse("report"), answers(device))

    case = Case.objects.get()
    assert response.url == reverse("case", args=[case.number])
    assert (case.indicator_value, case.typed_address) == ("https://shop.example.com/", "hxxps://shop[.]example[.]com/")
    assert (case.reporter, case.device, case.program, case.saw) == (
        device.owner,
        device,
        "chrome",
        "Connection blocked",
    )
    assert CheckRun.objects.filter(case=case).count() == 1
    assert ActivityEntry.objects.filter(case=case, action="case_opened").count() == 1


def test_a_report_sent_twice_leads_to_the_same_case(emma, device):
    first = emma.post(reverse("report"), answers(device))
    second = emma.post(reverse("report"), answers(device))

    assert second.url == first.url
    assert Case.objects.count() == 1


def test_a_second_report_is_a_second_case(emma, device):
    emma.post(reverse("report"), answers(device))
    emma.post(reverse("report"), answers(device, token="another"))

    assert Case.objects.count() == 2


def test_a_report_without_a_token_is_taken_too(emma, device):
    emma.post(reverse("report"), answers(device, token=""))

    assert Case.objects.count() == 1


def test_an_error_stands_beside_its_field_and_in_the_summary_and_nothing_is_lost(emma, device):
    response = emma.post(reverse("report"), answers(device, address="a..b"))

    page = response.content.decode()
    assert 'href="#id_address"' in page
    assert 'id="id_address_error"' in page
    assert 'aria-describedby="id_address_helptext id_address_error"' in page
    assert 'value="a..b"' in page
    assert "Invoices" in page
    assert 'value="a-token"' in page
    assert response.context["wrong_step"].number == 2
    assert Case.objects.count() == 0


def test_somebody_elses_pc_is_refused(emma, device):
    other = DeviceFactory(owner=UserFactory(stranger=True))

    response = emma.post(reverse("report"), answers(device, device=str(other.pk)))

    assert list(response.context["form"].errors) == ["device"]
    assert Case.objects.count() == 0


def test_the_link_of_a_toast_fills_the_form_and_sends_nothing(emma):
    link = f"{reverse('report')}?kind=safe_site_blocked&url=bad.example&program=msedge.exe&pc=PC-0142&saw=Blocked"

    page = emma.get(link).content.decode()

    assert 'value="bad.example"' in page
    assert page.count(" checked") == 3
    assert Case.objects.count() == 0


def test_a_wrong_value_of_a_link_is_judged_at_once(emma):
    page = emma.get(f"{reverse('report')}?url=<script>alert(1)</script>&pc=<b>").content.decode()

    assert 'id="id_address_error"' in page
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_whoever_has_no_pc_reads_what_to_do(client):
    client.force_login(UserFactory())

    page = client.get(reverse("report")).content.decode()

    assert "No PC is registered for you yet" in page
    assert "it-help@contoso.example" in page


def test_an_auditor_is_refused(client, device):
    client.force_login(UserFactory(auditor=True))

    assert client.get(reverse("report")).status_code == 403
    assert client.post(reverse("report"), answers(device)).status_code == 403
    assert client.post(reverse("report-step", args=[1]), answers(device)).status_code == 403
    assert Case.objects.count() == 0


def test_a_reviewer_reports_on_their_own_pc(client):
    device = DeviceFactory(owner=UserFactory(reviewer=True))
    client.force_login(device.owner)

    client.post(reverse("report"), answers(device))

    assert Case.objects.get().reporter == device.owner


# --- One step at a time ---


def judged(client, step: int, data: dict[str, str]):
    response = client.post(reverse("report-step", args=[step]), data, headers={"HX-Request": "true"})
    return response, json.loads(response["HX-Trigger-After-Settle"])["report:checked"]


def test_a_right_step_goes_on_whatever_the_later_ones_lack(emma):
    response, verdict = judged(emma, 1, {"kind": "safe_site_blocked", "program": "edge"})

    page = response.content.decode()
    assert verdict == {"step": 1, "good": True}
    assert "field__error" not in page
    assert 'id="review" hx-swap-oob="true"' in page
    assert "Microsoft Edge" in page


def test_a_wrong_step_stays_with_its_error(emma):
    response, verdict = judged(emma, 2, {"address": "a b"})

    page = response.content.decode()
    assert verdict == {"step": 2, "good": False}
    assert 'id="id_address_error"' in page
    assert 'value="a b"' in page
    assert 'id="step-1"' not in page


def test_the_last_look_shows_what_is_known_by_then(emma, device):
    response, _ = judged(emma, 4, answers(device))

    assert [(str(row.label), str(row.value)) for row in response.context["review"] if not row.at] == [
        ("Problem", "A safe site is blocked"),
        ("Program", "Google Chrome"),
        ("Address", "https://shop.example.com/"),
        ("PC", "PC-0142"),
        ("What you saw", "Connection blocked"),
        ("Why it matters", "Invoices"),
    ]


def test_the_last_step_is_judged_without_a_second_review(emma, device):
    response, verdict = judged(emma, 5, answers(device))

    assert verdict == {"step": 5, "good": True}
    assert response.content.decode().count('id="review"') == 1


def test_a_step_that_does_not_exist_is_not_found(emma, device):
    assert emma.post(reverse("report-step", args=[6]), answers(device)).status_code == 404


def test_a_step_is_judged_only_when_sent(emma):
    assert emma.get(reverse("report-step", args=[1])).status_code == 405


def test_the_name_of_the_program_is_chosen_from_a_list_of_the_browsers_own(emma):
    page = emma.get(reverse("report")).content.decode()

    assert 'list="known-programs"' in page
    assert '<datalist id="known-programs">' in page
    assert '<option value="Docker Desktop"></option>' in page


@pytest.mark.parametrize("limit", ["open_per_person", "live_per_pc"])
def test_a_report_too_many_is_refused_with_a_way_on_and_keeps_what_was_typed(emma, device, settings, limit):
    settings.CASE_LIMITS = replace(LIFTED, **{limit: 1})
    emma.post(reverse("report"), answers(device, token="another"))
    case = Case.objects.get()

    page = emma.post(reverse("report"), answers(device)).content.decode()

    assert (Case.objects.count(), CheckRun.objects.count()) == (1, 1)
    assert f'href="{reverse("case", args=[case.number])}"' in page
    assert "can have (1)" in page
    assert 'data-first="5"' in page
    assert all(text in page for text in ("hxxps://shop[.]example[.]com/", "Connection blocked", "Invoices", "a-token"))

    emma.post(reverse("case-withdraw", args=[case.number]))
    emma.post(reverse("report"), answers(device))

    assert Case.objects.count() == 2
