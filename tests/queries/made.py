"""Runs that have been made, written straight into the tables as the worker leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import escape

from tests.domain import builders
from tests.factories import CaseFactory, CheckRunFactory, UserFactory
from tests.support.roles import as_owner
from troubleshooting.actions import activity_log
from troubleshooting.actions.visits.evidence import finding_content
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import Finding
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.verdict.verdict import conclude
from troubleshooting.models import (
    Case,
    CaseVerdict,
    CheckFinding,
    CheckRun,
    Device,
    DeviceAnswer,
    DeviceSnapshot,
    User,
)

__all__ = ["builders", "escape", "judge", "timezone"]  # handed on

HOSTILE = "<script>alert('pwned')</script>"
EVENT_XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Windows Defender'/><EventID>1126</EventID>"
    "<TimeCreated SystemTime='{at}'/><EventRecordID>{record}</EventRecordID><Computer>PC</Computer></System><EventData>"
    "<Data Name='Product Name'>Defender</Data><Data Name='Product Version'>4.18</Data><Data Name='ID'>x</Data>"
    "<Data Name='Detection Time'>{at}</Data><Data Name='User'>{user}</Data>"
    "<Data Name='Destination'>{destination}</Data><Data Name='Process Name'>C:\\chrome.exe</Data></EventData></Event>"
)
RTP_OFF = builders.with_status(real_time_protection=False, running_mode="Passive Mode")


def reviewer() -> User:
    return UserFactory(reviewer=True)


def blocked_case(**fields: Any) -> Case:
    """A safe site that network protection blocked, checked."""
    case = CaseFactory(checked=True, **fields)
    finished_run(case, snapshot=seen_block(case))
    return case


def seen_block(case: Case) -> Snapshot:
    return builders.snapshot(
        collected_at=case.opened_at,
        events=(builders.event(case.indicator_host, recorded_at=case.happened_at),),
    )


def finished_run(case: Case, *, snapshot: Snapshot | None = None, events: int = 1, **fields: Any) -> CheckRun:
    """A run that was made, with a verdict."""
    run = CheckRunFactory(case=case, finished=True, **fields)
    found = snapshot or builders.snapshot(collected_at=case.opened_at)
    findings = judge(found, report=case.report)
    save_findings(run, findings)
    make_visit(run, events=events)
    verdict = conclude(case.report, found, findings)
    CaseVerdict.objects.create(
        case=case,
        check_run=run,
        code=verdict.code.value,
        confidence=verdict.confidence.value,
        content=verdict.as_json(),
        concluded_at=run.finished_at,
    )
    return run


def failed_run(case: Case, code: DeviceErrorCode, *, detail: str = "original words") -> CheckRun:
    now = timezone.now()
    return CheckRunFactory(
        case=case, status="failed", attempt=1, started_at=now, finished_at=now, error_code=code, error_detail=detail
    )


def save_findings(run: CheckRun, findings: tuple[Finding, ...]) -> None:
    CheckFinding.objects.bulk_create(
        CheckFinding(
            check_run=run,
            check_id=finding.check,
            status=finding.status.value,
            content=finding_content(finding),
            judged_at=run.requested_at,
        )
        for finding in findings
    )


def make_visit(run: CheckRun, *, events: int = 1, attempt: int = 1, user: str = "LAB\\emma") -> DeviceSnapshot:
    """A visit with three commands; the last one read the events."""
    visit = DeviceSnapshot.objects.create(
        check_run=run,
        attempt=attempt,
        account="svc-portal",
        credential_profile="office",
        endpoint="https://pc-0001:5986/wsman",
        started_at=run.requested_at,
    )
    at = run.case.happened_at.isoformat().replace("+00:00", "Z")
    destination = run.case.indicator_host
    xml = [EVENT_XML.format(at=at, record=4700 + n, user=user, destination=destination) for n in range(events)]
    contents: dict[str, list[Any]] = {
        "operating_system": [{"Caption": "Microsoft Windows 11 Enterprise", "BuildNumber": "26100", "ProductType": 1}],
        "computer_status": [{"AMRunningMode": "Normal"}],
        "protection_events": xml,
    }
    for position, (name, content) in enumerate(contents.items()):
        DeviceAnswer.objects.create(
            snapshot=visit,
            position=position,
            name=name,
            pipeline=f"Get-{name}",
            sent_at=run.requested_at + timedelta(seconds=position),
            seconds=0.5,
            state="answered",
            content=content,
            errors=[],
        )
    return visit


def on_device_of_another(case: Case, owner: User) -> Device:
    """Let the case's PC be somebody else's all along, so that the reporter does not own it."""
    Device.objects.filter(pk=case.device_id).update(owner=owner)
    with as_owner():
        Case.objects.filter(pk=case.pk).update(device_owner=owner)
    case.refresh_from_db()
    return case.device


def later(moment: datetime, **by: int) -> datetime:
    return moment + timedelta(**by)


def actions_of(run: CheckRun) -> None:
    """The activity entries that a finished run leaves."""
    for action in ("check_started", "check_finished", "verdict_reached"):
        activity_log.record(action, run, case=run.case, actor=None, now=run.requested_at)
