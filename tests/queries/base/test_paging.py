"""Pages go by the last row seen, in a search as well, and each list has an index that says where they begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from tests.factories import CaseFactory
from tests.queries import made
from tests.support.roles import as_owner
from troubleshooting.models import Case, DriftFinding, Exclusion
from troubleshooting.queries.base import paging
from troubleshooting.queries.base.paging import Cursor, Page, _beside, read_cursor, read_page
from troubleshooting.queries.cases.case_list import CaseFilter, list_cases

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def test_a_cursor_survives_the_address_bar():
    cursor = Cursor(NOW + timedelta(microseconds=123456), 42)

    assert read_cursor(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-2-3", "²-1", "9" * 30 + "-1", "1-" + "9" * 30, "1.5-2"])
def test_what_is_no_cursor_means_the_first_page(text):
    assert read_cursor(text) is None


def read(*, cursor: Cursor | None = None, is_search: bool) -> Page[Case]:
    def load(found: QuerySet[Case]) -> QuerySet[Case]:
        return found

    found = Case.objects.filter(indicator_host="shop.example")
    return read_page(found, by="updated_at", cursor=cursor, page_size=3, load=load, is_search=is_search)


def cases_of_the_shop() -> list[Case]:
    """Make four cases of one moment and three older ones, and one that is not found; newest first."""
    moments = [NOW] * 4 + [NOW - timedelta(minutes=minutes) for minutes in (1, 2, 3)]
    site = "https://shop.example/"
    cases = [CaseFactory(typed_address=site, opened_at=moment, updated_at=moment) for moment in moments]
    CaseFactory()
    return [*cases[3::-1], *cases[4:]]


@pytest.mark.django_db
@pytest.mark.parametrize("counted_to", [1000, 5])
@pytest.mark.parametrize("is_search", [False, True])
def test_pages_go_to_the_end_and_back(is_search, counted_to, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED_TO", counted_to)
    wanted = [case.pk for case in cases_of_the_shop()]

    first = read(is_search=is_search)
    second = read(cursor=first.older, is_search=is_search)
    third = read(cursor=second.older, is_search=is_search)
    back = read(cursor=third.newer, is_search=is_search)
    start = read(cursor=back.newer, is_search=is_search)

    assert [case.pk for page in (first, second, third) for case in page.rows] == wanted
    assert (first.newer, third.older, start.newer) == (None, None, None)
    assert (back.rows, start.rows) == (second.rows, first.rows)
    assert {page.total for page in (first, second, third, back, start)} == {min(len(wanted), counted_to)}


@pytest.mark.django_db
def test_a_search_reads_the_cases_once():
    CaseFactory(typed_address="https://shop.example/")
    ivo = made.reviewer()

    with CaptureQueriesContext(connection) as statements:
        assert list_cases(ivo, CaseFilter(search="shop")).total == 1

    assert [sql["sql"].count("search_text") for sql in statements.captured_queries] == [1, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize(
    ("model", "by", "index"),
    [
        (Case, "updated_at", "case_newest_change"),
        (Exclusion, "requested_at", "exclusion_newest"),
        (DriftFinding, "found_at", "drift_finding_newest"),
    ],
)
def test_a_page_begins_at_a_bound_of_an_index(model, by, index, newer):
    order = (by, "pk") if newer else (f"-{by}", "-pk")
    rows = _beside(QuerySet(model), by, Cursor(NOW, 42, newer=newer)).order_by(*order)[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the table is empty here
        cursor.execute("SET LOCAL enable_sort = off")

    plan = rows.explain()

    assert index in plan
    assert f"Index Cond: ({by} {'>=' if newer else '<='}" in plan


@pytest.mark.django_db
def test_cases_of_one_verdict_have_an_index():
    with as_owner() as cursor:
        cursor.execute("ANALYZE troubleshooting_case")  # what is known of the rows of other tests counts as well
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")

    plan = Case.objects.filter(verdict_code="").order_by("-updated_at", "-pk")[:51].explain()

    assert "Index Cond: ((verdict_code)::text = ''::text)" in plan
