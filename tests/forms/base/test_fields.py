"""Form fields: what a person types, and the sentence that answers what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.cases.indicator_errors import REFUSALS, Refusal
from troubleshooting.forms.base.fields import AddressField, LongTextField, MomentField

NOW = datetime(2026, 11, 24, 10, 0, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
EXAMPLE = "2026-11-24 11:00"


def moment_field() -> MomentField:
    field = MomentField(label="When")
    field.prepare(now=NOW, zone=BERLIN)
    return field


def refusal(field, text) -> str:
    with pytest.raises(ValidationError) as caught:
        field.clean(text)
    return " ".join(caught.value.messages)


def test_an_address_becomes_an_indicator():
    assert AddressField().clean(" hxxps://Shop[.]Example[.]com/a ").value == "https://shop.example.com/a"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Refusal.EMPTY),
        (None, Refusal.EMPTY),
        ("a b", Refusal.NO_ADDRESS),
        ("https://emma@example.com", Refusal.USER_INFO),
        ("a" * 2049, Refusal.TOO_LONG),
        ("1.2.3.0/24", Refusal.NETWORK),
        ("example.com:99999", Refusal.PORT),
        ("exa\x00mple.com", Refusal.CONTROL_CHARACTERS),
    ],
)
def test_a_text_that_is_no_address_is_answered_with_its_sentence(text, reason):
    assert refusal(AddressField(), text) == REFUSALS[reason]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T09:15", datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),
        ("2026-11-24 09:15", datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),
        ("2026-11-24T09:15:20+00:00", datetime(2026, 11, 24, 9, 15, 20, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_the_persons_zone_unless_it_says_another(text, expected):
    assert moment_field().clean(text) == expected


def test_a_moment_a_little_ahead_is_now_since_clocks_differ():
    assert moment_field().clean("2026-11-24T11:04") == NOW


def test_a_moment_of_the_hour_that_happens_twice_is_the_first_one():
    field = MomentField(label="When")
    field.prepare(now=datetime(2026, 10, 25, 12, tzinfo=UTC), zone=BERLIN)

    assert field.clean("2026-10-25T02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", f"Enter when it happened, for example {EXAMPLE}."),
        ("yesterday", f"Enter a date and a time, for example {EXAMPLE}."),
        ("2026-13-01T10:00", f"Enter a date and a time, for example {EXAMPLE}."),
        ("0001-01-01T00:00", f"Enter a date and a time, for example {EXAMPLE}."),
        ("2026-11-24T11:06", f"This is in the future. Enter when it happened, for example {EXAMPLE}."),
        (
            "2026-10-25T10:00",
            f"This is more than 30 days ago. Enter a more recent time, for example {EXAMPLE}.",
        ),
    ],
)
def test_a_moment_that_cannot_be_is_answered_with_a_right_example(text, sentence):
    assert refusal(moment_field(), text) == sentence


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=29)))
def test_every_moment_of_the_last_weeks_is_taken_and_never_lies_ahead(ago):
    local = (NOW - ago).astimezone(BERLIN).replace(tzinfo=None)

    moment = moment_field().clean(local.isoformat())

    assert NOW - timedelta(days=30) <= moment <= NOW


def test_a_line_break_counts_as_one_character():
    field = LongTextField(required=False, max_length=3)

    assert field.clean("a\r\nb") == "a\nb"


def test_the_present_time_is_filled_in_as_the_persons_clock_shows_it():
    assert moment_field().initial.isoformat() == "2026-11-24T11:00:30"
