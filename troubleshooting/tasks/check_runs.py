"""Celery's doors to check runs and to the sweep."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from troubleshooting import dispatch
from troubleshooting.actions import faults, sign_in
from troubleshooting.actions.checks import endings
from troubleshooting.actions.exclusions import warnings as exclusion_warnings
from troubleshooting.actions.runs import check as visits
from troubleshooting.actions.runs import drift_scan
from troubleshooting.actions.runs import lease as lease_runs
from troubleshooting.actions.runs import sweep as sweeping
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.tasks.notified import Notified
from troubleshooting.tasks.plans import visit_plan
from troubleshooting.tenant.connection import settings_of


@shared_task(name=dispatch.RUN_CHECKS, base=Notified, ignore_result=True)
def run_checks(*, check_run_id: int) -> None:
    """Visit the PC of a queued check run."""

    def fail(fault: str) -> None:
        endings.fail_check_run(check_run_id, DeviceErrorCode.PORTAL_FAULT, detail=fault, now=timezone.now())

    with faults.recorded(fail, event="check_run_failed", check_run_id=check_run_id):
        visits.run_checks(check_run_id, plan=visit_plan())


@shared_task(name=dispatch.RUN_LEASE, base=Notified, ignore_result=True)
def run_lease(*, lease_id: int) -> None:
    """Look after a temporary change on a PC. Whatever fails here is tried again by the sweep."""
    lease_runs.run_lease(lease_id, plan=visit_plan())


@shared_task(name=dispatch.SWEEP, ignore_result=True)
def sweep() -> None:
    """Find what was left behind."""
    sweeping.sweep(now=timezone.now(), lost_after=settings.CHECK_RUN_LOST_AFTER)
    exclusion_warnings.warn_of_ends(now=timezone.now(), may_retest=settings.EXCLUSION_RETESTS)
    drift_scan.request_due_scans(
        now=timezone.now(),
        every=settings.DRIFT_CHECK_EVERY,
        tenant_every=settings.TENANT_READ_EVERY,
        has_tenant=settings_of(settings).is_set_up,
    )
    with faults.alone("sessions"):
        sign_in.clear_up(now=timezone.now())
