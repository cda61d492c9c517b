"""The first page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import CaseFactory, CheckRunFactory, DeviceFactory, UserFactory

pytestmark = pytest.mark.django_db

HOME_QUERIES = 4  # session, person, cases, exclusions that end soon


def lines_of(response):
    return [(line.address, line.state) for line in response.context["own"].lines]


def test_home_asks_an_employee_what_is_going_wrong(client):
    client.force_login(UserFactory())

    page = client.get(reverse("home")).content.decode()

    assert "What is going wrong?" in page
    assert f"{reverse('report')}?kind=safe_site_blocked" in page
    assert f"{reverse('report')}?kind=dangerous_site_missed" in page
    assert "You have no cases yet" in page


def test_home_says_in_words_where_each_case_stands(client):
    device = DeviceFactory(hostname="PC-0142")
    CaseFactory(device=device, solved=True)
    CaseFactory(device=device, checked=True)
    away = CaseFactory(device=device)
    CheckRunFactory(case=away, waiting=True)
    CaseFactory(device=device)
    client.force_login(device.owner)

    response = client.get(reverse("home"))

    assert lines_of(response) == [
        ("shop.example.com", "We are checking PC-0142. You don't need to do anything."),
        ("shop.example.com", "PC-0142 cannot be reached. We will check it as soon as it is on and connected."),
        ("shop.example.com", "PC-0142 has been checked. IT decides what happens next."),
        ("shop.example.com", "Solved. There is nothing left to do."),
    ]


def test_home_shows_nobody_elses_cases(client):
    CaseFactory()
    client.force_login(UserFactory(stranger=True))

    assert lines_of(client.get(reverse("home"))) == []


def test_home_shows_the_owner_a_case_that_another_reported_about_their_pc(client):
    device = DeviceFactory(hostname="PC-0142")
    CaseFactory(device=device, reporter=UserFactory(reviewer=True), withdrawn=True)
    client.force_login(device.owner)

    assert lines_of(client.get(reverse("home"))) == [("shop.example.com", "The report was withdrawn.")]


def test_home_leads_on_to_the_older_cases(client):
    device = DeviceFactory()
    CaseFactory.create_batch(9, device=device)
    client.force_login(device.owner)

    response = client.get(reverse("home"))

    assert len(response.context["own"].lines) == 8
    assert "Show all your cases" in response.content.decode()


def test_home_counts_for_it_what_waits_for_whom(client):
    device = DeviceFactory()
    CaseFactory.create_batch(2, device=device, checked=True)
    CaseFactory(device=device)
    CaseFactory(device=device, solved=True)
    client.force_login(UserFactory(reviewer=True))

    response = client.get(reverse("home"))

    assert [(item.stage, item.count) for item in response.context["counts"]] == [
        ("checked", 2),
        ("checking", 1),
        ("submitted", 0),
    ]


def test_home_offers_an_auditor_no_report(client):
    client.force_login(UserFactory(auditor=True))

    page = client.get(reverse("home")).content.decode()

    assert reverse("report") not in page
    assert "Open cases" in page


@pytest.mark.parametrize("how_many", [1, 3])
def test_home_takes_the_same_queries_for_every_number_of_cases(client, django_assert_num_queries, how_many):
    device = DeviceFactory()
    CaseFactory.create_batch(how_many, device=device)
    client.force_login(device.owner)

    with django_assert_num_queries(HOME_QUERIES):
        client.get(reverse("home"))


def test_home_sends_a_stranger_to_the_sign_in(client):
    assert client.get(reverse("home")).url == f"{reverse('login')}?next={reverse('home')}"


def test_help_explains_network_protection(client):
    client.force_login(UserFactory())

    assert "How network protection works" in client.get(reverse("help")).content.decode()
