"""What was read in the tenant for an indicator, from the activity log: the calls themselves leave no other evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from troubleshooting.models import ActivityEntry, Placement
from troubleshooting.models.choices import TENANT_PLACEMENT_STATUS_LABELS
from troubleshooting.queries.base.words import label_of

ACTIONS = ("placement_verified", "placement_rejected", "placement_removed")


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One result of speaking to the tenant, with everything that was read."""

    at: datetime
    status: str
    label: Promise | None
    read: str  # indented JSON


def read_tenant_record(placement: Placement) -> tuple[RecordLine, ...]:
    """Return what came of each call, newest first; one query."""
    entries = ActivityEntry.objects.filter(
        subject_type="exclusion", subject_id=placement.exclusion_id, action__in=ACTIONS
    ).order_by("-at", "-pk")
    return tuple(_line(entry) for entry in entries)


def _line(entry: ActivityEntry) -> RecordLine:
    status = entry.action.removeprefix("placement_")
    read = json.dumps(entry.details, indent=2, ensure_ascii=False)
    return RecordLine(entry.at, status, label_of(TENANT_PLACEMENT_STATUS_LABELS, status), read)
