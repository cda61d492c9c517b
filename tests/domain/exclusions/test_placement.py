"""What keeps an exclusion from being put on a PC, as far as the portal can read it.

Source: docs/reference/exclusions.md section 5, every row.
"""

from __future__ import annotations

import pytest

from troubleshooting.domain.exclusions.placement import PlacementOutcome, why_not_effective

FINE = {"is_merge_disabled": False, "is_protected": False, "is_readable": True, "is_troubleshooting": False}


@pytest.mark.parametrize(
    ("situation", "outcome"),
    [
        ({}, None),
        ({"is_merge_disabled": True}, PlacementOutcome.LOCAL_LISTS_IGNORED),
        ({"is_protected": True}, PlacementOutcome.EXCLUSIONS_PROTECTED),
        ({"is_readable": False}, PlacementOutcome.CANNOT_BE_READ),
        ({"is_readable": None}, PlacementOutcome.CANNOT_BE_READ),
        ({"is_troubleshooting": True}, PlacementOutcome.TROUBLESHOOTING_MODE),
        ({"is_merge_disabled": True, "is_readable": None}, PlacementOutcome.LOCAL_LISTS_IGNORED),
    ],
)
def test_each_hindrance_has_its_name_and_policy_comes_first(situation, outcome):
    assert why_not_effective(**(FINE | situation)) is outcome
