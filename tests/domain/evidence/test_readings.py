from __future__ import annotations

import pytest

from troubleshooting.domain.evidence.readings import as_number, version_numbers


@pytest.mark.parametrize(
    ("written", "number"),
    [(1, 1), ("1", 1), (" 2 ", 2), ("0x2", 2), ("0X1", 1), ("on", None), ("", None), (None, None), ("9" * 5000, None)],
    ids=repr,
)
def test_registry_values_are_read_as_numbers(written: str | int | None, number: int | None):
    assert as_number(written) == number


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("4.18.24090.11", (4, 18, 24090, 11)),
        (" 4.18 ", (4, 18)),
        ("4", None),
        ("4.x", None),
        ("9" * 5000 + ".1", None),
        (None, None),
    ],
)
def test_versions_are_read_as_integers(written: str | None, numbers: tuple[int, ...] | None):
    assert version_numbers(written) == numbers
