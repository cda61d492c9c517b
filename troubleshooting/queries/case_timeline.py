"""What happened to a case, with who and when, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troubleshooting.domain.device_errors import DeviceErrorCode
from troubleshooting.domain.remediation_errors import error_text
from troubleshooting.models import AuditEntry, Case, User
from troubleshooting.models.case import SEE_ALL_CASES
from troubleshooting.models.choices import (
    CONFIDENCE_LABELS,
    SUBMISSION_STATUS_LABELS,
    VERDICT_LABELS,
    Labels,
)
from troubleshooting.queries.people import zone_of
from troubleshooting.queries.words import label_of, translated

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
    "check_requeued": gettext_lazy("Put the check back in the queue, because its worker fell silent"),
    "check_finished": gettext_lazy("Finished the check"),
    "check_failed": gettext_lazy("Could not make the check"),
    "check_cancel_requested": gettext_lazy("Asked to stop the check"),
    "check_cancelled": gettext_lazy("Stopped the check"),
    "verdict_reached": gettext_lazy("Reached a verdict"),
    "submission_prepared": gettext_lazy("Prepared the submission to Microsoft"),
    "submission_sent": gettext_lazy("Sent the submission to Microsoft"),
    "submission_status_recorded": gettext_lazy("Recorded what Microsoft says"),
    "evidence_exported": gettext_lazy("Downloaded the evidence"),
}
OTHER_SENTENCE = gettext_lazy("Changed the case")

TONES: Mapping[str, str] = {
    "case_solved": "good",
    "check_waiting": "warn",
    "check_failed": "bad",
    "verdict_reached": "info",
    "submission_sent": "info",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One deed."""

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
    """Give the case's timeline in the reader's words; one query."""
    stored = AuditEntry.objects.filter(case=case).select_related("actor").order_by("-at", "-pk")
    entries = tuple(_entry(entry, reader) for entry in stored)
    return Timeline(entries[:SHOWN_AT_ONCE], entries[SHOWN_AT_ONCE:])


def _entry(entry: AuditEntry, reader: User) -> TimelineEntry:
    note = NOTES.get(entry.action)
    return TimelineEntry(
        at=entry.at,
        who=_who(entry, reader),
        action=entry.action,
        text=str(SENTENCES.get(entry.action, OTHER_SENTENCE)),
        detail=note(entry.details, reader) if note else "",
        tone=TONES.get(entry.action, ""),
    )


def _who(entry: AuditEntry, reader: User) -> str:
    """Name the actor; an employee reads "IT" for the people of IT."""
    actor = entry.actor
    if actor is None:
        return str(PORTAL)
    if actor.pk == reader.pk:
        return str(YOU)
    hide_name = _is_technical(actor) and not _is_technical(reader)
    return str(IT_DEPARTMENT) if hide_name else str(actor)


def _is_technical(person: User) -> bool:
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
    return _("%(title)s (%(code)s).") % {"title": title, "code": code.value} if _is_technical(reader) else f"{title}."


def _error_code(details: Mapping[str, Any]) -> DeviceErrorCode | None:
    stored = details.get("error_code")
    return DeviceErrorCode(stored) if stored in set(DeviceErrorCode) else None


def _attempt_note(details: Mapping[str, Any], reader: User) -> str:
    attempt = details.get("attempt")
    again = isinstance(attempt, int) and attempt > 1
    return _("Try number %(attempt)s") % {"attempt": attempt} if _is_technical(reader) and again else ""


def _verdict_note(details: Mapping[str, Any], reader: User) -> str:
    verdict = _word(VERDICT_LABELS, details.get("code"))
    confidence = _word(CONFIDENCE_LABELS, details.get("confidence"))
    return f"{verdict} · {confidence}" if _is_technical(reader) and confidence else verdict


def _sent_note(details: Mapping[str, Any], reader: User) -> str:
    reference = details.get("reference")
    return _("Submission number %(reference)s.") % {"reference": reference} if reference else ""


def _status_note(details: Mapping[str, Any], reader: User) -> str:
    return ": ".join(part for part in (_word(SUBMISSION_STATUS_LABELS, details.get("status")), _note(details)) if part)


def _typed_note(details: Mapping[str, Any], reader: User) -> str:
    return _note(details)


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
    "evidence_exported": _form_note,
}
