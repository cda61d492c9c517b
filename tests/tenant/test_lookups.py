"""PCs and their alerts, as the tenant knows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import Speaker
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import TenantAlert, TenantMachine
from troubleshooting.tenant.errors import TenantError

SEEN = datetime(2026, 9, 22, 8, 44, 5, tzinfo=UTC)


def test_a_pc_is_found_by_its_full_name(defender_api: DefenderApi):
    stored = defender_api.tenant.add_machine("pc-0142.lab.example", lastSeen="2026-09-22T08:44:05.1234567Z")

    assert Speaker(defender_api).lookups.machine_by_name("PC-0142.lab.example".lower()) == TenantMachine(
        id=stored["id"],
        name="pc-0142.lab.example",
        os_platform="Windows11",
        last_seen=SEEN.replace(microsecond=123_456),
        health_status="Active",
        onboarding_status="onboarded",
        device_group="Simulated PCs",
    )


def test_a_pc_that_is_known_by_its_short_name_only_is_found_too(defender_api: DefenderApi):
    stored = defender_api.tenant.add_machine("pc-0142")
    found = Speaker(defender_api).lookups.machine_by_name("pc-0142.lab.example")

    assert found is not None
    assert found.id == stored["id"]
    assert len(defender_api.api_requests) == 2


def test_of_two_with_one_name_the_one_seen_last_counts(defender_api: DefenderApi):
    for days in (3, 1, 2):
        defender_api.tenant.add_machine("pc-0142", lastSeen=(SEEN - timedelta(days=days)).isoformat())
    found = Speaker(defender_api).lookups.machine_by_name("pc-0142")

    assert found is not None
    assert found.last_seen == SEEN - timedelta(days=1)


def test_a_name_that_the_tenant_does_not_know_is_none(defender_api: DefenderApi):
    assert Speaker(defender_api).lookups.machine_by_name("pc-9999.lab.example") is None


def test_a_quote_in_a_name_stays_inside_it(defender_api: DefenderApi):
    defender_api.tenant.add_machine("pc-0142")

    assert Speaker(defender_api).lookups.machine_by_name("x' or computerDnsName eq 'pc-0142") is None


def test_another_error_than_not_found_is_told(defender_api: DefenderApi):
    defender_api.tenant.roles = frozenset()
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).lookups.machine_by_name("pc-0142")

    assert caught.value.code is Code.NOT_PERMITTED


def test_alerts_of_a_pc_come_newest_first_and_none_from_before(defender_api: DefenderApi):
    tenant = defender_api.tenant
    pc, other = tenant.add_machine("pc-0142"), tenant.add_machine("pc-0143")
    addresses = [{"url": "https://a.example/"}, {"ipAddress": "203.0.113.1"}, {"url": "https://a.example/"}]
    tenant.add_alert(pc["id"], id="too old", lastEventTime=(SEEN - timedelta(seconds=1)).isoformat())
    tenant.add_alert(pc["id"], id="first", lastEventTime=SEEN.isoformat())
    tenant.add_alert(pc["id"], id="second", lastEventTime=(SEEN + timedelta(hours=1)).isoformat(), evidence=addresses)
    tenant.add_alert(pc["id"], id="no date", lastEventTime=None)
    tenant.add_alert(other["id"], id="another pc")

    alerts = Speaker(defender_api).lookups.alerts_of(pc["id"], since=SEEN)

    assert [alert.id for alert in alerts] == ["second", "first"]
    assert alerts[0] == TenantAlert(
        id="second",
        title="Connection to a custom network indicator",
        severity="Informational",
        status="New",
        category="CommandAndControl",
        detection_source="CustomerTI",
        machine_id=pc["id"],
        last_event_at=SEEN + timedelta(hours=1),
        urls=("https://a.example/",),
        ip_addresses=("203.0.113.1",),
    )


def test_alerts_of_an_unknown_pc_are_not_found(defender_api: DefenderApi):
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).lookups.alerts_of("../../indicators", since=SEEN)

    assert (caught.value.code, caught.value.microsoft_code) == (Code.NOT_FOUND, "ResourceNotFound")
