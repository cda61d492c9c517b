"""Celery's doors to exclusions."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from troubleshooting import dispatch
from troubleshooting.actions import faults
from troubleshooting.actions.exclusions import placements
from troubleshooting.actions.runs import drift_scan
from troubleshooting.actions.runs import on_pc as enforcement
from troubleshooting.actions.runs import retest as retests
from troubleshooting.tasks.notified import Notified
from troubleshooting.tasks.plans import tenant_plan, visit_plan


@shared_task(name=dispatch.RUN_PLACEMENT, base=Notified, ignore_result=True)
def run_placement(*, placement_id: int) -> None:
    """Put an exclusion in one place, or take it off. Whatever fails here is tried again, with growing pauses."""

    def put_off(fault: str) -> None:
        placements.put_off_fault(placement_id, fault, now=timezone.now())

    with faults.recorded(put_off, event="placement_failed", placement_id=placement_id):
        enforcement.run_placement(placement_id, plan=visit_plan(), tenant=tenant_plan())


@shared_task(name=dispatch.RUN_RETEST, base=Notified, ignore_result=True)
def run_retest(*, retest_id: int) -> None:
    """Try whether an exclusion works, or is still needed. Whatever fails here is tried again, with growing pauses."""

    def put_off(fault: str) -> None:
        retests.put_off_fault(retest_id, fault, now=timezone.now())

    with faults.recorded(put_off, event="retest_failed", retest_id=retest_id):
        retests.run_retest(retest_id, plan=visit_plan())


@shared_task(name=dispatch.RUN_DRIFT_SCAN, base=Notified, ignore_result=True)
def run_drift_scan(*, device_id: int) -> None:
    """Compare a PC with the register of exclusions."""
    drift_scan.run_drift_scan(device_id, plan=visit_plan(), every=settings.DRIFT_CHECK_EVERY)


@shared_task(name=dispatch.READ_TENANT, base=Notified, ignore_result=True)
def read_tenant() -> None:
    """Read the tenant's list of indicators and compare it with the register of exclusions."""
    drift_scan.run_tenant_reading(plan=tenant_plan(), every=settings.TENANT_READ_EVERY)
