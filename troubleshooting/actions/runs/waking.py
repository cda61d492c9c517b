"""Those who wait for a PC that a worker has just left."""

from __future__ import annotations

from datetime import datetime

from troubleshooting import dispatch
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import CheckRun, Retest, SettingLease


def wake_others(device_id: int, *, now: datetime) -> None:
    """Notify what wants a visit to this PC; without it the sweep would, within a minute."""
    for pk in SettingLease.objects.wanting_a_visit(now=now).filter(device_id=device_id).values_list("pk", flat=True):
        dispatch.lease_wants_visit(pk)
    for pk in due_placements(now=now).filter(device_id=device_id).values_list("pk", flat=True):
        dispatch.placement_wants_visit(pk)
    for pk in Retest.objects.wanting_a_visit(now=now).filter(device_id=device_id).values_list("pk", flat=True):
        dispatch.retest_wants_visit(pk)
    queued = CheckRun.objects.filter(device_id=device_id, status=RunStatus.QUEUED)
    for pk in queued.values_list("pk", flat=True):
        dispatch.check_run_queued(pk)
