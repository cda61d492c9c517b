"""The pages of the audit-mode test, as each person gets them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import AuditModeTestFactory, CaseFactory, DeviceGroupFactory, SettingLeaseFactory, UserFactory
from tests.queries import made
from tests.support.roles import as_owner
from tests.views.reading import words_on
from troubleshooting.domain.leases.audit_mode_verdict import conclude_test
from troubleshooting.models import Case, CaseVerdict, DeviceAnswer, DeviceSnapshot, User
from troubleshooting.queries.leases.audit_mode_events import facts_of, read_events

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FOR_IT_ONLY = ("MpPreference", "EnableNetworkProtection", "AuditMode", "1125", "1126", "5007", "5013", "policy keys")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response) -> str:
    return response.content.decode()


def page_of(case: Case, *, reader: User | None = None) -> str:
    return text_of(signed_in(reader or case.reporter).get(reverse("case", args=[case.number])))


def step_in(page: str) -> str:
    """Cut the step out of a page; whitespace aside, and without the token of the form that is new each time."""
    found = re.search(r'<section class="test.*?</section>', page, re.DOTALL)
    assert found is not None
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", " ".join(found[0].split()))


def done_case(case: Case | None = None, *, user: str = "LAB\\emma", audited: bool = True) -> Case:
    """A case whose test was made, with what the PC logged meanwhile stored as the worker stores it."""
    case = case or made.blocked_case()
    with as_owner():
        case.check_runs.update(requested_at=timezone.now() - timedelta(minutes=9))
    test = AuditModeTestFactory(case=case, done=True, consented_at=timezone.now() - timedelta(minutes=3))
    lease = test.lease
    visit = DeviceSnapshot.objects.create(
        lease=lease,
        attempt=1,
        account="svc-portal",
        credential_profile="office",
        endpoint="https://pc-0001:5986/wsman",
        started_at=lease.started_at,
    )
    at = test.visited_at.isoformat().replace("+00:00", "Z")
    xml = made.EVENT_XML.format(at=at, record=9001, user=user, destination=case.indicator_host)
    content = [xml.replace("1126", "1125")] if audited else []
    for position, (name, answer) in enumerate({"set_protection_mode": [], "protection_events": content}.items()):
        DeviceAnswer.objects.create(
            snapshot=visit,
            position=position,
            name=name,
            pipeline=f"Get-{name}",
            sent_at=lease.started_at + timedelta(seconds=position),
            seconds=0.5,
            state="answered",
            content=answer,
            errors=[],
        )
    verdict = conclude_test(facts_of(test, lease, read_events(lease)))
    CaseVerdict.objects.create(
        case=case,
        audit_mode_test=test,
        code=verdict.code.value,
        confidence=verdict.confidence.value,
        content=verdict.as_json(),
        concluded_at=timezone.now(),
    )
    case.verdict_code, case.verdict_confidence = verdict.code.value, verdict.confidence.value
    case.save(update_fields=["verdict_code", "verdict_confidence"])
    return case


# --- Consent ----------------------------------------------------------------------------------------------------------


def test_the_page_says_in_plain_words_what_will_happen_before_it_asks():
    case = made.blocked_case()

    page = text_of(signed_in(case.reporter).get(reverse("test-ask", args=[case.number])))

    for words in (
        "For at most 15 minutes",
        "logs instead of blocking",
        "even if this portal is not available",
        "Agree and start the test",
    ):
        assert words in page
    assert "Let the PC request the page by itself" in page
    assert words_on(page, FOR_IT_ONLY) == []


def test_a_dangerous_site_is_never_to_be_opened():
    case = CaseFactory(checked=True, verdict_code="not_reproduced", kind="dangerous_site_missed")

    page = text_of(signed_in(case.reporter).get(reverse("test-ask", args=[case.number])))

    assert "harmless test page" in page
    assert "Please don't open it either" in page
    assert "Let the PC request the page by itself" not in page


@pytest.mark.parametrize(("choice", "by_portal"), [("myself", False), ("pc", True)])
def test_agreeing_begins_the_test_at_once(choice, by_portal):
    case = made.blocked_case()

    response = signed_in(case.reporter).post(reverse("test-ask", args=[case.number]), {"visit": choice}, follow=True)

    test = case.audit_mode_tests.get()
    assert (test.status, test.portal_visits, test.length) == ("starting", by_portal, timedelta(minutes=15))
    assert "The test is starting" in text_of(response)


def test_a_choice_that_does_not_exist_is_named_and_nothing_begins():
    case = made.blocked_case()

    response = signed_in(case.reporter).post(reverse("test-ask", args=[case.number]), {"visit": "somebody"})

    assert "Choose one of the two" in text_of(response)
    assert not case.audit_mode_tests.exists()


def test_a_company_may_demand_an_approval_per_role(settings):
    settings.AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM = ["employee"]
    case = made.blocked_case()
    client, url = signed_in(case.reporter), reverse("test-ask", args=[case.number])

    assert "Agree and ask IT to approve" in text_of(client.get(url))
    assert "It starts once they have." in text_of(client.post(url, {"visit": "myself"}, follow=True))

    assert case.audit_mode_tests.get().status == "asked"


def test_a_company_may_demand_an_approval_per_group():
    case = made.blocked_case()
    DeviceGroupFactory._meta.model.objects.filter(pk=case.device.group_id).update(test_needs_approval=True)

    signed_in(case.reporter).post(reverse("test-ask", args=[case.number]), {"visit": "myself"})

    assert case.audit_mode_tests.get().status == "asked"


def test_a_test_that_would_show_nothing_is_not_begun_and_the_page_says_why():
    case = CaseFactory(checked=True, verdict_code="not_covered")

    response = signed_in(case.reporter).post(reverse("test-ask", args=[case.number]), {"visit": "pc"}, follow=True)

    assert "network protection does not check this program" in text_of(response)
    assert not case.audit_mode_tests.exists()


def test_the_second_person_is_told_who_holds_the_pc_and_until_when():
    case = made.blocked_case()
    sara = UserFactory(stranger=True, time_zone="UTC")
    held = SettingLeaseFactory(case=CaseFactory(checked=True, device=case.device, reporter=sara), active=True)

    page = page_of(case)
    answer = signed_in(case.reporter).post(reverse("test-ask", args=[case.number]), {"visit": "pc"}, follow=True)

    assert "requested by Sara Stern" in page
    assert "Sara Stern" in text_of(answer)
    assert f"{held.ends_at:%M}" in text_of(answer)
    assert not case.audit_mode_tests.exists()


def test_a_second_test_is_not_begun_beside_one_that_is_under_way():
    test = AuditModeTestFactory(case=made.blocked_case(), starting=True)

    url = reverse("test-ask", args=[test.case.number])
    response = signed_in(test.case.reporter).post(url, {"visit": "pc"}, follow=True)

    assert "already under way" in text_of(response)
    assert test.case.audit_mode_tests.count() == 1


# --- Buttons ----------------------------------------------------------------------------------------------------------


def test_the_employee_says_that_the_site_was_opened():
    test = AuditModeTestFactory(open=True)

    response = signed_in(test.case.reporter).post(reverse("test-visited", args=[test.pk]), follow=True)

    test.refresh_from_db()
    assert (test.status, test.visit_outcome) == ("ending", "employee")
    assert "Protection is being restored" in text_of(response)


def test_a_visit_that_is_said_twice_changes_nothing_and_says_so():
    test = AuditModeTestFactory(ending=True)

    response = signed_in(test.case.reporter).post(reverse("test-visited", args=[test.pk]), follow=True)

    assert "Nothing was changed" in text_of(response)


@pytest.mark.parametrize(("trait", "after"), [("open", "ending"), ("starting", "cancelled")])
def test_a_test_is_ended_from_the_page(trait, after):
    test = AuditModeTestFactory(**{trait: True})

    signed_in(test.case.reporter).post(reverse("test-end", args=[test.pk]))

    test.refresh_from_db()
    assert test.status == after


def test_it_approves_and_the_test_begins():
    test = AuditModeTestFactory()

    signed_in(made.reviewer()).post(reverse("test-approve", args=[test.pk]))

    test.refresh_from_db()
    assert test.status == "starting"
    assert test.lease is not None


def test_approving_a_test_of_a_pc_that_is_held_says_by_whom():
    test = AuditModeTestFactory()
    SettingLeaseFactory(case=CaseFactory(checked=True, device=test.case.device), active=True)

    response = signed_in(made.reviewer()).post(reverse("test-approve", args=[test.pk]), follow=True)

    assert "is in another test" in text_of(response)


def test_it_rejects_with_a_reason_that_the_employee_reads():
    test = AuditModeTestFactory(case=made.blocked_case())

    signed_in(made.reviewer()).post(reverse("test-reject", args=[test.pk]), {"note": made.HOSTILE})

    page = page_of(test.case)
    assert "IT did not approve the test" in page
    assert made.HOSTILE not in page
    assert made.escape(made.HOSTILE) in page


def test_a_secret_in_the_reason_of_a_rejection_is_hidden():
    test = AuditModeTestFactory(case=made.blocked_case())

    note = {"note": "Not for https://www.example.com/?token=SECRET"}
    signed_in(made.reviewer()).post(reverse("test-reject", args=[test.pk]), note)

    page = page_of(test.case)
    assert "https://www.example.com/?token=***" in page
    assert "SECRET" not in page


def test_a_reason_that_is_too_long_rejects_nothing():
    test = AuditModeTestFactory()

    response = signed_in(made.reviewer()).post(
        reverse("test-reject", args=[test.pk]), {"note": "x" * 2001}, follow=True
    )

    test.refresh_from_db()
    assert test.status == "asked"
    assert "Shorten the reason" in text_of(response)


# --- What came of it --------------------------------------------------------------------------------------------------


def test_the_verdict_of_the_test_is_the_verdict_of_the_case():
    case = done_case()

    assert "Network protection is what blocks this site." in page_of(case)
    for_it = page_of(case, reader=made.reviewer())
    assert "Would be blocked" in for_it
    assert 'href="#test-event-9001"' in for_it
    assert 'id="test-event-9001"' in for_it


def test_hostile_words_of_the_log_are_escaped():
    page = page_of(done_case(user=made.HOSTILE.replace("<", "&lt;")), reader=made.reviewer())

    assert made.HOSTILE not in page
    assert made.escape(made.HOSTILE) in page


def test_a_test_without_an_event_says_so_to_it():
    page = page_of(done_case(audited=False), reader=made.reviewer())

    assert "no block, audit or settings event since the start of the test" in page


def test_the_owner_reads_every_command_and_the_raw_answer():
    case = done_case()
    test = case.audit_mode_tests.get()
    client, url = signed_in(case.reporter), reverse("test-transcript", args=[test.pk])
    answer = DeviceAnswer.objects.get(snapshot__lease=test.lease, name="protection_events")

    assert "Get-set_protection_mode" in text_of(client.get(url))
    assert "&lt;Event" in text_of(client.get(url, {"answer": answer.pk}, headers=HTMX))
    assert client.get(url, {"answer": answer.pk + 999}).status_code == 404


def test_a_reporter_who_does_not_own_the_pc_may_not_see_what_ran_on_it():
    case = done_case()
    reporter = case.reporter
    made.on_device_of_another(case, UserFactory())

    url = reverse("test-transcript", args=[case.audit_mode_tests.get().pk])

    assert signed_in(reporter).get(url).status_code == 403
    assert url not in text_of(signed_in(reporter).get(reverse("case", args=[case.number])))
