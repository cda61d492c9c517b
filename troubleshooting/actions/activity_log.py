"""The one way to write an activity entry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models

from troubleshooting.models import ActivityEntry, Case, CheckRun, User

PORTAL = "portal"  # the actor where no person acted


def record(
    action: str,
    subject: models.Model,
    *,
    case: Case | None,
    actor: User | None,
    now: datetime,
    **details: Any,
) -> ActivityEntry:
    """Write one entry in the transaction of the action; ``details`` must be plain JSON."""
    entry = _entry(action, subject, case_id=case.pk if case else None, actor=actor, now=now, details=details)
    entry.save(force_insert=True)
    return entry


def record_each(action: str, subjects: Iterable[tuple[CheckRun, dict[str, Any]]], *, now: datetime) -> None:
    """Write one entry for each row that the portal changed, with its details; in one statement."""
    ActivityEntry.objects.bulk_create(
        _entry(action, one, case_id=one.case_id, actor=None, now=now, details=details) for one, details in subjects
    )


def _entry(
    action: str,
    subject: models.Model,
    *,
    case_id: int | None,
    actor: User | None,
    now: datetime,
    details: dict[str, Any],
) -> ActivityEntry:
    return ActivityEntry(
        at=now,
        actor=actor,
        actor_name=actor.username if actor else PORTAL,
        action=action,
        case_id=case_id,
        subject_type=type(subject).__name__.lower(),
        subject_id=subject.pk,
        details=details,
    )


def record_list_export(name: str, *, by: User, filters: str, now: datetime) -> None:
    """Record that somebody took a whole list away as a file; ``filters`` is the query of its page."""
    record("list_exported", by, case=None, actor=by, now=now, list=name, filters=filters)
