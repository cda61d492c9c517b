from __future__ import annotations

from troubleshooting.domain.cases.case import case_number


def test_a_case_number_has_five_digits():
    assert case_number(2026, 1) == "NP-2026-00001"
