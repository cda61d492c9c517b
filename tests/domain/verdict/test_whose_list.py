"""Whose list a site is on, by the notification that the employee saw."""

from __future__ import annotations

import pytest

from tests.domain.builders import event, report, snapshot
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.verdict.verdict import conclude

TOAST = "Connection blocked. Your IT administrator caused Windows Security to block this network connection."


@pytest.mark.parametrize(
    ("saw", "logged", "is_told"),
    [
        (TOAST, True, True),
        ("This content is blocked by your IT administrator", True, True),
        (TOAST, False, False),
        ("Connection blocked", True, False),
        ("Please tell the administrator", True, False),
    ],
)
def test_a_notification_that_names_the_administrator_speaks_for_the_companys_own_list(saw, logged, is_told):
    about, device = report(saw=saw), snapshot(events=(event(),) if logged else ())

    verdict = conclude(about, device, judge(device, report=about))

    assert any("probably the company's own list" in str(hint) for hint in verdict.hints) is is_told
