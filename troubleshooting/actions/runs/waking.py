"""Those who wait for a PC that a worker has just left."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Value

from troubleshooting import dispatch
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import CheckRun, Retest, SettingLease


def wake_others(device_id: int, *, now: datetime) -> None:
    """Notify what wants a visit to this PC; without it the sweep would, within a minute."""
    waiting = (
        (dispatch.lease_wants_visit, SettingLease.objects.wanting_a_visit(now=now)),
        (dispatch.placement_wants_visit, due_placements(now=now)),
        (dispatch.retest_wants_visit, Retest.objects.wanting_a_visit(now=now)),
        (dispatch.check_run_queued, CheckRun.objects.filter(status=RunStatus.QUEUED)),
    )
    of_device = (
        rows.filter(device_id=device_id).order_by().annotate(turn=Value(turn)).values_list("turn", "pk")
        for turn, (_, rows) in enumerate(waiting)
    )
    first, *others = of_device
    for turn, pk in first.union(*others, all=True).order_by("turn", "pk"):  # one question for all of them
        notify, _ = waiting[turn]
        notify(pk)
