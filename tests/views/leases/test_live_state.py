"""The step of an audit-mode test while the page asks again, as each person gets it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import AuditModeTestFactory, CaseFactory, UserFactory
from tests.queries import made
from tests.views.leases.test_audit_mode_tests import FOR_IT_ONLY, HTMX, page_of, signed_in, step_in, text_of
from tests.views.reading import words_on
from troubleshooting.models import AuditModeTest
from troubleshooting.queries.checks.checklist import page_token
from troubleshooting.queries.leases.audit_mode_test import tokens

pytestmark = pytest.mark.django_db

STATES = ("starting", "open", "ending", "put_off", "done", "not_done", "rejected", "cancelled")


def poll(client: Client, test: AuditModeTest, token: str = ""):
    return client.get(reverse("test-state", args=[test.pk]), {"seen": token} if token else {}, headers=HTMX)


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
