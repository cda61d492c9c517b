"""A fault of the portal itself is recorded and logged; a database that is away is told to whoever called."""

from __future__ import annotations

import pytest
from django.db import InterfaceError, OperationalError
from structlog.testing import capture_logs

from troubleshooting.actions.faults import alone, recorded


def test_a_fault_is_logged_and_recorded_in_words_that_the_database_takes():
    said: list[str] = []

    with capture_logs() as logs, recorded(said.append, event="visit_failed", case=7):
        raise ValueError("no\x00such thing")

    assert said == ["ValueError: nosuch thing"]
    assert [(entry["event"], entry["case"], entry["log_level"]) for entry in logs] == [("visit_failed", 7, "error")]


@pytest.mark.parametrize("away", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_raised_and_nothing_is_recorded(away):
    said: list[str] = []

    with pytest.raises(away), recorded(said.append, event="visit_failed"):
        raise away("gone")

    assert said == []


def test_without_a_fault_nothing_is_recorded():
    said: list[str] = []

    with recorded(said.append, event="visit_failed"):
        pass

    assert said == []


def test_a_fault_of_one_does_not_reach_the_others():
    done = []

    for number in range(3):
        with alone("one of three", number):
            done.append(1 // (number - 1))

    assert done == [-1, 1]
