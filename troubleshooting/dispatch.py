"""Names of the tasks, and the messages that queue them once a transaction has committed.

The row is the truth: a message that is lost (broker away) costs a minute, until the sweep finds the row. What ends has
a queue of its own, so that it never stands behind what people wish for. No second message is sent for a row while the
first is young and no worker has taken it: the broker's own Redis remembers that, so both are lost together.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from troubleshooting.domain.base import processes
from troubleshooting.domain.base.processes import Queue
from troubleshooting.models import CheckRun

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


def devices_have_queued_runs(*device_ids: int) -> None:
    """Notify a worker to take the check run that is next on each PC, on commit; none where one of its runs is visited.

    Whoever visits the PC looks for the next one after its own end is committed, so none is missed.
    """
    transaction.on_commit(lambda: _send_next(device_ids))


def lease_wants_visit(lease_id: int, *, ends: bool = False) -> None:
    """Notify a worker to look after a lease, on commit; ``ends``: its setting is to be restored."""
    transaction.on_commit(lambda: _send(RUN_LEASE, _queue(ends=ends), lease_id=lease_id))


def placement_wants_visit(placement_id: int, *, ends: bool = False) -> None:
    """Notify a worker to put an exclusion on a PC or to take it off (``ends``), on commit."""
    transaction.on_commit(lambda: _send(RUN_PLACEMENT, _queue(ends=ends), placement_id=placement_id))


def retest_wants_visit(retest_id: int) -> None:
    """Notify a worker to try whether an exclusion works, or is still needed, on commit."""
    transaction.on_commit(lambda: _send(RUN_RETEST, retest_id=retest_id))


def device_wants_drift_scan(device_id: int) -> None:
    """Notify a worker to compare a PC with the register of exclusions, on commit."""
    transaction.on_commit(lambda: _send(RUN_DRIFT_SCAN, device_id=device_id))


def tenant_wants_reading() -> None:
    """Notify a worker to read the tenant's list and to compare it with the register, on commit."""
    transaction.on_commit(lambda: _send(READ_TENANT))


def message_taken(name: str, queue: str, **kwargs: int) -> None:
    """Let the next message for the same row be sent: a worker has begun with this one."""
    try:
        cache.delete(_key(name, queue, kwargs))
    except RedisError as error:
        log.warning("message_not_forgotten", task=name, error=str(error), **kwargs)


def _queue(*, ends: bool) -> Queue:
    return Queue.SAFETY if ends else Queue.PORTAL


def _send_next(device_ids: Collection[int]) -> None:
    for pk in CheckRun.objects.next_on(device_ids).values_list("pk", flat=True):
        _send(RUN_CHECKS, check_run_id=pk)


def _send(name: str, queue: Queue = Queue.PORTAL, **kwargs: int) -> None:
    try:
        if cache.add(_key(name, queue.value, kwargs), 1, timeout=processes.YOUNG_FOR.total_seconds()):
            current_app.send_task(name, kwargs=kwargs, queue=queue.value, retry=False)
    except (OperationalError, RedisError) as error:
        log.warning("notification_lost", task=name, error=str(error), **kwargs)


def _key(name: str, queue: str, kwargs: dict[str, int]) -> str:
    return ":".join(["sent", queue, name, *map(str, kwargs.values())])
