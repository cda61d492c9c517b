"""A person's own password: changed by them, weak ones refused, one that somebody else has set changed first of all."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.factories import CheckRunFactory
from tests.support.world import ADAM, EMMA, NOW, PASSWORD, person
from troubleshooting.models import ActivityEntry, User

pytestmark = pytest.mark.django_db

NEW = "seven green umbrellas"
PAGE = "/password/"


@pytest.fixture
def emma() -> User:
    return person(EMMA)


@pytest.fixture
def client(emma: User) -> Client:
    client = Client()
    client.force_login(emma)
    return client


def change(client: Client, *, old: str = PASSWORD, new: str = NEW):
    return client.post(PAGE, {"old_password": old, "new_password1": new, "new_password2": new})


def set_by_administrator(emma: User) -> None:
    adam = Client()
    adam.force_login(person(ADAM))
    fields = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    adam.post(reverse("admin:auth_user_password_change", args=[emma.pk]), fields)


def test_the_header_leads_to_the_page(client):
    assert f'href="{PAGE}"' in client.get(reverse("home")).content.decode()


def test_a_changed_password_ends_the_other_sessions_and_is_recorded(client, emma):
    other = Client()
    other.force_login(emma)

    page = client.post(
        PAGE, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}, follow=True
    ).content.decode()

    emma.refresh_from_db()
    assert emma.check_password(NEW)
    assert "Your password is changed." in page
    assert other.get(reverse("home")).status_code == 302
    entry = ActivityEntry.objects.get(action="password_changed")
    assert (entry.actor_name, entry.details) == ("emma", {"name": "Emma"})


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("aaaaaaaaaaaa", "easy to guess"),
        ("qwertyuiop[]", "easy to guess"),
        ("EmmaEmma2026", "easy to guess"),
        ("Contoso2026!", "easy to guess"),
        ("short", "at least 12 characters"),
        (PASSWORD, "other than your current one"),
    ],
)
def test_a_weak_password_is_refused_with_a_sentence(client, emma, new, sentence):
    page = change(client, new=new).content.decode()

    assert sentence in page
    emma.refresh_from_db()
    assert emma.check_password(PASSWORD)


def test_a_very_long_password_is_taken(client, emma):
    long = "seven green umbrellas " * 400

    assert change(client, new=long.strip()).status_code == 302


@time_machine.travel(NOW, tick=False)
def test_guessing_the_present_password_is_slowed_down(client):
    answers = [change(client, old="guess").status_code for _ in range(10)]

    assert answers == [200] * 4 + [429] * 6
    assert "This attempt was not checked." in change(client).content.decode()


@time_machine.travel(NOW, tick=False)
def test_weak_new_passwords_cost_no_wait(client):
    assert {change(client, new="aaaaaaaaaaaa").status_code for _ in range(10)} == {200}


@pytest.mark.parametrize("name", ["home", "report", "cases", "help"])
def test_a_password_that_an_administrator_set_is_changed_before_anything_else(emma, name):
    set_by_administrator(emma)
    client = Client()
    client.post(reverse("login"), {"username": "emma", "password": NEW})

    assert client.get(reverse(name)).url == PAGE
    assert "An administrator set your password." in client.get(PAGE).content.decode()
    change(client, old=NEW, new="nine quiet lighthouses")
    assert client.get(reverse(name)).status_code == 200


def test_until_then_no_fragment_is_shown_either():
    run = CheckRunFactory(running=True)
    User.objects.filter(pk=run.case.reporter_id).update(must_change_password=True)
    client = Client()
    client.force_login(run.case.reporter)

    assert client.get(reverse("checklist", args=[run.pk])).status_code == 302


def test_until_then_the_way_out_is_open(emma):
    set_by_administrator(emma)
    client = Client()
    client.post(reverse("login"), {"username": "emma", "password": NEW})

    assert client.post(reverse("logout")).url == reverse("login")


def test_an_administrator_who_changes_their_own_password_keeps_it():
    adam = person(ADAM)
    set_by_administrator(adam)

    adam.refresh_from_db()
    assert not adam.must_change_password


def test_whoever_is_added_chooses_a_password_of_their_own():
    adam = Client()
    adam.force_login(person(ADAM))
    fields = {"username": "rita", "password1": NEW, "password2": NEW, "usable_password": "true"}

    assert adam.post(reverse("admin:troubleshooting_user_add"), fields).status_code == 302
    assert User.objects.get(username="rita").must_change_password


def test_where_passwords_of_others_are_set_it_says_what_two_of_them_are_worth(emma):
    adam = Client()
    adam.force_login(person(ADAM))

    for url in (
        reverse("admin:auth_user_password_change", args=[emma.pk]),
        reverse("admin:troubleshooting_user_add"),
    ):
        assert "passwords of two reviewers can approve alone" in adam.get(url).content.decode()
