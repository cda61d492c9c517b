from __future__ import annotations

from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.unread import UNREAD


def test_only_unread_and_unknown_reasons_leave_a_check_unknown():
    assert {found.status for found in UNREAD.values()} == {CheckStatus.UNKNOWN, CheckStatus.WAITING}
