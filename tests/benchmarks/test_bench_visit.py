"""The benchmark runs and keeps its counts; times are printed, never asserted (``make bench`` shows them)."""

from __future__ import annotations

import pytest

from tests.benchmarks.bench_answers import MISSING, ROOT, show
from tests.benchmarks.bench_visit import MOST_REQUESTS, count_requests, read_well, show_many, show_one
from tests.benchmarks.naive import read_naively

pytestmark = [pytest.mark.benchmark, pytest.mark.slow]


def test_a_visit_stays_within_its_requests_and_far_below_the_naive_way():
    requests = count_requests(read_well)

    assert requests <= MOST_REQUESTS
    assert requests * 2 < count_requests(read_naively)


def test_one_visit_is_measured():
    show_one(runs=3)


def test_many_visits_are_measured():
    show_many(10)


def test_what_a_visits_answers_cost_is_measured():
    figures = show({"now": ROOT}, turns=1, runs=1)

    assert figures["no keys"]["now"]["answers"] == figures[f"no {MISSING}"]["now"]["answers"]
    assert figures["no keys"]["now"]["pipelines"] == 3  # the batch, and the two that are always alone
    assert figures[f"no {MISSING}"]["now"]["pipelines"] == 4  # one more for what the error kept from being run
