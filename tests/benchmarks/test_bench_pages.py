"""What pages ask of the database does not grow with the history; their prices are printed (``make bench``)."""

from __future__ import annotations

import os

import pytest
from django.test import Client

from tests.benchmarks.bench_exports import show_exports
from tests.benchmarks.bench_pages import show_pages
from tests.queries import made

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CASES = int(os.environ.get("BENCH_CASES", "0"))


def as_reviewer() -> Client:
    client = Client()
    client.force_login(made.reviewer())
    return client


def test_pages_take_as_many_statements_whatever_the_history():
    found = show_pages(CASES or 300, turns=15 if CASES else 1, signed_in=as_reviewer)

    way, objects = show_exports(made.reviewer())
    assert way == objects
    assert {name: price.statements for name, price in found.items() if name.startswith("search")} == {
        name: found["cases"].statements for name in found if name.startswith("search")
    }
