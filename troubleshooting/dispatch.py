"""Names of the tasks, and the messages that queue them once a transaction has committed.

The row is the truth: a message that is lost (broker away) costs a minute, until the sweep finds the row.
"""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

RUN_CHECKS = "troubleshooting.run_checks"
RUN_PLACEMENT = "troubleshooting.run_placement"
RUN_LEASE = "troubleshooting.run_lease"
SWEEP = "troubleshooting.sweep"
RUN_DRIFT_SCAN = "troubleshooting.run_drift_scan"
READ_TENANT = "troubleshooting.read_tenant"
RUN_RETEST = "troubleshooting.run_retest"


def check_run_queued(check_run_id: int) -> None:
    """Notify a worker to take a queued check run, on commit."""
    transaction.on_commit(lambda: _send(RUN_CHECKS, check_run_id=check_run_id))


def lease_wants_visit(lease_id: int) -> None:
    """Notify a worker to look after a lease, on commit."""
    transaction.on_commit(lambda: _send(RUN_LEASE, lease_id=lease_id))


def placement_wants_visit(placement_id: int) -> None:
    """Notify a worker to put an exclusion on a PC or to take it off, on commit."""
    transaction.on_commit(lambda: _send(RUN_PLACEMENT, placement_id=placement_id))


def retest_wants_visit(retest_id: int) -> None:
    """Notify a worker to try whether an exclusion works, or is still needed, on commit."""
    transaction.on_commit(lambda: _send(RUN_RETEST, retest_id=retest_id))


def device_wants_drift_scan(device_id: int) -> None:
    """Notify a worker to compare a PC with the register of exclusions, on commit."""
    transaction.on_commit(lambda: _send(RUN_DRIFT_SCAN, device_id=device_id))


def tenant_wants_reading() -> None:
    """Notify a worker to read the tenant's list and to compare it with the register, on commit."""
    transaction.on_commit(lambda: _send(READ_TENANT))


def _send(name: str, **kwargs: int) -> None:
    try:
        current_app.send_task(name, kwargs=kwargs, retry=False)
    except OperationalError as error:
        log.warning("notification_lost", task=name, error=str(error), **kwargs)
