"""Whether an allow indicator works: tried two hours after it was read back, and once more after two days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import (
    INDICATOR,
    TENANT_GROUP,
    approved,
    asked,
    checked_case,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.world import EMMA, device_at, person
from troubleshooting.actions.runs.retest import run_retest
from troubleshooting.domain.retests.retest import INDICATOR_ESCALATES, INDICATOR_SETTLES, RetestOutcome
from troubleshooting.models import DeviceGroup, Exclusion, Retest

pytestmark = pytest.mark.django_db(transaction=True)


def indicator_on(server, defender_api) -> Exclusion:
    case = checked_case(device_at(server, owner=person(EMMA)))
    DeviceGroup.objects.filter(pk=case.device.group_id).update(tenant_name=TENANT_GROUP)
    case.device.group.refresh_from_db()
    exclusion = approved(asked(case, INDICATOR, days=20))
    worked(tenant=tenant_of(defender_api))
    return exclusion


def run_at(retest: Retest, after: timedelta) -> Retest:
    """Let a worker come so long after the indicator was read back."""
    there_at = retest.exclusion.placements.get().verified_at
    run_retest(retest.pk, plan=replace(quick_plan(), clock=lambda: there_at + after))
    return Retest.objects.get(pk=retest.pk)


def test_it_is_tried_two_hours_after_it_was_read_back_and_not_before(lab_server, defender_api):
    pc = healthy_windows_11()
    pc.tenant_allows = lambda host: host == INDICATOR[1]
    exclusion = indicator_on(lab_server(pc), defender_api)
    there_at = exclusion.placements.get().verified_at

    early = run_at(exclusion.retests.get(), INDICATOR_SETTLES - timedelta(seconds=1))
    assert (early.status, early.due_at) == ("asked", there_at + INDICATOR_SETTLES)
    pc.clock = lambda: there_at + INDICATOR_SETTLES

    assert run_at(early, INDICATOR_SETTLES).outcome == RetestOutcome.WORKS
    assert exclusion.retests.count() == 1


def test_one_that_is_still_blocked_is_tried_once_more_after_two_days(lab_server, defender_api):
    pc = healthy_windows_11()
    exclusion = indicator_on(lab_server(pc), defender_api)
    there_at = exclusion.placements.get().verified_at
    pc.clock = lambda: there_at + INDICATOR_SETTLES

    assert run_at(exclusion.retests.get(), INDICATOR_SETTLES).outcome == RetestOutcome.BLOCKED
    again = exclusion.retests.open().get()
    assert again.due_at == there_at + INDICATOR_ESCALATES
    pc.clock = lambda: there_at + INDICATOR_ESCALATES

    assert run_at(again, INDICATOR_ESCALATES).outcome == RetestOutcome.BLOCKED
    assert not exclusion.retests.open().exists()
