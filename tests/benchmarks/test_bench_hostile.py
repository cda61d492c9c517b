"""A hostile PC's visit costs no memory beside others; times are printed, never asserted (``make bench`` shows them)."""

from __future__ import annotations

import pytest

from portal.demo.lab.hostile import Hostile
from tests.benchmarks.bench_hostile import show

pytestmark = [pytest.mark.benchmark, pytest.mark.slow]

MOST_GROWTH_MB = 200
HEAVIEST = [Hostile.SHARED_REFERENCES, Hostile.MANY_SHARED, Hostile.ENTITIES, Hostile.ENDLESS_OUTPUTS]


def test_what_a_hostile_pc_costs_another_is_measured():
    found = show(HEAVIEST)

    assert all(figures["grown_mb"] < MOST_GROWTH_MB for figures in found.values())
