"""Nothing but what was approved is sent to the tenant, whenever the name of the device group changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.exclusion_world import (
    INDICATOR,
    RULES,
    approved,
    asked,
    case_in_tenant,
    present,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.world import EMMA, person
from troubleshooting.actions.exclusions.renewals import request_renewal
from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.models import ActivityEntry, DeviceGroup, Exclusion
from troubleshooting.tenant.connection import Tenant

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["Everybody else", ""]


def renewal_of(exclusion: Exclusion) -> Exclusion:
    return request_renewal(
        exclusion.pk,
        expires_at=timezone.now() + timedelta(days=25),
        reason_code="partner_portal",
        reason="Microsoft has not answered yet",
        findings=[],
        by=person(EMMA),
        rules=RULES,
        now=timezone.now(),
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_group_whose_name_changes_after_the_approval_was_checked_halts_it_and_nothing_is_sent(defender_api, name):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    tenant = tenant_of(defender_api)

    def connect() -> Tenant:
        DeviceGroup.objects.update(tenant_name=name)
        return tenant.connect()

    placement = exclusion.placements.get()
    run_placement(placement.pk, plan=quick_plan(), tenant=TenantPlan(clock=timezone.now, connect=connect))

    assert (present(exclusion).status, defender_api.api_requests) == (ExclusionStatus.REVOKED, [])
    assert ActivityEntry.objects.get(action="exclusion_halted").details["parts"] == ["steps"]
    worked(tenant=tenant)
    assert (present(exclusion).status, exclusion.placements.get().status) == (ExclusionStatus.REMOVED, "removed")
    assert not [line for line in defender_api.api_requests if line.startswith("POST")]


@pytest.mark.parametrize("name", NAMES)
def test_one_that_ends_is_handed_over_though_the_group_of_the_other_lost_its_name_and_that_one_is_halted(
    defender_api, name
):
    tenant = tenant_of(defender_api)
    old = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant, rounds=1)
    renewal = approved(renewal_of(old))
    run_placement(renewal.placements.get().pk, plan=quick_plan(), tenant=tenant)
    assert (present(old).status, present(renewal).status) == (ExclusionStatus.EXPIRED, ExclusionStatus.VERIFIED)
    DeviceGroup.objects.update(tenant_name=name)

    run_placement(old.placements.get().pk, plan=quick_plan(), tenant=tenant)

    assert (present(old).status, old.placements.get().outcome) == (
        ExclusionStatus.REMOVED,
        PlacementOutcome.NEEDED_BY_ANOTHER,
    )
    assert renewal.placements.get().status == PlacementStatus.APPLYING
    worked(tenant=tenant)
    halted = ActivityEntry.objects.get(action="exclusion_halted")
    assert (halted.subject_id, halted.details["parts"]) == (renewal.pk, ["steps"])
    assert (present(renewal).status, renewal.placements.get().status) == (ExclusionStatus.REMOVED, "removed")
    assert defender_api.tenant.indicators() == []
