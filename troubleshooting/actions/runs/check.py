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
from troubleshooting.actions.runs.waking import wake_others
from troubleshooting.actions.visits.evidence import EvidenceKeeper, Superseded, heartbeat
from troubleshooting.actions.visits.plan import VisitPlan, address_of
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.visit import visit
from troubleshooting.models import CheckRun, DeviceSnapshot, SettingLease
from troubleshooting.models.lease import NOT_BACK_CODES

log = structlog.get_logger(__name__)

ONE_VISIT_PER_DEVICE = "run_one_visit_per_device"


def run_checks(check_run_id: int, *, plan: VisitPlan) -> None:
    """Visit the PC of a queued run and judge what it says; does nothing where the run is not queued any more."""
    queued = CheckRun.objects.filter(pk=check_run_id, status=RunStatus.QUEUED)
    device_id = queued.values_list("device_id", flat=True).first()
    if device_id is None:  # ended or taken already: the PC stays free for others
        log.info("check_run_not_taken", check_run_id=check_run_id)
        return
    with device_lock(device_id) as is_free:
        run = _claim(check_run_id, now=plan.clock()) if is_free else None
        if run is None:
            log.info("check_run_not_taken", check_run_id=check_run_id)
            return
        _run_claimed(run, plan)
    wake_others(device_id, now=plan.clock())


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


def _claim(check_run_id: int, *, now: datetime) -> CheckRun | None:
    """Take a queued run; None where another worker has it or its PC is being visited for another case."""
    queued = CheckRun.objects.filter(pk=check_run_id, status=RunStatus.QUEUED, deadline_at__gt=now)
    on_loan = SettingLease.objects.filter(device_id=OuterRef("device_id"), status__in=NOT_BACK_CODES)
    queued = queued.exclude(Exists(on_loan))  # it would find the portal's own audit mode; the sweep asks again
    try:
        with transaction.atomic():
            taken = queued.update(
                status=RunStatus.RUNNING,
                attempt=F("attempt") + 1,
                started_at=now,
                heartbeat_at=now,
                error_code="",
                error_detail="",
                version=F("version") + 1,
            )
            if not taken:
                return None
            run = CheckRun.objects.select_related("case", "device__group").get(pk=check_run_id)
            activity_log.record("check_started", run, case=run.case, actor=None, now=now, attempt=run.attempt)
            return run
    except IntegrityError as error:
        if ONE_VISIT_PER_DEVICE not in str(error):
            raise
        return None


def _visit(run: CheckRun, keeper: EvidenceKeeper, plan: VisitPlan) -> None:
    """Speak to the PC; every answer is kept before the next is read."""
    group = run.device.group
    address = address_of(run.device, ca_file=plan.ca_file, changes=False)
    snapshot = keeper.begin(endpoint=address.shown, profile=group.credential_profile)
    credential = plan.credential(group.credential_profile)
    DeviceSnapshot.objects.filter(pk=snapshot.pk).update(account=credential.username or "")
    visit(
        address,
        credential,
        on_answer=keeper.keep,
        should_stop=lambda: not heartbeat(run, now=plan.clock()),
        limits=plan.limits,
        clock=plan.clock,
        since=plan.events_since,
    )
