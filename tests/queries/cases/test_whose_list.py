"""The tenant's indicators about a case's address, as last read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CaseFactory
from troubleshooting.models import SeenIndicator, TenantReading
from troubleshooting.queries.cases.whose_list import read_tenant_list

pytestmark = pytest.mark.django_db


def test_a_tenant_that_was_never_read_says_nothing():
    TenantReading.objects.create(at=timezone.now(), error_code="tenant_unreachable")

    assert read_tenant_list(CaseFactory()) is None


def test_the_indicators_that_decide_about_the_address_are_returned_with_their_age():
    case, at = CaseFactory(), timezone.now() - timedelta(hours=3)
    case.device.group.tenant_name = "Finance"
    host = case.report.indicator.host
    reading = TenantReading.objects.create(at=at, active=3)
    rows = (
        (host, "DomainName", "Block", ["finance"], None),
        (host, "DomainName", "Warn", ["Sales"], None),
        (host, "DomainName", "Allowed", [], None),
        (host, "DomainName", "Block", [], timezone.now() - timedelta(days=1)),
        (host, "DomainName", "Audit", [], None),
        ("other.example", "DomainName", "Block", [], None),
    )
    for number, (value, kind, action, groups, ends) in enumerate(rows):
        SeenIndicator.objects.create(
            reading=reading,
            indicator_id=str(number),
            value=value,
            value_key=value,
            type=kind,
            action=action,
            groups=groups,
            expires_at=ends,
            title="Ticket 7",
            is_ours=action == "Allowed",
        )

    found = read_tenant_list(case)

    assert found.read_at == at
    assert sorted((one.reference, one.is_allow, one.holds_here) for one in found.indicators) == [
        (f"Allowed {host} · Ticket 7", True, True),
        (f"Block {host} · Ticket 7", False, True),
        (f"Warn {host} · Ticket 7", False, False),
    ]
