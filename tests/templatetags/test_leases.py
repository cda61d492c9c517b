from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.world import NOW
from troubleshooting.templatetags.leases import time_left


@pytest.mark.parametrize(
    ("left", "clock"),
    [
        (timedelta(minutes=15), "15:00"),
        (timedelta(minutes=4, seconds=5), "4:05"),
        (timedelta(seconds=0), "0:00"),
        (timedelta(seconds=-90), "0:00"),
        (timedelta(minutes=15, seconds=0.4), "15:00"),
    ],
)
def test_the_time_left_is_minutes_and_seconds_and_never_less_than_nothing(left, clock):
    end = NOW + timedelta(minutes=15)

    assert time_left(end, end - left, started_at=NOW).clock == clock


def test_the_bar_is_as_long_as_the_lease():
    end = NOW + timedelta(minutes=15)

    assert time_left(end, NOW, started_at=NOW).total == 900
