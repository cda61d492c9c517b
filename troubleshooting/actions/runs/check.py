"""What a worker does with a check run: claim it, visit the PC, keep every answer as it comes, hand over to the ending.

No transaction is open while the PC is spoken to. Whatever a worker writes repeats the attempt it claimed, so that a
worker that was given up for lost cannot write into the run that replaced it.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef

from troubleshooting.actions import activity_log, drift
from troubleshooting.actions.checks import endings
from troubleshooting.actions.locks import device_lock
from troubleshooting.actions.visits.after_the_checks import ask_after_the_checks
from troubleshooting.actions.visits.device_visit import DeviceVisit, connected
from troubleshooting.actions.visits.evidence import EvidenceKeeper, Superseded, heartbeat
from troubleshooting.actions.visits.plan import VisitPlan, access_to
from troubleshooting.actions.waking import wake_next
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import CheckRun, SettingLease
from troubleshooting.models.lease import NOT_BACK_CODES

log = structlog.get_logger(__name__)

ONE_VISIT_PER_DEVICE = "run_one_visit_per_device"


def run_checks(check_run_id: int, *, plan: VisitPlan) -> None:
    """Visit the PC of a queued run and judge what it says; does nothing where the run is not queued any more."""
    queued = CheckRun.objects.filter(pk=check_run_id, status=RunStatus.QUEUED)
    run = queued.select_related("case", "device__group").first()
    if run is None:  # ended or taken already: the PC stays free for others
        log.info("check_run_not_taken", check_run_id=check_run_id)
        return
    with device_lock(run.device_id) as is_free:
        if not is_free or not _claim(run, now=plan.clock()):
            log.info("check_run_not_taken", check_run_id=check_run_id)
            return
        _run_claimed(run, plan)
    wake_next(run.device_id, now=plan.clock())


def _run_claimed(run: CheckRun, plan: VisitPlan) -> None:
    """Visit the PC of a run that this worker has taken, and end the run, whatever happens."""
    keeper = EvidenceKeeper(run, clock=plan.clock)
    try:
        _visit(run, keeper, plan)
    except Superseded:
        log.warning("check_run_superseded", check_run_id=run.pk, attempt=run.attempt)
    except MachineError as error:
        log.info("visit_failed", check_run_id=run.pk, attempt=run.attempt, code=error.code)
        endings.end_without_visit(run, keeper, error.code, detail=error.detail, now=plan.clock())
    else:
        endings.end_with_visit(run, keeper, now=plan.clock())
        drift.learn_from_check(run.device, keeper.judged(is_over=True)[0], now=plan.clock())


def _claim(run: CheckRun, *, now: datetime) -> bool:
    """Take a queued run; False where another worker has taken it, or its PC is visited for another case."""
    as_read = CheckRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED, attempt=run.attempt, deadline_at__gt=now)
    on_loan = SettingLease.objects.filter(device_id=OuterRef("device_id"), status__in=NOT_BACK_CODES)
    free = as_read.exclude(Exists(on_loan))  # it would find the portal's own audit mode; the sweep asks again
    claim = {"status": RunStatus.RUNNING.value, "attempt": run.attempt + 1, "started_at": now, "heartbeat_at": now}
    claim |= {"error_code": "", "error_detail": ""}
    try:
        with transaction.atomic():
            if not free.update(**claim, version=F("version") + 1):
                return False
            for field, value in claim.items():
                setattr(run, field, value)
            activity_log.record("check_started", run, case=run.case, actor=None, now=now, attempt=run.attempt)
    except IntegrityError as error:
        if ONE_VISIT_PER_DEVICE not in str(error):
            raise
        return False
    return True


def _visit(run: CheckRun, keeper: EvidenceKeeper, plan: VisitPlan) -> None:
    """Speak to the PC; every answer is kept before the next is read."""
    access = access_to(run.device, plan, changes=False)
    keeper.begin(access)

    def should_stop() -> bool:
        return not heartbeat(run, now=plan.clock())

    with connected(DeviceVisit, access, plan, keep=keeper.keep, should_stop=should_stop) as visit:
        visit.read_prerequisites()
        ask_after_the_checks(visit, keeper)
