"""Names of the tasks, and the nudges that queue them once a transaction has committed.

The row is the truth: a nudge that is lost (broker away) costs a minute, until the sweep finds the row.
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


def check_run_queued(check_run_id: int) -> None:
    """Nudge a worker to take a queued check run, on commit."""
    transaction.on_commit(lambda: _send(RUN_CHECKS, check_run_id=check_run_id))


def lease_wants_visit(lease_id: int) -> None:
    """Nudge a worker to look after a lease, on commit."""
    transaction.on_commit(lambda: _send(RUN_LEASE, lease_id=lease_id))


def placement_wants_visit(placement_id: int) -> None:
    """Nudge a worker to put an exclusion on a PC or to take it off, on commit."""
    transaction.on_commit(lambda: _send(RUN_PLACEMENT, placement_id=placement_id))


def _send(name: str, **kwargs: int) -> None:
    try:
        current_app.send_task(name, kwargs=kwargs, retry=False)
    except OperationalError as error:
        log.warning("nudge_lost", task=name, error=str(error), **kwargs)
