"""Lists that are not Microsoft's: nothing is submitted, and the page says who can change them."""

from __future__ import annotations

import pytest

from tests.domain.submissions.test_submission import DEVICE, REPORT, verdict
from troubleshooting.domain.submissions.lists import MICROSOFTS, other_list
from troubleshooting.domain.submissions.submission import is_sensible, why_not


@pytest.mark.parametrize(
    ("category", "reason", "instead"),
    [
        ("CustomBlockList", "an indicator", "manages indicators"),
        ("customblocklist", "an indicator", "manages indicators"),
        ("CustomPolicy", "web content filtering", "dispute the category"),
        ("CasbPolicy", "Cloud Apps", "review the app"),
    ],
)
def test_an_own_list_is_no_case_for_microsoft(category: str, reason: str, instead: str):
    other = other_list(category)

    assert other is not None
    assert reason in str(other.reason)
    assert instead in str(other.instead)
    assert why_not(REPORT, verdict(REPORT, DEVICE), response_category=category) == other.reason
    assert not is_sensible(REPORT, verdict(REPORT, DEVICE), response_category=category)


@pytest.mark.parametrize("category", [*MICROSOFTS, "", "something new"])
def test_every_other_category_is_microsofts(category: str):
    assert other_list(category) is None
    assert is_sensible(REPORT, verdict(REPORT, DEVICE), response_category=category)
