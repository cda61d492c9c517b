"""Guessing is slowed down, and nobody can lock somebody else out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.factories import UserFactory
from tests.support.world import NOW
from troubleshooting.actions.sign_in import Attempt, begin_attempt, forget_attempt, record_failure, record_sign_in
from troubleshooting.models import ActivityEntry, SignInCounter
from troubleshooting.tasks.check_runs import sweep

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


def guess(attempt: Attempt, *, seconds: float, every: float = 1, since: datetime = NOW) -> int:
    """Try again and again; return how many of the attempts were looked at, all of them wrong."""
    tries = [since + timedelta(seconds=every * number) for number in range(int(seconds / every))]
    return sum(begin_attempt(attempt, now=moment) is None for moment in tries)


def test_sixty_guesses_in_fourteen_seconds_are_seven():
    assert guess(Attempt("emma", HOME), seconds=14, every=14 / 60) == 7


def test_an_hour_of_guessing_is_about_one_a_minute():
    assert guess(Attempt("emma", HOME), seconds=3600, every=5) < 70


def test_guessing_over_all_accounts_from_one_address_is_slowed_down_too():
    looked_at = sum(begin_attempt(Attempt(f"person{n}", HOME), now=NOW) is None for n in range(200))

    assert looked_at == 21


def test_attempts_that_come_too_early_make_no_wait_longer():
    attempt = Attempt("emma", HOME)
    for _ in range(4):
        begin_attempt(attempt, now=NOW)

    waits = {begin_attempt(attempt, now=NOW) for _ in range(100)}

    assert waits == {timedelta(seconds=1)}
    assert begin_attempt(attempt, now=NOW + timedelta(seconds=1)) is None


def test_whatever_others_do_to_an_account_the_first_attempt_from_elsewhere_is_looked_at():
    for number in range(300):
        guess(Attempt("emma", f"198.51.100.{number % 250}"), seconds=2)

    assert begin_attempt(Attempt("emma", HOME), now=NOW) is None
    assert begin_attempt(Attempt("emma", HOME), now=NOW + timedelta(minutes=1)) is None


def test_guessing_from_many_addresses_costs_each_of_them_a_growing_wait():
    for number in range(20):
        begin_attempt(Attempt("emma", f"198.51.100.{number}"), now=NOW)

    assert begin_attempt(Attempt("emma", "198.51.100.3"), now=NOW + timedelta(seconds=1)) is None
    assert begin_attempt(Attempt("emma", "198.51.100.3"), now=NOW + timedelta(seconds=30)) is not None


def test_a_browser_in_which_the_person_has_signed_in_waits_for_nobody_else_at_its_address():
    for number in range(50):
        guess(Attempt(f"person{number}", HOME), seconds=5)
    guess(Attempt("emma", HOME), seconds=60)

    assert begin_attempt(Attempt("emma", HOME, browser="known"), now=NOW) is None


def test_a_known_browser_that_guesses_is_slowed_down():
    assert guess(Attempt("emma", HOME, browser="known"), seconds=14, every=14 / 60) == 7


def test_a_right_password_forgets_the_account_at_this_place_and_nothing_of_the_address():
    mallory, emma = Attempt("mallory", HOME), Attempt("emma", HOME)
    looked_at = 0
    for number in range(100):
        looked_at += begin_attempt(Attempt(f"person{number}", HOME), now=NOW) is None
        if begin_attempt(mallory, now=NOW) is None:
            forget_attempt(mallory)

    assert looked_at <= 21
    assert begin_attempt(emma, now=NOW) is not None


def test_mistyping_three_times_costs_nothing_afterwards():
    attempt = Attempt("emma", HOME)
    guess(attempt, seconds=3)
    forget_attempt(attempt)

    assert guess(attempt, seconds=3, since=NOW + timedelta(seconds=3)) == 3


@pytest.mark.parametrize("spelling", ["EMMA", "Emma", "ｅｍｍａ"])
def test_every_spelling_of_a_name_is_the_same_account(spelling):
    assert Attempt(spelling, HOME).keys == Attempt("emma", HOME).keys


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("unknown", "unknown", True),
    ],
)
def test_one_network_of_ipv6_counts_as_one_address(one, other, is_same):
    assert (Attempt("emma", one).address_key == Attempt("emma", other).address_key) is is_same


def test_neither_name_nor_address_is_kept():
    begin_attempt(Attempt("my secret password", HOME), now=NOW)
    record_failure(Attempt("my secret password", HOME), now=NOW)

    stored = str([*SignInCounter.objects.values(), *ActivityEntry.objects.values()])
    assert "secret" not in stored
    assert HOME not in stored
    assert len(SignInCounter.objects.all()) == 3


def test_what_happened_is_recorded(caplog):
    emma = UserFactory(username="emma")
    attempt = Attempt("emma", HOME)

    record_failure(Attempt("nobody", ELSEWHERE), now=NOW)
    record_failure(attempt, now=NOW)
    record_sign_in(attempt, emma, now=NOW)

    told = ActivityEntry.objects.values_list("action", "actor_name", "subject_id", "details")
    assert list(told) == [
        ("sign_in_failed", "portal", 0, {"is_known": False}),
        ("sign_in_failed", "portal", emma.pk, {"is_known": True}),
        ("signed_in", "emma", emma.pk, {}),
    ]
    assert f"'user_id': {emma.pk}" in caplog.text
    assert HOME not in caplog.text


def test_the_sweep_deletes_sessions_that_are_over_and_failures_that_no_longer_count():
    now = timezone.now()
    for age, key in ((timedelta(days=1), "old"), (-timedelta(hours=1), "new")):
        Session.objects.create(session_key=key, session_data="", expire_date=now - age)
    begin_attempt(Attempt("emma", HOME), now=now - timedelta(days=2))
    begin_attempt(Attempt("erik", ELSEWHERE), now=now)

    sweep()

    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert set(SignInCounter.objects.values_list("key", flat=True)) == set(Attempt("erik", ELSEWHERE).keys)
