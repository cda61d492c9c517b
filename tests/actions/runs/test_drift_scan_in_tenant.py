"""The tenant compared with the register, by the real task code over the real protocol."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.demo.lab.defender_api.faults import ApiFault
from tests.support.drift_world import (
    NOTHING,
    differences,
    ended,
    in_force_in_tenant,
    nothing_can_be_kept,
    read,
)
from tests.support.exclusion_world import (
    INDICATOR,
    TENANT_GROUP,
    approved,
    asked,
    no_tenant,
    present,
    tenant_of,
    worked,
)
from tests.support.world import IVO, person
from troubleshooting.actions.drift import apply_again, remove_again, request_scan
from troubleshooting.actions.runs.drift_scan import run_tenant_reading
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import (
    DriftFinding,
    DriftScan,
    SeenIndicator,
    TenantReading,
)
from troubleshooting.queries.exclusions.tenant_state import read_tenant_state

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_of_the_four_differences_is_found_in_the_tenant(defender_api):
    tenant = tenant_of(defender_api)
    kept = in_force_in_tenant(tenant)
    over, missing = (
        approved(asked(kept.case, (INDICATOR[0], host))) for host in ("over.contoso.example", "gone.contoso.example")
    )
    worked(tenant=tenant)
    ended(over, tenant)
    ours = {entity["indicatorValue"]: entity["id"] for entity in defender_api.tenant.indicators()}
    defender_api.tenant.delete(ours["gone.contoso.example"])
    marks = defender_api.tenant.application_marks() | {"application": "Network protection portal"}
    body = {"indicatorType": "DomainName", "action": "Allowed", "title": "", "description": ""}
    defender_api.tenant.put({**body, "indicatorValue": "over.contoso.example"}, by=marks)
    put = defender_api.tenant.put_by_person
    put("contoso-partner.example", "DomainName", "Allowed", rbacGroupNames=[TENANT_GROUP])
    put("alone.example", "DomainName", "Allowed")
    put("blocked.example", "DomainName", "Block")

    reading = read(tenant)

    assert differences() == [
        ("approved_but_missing", "gone.contoso.example", missing.pk),
        ("broader_than_approved", "contoso-partner.example", kept.pk),
        ("ended_but_present", "over.contoso.example", over.pk),
        ("not_approved", "alone.example", None),
    ]
    assert (reading.active, reading.error_code, SeenIndicator.objects.count()) == (5, "", 5)
    alone = DriftFinding.objects.get(value="alone.example")
    assert alone.changed_by == "sec.admin@contoso.example"
    assert alone.changed_at is not None


def test_an_indicator_that_somebody_widened_is_broader_than_approved(defender_api):
    tenant = tenant_of(defender_api)
    exclusion = in_force_in_tenant(tenant)
    read(tenant)
    assert differences() == []

    defender_api.tenant.put_by_person(INDICATOR[1], "DomainName", "Allowed", rbacGroupNames=[], expirationTime=None)
    read(tenant)

    assert differences() == [("broader_than_approved", INDICATOR[1], exclusion.pk)]


def test_missing_in_the_tenant_is_put_there_again(defender_api):
    tenant = tenant_of(defender_api)
    exclusion = in_force_in_tenant(tenant)
    (ours,) = defender_api.tenant.indicators()
    defender_api.tenant.delete(ours["id"])
    read(tenant)

    apply_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    worked(tenant=tenant)
    read(tenant)

    assert differences() == []
    assert [entity["indicatorValue"] for entity in defender_api.tenant.indicators()] == [INDICATOR[1]]
    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_what_came_back_into_the_tenant_is_taken_off_again(defender_api):
    tenant = tenant_of(defender_api)
    exclusion = ended(in_force_in_tenant(tenant), tenant)
    marks = defender_api.tenant.application_marks() | {"application": "Network protection portal"}
    body = {"indicatorValue": INDICATOR[1], "indicatorType": "DomainName", "action": "Allowed", "title": "x"}
    defender_api.tenant.put({**body, "description": "x"}, by=marks)
    read(tenant)

    remove_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    worked(tenant=tenant)
    read(tenant)

    assert (defender_api.tenant.indicators(), differences()) == ([], [])
    assert present(exclusion).status == ExclusionStatus.REMOVED


def test_fifteen_thousand_are_read_with_sixteen_calls_and_the_next_reading_replaces_them(defender_api):
    tenant = tenant_of(defender_api)
    defender_api.tenant.fill(15_000)

    reading = read(tenant)

    assert (reading.active, SeenIndicator.objects.count()) == (15_000, 15_000)
    assert len(defender_api.api_requests) == 16  # a thousand each; the last, empty one says that this was all
    defender_api.tenant._indicators.clear()
    assert (read(tenant).active, SeenIndicator.objects.count()) == (0, 0)


def test_a_reading_that_fails_says_why_and_leaves_the_earlier_list(defender_api):
    tenant = tenant_of(defender_api)
    defender_api.tenant.put_by_person("alone.example", "DomainName", "Allowed")
    read(tenant)
    defender_api.faults.add(ApiFault.FORBIDDEN)

    reading = read(tenant)

    assert (reading.error_code, reading.active) == ("not_permitted", None)
    assert reading.correlation_id == defender_api.correlation_ids[-1]
    assert SeenIndicator.objects.count() == 1
    assert differences() == [("not_approved", "alone.example", None)]
    assert DriftScan.objects.latest("pk").error_code == "not_permitted"


def test_a_list_that_cannot_be_kept_leaves_the_earlier_one_and_says_so(defender_api):
    tenant = tenant_of(defender_api)
    read(tenant)
    defender_api.tenant.put_by_person("alone.example", "DomainName", "Allowed")

    with nothing_can_be_kept():
        reading = read(tenant)

    assert (reading.active, SeenIndicator.objects.count()) == (0, 0)
    assert "none_at_all" in read_tenant_state(is_set_up=True).fault


def test_without_a_tenant_the_reading_says_that_none_is_set_up():
    request_scan(None, by=person(IVO), now=timezone.now())

    run_tenant_reading(plan=no_tenant(), every=NOTHING)

    assert TenantReading.objects.get().error_code == "not_set_up"
