"""The pages of the emergency stop and of undos, as each person gets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ExclusionFactory, SettingLeaseFactory, UserFactory
from tests.queries import made
from tests.support.exclusion_world import RULES, approved, seen
from troubleshooting.actions.emergency_stop.stop import lift_stop, stop_writes
from troubleshooting.actions.exclusions.decisions import approve_exclusion
from troubleshooting.actions.exclusions.placements import may_still_be_put, settle
from troubleshooting.actions.gate import is_stopped
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import EmergencyStop, Exclusion, Undo, User
from troubleshooting.queries.emergency_stop import stop as stop_queries
from troubleshooting.queries.emergency_stop.undo import preview_undo

pytestmark = pytest.mark.django_db

BAND = "All changes on PCs and in the tenant are stopped"
REASON = "An exclusion was put on the wrong PCs"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response) -> str:
    """Return the page with each run of white space as one space."""
    return " ".join(response.content.decode().split())


def messages_of(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def admin() -> User:
    return UserFactory(administrator=True)


def stopped(reason: str = REASON) -> User:
    adam = admin()
    stop_writes(by=adam, reason=reason, now=timezone.now())
    return adam


def in_force(**fields: object) -> Exclusion:
    """An exclusion that a worker put and read back."""
    exclusion, now = ExclusionFactory(**fields), timezone.now()
    approve_exclusion(exclusion.pk, by=made.reviewer(), note="", seen=seen(exclusion), rules=RULES, now=now)
    for placement in exclusion.placements.all():
        assert may_still_be_put(placement, now=now)
        settle(placement, PlacementStatus.VERIFIED, outcome=None, now=now)
    return Exclusion.objects.get(pk=exclusion.pk)


def an_hour_ago() -> str:
    return (timezone.now() - timedelta(hours=1)).isoformat()


# --- The switch -------------------------------------------------------------------------------------------------------


def test_an_administrator_stops_all_changes_and_lets_them_go_on():
    adam = admin()
    client = signed_in(adam)
    assert "Changes are running as usual" in text_of(client.get(reverse("emergency-stop")))

    response = client.post(reverse("emergency-stop-begin"), {"stop-reason": REASON})
    assert messages_of(response)[0].startswith("All changes are stopped.")
    page = text_of(client.get(reverse("emergency-stop")))
    assert "No changes are in progress" in page
    assert page.count(REASON) == 2  # in the band and on the page
    response = client.post(reverse("emergency-stop-lift"), {"lift-note": "It was the list of the supplier"})

    assert messages_of(response)[0].startswith("Changes have resumed.")
    page = text_of(client.get(reverse("emergency-stop")))
    assert "Changes are running as usual" in page
    assert "It was the list of the supplier" in page
    assert not is_stopped()


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Write why, for example"),
        (" \n ", "Write why, for example"),
        ("x" * 2001, "Shorten this"),
        ("a\0", "contains control characters"),
    ],
)
def test_a_stop_needs_a_reason_and_says_so_beside_the_field(reason, sentence):
    page = text_of(signed_in(admin()).post(reverse("emergency-stop-begin"), {"stop-reason": reason}))

    assert sentence in page.partition('id="id_stop-reason_error"')[2]
    assert not EmergencyStop.objects.exists()


def test_a_note_that_is_too_long_is_said_beside_its_field_and_the_stop_stays():
    client = signed_in(stopped())

    page = text_of(client.post(reverse("emergency-stop-lift"), {"lift-note": "x" * 2001}))

    assert "Shorten this" in page.partition('id="id_lift-note_error"')[2]
    assert is_stopped()


@pytest.mark.parametrize("is_same_person", [True, False])
def test_a_second_stop_and_a_second_lift_say_who_did_it_and_change_nothing(is_same_person):
    adam = stopped()
    client = signed_in(adam if is_same_person else admin())
    again = client.post(reverse("emergency-stop-begin"), {"stop-reason": "the same"})
    lift_stop(by=adam, note="found", now=timezone.now())
    twice = client.post(reverse("emergency-stop-lift"), {"lift-note": "the same"})

    assert messages_of(again)[-1] == f"{adam} has already stopped all changes. This page shows that stop, and why."
    assert messages_of(twice)[-1].startswith(f"{adam} has already lifted the stop.")
    assert list(EmergencyStop.objects.values_list("reason", "end_note")) == [(REASON, "found")]


def test_where_nothing_was_ever_stopped_nobody_is_said_to_have_lifted_it():
    response = signed_in(admin()).post(reverse("emergency-stop-lift"))

    assert messages_of(response) == ["Changes were not stopped, so there was nothing to lift."]


@pytest.mark.parametrize("role", ["reviewer", "auditor"])
def test_reviewers_and_auditors_read_the_page_and_have_no_form(role):
    stopped()
    page = text_of(signed_in(UserFactory(**{role: True})).get(reverse("emergency-stop")))

    assert REASON in page
    assert "Only administrators can stop all changes" in page
    for name in ("emergency-stop-begin", "emergency-stop-lift", "undo-preview"):
        assert reverse(name) not in page


def test_the_page_counts_what_waits_and_what_does_not():
    waiting = ExclusionFactory()
    approve_exclusion(waiting.pk, by=made.reviewer(), note="", seen=seen(waiting), rules=RULES, now=timezone.now())
    ending = in_force()
    ending.placements.update(status=PlacementStatus.REMOVING)
    SettingLeaseFactory(active=True)
    stopped()

    waits = stop_queries.what_waits()

    assert (waits.to_put, waits.to_remove, waits.tests) == (1, 1, 1)


def test_empty_lists_say_what_will_stand_there():
    page = text_of(signed_in(made.reviewer()).get(reverse("emergency-stop")))

    assert "Nothing has been undone yet." in page
    assert "No earlier stops. Each stop appears here" in page


def test_the_lists_show_the_newest_and_say_that_there_are_more(monkeypatch):
    monkeypatch.setattr(stop_queries, "SHOWN", 2)
    adam = admin()
    for number in range(3):
        stop_writes(by=adam, reason=f"reason {number}", now=timezone.now())
        lift_stop(by=adam, note="", now=timezone.now())

    page = text_of(signed_in(adam).get(reverse("emergency-stop")))

    assert [number for number in range(3) if f"reason {number}" in page] == [1, 2]
    assert "The newest 2 are shown." in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pages_cost_the_same_queries_with_one_row_and_with_three(rows, django_assert_num_queries):
    adam = admin()
    for _ in range(rows):
        exclusion = in_force()
        since = timezone.now() - timedelta(hours=1)
        client = signed_in(adam)
        client.post(
            reverse("undo-preview"),
            {"since": since.isoformat(), "undo-seen": preview_undo(since).digest, "undo-reason": "wrong"},
        )
        in_force(case=exclusion.case)
    latest = reverse("undo", args=[Undo.objects.latest("pk").pk])
    client.get(reverse("emergency-stop"))

    # the session, the person; the stop, the gate, what waits (2), the stops, the undos; three bands, what is to decide
    with django_assert_num_queries(12):
        client.get(reverse("emergency-stop"))
    with django_assert_num_queries(9):  # the session, the person, the places, those of others, the stop; the same four
        client.get(reverse("undo-preview"), {"since": an_hour_ago()})
    with django_assert_num_queries(9):  # the session, the person, the undo, its progress, its places; the same four
        client.get(latest)


# --- The band and the calm sentence -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["reviewer", "administrator", "auditor"])
@pytest.mark.parametrize("name", ["home", "cases", "exclusions", "help"])
def test_every_page_of_it_and_auditors_says_that_all_is_stopped(role, name):
    adam = stopped()

    page = text_of(signed_in(UserFactory(**{role: True})).get(reverse(name)))

    assert BAND in page
    assert REASON in page
    assert str(adam) in page
    assert reverse("emergency-stop") in page


def test_the_band_is_gone_when_changes_go_on():
    lift_stop(by=stopped(), note="", now=timezone.now())

    assert BAND not in text_of(signed_in(made.reviewer()).get(reverse("help")))


def test_employees_see_no_band_and_pay_no_query(django_assert_num_queries):
    stopped()
    client = signed_in(UserFactory())
    client.get(reverse("help"))

    with django_assert_num_queries(2):  # the session, the person
        page = text_of(client.get(reverse("help")))

    assert BAND not in page


def test_an_employee_reads_calmly_that_something_of_theirs_waits_and_not_why():
    exclusion = ExclusionFactory(case=made.blocked_case())
    emma = exclusion.requested_by
    pages = [reverse("case", args=[exclusion.case.number]), reverse("exclusion", args=[exclusion.pk])]
    stopped()
    assert not any("stopped for now" in text_of(signed_in(emma).get(page)) for page in pages), "nothing waits yet"

    approved(exclusion)

    for page in pages:
        text = text_of(signed_in(emma).get(page))
        assert "All changes are stopped for now" in text
        assert (REASON in text, BAND in text) == (False, False)


def test_nothing_of_what_is_in_force_or_undone_is_said_to_wait():
    exclusion = in_force()
    url = reverse("exclusion", args=[exclusion.pk])
    emma = signed_in(exclusion.requested_by)
    client = signed_in(stopped())
    assert "stopped for now" not in text_of(emma.get(url))

    since = timezone.now() - timedelta(hours=1)
    data = {"since": since.isoformat(), "undo-seen": preview_undo(since).digest, "undo-reason": "wrong"}
    client.post(reverse("undo-preview"), data)

    assert Exclusion.objects.get().status == "revoked"
    assert "stopped for now" not in text_of(emma.get(url))


def test_a_test_is_not_begun_while_all_is_stopped_and_the_case_page_says_why():
    case = made.blocked_case(verdict_code="not_reproduced")
    stopped()
    client = signed_in(case.reporter)

    asked = client.get(reverse("test-ask", args=[case.number]))
    agreed = client.post(reverse("test-ask", args=[case.number]), {"visit": "myself"}, follow=True)

    assert asked.headers["Location"].startswith(reverse("case", args=[case.number]))
    assert "IT has stopped all changes for now" in text_of(agreed)
    assert not case.audit_mode_tests.exists()
