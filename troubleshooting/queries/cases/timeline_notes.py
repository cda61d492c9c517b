"""What an entry of the timeline says beside its sentence, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.placement_texts import placement_text
from troubleshooting.domain.leases.lease_texts import outcome_text
from troubleshooting.domain.retests.retest import RetestPurpose
from troubleshooting.domain.retests.retest_texts import QUESTIONS, retest_text
from troubleshooting.models import User
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


def is_for_it(person: User) -> bool:
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
    return _("%(title)s (%(code)s).") % {"title": title, "code": code.value} if is_for_it(reader) else f"{title}."


def _error_code(details: Mapping[str, Any]) -> DeviceErrorCode | None:
    stored = details.get("error_code")
    return DeviceErrorCode(stored) if stored in set(DeviceErrorCode) else None


def _attempt_note(details: Mapping[str, Any], reader: User) -> str:
    attempt = details.get("attempt")
    again = isinstance(attempt, int) and attempt > 1
    return _("Attempt %(attempt)s") % {"attempt": attempt} if is_for_it(reader) and again else ""


def _verdict_note(details: Mapping[str, Any], reader: User) -> str:
    verdict = _word(VERDICT_LABELS, details.get("code"))
    confidence = _word(CONFIDENCE_LABELS, details.get("confidence"))
    return f"{verdict} · {confidence}" if is_for_it(reader) and confidence else verdict


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
    if before is None or seen is None or not is_for_it(reader):
        return ""
    return _("It was “%(before)s”; now it is “%(seen)s”.") % {"before": before, "seen": seen}


def _placement_note(details: Mapping[str, Any], reader: User) -> str:
    """Name the PC, and why it is not there or was left there."""
    words = placement_text(str(details.get("outcome") or ""))
    why = translated(words.it if is_for_it(reader) else words.employee) if words else ""
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
    return translated(words.it if is_for_it(reader) else words.employee) if words else ""


def _value_note(details: Mapping[str, Any], reader: User) -> str:
    return str(details.get("value") or "")


def _form_note(details: Mapping[str, Any], reader: User) -> str:
    forms = {
        "json": _("As JSON."),
        "text": _("As text."),
        "pack": _("As one file with everything."),
        "redacted pack": _("As one file, without names."),
    }
    return forms.get(str(details.get("form", "")), "")


def _note(details: Mapping[str, Any]) -> str:
    return str(details.get("note") or "")


def _word(labels: Labels, code: object) -> str:
    return str(label_of(labels, code) or "")


# By the action that it says more about.
NOTES: Mapping[str, Callable[[Mapping[str, Any], User], str]] = {
    "check_started": _attempt_note,
    "check_waiting": _waiting_note,
    "check_failed": _error_note,
    "verdict_reached": _verdict_note,
    "submission_sent": _sent_note,
    "submission_status_recorded": _status_note,
    "exclusion_kept_after_answer": _typed_note,
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
