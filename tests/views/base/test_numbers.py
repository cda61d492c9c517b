"""Numbers that come as text."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.queries import made
from tests.views.exclusions.test_exclusions import signed_in
from troubleshooting.views.base.numbers import MOST_DIGITS, read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("0142", 142),
        ("9" * MOST_DIGITS, 10**MOST_DIGITS - 1),
        ("9" * (MOST_DIGITS + 1), None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        (" 1", None),
        ("1_000", None),
        ("\u0663", None),
        ("\u00b2", None),
        ("x", None),
    ],
)
def test_read_number_takes_what_the_database_can_count_with_and_nothing_else(text, number):
    assert read_number(text) == number


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["9" * 5000, "9" * MOST_DIGITS, "\u0663", "x"])
def test_a_raw_answer_that_no_number_names_is_not_found(wanted):
    case = made.blocked_case()
    url = reverse("transcript", args=[case.check_runs.get().pk])

    assert signed_in(made.reviewer()).get(url, {"answer": wanted}).status_code == 404
