from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.base.sign_in import FORGOTTEN_AFTER, FREE_TRIES, LONGEST_WAIT, count_still, wait_after

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (FREE_TRIES, 0), (4, 1), (5, 2), (6, 4), (9, 32), (10, 60), (10**9, 60)]
)
def test_waits_grow_after_a_few_free_tries(failures, seconds):
    assert wait_after(failures) == timedelta(seconds=seconds)


@given(st.integers(0, 10_000), st.integers(0, 50))
def test_no_wait_is_longer_than_a_minute_or_shorter_than_the_one_before(failures, free):
    waits = [wait_after(number, free=free) for number in (failures, failures + 1)]

    assert all(before <= after <= LONGEST_WAIT for before, after in pairwise(waits))


def test_failures_are_forgotten_after_a_day():
    assert count_still(7, NOW - FORGOTTEN_AFTER + timedelta(seconds=1), now=NOW) == 7
    assert count_still(7, NOW - FORGOTTEN_AFTER, now=NOW) == 0
