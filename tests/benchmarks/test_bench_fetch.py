"""The portal's fetch is lighter than pypsrp's own, keeps its memory flat, and goes on after a cut."""

from __future__ import annotations

import os

from tests.benchmarks.bench_fetch import compare, cost_of, pc_with_cab

MEGABYTES = int(os.environ.get("BENCH_CAB_MEGABYTES", "200"))
MOST_ABOVE_IDLE_MB = 64


def test_it_costs_less_than_pypsrp():
    costs = compare(MEGABYTES // 10)

    for delay_ms in (0, 20):
        ours, naive = costs["well", delay_ms], costs["pypsrp", delay_ms]
        assert ours.cpu_seconds < naive.cpu_seconds
        assert ours.above_idle_mb < MOST_ABOVE_IDLE_MB


def test_a_large_cab_comes_whole_through_cuts_with_little_memory():
    with pc_with_cab(MEGABYTES, cut=True) as pc:
        cost = cost_of("well", pc)

    assert cost.sha256 == pc.sha256
    assert cost.tries > 1
    assert cost.above_idle_mb < MOST_ABOVE_IDLE_MB
