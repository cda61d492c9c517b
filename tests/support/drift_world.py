"""PCs and a tenant that are compared with the register of exclusions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from portal.demo.lab.pc import SimulatedPC
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    approved,
    asked,
    case_in_tenant,
    checked_case,
    present,
    quick_plan,
    worked,
)
from tests.support.roles import as_owner
from tests.support.world import EMMA, IVO, device_at, person
from troubleshooting.actions.drift import request_scan
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.runs.drift_scan import run_drift_scan, run_tenant_reading
from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.models import (
    Device,
    DriftFinding,
    DriftScan,
    Exclusion,
    TenantReading,
)

NOTHING = timedelta(0)
FOREIGN = "198.51.100.9"


def looked(device: Device) -> DriftScan:
    """Have a PC looked at, as Ivo asks for it."""
    request_scan(device.pk, by=person(IVO), now=timezone.now())
    run_drift_scan(device.pk, plan=quick_plan(), every=NOTHING)
    return DriftScan.objects.filter(device=device).latest("pk")


def read(tenant: TenantPlan) -> TenantReading:
    """Have the tenant read, an hour from now: what was settled just now is not judged."""
    request_scan(None, by=person(IVO), now=timezone.now())
    later = TenantPlan(clock=lambda: timezone.now() + timedelta(hours=1), connect=tenant.connect)
    run_tenant_reading(plan=later, every=NOTHING)
    return TenantReading.objects.latest("pk")


def differences() -> list[tuple[str, str, int | None]]:
    found = DriftFinding.objects.present().order_by("code", "value")
    return list(found.values_list("code", "value", "exclusion_id"))


def in_force_on(pc: SimulatedPC, lab_server, what=IP, people=(IVO,)) -> Exclusion:
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA))), what), *people)
    worked()
    return present(exclusion)


def ended(exclusion: Exclusion, tenant: TenantPlan | None = None) -> Exclusion:
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked(tenant=tenant)
    return present(exclusion)


def approved_and_worked(beside: Exclusion, what) -> Exclusion:
    exclusion = approved(asked(beside.case, what))
    worked()
    return present(exclusion)


def in_force_in_tenant(tenant: TenantPlan) -> Exclusion:
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant)
    return present(exclusion)


@contextmanager
def nothing_can_be_kept() -> Iterator[None]:
    """Have the database refuse every new difference, as a fault of ours would."""
    table = "ALTER TABLE troubleshooting_driftfinding"
    with as_owner() as cursor:
        cursor.execute(f"{table} ADD CONSTRAINT none_at_all CHECK (false) NOT VALID")
    try:
        yield
    finally:
        with as_owner() as cursor:
            cursor.execute(f"{table} DROP CONSTRAINT none_at_all")
