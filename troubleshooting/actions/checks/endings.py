"""How a check run ends, or waits: one transaction each, with the verdict and the case's next stage in it."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.case_stage import end_checking, reach_verdict
from troubleshooting.actions.checks.check_runs import end_run
from troubleshooting.actions.visits.evidence import EvidenceKeeper
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus, next_attempt
from troubleshooting.domain.checks.finding import Finding
from troubleshooting.domain.evidence.device_errors import PASSING, DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.verdict.verdict import conclude
from troubleshooting.models import Case, CheckRun, Device
from troubleshooting.queries.cases.whose_list import read_tenant_list

log = structlog.get_logger(__name__)


@transaction.atomic
def end_with_visit(run: CheckRun, keeper: EvidenceKeeper, *, now: datetime) -> None:
    """Finish the run of a visit that was made; does nothing where another worker has taken it over."""
    locked = _lock_own(run)
    if locked is None:
        return
    snapshot, findings = keeper.judged(is_over=True)
    keeper.save_findings(findings, now=now)
    end_run(locked, as_=RunStatus.FINISHED, now=now)
    _remember_device(run, snapshot, now=now)
    activity_log.record("check_finished", locked, case=locked.case, actor=None, now=now, attempt=run.attempt)
    _conclude(locked, snapshot, findings, now=now)


@transaction.atomic
def end_without_visit(
    run: CheckRun, keeper: EvidenceKeeper, code: DeviceErrorCode, *, detail: str, now: datetime
) -> None:
    """Wait where time may heal, else end the run; what was answered before the fault is kept either way."""
    locked = _lock_own(run)
    if locked is None:
        return
    again_at = next_attempt(attempt=run.attempt, now=now, deadline=run.deadline_at)
    if code == DeviceErrorCode.CANCELLED or locked.cancel_requested_at is not None:
        keeper.save_findings(keeper.judged(is_over=True)[1], now=now)
        end_cancelled(locked, now=now)
    elif code in PASSING and again_at is not None:
        _wait(locked, code, detail=detail, again_at=again_at, now=now)
    else:
        _fail(locked, keeper, code, detail=detail, now=now)


@transaction.atomic
def fail_check_run(check_run_id: int, code: DeviceErrorCode, *, detail: str, now: datetime) -> None:
    """End a live run that no worker will end: its deadline has passed, or the portal itself failed."""
    case_id = CheckRun.objects.filter(pk=check_run_id).values_list("case_id", flat=True).first()
    if case_id is None:
        return
    case = Case.objects.locked().get(pk=case_id)
    run = CheckRun.objects.live().locked().filter(pk=check_run_id).first()
    if run is None:
        return
    run.case = case
    try:
        with transaction.atomic():
            _fail(run, EvidenceKeeper.resumed(run, clock=lambda: now), code, detail=detail, now=now)
    except Exception:  # what cannot be judged must end all the same
        log.exception("check_run_not_judged", check_run_id=check_run_id)
        run.refresh_from_db()
        end_run(run, as_=RunStatus.FAILED, now=now, error=DeviceErrorCode.PORTAL_FAULT, detail=detail)
        end_checking(case, now=now)
        failed = DeviceErrorCode.PORTAL_FAULT.value
        activity_log.record("check_failed", run, case=case, actor=None, now=now, error_code=failed, attempt=run.attempt)


def end_cancelled(locked: CheckRun, *, now: datetime) -> None:
    """End a run that is locked with its case, because a person asked for it."""
    end_run(locked, as_=RunStatus.CANCELLED, now=now)
    end_checking(locked.case, now=now)
    activity_log.record("check_cancelled", locked, case=locked.case, actor=None, now=now)


def _wait(locked: CheckRun, code: DeviceErrorCode, *, detail: str, again_at: datetime, now: datetime) -> None:
    locked.status = RunStatus.WAITING.value
    locked.next_attempt_at = again_at
    locked.error_code = code.value
    locked.error_detail = detail
    locked.version += 1
    locked.save(update_fields=["status", "next_attempt_at", "error_code", "error_detail", "version"])
    activity_log.record(
        "check_waiting",
        locked,
        case=locked.case,
        actor=None,
        now=now,
        error_code=code.value,
        next_attempt_at=again_at.isoformat(),
        attempt=locked.attempt,
    )


def _fail(locked: CheckRun, keeper: EvidenceKeeper, code: DeviceErrorCode, *, detail: str, now: datetime) -> None:
    snapshot, findings = keeper.judged(is_over=True)
    keeper.save_findings(findings, now=now)
    end_run(locked, as_=RunStatus.FAILED, now=now, error=code, detail=detail)
    activity_log.record(
        "check_failed", locked, case=locked.case, actor=None, now=now, error_code=code.value, attempt=locked.attempt
    )
    _conclude(locked, snapshot, findings, now=now)


def _lock_own(run: CheckRun) -> CheckRun | None:
    """Lock the run's case and the run, if this worker's attempt still has it."""
    case = Case.objects.locked().get(pk=run.case_id)  # first the case, then the run: the order of every action
    locked = CheckRun.objects.locked().filter(pk=run.pk, status=RunStatus.RUNNING, attempt=run.attempt).first()
    if locked is not None:
        locked.case = case
    return locked


def _conclude(run: CheckRun, snapshot: Snapshot, findings: tuple[Finding, ...], *, now: datetime) -> None:
    """Store the verdict of an ended run and move its case on; a case that was withdrawn meanwhile stays as it is."""
    case = run.case  # locked, with its run
    if case.stage == Stage.WITHDRAWN:
        return
    verdict = conclude(case.report, snapshot, findings, tenant=read_tenant_list(case))
    reach_verdict(case, verdict, now=now, check_run=run)


def _remember_device(run: CheckRun, snapshot: Snapshot, *, now: datetime) -> None:
    seen = snapshot.computer.user_name if snapshot.computer else None
    Device.objects.filter(pk=run.device_id).update(last_visited_at=now, console_user=(seen or "")[:200])
