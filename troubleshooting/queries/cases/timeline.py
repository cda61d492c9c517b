"""What happened to a case, with who and when, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.placement_texts import placement_text
from troubleshooting.domain.leases.lease_texts import outcome_text
from troubleshooting.domain.retests.retest import RetestPurpose
from troubleshooting.domain.retests.retest_texts import QUESTIONS, retest_text
from troubleshooting.models import ActivityEntry, Case, User
from troubleshooting.models.choices import (
    CONFIDENCE_LABELS,
    MODE_LABELS,
    SEE_ALL_CASES,
    SUBMISSION_STATUS_LABELS,
    VERDICT_LABELS,
    Labels,
)
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.base.words import label_of, translated

SHOWN_AT_ONCE = 8  # the newest; the older ones stand in a closed part

PORTAL = gettext_lazy("The portal")
IT_DEPARTMENT = gettext_lazy("IT")
YOU = gettext_lazy("You")

# What is said for each audit action; who and when stand beside it.
SENTENCES: Mapping[str, Promise] = {
    "case_opened": gettext_lazy("Problem reported"),
    "case_withdrawn": gettext_lazy("Case withdrawn"),
    "case_solved": gettext_lazy("Case closed as solved"),
    "check_requested": gettext_lazy("Asked for a check of the PC"),
    "check_started": gettext_lazy("Began to check the PC"),
    "check_waiting": gettext_lazy("Could not reach the PC, will try again"),
    "check_resumed": gettext_lazy("Back in the queue for the next try"),
    "check_requeued": gettext_lazy("Put the check back in the queue, because its worker stopped responding"),
    "check_finished": gettext_lazy("Finished the check"),
    "check_failed": gettext_lazy("Could not complete the check"),
    "check_cancel_requested": gettext_lazy("Asked to stop the check"),
    "check_cancelled": gettext_lazy("Stopped the check"),
    "verdict_reached": gettext_lazy("Reached a verdict"),
    "submission_prepared": gettext_lazy("Prepared the submission to Microsoft"),
    "submission_sent": gettext_lazy("Sent the submission to Microsoft"),
    "submission_status_recorded": gettext_lazy("Recorded what Microsoft says"),
    "evidence_exported": gettext_lazy("Downloaded the evidence"),
    "test_consented": gettext_lazy("Agreed to a test in audit mode"),
    "test_approved": gettext_lazy("Approved the test"),
    "test_rejected": gettext_lazy("Rejected the test"),
    "test_visited": gettext_lazy("Opened the site during the test"),
    "test_cancelled": gettext_lazy("Ended the test early"),
    "test_not_done": gettext_lazy("Could not carry out the test"),
    "lease_requested": gettext_lazy("Reserved the PC for the test"),
    "lease_active": gettext_lazy("Switched protection to audit mode"),
    "lease_end_requested": gettext_lazy("Asked to restore protection"),
    "lease_restored": gettext_lazy("Restored protection, and read it back"),
    "lease_superseded": gettext_lazy("Left protection as someone else had set it in the meantime"),
    "lease_refused": gettext_lazy("Did not change protection after all; it was read back unchanged"),
    "lease_not_applied": gettext_lazy("Changed nothing on the PC"),
    "lease_retry_requested": gettext_lazy("Asked to try again now to restore protection"),
    "exclusion_requested": gettext_lazy("Asked for an exclusion"),
    "exclusion_narrowed": gettext_lazy("Made the exclusion narrower; earlier approvals no longer count"),
    "exclusion_approved": gettext_lazy("Approved the exclusion"),
    "exclusion_rejected": gettext_lazy("Rejected the exclusion"),
    "exclusion_question_asked": gettext_lazy("Asked a question about the exclusion"),
    "exclusion_answered": gettext_lazy("Answered the question about the exclusion"),
    "exclusion_withdrawn": gettext_lazy("Withdrew the request for an exclusion"),
    "exclusion_revoked": gettext_lazy("Ended the exclusion early"),
    "exclusion_expired": gettext_lazy("The exclusion expired and is being removed wherever it was applied"),
    "exclusion_failed": gettext_lazy("Ended the exclusion, because it could not be applied anywhere"),
    "exclusion_halted": gettext_lazy("Halted the exclusion: it differs from what was approved"),
    "exclusion_verified": gettext_lazy("Read the exclusion back: it is in force"),
    "exclusion_warned": gettext_lazy("Announced that the exclusion ends soon"),
    "exclusion_renewal_requested": gettext_lazy("Asked to renew the exclusion"),
    "exclusion_still_blocked": gettext_lazy("Said that the site is still blocked"),
    "retest_asked": gettext_lazy("Asked for a re-test of the exclusion"),
    "retest_taken_off": gettext_lazy("Removed the exclusion for a moment, in audit mode"),
    "retest_done": gettext_lazy("Carried out the re-test"),
    "retest_not_done": gettext_lazy("Could not carry out the re-test"),
    "exclusion_removed": gettext_lazy("The exclusion was read back as removed everywhere"),
    "placement_verified": gettext_lazy("Applied the exclusion and read it back"),
    "placement_rejected": gettext_lazy("Found that the exclusion was rejected there"),
    "placement_removed": gettext_lazy("Removed the exclusion again and read that back"),
    "drift_apply_again": gettext_lazy("Found the exclusion missing, and asked to apply it again"),
    "drift_remove_again": gettext_lazy("Found the exclusion still there after it ended, and asked to remove it again"),
    "placement_joined": gettext_lazy("A PC joined the scope, so the exclusion is applied to it as well"),
    "placement_out_of_scope": gettext_lazy("A PC left the scope, so the exclusion is removed from it"),
}
# Actions in one place; their details name it.
OF_A_PLACE = (
    "placement_verified",
    "placement_rejected",
    "placement_removed",
    "placement_joined",
    "placement_out_of_scope",
    "drift_apply_again",
    "drift_remove_again",
)
TENANT = "tenant"  # how such details name the place that is no PC
OTHER_SENTENCE = gettext_lazy("Changed the case")

TONES: Mapping[str, str] = {
    "exclusion_warned": "warn",
    "exclusion_still_blocked": "warn",
    "retest_done": "info",
    "case_solved": "good",
    "exclusion_verified": "good",
    "exclusion_rejected": "warn",
    "exclusion_question_asked": "warn",
    "exclusion_failed": "bad",
    "exclusion_halted": "bad",
    "placement_rejected": "warn",
    "check_waiting": "warn",
    "check_failed": "bad",
    "verdict_reached": "info",
    "submission_sent": "info",
    "test_not_done": "warn",
    "lease_active": "warn",
    "lease_restored": "good",
    "lease_superseded": "warn",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One action."""

    at: datetime
    who: str
    action: str
    text: str
    detail: str  # more about it, or ""
    tone: str  # "" where nothing stands out


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that happened, newest first."""

    newest: tuple[TimelineEntry, ...]
    earlier: tuple[TimelineEntry, ...]


def read_timeline(case: Case, *, reader: User) -> Timeline:
    """Return the case's timeline in the reader's words; one query.

    What happened on other people's PCs is not for employees.
    """
    stored = ActivityEntry.objects.filter(case=case).select_related("actor").order_by("-at", "-pk")
    if not _is_for_it(reader):
        elsewhere = Q(action__in=OF_A_PLACE) & ~Q(details__device__in=[case.device.hostname, TENANT])
        stored = stored.exclude(elsewhere)
    entries = tuple(_entry(entry, reader) for entry in stored)
    return Timeline(entries[:SHOWN_AT_ONCE], entries[SHOWN_AT_ONCE:])


def _entry(entry: ActivityEntry, reader: User) -> TimelineEntry:
    note = NOTES.get(entry.action)
    return TimelineEntry(
        at=entry.at,
        who=_who(entry, reader),
        action=entry.action,
        text=str(SENTENCES.get(entry.action, OTHER_SENTENCE)),
        detail=note(entry.details, reader) if note else "",
        tone=TONES.get(entry.action, ""),
    )


def _who(entry: ActivityEntry, reader: User) -> str:
    """Name the actor; an employee reads "IT" for the people of IT."""
    actor = entry.actor
    if actor is None:
        return str(PORTAL)
    if actor.pk == reader.pk:
        return str(YOU)
    hide_name = _is_for_it(actor) and not _is_for_it(reader)
    return str(IT_DEPARTMENT) if hide_name else str(actor)


def _is_for_it(person: User) -> bool:
    return person.role in SEE_ALL_CASES


def _waiting_note(details: Mapping[str, Any], reader: User) -> str:
    why = _error_note(details, reader)
    again_at = parse_datetime(str(details.get("next_attempt_at", "")))
    if again_at is None:
        return why
    local = again_at.astimezone(zone_of(reader))
    moment = f"{date_format(local, _('j M Y, H:i'))} {local.tzname()}"
    return _("%(why)s Next try: %(moment)s.") % {"why": why, "moment": moment}


def _error_note(details: Mapping[str, Any], reader: User) -> str:
    """Name the error; its code is for IT."""
    code = _error_code(details)
    if code is None:
        return ""
    title = translated(error_text(code).title)
    return _("%(title)s (%(code)s).") % {"title": title, "code": code.value} if _is_for_it(reader) else f"{title}."


def _error_code(details: Mapping[str, Any]) -> DeviceErrorCode | None:
    stored = details.get("error_code")
    return DeviceErrorCode(stored) if stored in set(DeviceErrorCode) else None


def _attempt_note(details: Mapping[str, Any], reader: User) -> str:
    attempt = details.get("attempt")
    again = isinstance(attempt, int) and attempt > 1
    return _("Attempt %(attempt)s") % {"attempt": attempt} if _is_for_it(reader) and again else ""


def _verdict_note(details: Mapping[str, Any], reader: User) -> str:
    verdict = _word(VERDICT_LABELS, details.get("code"))
    confidence = _word(CONFIDENCE_LABELS, details.get("confidence"))
    return f"{verdict} · {confidence}" if _is_for_it(reader) and confidence else verdict


def _sent_note(details: Mapping[str, Any], reader: User) -> str:
    reference = details.get("reference")
    return _("Submission number %(reference)s.") % {"reference": reference} if reference else ""


def _status_note(details: Mapping[str, Any], reader: User) -> str:
    return ": ".join(part for part in (_word(SUBMISSION_STATUS_LABELS, details.get("status")), _note(details)) if part)


def _typed_note(details: Mapping[str, Any], reader: User) -> str:
    return _note(details)


def _length_note(details: Mapping[str, Any], reader: User) -> str:
    minutes = details.get("minutes")
    return _("For at most %(minutes)s minutes.") % {"minutes": minutes} if minutes else ""


def _outcome_note(details: Mapping[str, Any], reader: User) -> str:
    words = outcome_text(str(details.get("outcome", "")))
    return f"{translated(words.title)}." if words else ""


def _mode_note(details: Mapping[str, Any], reader: User) -> str:
    """Name both values of the setting, for IT."""
    before, seen = (MODE_LABELS.get(details.get(name, -1)) for name in ("value_before", "value_seen"))
    if before is None or seen is None or not _is_for_it(reader):
        return ""
    return _("It was “%(before)s”; now it is “%(seen)s”.") % {"before": before, "seen": seen}


def _placement_note(details: Mapping[str, Any], reader: User) -> str:
    """Name the PC, and why it is not there or was left there."""
    words = placement_text(str(details.get("outcome") or ""))
    why = translated(words.it if _is_for_it(reader) else words.employee) if words else ""
    return " ".join(part for part in (f"{details.get('device') or ''}.", why) if part != ".")


def _days_note(details: Mapping[str, Any], reader: User) -> str:
    days = int(details.get("days") or 0)
    return ngettext("%(n)d day before it ends.", "%(n)d days before it ends.", days) % {"n": days}


def _retest_question_note(details: Mapping[str, Any], reader: User) -> str:
    known = details.get("purpose") in set(RetestPurpose)
    return translated(QUESTIONS[RetestPurpose(details["purpose"])]) if known else ""


def _retest_note(details: Mapping[str, Any], reader: User) -> str:
    """Say what the re-test showed, or why there was none."""
    words = retest_text(str(details.get("outcome") or ""))
    return translated(words.it if _is_for_it(reader) else words.employee) if words else ""


def _value_note(details: Mapping[str, Any], reader: User) -> str:
    return str(details.get("value") or "")


def _form_note(details: Mapping[str, Any], reader: User) -> str:
    return {"json": _("As JSON."), "text": _("As text."), "txt": _("As text.")}.get(str(details.get("form", "")), "")


def _note(details: Mapping[str, Any]) -> str:
    return str(details.get("note") or "")


def _word(labels: Labels, code: object) -> str:
    return str(label_of(labels, code) or "")


NOTES: Mapping[str, Callable[[Mapping[str, Any], User], str]] = {
    "check_started": _attempt_note,
    "check_waiting": _waiting_note,
    "check_failed": _error_note,
    "verdict_reached": _verdict_note,
    "submission_sent": _sent_note,
    "submission_status_recorded": _status_note,
    "case_solved": _typed_note,
    "test_consented": _length_note,
    "test_rejected": _typed_note,
    "test_not_done": _outcome_note,
    "lease_superseded": _mode_note,
    "evidence_exported": _form_note,
    "exclusion_requested": _value_note,
    "exclusion_renewal_requested": _value_note,
    "exclusion_warned": _days_note,
    "retest_asked": _retest_question_note,
    "retest_done": _retest_note,
    "retest_not_done": _retest_note,
    "exclusion_approved": _typed_note,
    "exclusion_rejected": _typed_note,
    "exclusion_question_asked": _typed_note,
    "exclusion_answered": _typed_note,
    "exclusion_revoked": _typed_note,
    "placement_verified": _placement_note,
    "placement_rejected": _placement_note,
    "placement_removed": _placement_note,
    "drift_apply_again": _placement_note,
    "drift_remove_again": _placement_note,
    "placement_joined": _placement_note,
    "placement_out_of_scope": _placement_note,
}
