"""The way in and out, as a browser sees it."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.support.world import ADAM, EMMA, NOW, PASSWORD, person
from troubleshooting.models import ActivityEntry

pytestmark = pytest.mark.django_db


def sign_in(client: Client, password: str = PASSWORD, *, who: str = "emma", address: str = "203.0.113.7"):
    return client.post(reverse("login"), {"username": who, "password": password}, REMOTE_ADDR=address)


def fail_often(client: Client, **facts: str) -> None:
    for _ in range(60):
        sign_in(client, "guess", **facts)


def actions() -> list[str]:
    return list(ActivityEntry.objects.order_by("pk").values_list("action", flat=True))


@pytest.fixture(autouse=True)
def emma():
    return person(EMMA)


@time_machine.travel(NOW, tick=False)
def test_after_many_wrong_passwords_even_the_right_one_waits_and_the_page_says_how_long():
    client = Client()
    fail_often(client)

    response = sign_in(client)

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "1"
    page = response.content.decode()
    assert "Wait one second, then try again. This attempt was not checked." in page
    assert 'value="emma"' in page
    assert PASSWORD not in page
    assert actions() == ["sign_in_failed"] * 4


def test_after_the_wait_the_right_password_opens():
    client = Client()
    with time_machine.travel(NOW, tick=False) as clock:
        fail_often(client)
        clock.shift(1)
        assert sign_in(client).url == reverse("home")


@time_machine.travel(NOW, tick=False)
def test_who_is_attacked_from_elsewhere_signs_in_at_once():
    fail_often(Client(), address="198.51.100.9")

    assert sign_in(Client()).url == reverse("home")


@time_machine.travel(NOW, tick=False)
def test_who_is_attacked_from_the_same_address_signs_in_at_once_in_a_known_browser():
    known = Client()
    sign_in(known)
    known.post(reverse("logout"))
    fail_often(Client())

    assert sign_in(Client()).status_code == 429
    assert sign_in(known).url == reverse("home")
    known.post(reverse("logout"))
    assert sign_in(known, who="erik", password="guess").status_code == 200


@time_machine.travel(NOW, tick=False)
def test_a_forged_mark_of_a_browser_is_worth_nothing():
    fail_often(Client())
    forger = Client()
    forger.cookies["known_browser"] = "e30:1abc:forged"

    assert sign_in(forger).status_code == 429


@pytest.mark.parametrize(("is_behind_proxy", "status"), [(True, 302), (False, 429)])
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_has_seen(settings, is_behind_proxy, status):
    settings.BEHIND_TLS_PROXY = is_behind_proxy
    with time_machine.travel(NOW, tick=False):
        for _ in range(9):
            forged = {"HTTP_X_FORWARDED_FOR": "203.0.113.7, 198.51.100.9"}
            Client().post(reverse("login"), {"username": "emma", "password": "guess"}, **forged)

        data = {"username": "emma", "password": PASSWORD}
        response = Client().post(reverse("login"), data, HTTP_X_FORWARDED_FOR="198.51.100.9, 203.0.113.7")

    assert response.status_code == status


def test_signing_in_and_out_is_recorded_and_an_empty_form_is_not():
    client = Client()
    sign_in(client, "")
    sign_in(client, "guess")
    sign_in(client)
    client.post(reverse("logout"))
    client.post(reverse("logout"))

    assert actions() == ["sign_in_failed", "signed_in", "signed_out"]
    assert ActivityEntry.objects.last().actor_name == "emma"


def test_the_administration_has_no_other_way_in_or_out():
    adam = person(ADAM)
    client = Client()

    response = client.get("/admin/", follow=True)
    assert response.request["PATH_INFO"] == reverse("login")
    assert sign_in(client, who=adam.username).status_code == 302
    assert client.post("/admin/login/", {"username": "adam", "password": "x"}).status_code == 403
    assert client.get("/admin/password_change/").url == reverse("password")
    client.post("/admin/logout/")
    assert actions() == ["signed_in", "signed_out"]


def test_who_is_no_administrator_is_not_sent_round_in_circles():
    client = Client()
    sign_in(client)

    assert client.get("/admin/", follow=True).status_code == 403
