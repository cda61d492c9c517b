"""What a worker does about its memory; with a real one: tests/faults/test_memory.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.memory import Limits, Step, next_step, used_mb

LIMITS = Limits(mark_mb=400, limit_mb=800, finish_within=timedelta(minutes=5))
ENDLESS = Limits(mark_mb=0, limit_mb=0, finish_within=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("grown_mb", "minutes_finishing", "limits", "step"),
    [
        (-3, None, LIMITS, Step.GO_ON),
        (400, None, LIMITS, Step.GO_ON),
        (401, None, LIMITS, Step.FINISH),
        (401, 1, LIMITS, Step.GO_ON),
        (10, 5, LIMITS, Step.GO_ON),
        (10, 6, LIMITS, Step.END),  # whatever it holds never ends
        (801, None, LIMITS, Step.END),
        (801, 1, LIMITS, Step.END),
        (9000, None, ENDLESS, Step.GO_ON),
    ],
)
def test_a_worker_finishes_past_its_mark_and_ends_past_its_limit(grown_mb, minutes_finishing, limits, step):
    finishing_for = None if minutes_finishing is None else timedelta(minutes=minutes_finishing)

    assert next_step(grown_mb, finishing_for=finishing_for, limits=limits) == step


def test_the_memory_that_is_used_is_this_processs_own():
    before = used_mb()

    kept = bytearray(b"x") * 64 * 2**20

    assert before is not None
    assert used_mb() - before == pytest.approx(len(kept) / 2**20, abs=16)
