"""Pauses between tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.base.backoff import FIRST_PAUSE, LONGEST_PAUSE, next_try, pause_after

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(("failures", "minutes"), [(-1, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10**9, 60)])
def test_pauses_grow_to_an_hour(failures: int, minutes: int):
    assert pause_after(failures) == timedelta(minutes=minutes)


@given(st.integers(0, 500))
def test_a_pause_is_never_shorter_than_the_one_before_it(failures: int):
    pause, longer = next_try(failures, now=AT) - AT, next_try(failures + 1, now=AT) - AT

    assert FIRST_PAUSE <= pause <= longer <= LONGEST_PAUSE
