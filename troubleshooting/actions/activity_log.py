"""The one way to write an activity entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from troubleshooting.models import ActivityEntry, Case, User

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
    return ActivityEntry.objects.create(
        at=now,
        actor=actor,
        actor_name=actor.username if actor else PORTAL,
        action=action,
        case=case,
        subject_type=type(subject).__name__.lower(),
        subject_id=subject.pk,
        details=details,
    )


def record_list_export(name: str, *, by: User, filters: str, now: datetime) -> None:
    """Record that somebody took a whole list away as a file; ``filters`` is the query of its page."""
    record("list_exported", by, case=None, actor=by, now=now, list=name, filters=filters)
