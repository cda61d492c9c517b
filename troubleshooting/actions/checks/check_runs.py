"""What people do with check runs: ask for one, stop it, ask for the next try at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.case_stage import end_checking, move_case
from troubleshooting.actions.checks.limits import check_live_checks, check_open_cases, lock_counted
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.cases.case import OPEN, Stage
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.domain.checks.check_run import TRANSITIONS, RunStatus
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import Case, CheckRun, User
from troubleshooting.permissions import NotAllowed, check_may_check_device


class AlreadyLive(Refused):
    """The case's PC is being checked already."""

    text = say(_("The PC is already being checked. This page shows how far it is."))


@transaction.atomic
def start_check_run(case_id: int, *, by: User, now: datetime, deadline: timedelta, limits: CaseLimits) -> CheckRun:
    """Check the PC again, which opens a closed case; raises AlreadyLive while a run is under way, and TooMany."""
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    check_may_check_device(by, case)
    if case.check_runs.live().exists():
        raise AlreadyLive
    if case.audit_mode_tests.open().exists():
        raise NotAllowed(_("An audit-mode test is running on this PC. The check can start once it has ended."))
    lock_counted(by, case.device)
    if case.stage not in OPEN:
        check_open_cases(by, case.device, limits)
    check_live_checks(by, case.device, limits)
    move_case(case, to=Stage.CHECKING, now=now)
    return queue_check_run(case, by=by, now=now, deadline=deadline)


def queue_check_run(case: Case, *, by: User, now: datetime, deadline: timedelta) -> CheckRun:
    """Put a run in the queue; belongs inside the transaction that opens or reopens the case."""
    run = CheckRun.objects.create(
        case=case,
        device_id=case.device_id,
        requested_by=by,
        requested_at=now,
        queued_at=now,
        deadline_at=now + deadline,
    )
    activity_log.record("check_requested", run, case=case, actor=by, now=now)
    dispatch.devices_have_queued_runs(run.device_id)
    return run


@transaction.atomic
def cancel_check_run(check_run_id: int, *, by: User, now: datetime) -> CheckRun:
    """Stop a run: at once where no worker has it, else the worker stops its pipeline and ends it."""
    run = _locked_with_case(check_run_id)
    check_may_check_device(by, run.case)
    _cancel(run, run.case, by=by, now=now)
    return run


def cancel_live_runs(case: Case, *, by: User, now: datetime) -> None:
    """Stop whatever runs for a locked case."""
    for run in case.check_runs.live().locked():
        _cancel(run, case, by=by, now=now)


@transaction.atomic
def retry_check_run(check_run_id: int, *, by: User, now: datetime) -> CheckRun:
    """Try a waiting run's PC at once instead of at its next attempt."""
    run = _locked_with_case(check_run_id)
    check_may_check_device(by, run.case)
    check_transition(TRANSITIONS, RunStatus(run.status), RunStatus.QUEUED)
    requeue([run], now=now)
    run.refresh_from_db(fields=["status", "queued_at", "next_attempt_at", "version"])
    activity_log.record("check_resumed", run, case=run.case, actor=by, now=now)
    return run


def _locked_with_case(check_run_id: int) -> CheckRun:
    """Lock a run's case, then the run: always in this order, so that two actions never wait for each other."""
    case_id = CheckRun.objects.values_list("case_id", flat=True).get(pk=check_run_id)
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    run = CheckRun.objects.locked().get(pk=check_run_id)
    run.case = case
    return run


def requeue(runs: Sequence[CheckRun], *, now: datetime) -> None:
    """Put locked runs that wait, or whose worker was lost, back into the queue; one message for each PC."""
    CheckRun.objects.filter(pk__in=[run.pk for run in runs]).update(
        status=RunStatus.QUEUED, queued_at=now, next_attempt_at=None, version=F("version") + 1
    )
    dispatch.devices_have_queued_runs(*{run.device_id for run in runs})


def end_run(
    run: CheckRun, *, as_: RunStatus, now: datetime, error: DeviceErrorCode | None = None, detail: str = ""
) -> None:
    """Save the end of a locked run."""
    check_transition(TRANSITIONS, RunStatus(run.status), as_)
    run.status = as_.value
    run.finished_at = now
    run.next_attempt_at = None
    run.error_code = error.value if error else ""
    run.error_detail = detail
    run.version += 1
    run.save(update_fields=["status", "finished_at", "next_attempt_at", "error_code", "error_detail", "version"])


def _cancel(run: CheckRun, case: Case, *, by: User, now: datetime) -> None:
    if run.status == RunStatus.RUNNING:
        CheckRun.objects.filter(pk=run.pk, cancel_requested_at=None).update(
            cancel_requested_at=now, version=F("version") + 1
        )
        activity_log.record("check_cancel_requested", run, case=case, actor=by, now=now)
        return
    end_run(run, as_=RunStatus.CANCELLED, now=now)
    end_checking(case, now=now)
    activity_log.record("check_cancelled", run, case=case, actor=by, now=now)
