"""The real task visits every PC it was asked to; what that costs is printed (``BENCH_PCS=60 make bench``)."""

from __future__ import annotations

import os

import pytest

from tests.benchmarks.bench_runs import MOST_STATEMENTS, MOST_TRANSACTIONS, Fleet, show_runs, statements_of_a_run

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PCS = int(os.environ.get("BENCH_PCS", "0"))
FEW = (Fleet(2, 2),)
FLEETS = (Fleet(1, 50), Fleet(2, 25), Fleet(2, 8), Fleet(4, 4))


def test_every_pc_is_visited_by_several_processes(test_servers):
    pcs = PCS or 2
    prices = show_runs(FLEETS if PCS else FEW, test_servers, pcs=pcs)

    assert [price.finished for price in prices] == [pcs] * len(prices)


def test_a_run_takes_few_statements_in_few_transactions():
    statements = statements_of_a_run()

    assert statements.total <= MOST_STATEMENTS
    assert statements.transactions <= MOST_TRANSACTIONS
