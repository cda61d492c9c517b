"""The article's second step as the case page walks through it, and who may need an approval first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.verdict.base import VerdictCode

TEST_PAGE = "https://smartscreentestratings2.net"  # Microsoft's own (docs/reference/events.md section 8)


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

# Verdicts after which a test would show nothing, with the reason; after every other one it may.
POINTLESS_AFTER: Mapping[VerdictCode, Text] = {
    VerdictCode.PREREQUISITES_NOT_MET: say(
        _("A test would show nothing yet: first, what the check found has to be fixed.")
    ),
    VerdictCode.NOT_BLOCKED: say(
        _(
            "A test is not needed: network protection is not what blocks the site. If it happens again, check the PC "
            "again."
        )
    ),
    VerdictCode.NOT_COVERED: say(
        _("A test would show nothing: network protection does not check this program or address.")
    ),
    VerdictCode.EXCLUDED: say(
        _(
            "A test would show nothing: an exclusion on this PC keeps the connection from being "
            "checked, whatever the mode."
        )
    ),
    VerdictCode.WOULD_BE_BLOCKED: say(
        _("A test is not needed: the log already shows that network protection would block this.")
    ),
}
SET_BY_POLICY = say(
    _(
        "A company policy sets the protection mode on this PC, so the portal cannot switch it for a test. IT can set "
        "audit mode in the policy instead. If the policy has changed since the last check, check this PC again."
    )
)
CHECK_FIRST = say(_("The PC has to be checked before a test, so that it is clear what the test can show."))

# Verdicts that leave open what a test answers: there it is the one next thing to do.
WANTED_AFTER: frozenset[VerdictCode] = frozenset(
    {VerdictCode.NOT_REPRODUCED, VerdictCode.CANNOT_TELL, VerdictCode.NOTHING_HAPPENED}
)


def why_no_test(verdict: str) -> Text | None:
    """Say why a test makes no sense after this verdict ("" where there is none); None where it does."""
    if not verdict:
        return CHECK_FIRST
    return POINTLESS_AFTER.get(VerdictCode(verdict))


def is_wanted(verdict: str, *, was_made: bool) -> bool:
    """Tell whether a test is the one next thing to do; after one that was made only where it showed nothing."""
    return verdict in WANTED_AFTER and not (was_made and verdict == VerdictCode.NOT_REPRODUCED)


def needs_approval(role: str, *, roles: Collection[str], group_demands: bool) -> bool:
    """Tell whether somebody of this role waits for a reviewer before a test begins on a PC of this group."""
    return group_demands or role in roles
