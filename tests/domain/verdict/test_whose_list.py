"""Whose list a site is on, by the notification that the employee saw and the tenant's indicators as last read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.domain.builders import NOW, event, report, snapshot
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.verdict.verdict import conclude
from troubleshooting.domain.verdict.whose_list import Listed, TenantList

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


def listed(address="shop.example.com", **further):
    fields = {"is_allow": False, "holds_here": True, "reference": f"Block {address}"} | further
    return Listed(parse_indicator(address), **fields)


NONE, ALLOW, OTHERS = (), listed(is_allow=True), listed(holds_here=False)
PAGE, LONG = listed("https://shop.example.com/pay"), 48
NOT_LISTED = "no custom indicator for this address. That leaves Microsoft's list"


@pytest.mark.parametrize(
    ("indicators", "hours", "saw", "told"),
    [
        ((listed(),), 2, "", "own list (high confidence; indicators read less than 3 h earlier, 2026-11-24 08:00 UTC)"),
        ((listed("example.com"),), 2, "", "Block example.com. Indicators decide"),
        ((listed(),), LONG, "", "own list (medium confidence: the indicators were last read more than a day"),
        ((listed(),), LONG, TOAST, "named the IT administrator, too, so this is the"),
        ((OTHERS,), 2, "", "not for this PC's device group"),
        ((OTHERS, listed()), 2, "", "company's own list (high confidence"),
        ((listed(), ALLOW), 2, "", "The tenant allows this address"),
        ((PAGE,), 2, "", NOT_LISTED),
        ((listed("pay.shop.example.com"),), 2, "", NOT_LISTED),
        (NONE, 2, "", "low confidence for each"),
        (NONE, 2, TOAST, "Look at web content filtering"),
    ],
)
def test_the_tenants_indicators_say_whose_list_it_is(indicators, hours, saw, told):
    about, device = report(saw=saw), snapshot(events=(event(),))
    tenant = TenantList(NOW - timedelta(hours=hours), indicators)

    verdict = conclude(about, device, judge(device, report=about), tenant=tenant)

    assert told in str(verdict.hints[0])


def test_what_is_on_no_list_is_told_nothing_about_lists():
    about, device = report(saw=TOAST), snapshot()

    verdict = conclude(about, device, judge(device, report=about), tenant=TenantList(NOW, (listed(),)))

    assert not any("tenant" in str(hint) for hint in verdict.hints)
