"""The article's second step as the case page walks through it, and who may need an approval first."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class TestStatus(StrEnum):
    """Where an audit-mode test is. What the PC itself went through stands in its lease."""

    __test__ = False

    ASKED = "asked"  # consented to; a reviewer's approval is awaited
    STARTING = "starting"  # the portal sets audit mode
    OPEN = "open"  # audit mode was read back; the site may be visited
    ENDING = "ending"  # events are read, the mode is put back
    DONE = "done"  # the mode before was read back, and a verdict is there
    NOT_DONE = "not_done"  # audit mode was not reached; the lease says why
    REJECTED = "rejected"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[TestStatus, frozenset[TestStatus]] = {
    TestStatus.ASKED: frozenset({TestStatus.STARTING, TestStatus.REJECTED, TestStatus.CANCELLED}),
    TestStatus.STARTING: frozenset({TestStatus.OPEN, TestStatus.ENDING, TestStatus.NOT_DONE, TestStatus.CANCELLED}),
    TestStatus.OPEN: frozenset({TestStatus.ENDING}),
    TestStatus.ENDING: frozenset({TestStatus.DONE, TestStatus.NOT_DONE, TestStatus.CANCELLED}),
    TestStatus.DONE: frozenset(),
    TestStatus.NOT_DONE: frozenset(),
    TestStatus.REJECTED: frozenset(),
    TestStatus.CANCELLED: frozenset(),
}

NEXT_MOVE: Mapping[TestStatus, str | None] = {
    TestStatus.ASKED: "reviewer",
    TestStatus.STARTING: "portal",
    TestStatus.OPEN: "employee",
    TestStatus.ENDING: "portal",
    TestStatus.DONE: None,
    TestStatus.NOT_DONE: None,
    TestStatus.REJECTED: None,
    TestStatus.CANCELLED: None,
}

OPEN: frozenset[TestStatus] = frozenset(status for status, after in TRANSITIONS.items() if after)
