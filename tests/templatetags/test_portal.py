"""Helpers of the templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template

from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.models import User
from troubleshooting.templatetags.portal import (
    STATUS_LOOKS,
    exact_time,
    how_often,
    message_tone,
    relative_time,
    status_icon,
    status_tone,
    status_word,
    tone_icon,
    translated,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def rendered(text: str, /, **values: object) -> str:
    return Template("{% load portal %}" + text).render(Context(values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (say("%(n)s of %(all)s", n=3, all="five"), "3 of five"),
        ({"message": "%(n)s is off", "values": {"n": "X"}}, "X is off"),
        ("plain 100 %", "plain 100 %"),
        (say("100 % sure"), "100 % sure"),
        (None, ""),
        ("", ""),
    ],
)
def test_translated_gives_the_sentence_of_a_text_in_all_its_forms(text, expected):
    assert translated(text) == expected


@pytest.mark.parametrize(
    ("every", "words"),
    [
        (timedelta(0), "only when asked"),
        (timedelta(seconds=30), "every minute"),
        (timedelta(seconds=90), "every 2 minutes"),
        (timedelta(minutes=59), "every 59 minutes"),
        (timedelta(hours=1), "every hour"),
        (timedelta(hours=36), "every 36 hours"),
        (timedelta(days=1), "every day"),
        (timedelta(days=7), "every 7 days"),
    ],
)
def test_how_often_says_a_rhythm_in_the_largest_unit_that_fits(every, words):
    assert how_often(every) == words


def test_translated_is_escaped_like_any_other_value():
    assert rendered("{{ text|translated }}", text=say("%(name)s", name="<b>")) == "&lt;b&gt;"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=4, seconds=59), "4 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (-timedelta(seconds=20), "in less than a minute"),
        (-timedelta(minutes=2), "in 2 minutes"),
        (-timedelta(hours=1), "in 1 hour"),
        (-timedelta(days=2), "in 2 days"),
    ],
)
def test_relative_time_speaks_as_people_do(before, words):
    assert relative_time(NOW - before, now=NOW) == words


def test_exact_time_is_in_the_persons_zone():
    assert exact_time(NOW, person=User(time_zone="Europe/Berlin")) == "24 Nov 2026, 11:00 CET"


@pytest.mark.parametrize("zone", ["", "Nowhere/Atall", "../etc/passwd"])
def test_exact_time_falls_back_to_the_portals_zone(zone):
    assert exact_time(NOW, person=User(time_zone=zone)) == "24 Nov 2026, 10:00 UTC"


def test_when_shows_relative_words_and_the_exact_time_on_hover():
    html = rendered("{% when at now %}", at=NOW - timedelta(minutes=4), now=NOW)

    assert html == '<time datetime="2026-11-24T09:56:00+00:00" title="24 Nov 2026, 09:56 UTC">4 minutes ago</time>'


def test_when_shows_the_exact_time_of_what_is_older_than_a_week():
    html = rendered("{% when at now %}", at=NOW - timedelta(days=8), now=NOW)

    assert ">16 Nov 2026, 10:00 UTC</time>" in html


@pytest.mark.parametrize("codes", [CheckStatus, RunStatus, Stage, ReadState, SubmissionStatus])
def test_every_status_has_a_look(codes):
    assert {code.value for code in codes} <= STATUS_LOOKS.keys()


@pytest.mark.parametrize("status", [*STATUS_LOOKS, "never heard of"])
def test_every_status_has_an_icon_that_only_decorates(status):
    assert 'aria-hidden="true"' in status_icon(status)
    assert status_tone(status) in {"good", "bad", "warn", "info", "quiet"}


def test_a_check_status_has_a_word():
    assert (status_word("pass"), status_word("running")) == ("Passed", "running")


def test_an_unknown_tone_is_for_information():
    assert tone_icon("pink").replace("tone-pink", "tone-info") == tone_icon("info")


@pytest.mark.parametrize(
    ("level", "tone"), [("success", "good"), ("warning", "warn"), ("error", "bad"), ("info", "info"), ("debug", "info")]
)
def test_messages_have_tones(level, tone):
    assert message_tone(level) == tone
