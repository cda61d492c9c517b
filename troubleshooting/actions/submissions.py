"""Actions on submissions to Microsoft: prepare, record that it was sent, record what came of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.case_stage import move_case
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.base.transitions import InvalidTransition, check_transition
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.submissions.forms import FormCode
from troubleshooting.domain.submissions.submission import TRANSITIONS, SubmissionStatus
from troubleshooting.models import Case, Submission, User
from troubleshooting.models.privileges import changing_fields
from troubleshooting.permissions import check_may_see_case, check_may_submit


class NotAnswered(Refused):
    """Nobody can say that an exclusion stays after an answer that is not there."""

    text = say(_("Microsoft has not answered yet. Record the answer first."))


@transaction.atomic
def prepare_submission(case_id: int, *, by: User, now: datetime) -> Submission:
    """Open a submission of a checked case, or another one once the last is closed; twice is as once."""
    case = Case.objects.locked().get(pk=case_id)
    check_may_submit(by, case)
    newest = case.submissions.last()
    if newest is not None and newest.status != SubmissionStatus.CLOSED:
        return newest
    submission = Submission.objects.create(
        case=case, prepared_at=now, updated_at=now, status=SubmissionStatus.READY.value
    )
    activity_log.record("submission_prepared", submission, case=case, actor=by, now=now)
    return submission


@transaction.atomic
def record_sent(
    case_id: int, *, by: User, reference: str, now: datetime, form: FormCode | None = None, alert_link: str = ""
) -> Submission:
    """Record the number that Microsoft gave, and that the answer is awaited."""
    case, submission = _locked(case_id, by=by)
    check_transition(TRANSITIONS, SubmissionStatus(submission.status), SubmissionStatus.SENT)
    submission.status = SubmissionStatus.SENT.value
    submission.reference, submission.form = reference, form.value if form else ""
    submission.alert_link = alert_link
    submission.sent_at, submission.sent_by, submission.updated_at = now, by, now
    submission.save(update_fields=changing_fields(Submission))
    if case.stage == Stage.CHECKED:
        move_case(case, to=Stage.SUBMITTED, now=now)
    activity_log.record(
        "submission_sent", submission, case=case, actor=by, now=now, reference=reference, form=submission.form
    )
    return submission


@transaction.atomic
def record_status(case_id: int, *, by: User, status: SubmissionStatus, determination: str, now: datetime) -> Submission:
    """Record what Microsoft's history page says now; the same again says that someone looked."""
    case, submission = _locked(case_id, by=by)
    present = SubmissionStatus(submission.status)
    if status == SubmissionStatus.SENT and present != SubmissionStatus.SENT:
        raise InvalidTransition(present, status)  # only record_sent has the number that belongs to it
    if status != present:
        check_transition(TRANSITIONS, present, status)
    submission.status, submission.determination, submission.updated_at = status.value, determination, now
    submission.save(update_fields=["status", "determination", "updated_at"])
    activity_log.record(
        "submission_status_recorded", submission, case=case, actor=by, now=now, status=status.value, note=determination
    )
    return submission


@transaction.atomic
def record_kept(case_id: int, *, by: User, because: str, now: datetime) -> Submission:
    """Record why the exclusion stays although Microsoft has answered."""
    case, submission = _locked(case_id, by=by)
    if submission.status != SubmissionStatus.CLOSED:
        raise NotAnswered
    submission.kept_because, submission.updated_at = because, now
    submission.save(update_fields=["kept_because", "updated_at"])
    activity_log.record("exclusion_kept_after_answer", submission, case=case, actor=by, now=now, note=because)
    return submission


def _locked(case_id: int, *, by: User) -> tuple[Case, Submission]:
    """Lock a case and its newest submission; raises Submission.DoesNotExist where there is none."""
    case = Case.objects.locked().get(pk=case_id)
    check_may_submit(by, case)
    return case, Submission.objects.select_for_update().filter(case=case).latest("pk")


@transaction.atomic
def record_export(case_id: int, *, by: User, form: str, now: datetime) -> None:
    """Record that someone took the evidence away, and in which form."""
    case = Case.objects.select_related("device").get(pk=case_id)
    check_may_see_case(by, case)
    activity_log.record("evidence_exported", case, case=case, actor=by, now=now, form=form)
