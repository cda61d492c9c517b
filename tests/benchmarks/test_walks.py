"""No journey takes more SQL statements than its table says; ``make bench`` shows what they are."""

from __future__ import annotations

import pytest

from tests.benchmarks.walks import WALKS, show

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_a_walk_takes_no_more_statements_than_its_table_says(walk, lab_server):
    statements = walk.go(lab_server())

    show(walk, statements)
    assert walk.grown(statements) == ""
