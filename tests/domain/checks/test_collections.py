"""When what a person gives of a PC counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from troubleshooting.domain.checks.collections import CollectionRules, NotTaken, check_age, check_device

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LONG = "WAREHOUSE-TERMINAL-07"


@pytest.mark.parametrize(
    ("computer", "hostname"),
    [("PC-0142", "pc-0142"), ("PC-0142", "pc-0142.lab.example"), (LONG[:15], LONG), ("pc-0142.lab.example", "PC-0142")],
)
def test_a_pc_is_known_by_its_name_as_windows_tells_it(computer, hostname):
    check_device(computer, hostname=hostname)


@pytest.mark.parametrize("computer", ["PC-0143", "", "PC-01420"])
def test_another_pc_s_file_is_refused_with_both_names(computer):
    with pytest.raises(NotTaken, match="PC-0142"):
        check_device(computer, hostname="PC-0142")


@pytest.mark.parametrize(
    ("age", "words"), [(timedelta(hours=25), "too long ago"), (timedelta(hours=-25), "yet to come")]
)
def test_an_old_file_and_one_from_the_future_are_refused(age, words):
    with pytest.raises(NotTaken, match=words):
        check_age(NOW - age, now=NOW, rules=CollectionRules())
    check_age(NOW - age / 2, now=NOW, rules=CollectionRules())
