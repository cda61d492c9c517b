"""The sheet to copy from into Microsoft's form, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.submissions.forms import FormLink, form_links
from troubleshooting.domain.submissions.lists import other_list
from troubleshooting.domain.submissions.submission import (
    ADDITIONAL_INFORMATION_LIMIT,
    Company,
    SubmissionField,
    SubmissionStatus,
    fields,
    why_not,
)
from troubleshooting.domain.verdict.verdict import Verdict
from troubleshooting.models import AuditModeTest, Case, CheckRun, Submission
from troubleshooting.models.choices import PROBLEM_LABELS, SUBMISSION_FORM_LABELS, SUBMISSION_STATUS_LABELS
from troubleshooting.models.submission import AWAITED
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.checks.evidence import findings_of, read_snapshot
from troubleshooting.queries.leases.audit_mode_events import read_events

NOT_CHECKED_YET = _("No check of the PC has reached a verdict yet. A submission needs its evidence.")
CHECK_FIRST = _("Have the PC checked. The submission appears here once there is a verdict.")


@dataclass(frozen=True, slots=True)
class SheetField:
    """One field of Microsoft's form."""

    field: SubmissionField
    length: int
    is_long: bool


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """What was recorded of one submission."""

    status: str
    status_label: Promise
    reference: str
    determination: str
    sent_at: datetime | None
    sent_by: str
    is_sent: bool
    is_closed: bool
    form: Promise | None
    alert_link: str
    kept_because: str
    silent_days: int  # since somebody last recorded anything, while Microsoft's answer is awaited and late; else 0


@dataclass(frozen=True, slots=True)
class Interim:
    """An exclusion of the case that is in force, to be ended or kept once Microsoft has answered."""

    pk: int
    value: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SubmissionSheet:
    """The page. ``why_not`` is None where a submission makes sense; only then are there fields."""

    case_number: str
    address: str
    kind: Promise
    why_not: Text | Promise | None
    instead: Text | Promise | None
    is_not_microsofts: bool  # the category found says so
    fields: tuple[SheetField, ...]
    limit: int
    links: tuple[FormLink, ...]
    record: SubmissionRecord | None  # of the newest submission
    earlier: tuple[SubmissionRecord, ...]  # the newest of them first
    interim: tuple[Interim, ...]  # only once Microsoft has answered
    has_evidence: bool


def judged_run(case: Case) -> CheckRun | None:
    """Return the newest run that has a verdict; one query."""
    judged = case.check_runs.exclude(verdict=None).select_related("verdict")
    return judged.order_by("-verdict__concluded_at", "-pk").first()


def read_sheet(case: Case, *, company: Company, contact: str, time_zone: tzinfo, category: str = "") -> SubmissionSheet:
    """Return the sheet of a case that the reader may open, with device and reporter joined; six queries.

    The newest verdict counts, whether a check or an audit-mode test came to it. One query more once Microsoft has
    answered.
    """
    run = judged_run(case)
    stored = case.verdicts.select_related("audit_mode_test__lease").first()
    if run is None or stored is None:
        return _sheet(case, why_not=NOT_CHECKED_YET, instead=CHECK_FIRST)
    verdict = Verdict.from_json(stored.content)
    other = other_list(category)
    reason = why_not(case.report, verdict, response_category=category)
    if reason is not None:
        is_other = other is not None and reason == other.reason
        instead = other.instead if other and is_other else verdict.next_step.text
        return _sheet(case, why_not=reason, instead=instead, is_not_microsofts=is_other, has_evidence=True)
    found = fields(
        case.report,
        _with_events_of_test(read_snapshot(run) or Snapshot(collected_at=run.requested_at), stored.audit_mode_test),
        verdict,
        company=company,
        case_number=case.number,
        findings=findings_of(run),
        time_zone=time_zone,
        response_category=category,
        contact=contact,
    )
    return _sheet(
        case,
        sheet_fields=tuple(_field(field) for field in found),
        links=form_links(case.report, verdict, response_category=category),
        has_evidence=True,
    )


def _with_events_of_test(snapshot: Snapshot, test: AuditModeTest | None) -> Snapshot:
    """Add what was logged during the test that the verdict rests on."""
    if test is None or test.lease is None:
        return snapshot
    known = {event.record_id for event in snapshot.events or ()}
    of_test = tuple(event for event in read_events(test.lease).events or () if event.record_id not in known)
    return replace(snapshot, events=(*(snapshot.events or ()), *of_test))


def _sheet(
    case: Case,
    *,
    why_not: Text | Promise | None = None,
    instead: Text | Promise | None = None,
    is_not_microsofts: bool = False,
    sheet_fields: tuple[SheetField, ...] = (),
    links: tuple[FormLink, ...] = (),
    has_evidence: bool = False,
) -> SubmissionSheet:
    records = [_record(one) for one in reversed(case.submissions.select_related("sent_by"))]
    record = records[0] if records else None
    return SubmissionSheet(
        case_number=case.number,
        address=case.indicator_value,
        kind=PROBLEM_LABELS[ProblemKind(case.kind)],
        why_not=why_not,
        instead=instead,
        is_not_microsofts=is_not_microsofts,
        fields=sheet_fields,
        limit=ADDITIONAL_INFORMATION_LIMIT,
        links=links,
        record=record,
        earlier=tuple(records[1:]),
        interim=_interim(case) if record and record.is_closed else (),
        has_evidence=has_evidence,
    )


def _field(field: SubmissionField) -> SheetField:
    return SheetField(field, len(field.value), is_long="\n" in field.value or len(field.value) > 120)


def _record(submission: Submission) -> SubmissionRecord:
    status = SubmissionStatus(submission.status)
    return SubmissionRecord(
        status=submission.status,
        status_label=SUBMISSION_STATUS_LABELS[status],
        reference=submission.reference,
        determination=submission.determination,
        sent_at=submission.sent_at,
        sent_by=str(submission.sent_by) if submission.sent_by else "",
        is_sent=submission.sent_at is not None,
        is_closed=status is SubmissionStatus.CLOSED,
        form=label_of(SUBMISSION_FORM_LABELS, submission.form),
        alert_link=submission.alert_link,
        kept_because=submission.kept_because,
        silent_days=silent_days(submission),
    )


def silent_days(submission: Submission) -> int:
    """Return for how many days there was no news of an awaited answer; 0 where it is not late yet."""
    silence = timezone.now() - submission.updated_at
    is_late = submission.status in AWAITED and silence > settings.SUBMISSION_REMINDER
    return silence.days if is_late else 0


def _interim(case: Case) -> tuple[Interim, ...]:
    found = case.exclusions.in_force().order_by("expires_at", "pk")
    return tuple(Interim(one.pk, one.value, one.expires_at) for one in found)
