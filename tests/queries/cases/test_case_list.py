from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import CaseFactory, UserFactory
from tests.queries import made
from troubleshooting.domain.cases.case import ProblemKind, Stage
from troubleshooting.models import Case
from troubleshooting.models.choices import STAGE_LABELS
from troubleshooting.queries.cases.case_list import (
    EXPORTED,
    NO_VERDICT,
    CaseFilter,
    CaseList,
    export_cases,
    list_cases,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def aged(minutes: int, **fields: object) -> Case:
    moment = NOW - timedelta(minutes=minutes)
    return CaseFactory(opened_at=moment, updated_at=moment, **fields)


def numbers(found: CaseList) -> list[str]:
    return [row.number for row in found.rows]


def test_an_employee_finds_the_own_cases_and_those_on_the_own_pc_only():
    own, foreign = CaseFactory(), CaseFactory()
    on_own_pc = CaseFactory(device=own.device, reporter=foreign.reporter)

    found = list_cases(own.reporter, CaseFilter())

    assert set(numbers(found)) == {own.number, on_own_pc.number}
    assert not found.shows_everybody


@pytest.mark.parametrize("role", ["reviewer", "auditor", "administrator"])
def test_it_and_auditors_find_all_newest_change_first(role):
    old, new, middle = aged(30), aged(1), aged(9)

    found = list_cases(UserFactory(**{role: True}), CaseFilter())

    assert numbers(found) == [new.number, middle.number, old.number]
    assert found.shows_everybody
    assert found.total == 3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CaseFilter(stage=Stage.SOLVED), {"solved"}),
        (CaseFilter(waiting_for_it=True), {"checked", "missed"}),
        (CaseFilter(kind=ProblemKind.DANGEROUS_SITE_MISSED), {"missed"}),
        (CaseFilter(verdict="blocked_by_network_protection"), {"solved", "checked", "missed"}),
        (CaseFilter(verdict=NO_VERDICT), {"new"}),
        (CaseFilter(stage=Stage.CHECKED, kind=ProblemKind.SAFE_SITE_BLOCKED), {"checked"}),
        (CaseFilter(search="nothing-like-this"), set()),
    ],
)
def test_filters_leave_what_fits_all_of_them(wanted, expected):
    cases = {
        "new": CaseFactory(),
        "checked": CaseFactory(checked=True),
        "solved": CaseFactory(solved=True),
        "missed": CaseFactory(checked=True, kind=ProblemKind.DANGEROUS_SITE_MISSED),
    }

    found = list_cases(made.reviewer(), wanted)

    assert set(numbers(found)) == {cases[name].number for name in expected}


@pytest.mark.parametrize("search", ["50001x", "shop.acme.example", "/orders", "pc-acme", "zoe", "zander", "acme ZOE"])
def test_search_looks_into_number_site_pc_and_person_and_wants_every_word(search):
    zoe = UserFactory(username="zoe7", first_name="Zoe", last_name="Zander")
    case = CaseFactory(
        number="NP-2026-50001X",
        reporter=zoe,
        device__hostname="PC-ACME",
        typed_address="https://shop.acme.example/orders",
    )
    CaseFactory()

    assert numbers(list_cases(made.reviewer(), CaseFilter(search=search))) == [case.number]


def test_search_takes_signs_of_patterns_for_themselves():
    CaseFactory()

    assert list_cases(made.reviewer(), CaseFilter(search="%")).rows == ()


def test_pages_go_to_the_end_and_back_without_leaving_out_or_repeating_a_case():
    ivo = made.reviewer()
    same_moment = [aged(5) for _ in range(4)]  # the id decides between them
    wanted = [case.number for case in [*reversed(same_moment), aged(6), aged(7), aged(8)]]

    first = list_cases(ivo, CaseFilter(), page_size=3)
    second = list_cases(ivo, CaseFilter(), cursor=first.older, page_size=3)
    third = list_cases(ivo, CaseFilter(), cursor=second.older, page_size=3)
    back = list_cases(ivo, CaseFilter(), cursor=third.newer, page_size=3)
    start = list_cases(ivo, CaseFilter(), cursor=back.newer, page_size=3)

    assert numbers(first) + numbers(second) + numbers(third) == wanted
    assert (first.newer, third.older) == (None, None)
    assert numbers(back) == numbers(second)
    assert numbers(start) == numbers(first)
    assert start.newer is None


def test_a_case_that_changes_meanwhile_does_not_move_the_next_page():
    ivo = made.reviewer()
    cases = [aged(minutes) for minutes in range(1, 7)]
    first = list_cases(ivo, CaseFilter(), page_size=3)

    Case.objects.filter(pk=cases[5].pk).update(updated_at=NOW)
    second = list_cases(ivo, CaseFilter(), cursor=first.older, page_size=3)

    assert numbers(second) == [cases[3].number, cases[4].number]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_two_queries_whatever_it_holds(rows, django_assert_num_queries):
    ivo = made.reviewer()
    CaseFactory.create_batch(rows)

    with django_assert_num_queries(2):
        found = list_cases(ivo, CaseFilter())

    assert len(found.rows) == rows


def test_an_export_has_every_row_of_the_filtered_list():
    CaseFactory.create_batch(3, checked=True)
    CaseFactory()

    rows = list(export_cases(made.reviewer(), CaseFilter(stage=Stage.CHECKED)))

    assert [row[EXPORTED.index("stage")] for row in rows] == [str(STAGE_LABELS[Stage.CHECKED])] * 3
