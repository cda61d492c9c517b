"""What beat asks for every minute: find the runs that a lost message, a lost worker or the clock left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.checks.check_runs import requeue
from troubleshooting.actions.checks.endings import end_cancelled, fail_check_run
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.scope import follow_scope, out_of_step
from troubleshooting.actions.faults import alone
from troubleshooting.actions.runs.holders import LEFT, UNTOLD
from troubleshooting.actions.waking import wake_all
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import Case, CheckRun, SettingLease
from troubleshooting.models.check_run import CheckRunQuerySet
from troubleshooting.models.lease import NOT_BACK_CODES

log = structlog.get_logger(__name__)

MOST_LOSSES = 5  # a run whose workers vanish this often is ended instead of taking the next one down
NOT_OVER = Q(cancel_requested_at=None, attempt__lt=MOST_LOSSES)  # a lost run that another worker is to take
PORTION = 500  # runs in one transaction


def sweep(*, now: datetime, lost_after: timedelta) -> None:
    """Notify, requeue or end everything that needs it; each in its own transaction, so that one fault stops nothing."""
    tended = SettingLease.objects.filter(pk__in=leases_to_tend(now=now)).order_by("ends_at", "pk")
    for pk, status in tended.values_list("pk", "status"):
        dispatch.lease_wants_visit(pk, ends=status in NOT_BACK_CODES)
    _each(CheckRun.objects.overdue(now=now), _end_overdue, now=now)
    _requeue_all(CheckRun.objects.due_again(now=now), now=now)
    lost = CheckRun.objects.lost(now=now, after=lost_after)
    _each(lost.exclude(NOT_OVER), _give_up, now=now)
    _requeue_all(lost.filter(NOT_OVER), now=now, reason="worker_lost")
    expire_exclusions(now=now)
    for pk in out_of_step():
        with alone("scope", pk):
            follow_scope(pk, now=now)
    wake_all(now=now)


def leases_to_tend(*, now: datetime) -> set[int]:
    """Return the leases to begin or to put back, and those whose holder was left behind or is untold."""
    wanting = SettingLease.objects.wanting_a_visit(now=now)
    left = SettingLease.objects.in_use(now=now).filter(LEFT)
    untold = SettingLease.objects.filter(UNTOLD, ended_at__isnull=False)
    return {pk for found in (wanting, left, untold) for pk in found.values_list("pk", flat=True)}


def _each(found: CheckRunQuerySet, action: Callable[[CheckRun, datetime], None], *, now: datetime) -> None:
    """Do the action to each run that still is as it was found; one that cannot be done stops no other."""
    for pk, case_id in list(found.values_list("pk", "case_id")):
        with alone("run", pk), transaction.atomic():
            case = Case.objects.locked().get(pk=case_id)  # first the case, then the run: the order of every action
            run = found.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
            if run is not None:
                run.case = case
                action(run, now)


def _end_overdue(run: CheckRun, now: datetime) -> None:
    code = DeviceErrorCode(run.error_code) if run.error_code else DeviceErrorCode.UNREACHABLE
    fail_check_run(run.pk, code, detail=run.error_detail, now=now)


def _give_up(run: CheckRun, now: datetime) -> None:
    """End a lost worker's run where that was asked for, or where it happened too often."""
    _log_lost(run)
    if run.cancel_requested_at is not None:
        end_cancelled(run, now=now)
        return
    fail_check_run(
        run.pk,
        DeviceErrorCode.PORTAL_FAULT,
        detail="The workers that visited this PC were lost again and again.",
        now=now,
    )


def _requeue_all(found: CheckRunQuerySet, *, now: datetime, **why: str) -> None:
    """Hand runs to the next worker, many in one transaction; where one cannot be, each has its own."""
    due = list(found.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(due), PORTION):
        pks = due[start : start + PORTION]
        try:
            _requeue(found.filter(pk__in=pks), now=now, why=why)
        except Exception:
            log.exception("portion_failed", what="run", runs=len(pks))
            for pk in pks:
                with alone("run", pk):
                    _requeue(found.filter(pk=pk), now=now, why=why)


@transaction.atomic
def _requeue(found: CheckRunQuerySet, *, now: datetime, why: dict[str, str]) -> None:
    """Put runs back into the queue; one that somebody else has locked is left to them and to the next sweep.

    Their cases are not locked: nothing of a case changes, and whoever has both locked is left out.
    """
    runs = list(found.locked(skip_locked=True).order_by("pk"))
    if why:
        for run in runs:
            _log_lost(run)
    requeue(runs, now=now)
    details = ((run, {"attempt": run.attempt, **why}) for run in runs)
    activity_log.record_each("check_requeued", details, now=now)


def _log_lost(run: CheckRun) -> None:
    log.warning("worker_lost", check_run_id=run.pk, attempt=run.attempt)
