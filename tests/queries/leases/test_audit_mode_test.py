from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import AuditModeTestFactory, CaseFactory, SettingLeaseFactory, UserFactory
from tests.queries import made
from tests.views.leases.test_audit_mode_tests import done_case
from troubleshooting.domain.leases.lease import Outcome
from troubleshooting.models import Case, User
from troubleshooting.permissions import may_consent
from troubleshooting.queries.cases.case_page import read_case_page
from troubleshooting.queries.leases.audit_mode_test import POLL_S, SLOW_POLL_S, TestStep, newest_tests, read_test_step
from troubleshooting.queries.leases.not_restored import SHOWN, not_yet_restored

pytestmark = pytest.mark.django_db


def step_of(case: Case, *, reader: User | None = None) -> TestStep:
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)
    who = reader or case.reporter
    return read_test_step(found, newest_tests(found), reader=who, may_ask=may_consent(who, found))


def test_a_checked_case_offers_a_test_to_the_employee_and_tells_it_only_where_it_is_wanted():
    blocked, open_question = made.blocked_case(), CaseFactory(checked=True, verdict_code="not_reproduced")

    offer = step_of(blocked).offer
    assert offer is not None
    assert (offer.may_ask, offer.is_wanted, offer.why_not, offer.holder) == (True, False, None, None)
    assert step_of(blocked, reader=made.reviewer()).offer is None
    for_it = step_of(open_question, reader=made.reviewer()).offer
    assert for_it is not None
    assert (for_it.may_ask, for_it.is_wanted) == (False, True)


@pytest.mark.parametrize("trait", ["solved", "withdrawn"])
def test_a_case_that_is_over_offers_nothing(trait):
    assert step_of(CaseFactory(**{trait: True})).offer is None


def test_a_test_that_would_show_nothing_is_not_offered_and_the_page_says_why():
    offer = step_of(CaseFactory(checked=True, verdict_code="excluded")).offer

    assert offer is not None
    assert "keeps the connection from being checked" in str(offer.why_not)


def test_the_pc_of_another_test_says_who_and_until_when_and_it_stays_it_for_an_employee():
    case, ivo = made.blocked_case(), made.reviewer()
    held = SettingLeaseFactory(case=CaseFactory(checked=True, device=case.device), requested_by=ivo, active=True)

    offer = step_of(case).offer

    assert offer is not None
    assert offer.holder is not None
    assert (offer.holder.who, offer.holder.until) == ("IT", held.ends_at)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_test_that_could_not_be_made_says_why_in_the_readers_words(outcome):
    test = AuditModeTestFactory(case=made.blocked_case(), not_done=True)
    test.lease.outcome = outcome.value
    test.lease.save(update_fields=["outcome"])

    for_emma, for_it = step_of(test.case).test, step_of(test.case, reader=made.reviewer()).test

    assert for_emma is not None
    assert for_it is not None
    assert for_emma.why_title == for_it.why_title
    assert for_emma.why is not None
    assert for_emma.why != for_it.why


@pytest.mark.parametrize(
    ("trait", "seconds"), [("starting", POLL_S), ("open", POLL_S), ("ending", POLL_S), ("put_off", SLOW_POLL_S)]
)
def test_a_live_test_is_asked_for_as_often_as_it_can_change(trait, seconds):
    step = step_of(AuditModeTestFactory(**{trait: True}).case)

    assert step.test is not None
    assert (step.is_live, step.offer, step.test.poll_s) == (True, None, seconds)


def test_a_pc_out_of_reach_says_why_when_it_is_tried_again_and_when_it_helps_itself():
    test = AuditModeTestFactory(put_off=True)
    shown = step_of(test.case).test

    assert shown is not None
    assert str(shown.error) == "The PC cannot be reached"
    assert shown.next_attempt_at == test.lease.next_attempt_at
    assert shown.fallback_at == test.lease.ends_at + timedelta(minutes=2)


def test_the_events_are_for_it_and_those_that_decided_come_first():
    case = done_case()

    for_emma, for_it = step_of(case).test, step_of(case, reader=made.reviewer()).test

    assert for_emma is not None
    assert for_it is not None
    assert for_emma.events == ()
    assert [(event.event_id, event.strength != "") for event in for_it.events] == [(1125, True)]
    assert "<Event" in for_it.events[0].xml


def test_a_test_that_was_made_is_not_asked_for_again_by_itself():
    case = done_case()
    step = step_of(case)

    assert step.offer is None  # what was logged already says it


def test_the_newest_conclusion_is_the_verdict_of_the_case():
    case = done_case()
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)

    by_test = read_case_page(found, reader=case.reporter).verdict
    made.finished_run(case, snapshot=made.RTP_OFF, requested_at=timezone.now(), finished_at=timezone.now())
    by_check = read_case_page(found, reader=case.reporter).verdict

    assert by_test is not None
    assert by_check is not None
    assert (by_test.code, by_check.code) == ("would_be_blocked", "cannot_tell")


@pytest.mark.parametrize("tests", [1, 3])
@pytest.mark.parametrize(("trait", "queries"), [({}, 1), ({"reviewer": True}, 2)])
def test_the_step_costs_the_same_queries_with_one_test_and_with_three(tests, trait, queries, django_assert_num_queries):
    case = done_case()
    for number in range(tests - 1):
        AuditModeTestFactory(case=case, not_done=True, consented_at=case.opened_at - timedelta(hours=number + 1))
    reader = UserFactory(**trait) if trait else case.reporter
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)

    with django_assert_num_queries(queries):
        step = read_test_step(found, newest_tests(found), reader=reader, may_ask=True)

    assert len(step.earlier) == tests - 1


def test_what_was_not_put_back_is_listed_longest_over_first_and_cut():
    now = timezone.now()
    for minutes in range(SHOWN + 2):
        SettingLeaseFactory(restoring=True, requested_at=now - timedelta(minutes=minutes))
    SettingLeaseFactory(active=True)  # its time is not over
    SettingLeaseFactory(restoring=True, requested_at=now, restoring_at=now)  # as every test ends
    SettingLeaseFactory(restored=True)

    found = not_yet_restored(now=now)

    assert (len(found.rows), found.more) == (SHOWN, 2)
    assert [row.since for row in found.rows] == sorted(row.since for row in found.rows if row.since)


@pytest.mark.parametrize(
    ("lease", "is_listed"),
    [
        ({"restoring": True, "restoring_at": timedelta(seconds=5)}, False),
        ({"restoring": True, "restoring_at": timedelta(minutes=3)}, True),
        ({"put_off": True, "restoring_at": timedelta(seconds=5)}, True),
        ({"active": True, "ends_at": timedelta(seconds=30)}, False),
        ({"active": True, "ends_at": timedelta(minutes=3)}, True),
    ],
)
def test_the_normal_end_of_a_test_is_no_news(lease, is_listed):
    now = timezone.now()
    values = {name: now - value if isinstance(value, timedelta) else value for name, value in lease.items()}
    SettingLeaseFactory(requested_at=now - timedelta(minutes=20), **values)

    assert bool(not_yet_restored(now=now).rows) is is_listed


def test_a_pc_whose_mode_a_policy_sets_is_told_before_a_test_is_offered(client):
    case = made.blocked_case()
    run = case.check_runs.latest("requested_at")
    run.findings.update_or_create(
        check_id="mode_origin", defaults={"status": "warn", "content": {}, "judged_at": timezone.now()}
    )

    offer = step_of(case).offer
    client.force_login(case.reporter)
    asked = client.get(reverse("test-ask", args=[case.number]), follow=True).content.decode()

    assert "A company policy sets the protection mode on this PC" in str(offer.why_not)
    assert "A company policy sets the protection mode on this PC" in asked
    assert "Agree and start the test" not in asked
