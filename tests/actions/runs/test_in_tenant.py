"""An allow indicator's whole life in the tenant, by the real client over HTTPS, and by way of the task."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.support.exclusion_world import (
    INDICATOR,
    TENANT_GROUP,
    approved,
    asked,
    case_in_tenant,
    no_tenant,
    present,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.world import ADAM, IVO, person
from tests.tenant.speaking import settings_for
from troubleshooting.actions.exclusions.binding import GroupNotInTenant
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.models import ActivityEntry, DeviceGroup, Exclusion, Placement
from troubleshooting.tasks import run_placement as task
from troubleshooting.tenant.client import close_clients

pytestmark = pytest.mark.django_db(transaction=True)


def put(api: DefenderApi, **further: Any) -> Exclusion:
    """Ask for the indicator, approve it, and let a worker come."""
    exclusion = approved(asked(case_in_tenant(), INDICATOR, **further))
    worked(tenant=tenant_of(api), rounds=1)
    return exclusion


def revoked(exclusion: Exclusion, api: DefenderApi) -> None:
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked(tenant=tenant_of(api), rounds=1)


def writes(api: DefenderApi) -> list[str]:
    return [line for line in api.api_requests if line.startswith(("POST", "DELETE"))]


def stands(exclusion: Exclusion) -> tuple[str, str, str, str]:
    """Return where it is: the exclusion's status, and its place's status, outcome and error."""
    placement = Placement.objects.get(exclusion=exclusion)
    return present(exclusion).status, placement.status, placement.outcome, placement.error_code


def waits(exclusion: Exclusion, error_code: str) -> bool:
    return stands(exclusion) == (ExclusionStatus.APPLYING, PlacementStatus.APPLYING, "", error_code)


def refused(exclusion: Exclusion, outcome: PlacementOutcome) -> bool:
    return stands(exclusion) == (ExclusionStatus.REMOVED, PlacementStatus.REJECTED, outcome, "")


VERIFIED = (ExclusionStatus.VERIFIED, PlacementStatus.VERIFIED, "", "")
REMOVED = (ExclusionStatus.REMOVED, PlacementStatus.REMOVED, "", "")
LEFT_TO_OTHERS = (ExclusionStatus.REMOVED, PlacementStatus.REMOVED, PlacementOutcome.TENANT_DECIDES_OTHERWISE, "")


# --- the whole life ---------------------------------------------------------------------------------------------------


def test_an_indicator_is_put_for_its_group_read_back_and_taken_out_at_its_end(defender_api):
    exclusion = put(defender_api)

    assert stands(exclusion) == VERIFIED
    [entity] = defender_api.tenant.indicators()
    assert {name: entity[name] for name in ("indicatorValue", "indicatorType", "action", "rbacGroupNames")} == {
        "indicatorValue": INDICATOR[1],
        "indicatorType": "DomainName",
        "action": "Allowed",
        "rbacGroupNames": [TENANT_GROUP],
    }
    assert entity["title"] == f"{exclusion.case.number}, exclusion #{exclusion.pk}"
    assert datetime.fromisoformat(entity["expirationTime"]) == exclusion.expires_at.replace(microsecond=0)
    assert Placement.objects.get().indicator_id == entity["id"]

    expire_exclusions(now=exclusion.expires_at)
    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == REMOVED
    assert defender_api.tenant.indicators() == []
    assert writes(defender_api) == ["POST /api/indicators", f"DELETE /api/indicators/{entity['id']}"]
    actions = list(
        ActivityEntry.objects.filter(subject_type="exclusion").order_by("pk").values_list("action", flat=True)
    )
    assert actions == [
        "exclusion_requested",
        "exclusion_approved",
        "placement_verified",
        "exclusion_verified",
        "exclusion_expired",
        "placement_removed",
        "exclusion_removed",
    ]


def test_what_was_read_back_stands_in_the_audit_trail(defender_api):
    exclusion = put(defender_api)

    read = ActivityEntry.objects.get(action="placement_verified").details["read_back"]

    [entity] = defender_api.tenant.indicators()
    assert (read["id"], read["action"], read["groups"]) == (entity["id"], "Allowed", [TENANT_GROUP])
    assert stands(exclusion) == VERIFIED


def test_for_everyone_two_people_approve_and_no_group_is_named(defender_api):
    exclusion = approved(asked(case_in_tenant(), INDICATOR, scope=EVERYONE), IVO)
    worked(tenant=tenant_of(defender_api))
    assert (exclusion.status, defender_api.api_requests) == (ExclusionStatus.REQUESTED, [])

    approved(exclusion, ADAM)
    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == VERIFIED
    assert [entity["rbacGroupNames"] for entity in defender_api.tenant.indicators()] == [[]]


def test_revoking_takes_it_out_at_once(defender_api):
    exclusion = put(defender_api)

    revoked(exclusion, defender_api)

    assert (stands(exclusion), defender_api.tenant.indicators()) == (REMOVED, [])


# --- what others decided ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["Block", "Warn", "Allowed"])
def test_what_somebody_else_decided_stays_and_the_exclusion_is_refused(defender_api, action):
    theirs = defender_api.tenant.put_by_person(INDICATOR[1], "DomainName", action)

    exclusion = put(defender_api)

    assert refused(exclusion, PlacementOutcome.TENANT_DECIDES_OTHERWISE)
    assert (defender_api.tenant.indicators(), writes(defender_api)) == ([theirs], [])
    assert ActivityEntry.objects.get(action="placement_rejected").details["error"].startswith(f"{action} for")


def test_what_was_removed_by_hand_counts_as_removed(defender_api):
    exclusion = put(defender_api)
    defender_api.tenant.delete(Placement.objects.get().indicator_id)

    revoked(exclusion, defender_api)

    assert stands(exclusion) == REMOVED


def test_what_was_changed_to_block_by_hand_stays_and_the_outcome_says_so(defender_api):
    exclusion = put(defender_api)
    defender_api.tenant.put_by_person(INDICATOR[1], "DomainName", "Block")

    revoked(exclusion, defender_api)

    assert stands(exclusion) == LEFT_TO_OTHERS
    assert [entity["action"] for entity in defender_api.tenant.indicators()] == ["Block"]


def test_a_block_of_another_type_for_the_same_value_stays_and_is_told(defender_api):
    exclusion = put(defender_api)
    theirs = defender_api.tenant.put_by_person(INDICATOR[1], "Url", "Block")

    revoked(exclusion, defender_api)

    assert stands(exclusion) == LEFT_TO_OTHERS
    assert defender_api.tenant.indicators() == [theirs]


# --- what the tenant does not take ------------------------------------------------------------------------------------


def test_a_full_tenant_takes_no_more(defender_api):
    defender_api.tenant.fill(defender_api.tenant.most_indicators)

    exclusion = put(defender_api)

    assert refused(exclusion, PlacementOutcome.TENANT_IS_FULL)
    assert len(defender_api.tenant.indicators()) == defender_api.tenant.most_indicators


def test_a_group_that_the_tenant_does_not_know_is_refused_with_the_correlation_id(defender_api):
    defender_api.tenant.device_groups = frozenset({"Sales"})

    exclusion = put(defender_api)

    assert refused(exclusion, PlacementOutcome.TENANT_REFUSED)
    told = ActivityEntry.objects.get(action="placement_rejected").details["error"]
    assert "InvalidInput" in told
    assert defender_api.correlation_ids[0] in told


def test_a_group_without_a_name_in_the_tenant_cannot_be_asked_for():
    case = case_in_tenant()
    DeviceGroup.objects.update(tenant_name="")

    with pytest.raises(GroupNotInTenant):
        asked(type(case).objects.select_related("device__group").get(), INDICATOR)


def test_a_group_that_was_renamed_after_the_approval_halts_it(defender_api):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    DeviceGroup.objects.update(tenant_name="Sales")

    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == (ExclusionStatus.NOT_APPLIED, PlacementStatus.NOT_APPLIED, "", "")
    assert ActivityEntry.objects.get(action="exclusion_halted").details["parts"] == ["steps"]
    assert defender_api.api_requests == []


# --- what passes ------------------------------------------------------------------------------------------------------


def test_a_short_pause_that_the_tenant_asks_for_is_waited(defender_api):
    defender_api.fault_settings.retry_after = "20"
    defender_api.faults.add(ApiFault.THROTTLED, times=1)

    assert stands(put(defender_api)) == VERIFIED


def test_a_long_pause_is_told_and_it_is_done_later(defender_api):
    defender_api.fault_settings.retry_after = "3600"
    defender_api.faults.add(ApiFault.THROTTLED, times=1)

    exclusion = put(defender_api)
    assert waits(exclusion, "throttled")
    assert Placement.objects.get().next_attempt_at > timezone.now()
    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == VERIFIED


def test_a_token_that_is_refused_once_is_asked_for_anew(defender_api):
    defender_api.faults.add(ApiFault.UNAUTHORIZED, times=1)

    assert stands(put(defender_api)) == VERIFIED
    assert defender_api.token_requests == 2


@pytest.mark.parametrize(
    ("fault", "error_code"),
    [
        (ApiFault.CUT_AFTER_WRITE, "unreachable"),
        (ApiFault.CUT_BEFORE, "unreachable"),
        (ApiFault.GATEWAY_PAGE, "server_fault"),
        (ApiFault.FORBIDDEN, "not_permitted"),
        (ApiFault.SIGN_IN_FAULT, "server_fault"),
    ],
)
def test_after_a_fault_the_next_try_does_it_once_and_not_twice(defender_api, fault, error_code):
    defender_api.faults.add(fault, times=1)
    exclusion = put(defender_api)
    assert waits(exclusion, error_code)

    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == VERIFIED
    assert len(defender_api.tenant.indicators()) == 1
    assert writes(defender_api) == ["POST /api/indicators"], "what a lost answer had put is found again"


def test_an_exclusion_that_ends_after_a_lost_answer_leaves_nothing(defender_api):
    defender_api.faults.add(ApiFault.CUT_AFTER_WRITE, times=1)
    exclusion = put(defender_api)
    assert (Placement.objects.get().indicator_id, len(defender_api.tenant.indicators())) == ("", 1)

    revoked(exclusion, defender_api)

    assert (stands(exclusion), defender_api.tenant.indicators()) == (REMOVED, [])


def test_it_is_not_called_there_before_the_reads_show_it(defender_api):
    defender_api.fault_settings.lag_reads = 4
    defender_api.faults.add(ApiFault.READ_LAG)
    exclusion = put(defender_api)
    assert waits(exclusion, "not_confirmed")
    assert Placement.objects.get().indicator_id, "what was accepted is known by its id"

    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == VERIFIED
    assert writes(defender_api) == ["POST /api/indicators"]


def test_it_is_not_called_gone_before_the_reads_show_it(defender_api):
    exclusion = put(defender_api)
    defender_api.fault_settings.lag_reads = 4
    defender_api.faults.add(ApiFault.READ_LAG)

    revoked(exclusion, defender_api)
    assert stands(exclusion) == (ExclusionStatus.REVOKED, PlacementStatus.REMOVING, "", "not_confirmed")
    worked(tenant=tenant_of(defender_api))

    assert stands(exclusion) == REMOVED


def test_an_allow_that_lost_its_groups_is_not_called_there_and_goes_with_the_exclusion(defender_api):
    defender_api.faults.add(ApiFault.WIDENS)
    exclusion = put(defender_api)
    assert waits(exclusion, "not_confirmed")

    revoked(exclusion, defender_api)

    assert (stands(exclusion), defender_api.tenant.indicators()) == (REMOVED, [])


def test_without_a_tenant_it_waits_and_says_what_is_missing():
    exclusion = approved(asked(case_in_tenant(), INDICATOR))

    run_placement(Placement.objects.get().pk, plan=quick_plan(), tenant=no_tenant())

    assert waits(exclusion, "not_set_up")
    assert "DEFENDER_API_TENANT" in Placement.objects.get().error_detail


# --- through Celery's door --------------------------------------------------------------------------------------------


@pytest.fixture
def _portal_with_tenant(settings, defender_api):
    """Have the settings of a portal with the lab's tenant."""
    told = settings_for(defender_api)
    settings.DEFENDER_API_TENANT = told.tenant
    settings.DEFENDER_API_CLIENT_ID = told.client_id
    settings.DEFENDER_API_CLIENT_SECRET = told.client_secret
    settings.DEFENDER_API_HOST = told.host
    settings.DEFENDER_API_AUTHORITY = told.authority
    settings.DEFENDER_API_CA_FILE = told.ca_file
    yield
    close_clients()


@pytest.mark.usefixtures("_portal_with_tenant")
def test_the_task_puts_it_and_takes_it_out_with_nothing_but_the_settings(defender_api):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    placement_id = Placement.objects.get().pk

    task(placement_id=placement_id)
    assert stands(exclusion) == VERIFIED
    task(placement_id=placement_id)  # a doubled message
    assert writes(defender_api) == ["POST /api/indicators"]
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now() + timedelta(seconds=1))
    task(placement_id=placement_id)

    assert (stands(exclusion), defender_api.tenant.indicators()) == (REMOVED, [])


def test_the_task_without_settings_waits():
    exclusion = approved(asked(case_in_tenant(), INDICATOR))

    task(placement_id=Placement.objects.get().pk)

    assert waits(exclusion, "not_set_up")


def test_what_was_never_seen_is_called_gone_only_after_a_second_look(defender_api):
    defender_api.faults.add(ApiFault.CUT_AFTER_WRITE, times=1)
    exclusion = put(defender_api)
    defender_api.tenant.delete(defender_api.tenant.indicators()[0]["id"])  # as if a read lagged behind the lost answer

    revoked(exclusion, defender_api)
    first = stands(exclusion)
    worked(rounds=1, tenant=tenant_of(defender_api))

    assert first[:2] == (ExclusionStatus.REVOKED, PlacementStatus.REMOVING)
    assert stands(exclusion) == REMOVED
