"""Celery's entry points for exclusions: settings in, faults of our own named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.roles import as_owner
from tests.support.world import EMMA, device_at, person
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import DriftScan, Exclusion, Placement, Retest, TenantReading
from troubleshooting.tasks import read_tenant, run_drift_scan, run_placement, run_retest

pytestmark = pytest.mark.django_db


def test_a_pc_without_credentials_ends_its_look_with_their_name(settings, monkeypatch):
    monkeypatch.delenv("DEVICE_CREDENTIAL_LAB_USERNAME", raising=False)
    monkeypatch.delenv("DEVICE_CREDENTIAL_LAB_PASSWORD", raising=False)
    settings.DRIFT_CHECK_EVERY = timedelta(days=1)

    run_drift_scan(device_id=device_at(None, owner=None).pk)

    look = DriftScan.objects.get()
    assert (look.error_code, look.ended_at is not None) == ("credentials_missing", True)


def test_the_reading_of_a_tenant_that_is_not_set_up_says_so(settings):
    settings.TENANT_READ_EVERY = timedelta(hours=1)

    read_tenant()

    assert TenantReading.objects.get().error_code == "not_set_up"


@pytest.fixture
def _credentials(monkeypatch):
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_USERNAME", "LAB\\portal")
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_PASSWORD", "a password")


@pytest.mark.usefixtures("_credentials")
def test_a_fault_of_the_portal_puts_a_placement_off_and_says_so(settings):
    approved(asked(checked_case(device_at(None, owner=person(EMMA)))))
    settings.VISIT_LIMIT = "not a duration"  # as if a setting were broken

    run_placement(placement_id=Placement.objects.get().pk)

    placement = Placement.objects.get()
    assert (placement.error_code, placement.attempts) == ("portal_fault", 1)
    assert placement.next_attempt_at > timezone.now()


@pytest.mark.usefixtures("_credentials")
def test_a_fault_of_the_portal_puts_a_re_test_off(settings):
    exclusion = approved(asked(checked_case(device_at(None, owner=person(EMMA)))))
    with as_owner(past_triggers=True):
        exclusion.placements.update(status=PlacementStatus.VERIFIED)
    Exclusion.objects.filter(pk=exclusion.pk).update(status="applying")
    now = timezone.now()
    facts = {"asked_at": now, "due_at": now, "content": {"first_due_at": now.isoformat()}}
    tried = Retest.objects.create(exclusion=exclusion, device=exclusion.case.device, purpose="works", **facts)
    settings.VISIT_LIMIT = "not a duration"

    run_retest(retest_id=tried.pk)

    tried.refresh_from_db()
    assert (tried.error_code, tried.status) == ("portal_fault", "asked")
    assert tried.due_at > now
