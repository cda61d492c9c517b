"""The shape of the tables of cases: what a PC says, what was reported, and what the check comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import snapshot
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import Check
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.snapshot import Snapshot

PASS, FAIL, WARN, INFO = CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.WARN, CheckStatus.INFO
UNKNOWN, NOT_APPLICABLE = CheckStatus.UNKNOWN, CheckStatus.NOT_APPLICABLE

Cases = dict[Check, list[tuple[str, Snapshot, Report | None, CheckStatus]]]
Needed = dict[Check, list[tuple[str, str]]]  # part of the snapshot, its field

Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def each_case(cases: Cases) -> Decorator:
    rows: list[Any] = [
        pytest.param(check, device, about, expected, id=f"{check.id}-{name}")
        for check, table in cases.items()
        for name, device, about, expected in table
    ]
    return pytest.mark.parametrize(("check", "device", "about", "expected"), rows)


def each_needed(needed: Needed) -> Decorator:
    rows: list[Any] = [
        pytest.param(check, part, name, id=f"{check.id}-{name}")
        for check, table in needed.items()
        for part, name in table
    ]
    return pytest.mark.parametrize(("check", "part", "name"), rows)


def without(part: str, name: str) -> Snapshot:
    """Return the healthy PC with one value not said."""
    healthy = snapshot()
    return replace(healthy, **{part: replace(getattr(healthy, part), **{name: None})})
