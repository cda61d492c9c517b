"""The pages of the audit-mode test, as each person gets them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import AuditModeTestFactory, CaseFactory, DeviceGroupFactory, SettingLeaseFactory, UserFactory
from tests.queries import made
from tests.support.roles import as_owner
from tests.views.reading import words_on
from troubleshooting.domain.leases.audit_mode_verdict import conclude_test
from troubleshooting.models import AuditModeTest, Case, CaseVerdict, DeviceAnswer, DeviceSnapshot, User
from troubleshooting.queries.checks.checklist import page_token
from troubleshooting.queries.leases.audit_mode_events import facts_of, read_events
from troubleshooting.queries.leases.audit_mode_test import tokens

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FOR_IT_ONLY = ("MpPreference", "EnableNetworkProtection", "AuditMode", "1125", "1126", "5007", "5013", "policy keys")
STATES = ("starting", "open", "ending", "put_off", "done", "not_done", "rejected", "cancelled")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response) -> str:
    return response.content.decode()


def page_of(case: Case, *, reader: User | None = None) -> str:
    return text_of(signed_in(reader or case.reporter).get(reverse("case", args=[case.number])))


def poll(client: Client, test: AuditModeTest, token: str = ""):
    return client.get(reverse("test-state", args=[test.pk]), {"seen": token} if token else {}, headers=HTMX)


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


# --- The live state ---------------------------------------------------------------------------------------------------


def test_an_unchanged_poll_is_one_query_and_a_204(django_assert_num_queries):
    test = AuditModeTestFactory(open=True)
    client = signed_in(test.case.reporter)

    with django_assert_num_queries(1):
        response = poll(client, test, tokens.give(test))

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("reads", ["reporter", "reviewer"])
@pytest.mark.parametrize("trait", ["asked", "starting", "open", "ending", "put_off"])
def test_swapping_the_fragment_equals_reloading_the_page(trait, reads):
    case = made.blocked_case()
    test = AuditModeTestFactory(case=case, **({} if trait == "asked" else {trait: True}))
    client = signed_in(case.reporter if reads == "reporter" else made.reviewer())

    with time_machine.travel(timezone.now(), tick=False):  # the countdown moves on with every second
        page = text_of(client.get(reverse("case", args=[case.number])))
        fragment = text_of(poll(client, test))

    assert step_in(page) == step_in(fragment)
    assert "hx-trigger" in step_in(page)


def test_a_poll_that_finds_the_test_ended_has_no_trigger_and_has_the_page_reload():
    test = AuditModeTestFactory(done=True)
    before = AuditModeTest(pk=test.pk, version=0, status="ending")

    response = poll(signed_in(test.case.reporter), test, tokens.give(before))

    assert "hx-trigger" not in text_of(response)
    assert response.headers["HX-Trigger-After-Swap"] == "case-changed"


def test_a_token_of_a_check_run_is_none_of_a_test():
    run = made.finished_run(CaseFactory(checked=True))
    test = AuditModeTestFactory(pk=run.pk, open=True)

    assert not tokens.is_unchanged(test.pk, page_token(run))


def test_a_poll_of_a_stranger_is_not_found_and_of_nobody_sent_to_the_sign_in():
    test = AuditModeTestFactory(open=True)

    assert poll(signed_in(UserFactory(stranger=True)), test).status_code == 404
    assert poll(Client(), test).headers["HX-Redirect"].startswith("/login/")


@pytest.mark.parametrize("trait", STATES)
def test_an_employee_reads_no_command_event_or_registry_key(trait):
    case = made.blocked_case()
    AuditModeTestFactory(case=case, **{trait: True})

    assert words_on(step_in(page_of(case)), FOR_IT_ONLY) == []


def test_the_open_test_counts_down_and_says_what_to_do():
    test = AuditModeTestFactory(case=made.blocked_case(), open=True, consented_at=timezone.now() - timedelta(minutes=4))

    page = step_in(page_of(test.case))

    assert re.search(r'role="timer"[^>]*>\s*1[01]:\d\d\s*<', page)
    assert "I opened the site" in page
    assert "End the test now" in page
    assert "Google Chrome" in page


def test_it_decides_on_what_exactly_will_be_done_and_the_employee_on_taking_it_back():
    test = AuditModeTestFactory(case=made.blocked_case())

    for_it, for_emma = page_of(test.case, reader=made.reviewer()), step_in(page_of(test.case))

    assert "EnableNetworkProtection" in for_it
    assert "Approve the test" in for_it
    assert "Reject the test" in for_it
    assert "Approve the test" not in for_emma
    assert "Withdraw the request" in for_emma


def test_an_auditor_sees_the_step_without_buttons():
    test = AuditModeTestFactory(case=made.blocked_case(), open=True)

    step = step_in(page_of(test.case, reader=UserFactory(auditor=True)))

    assert "Audit-mode test in progress" in step
    assert "<button" not in step


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


# --- Not yet put back -------------------------------------------------------------------------------------------------


def late_lease(**fields: object):
    return SettingLeaseFactory(put_off=True, requested_at=timezone.now() - timedelta(minutes=5), **fields)


@pytest.mark.parametrize("role", ["reviewer", "administrator", "auditor"])
@pytest.mark.parametrize("name", ["home", "cases", "help"])
def test_every_page_of_it_and_auditors_names_the_pcs_not_put_back(role, name):
    lease = late_lease()

    page = text_of(signed_in(UserFactory(**{role: True})).get(reverse(name)))

    assert "Protection not yet restored after a test" in page
    assert lease.device.hostname in page
    assert "The PC cannot be reached" in page
    assert "The PC restores it by itself" in page
    assert ("Try again now" in page) is (role != "auditor")


def test_employees_have_no_band_and_pay_no_query(django_assert_num_queries):
    lease = late_lease()
    client = signed_in(lease.case.reporter)
    client.get(reverse("help"))

    with django_assert_num_queries(2):  # the session, the person
        page = text_of(client.get(reverse("help")))

    assert "Protection not yet restored" not in page


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_the_band_costs_one_query_however_many_pcs_are_late(rows, django_assert_num_queries):
    client = signed_in(made.reviewer())
    for _ in range(rows):
        late_lease()
    client.get(reverse("help"))

    with django_assert_num_queries(
        6
    ):  # the session, the person, the stop, the processes, the leases, what is to decide
        page = text_of(client.get(reverse("help")))

    assert ("And 2 more PCs" in page) is (rows == 7)


def test_it_has_the_portal_try_again_at_once_and_comes_back_to_the_page():
    lease = late_lease()

    response = signed_in(made.reviewer()).post(reverse("lease-retry", args=[lease.pk]), {"next": "/cases/?q=x"})

    lease.refresh_from_db()
    assert lease.next_attempt_at is None
    assert response.headers["Location"] == "/cases/?q=x"
    assert lease.case.activity_entries.filter(action="lease_retry_requested").exists()


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", ""])
def test_the_way_back_stays_in_the_portal(page):
    lease = late_lease()

    response = signed_in(made.reviewer()).post(reverse("lease-retry", args=[lease.pk]), {"next": page})

    assert response.headers["Location"] == reverse("case", args=[lease.case.number])


def test_trying_again_what_is_back_says_so():
    lease = SettingLeaseFactory(restored=True)

    response = signed_in(made.reviewer()).post(reverse("lease-retry", args=[lease.pk]), follow=True)

    assert "has already been restored" in text_of(response)
