"""A search for a number is a look into its index; every other word is looked for in names and addresses."""

from __future__ import annotations

import pytest

from tests.factories import CaseFactory
from tests.queries import made
from troubleshooting.queries.base.searching import whole_number
from troubleshooting.queries.cases.case_list import CaseFilter, list_cases, matching_cases


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NP-2026-00001", "NP-2026-00001"),
        (" np-2026-123456 ", "NP-2026-123456"),
        ("NP-2026-0001", None),
        ("2026-00001", None),
        ("NP-2026-00001 shop", None),
        ("NP-2026-0000²", None),
        ("", None),
    ],
)
def test_a_whole_number_is_told_from_a_word(text, number):
    assert whole_number(text) == number


@pytest.mark.django_db
def test_a_whole_number_is_found_by_its_index():
    case = CaseFactory()
    CaseFactory()
    wanted = CaseFilter(search=case.number.lower())

    assert [row.number for row in list_cases(made.reviewer(), wanted).rows] == [case.number]
    assert "search_text" not in str(matching_cases(made.reviewer(), wanted).query.where)


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["SHOP", "Ünï", "50%", "a_b", "a\\b"])
def test_a_word_is_found_as_it_stands_and_in_any_case(word):
    case = CaseFactory(indicator_value="shop.example/ünï/50%/a_b/a\\b")
    CaseFactory(typed_address="https://other.example/50x/axb")

    assert [row.number for row in list_cases(made.reviewer(), CaseFilter(search=word)).rows] == [case.number]
