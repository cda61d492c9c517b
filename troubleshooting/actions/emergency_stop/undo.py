"""Undo what was applied since a moment: exactly what the preview showed, each exclusion whole, also while stopped."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.lifecycle import begin_removal
from troubleshooting.actions.waking import wake_all
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.exclusions.exclusion import ENDING, ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion, Undo, User
from troubleshooting.permissions import check_may_undo
from troubleshooting.queries.emergency_stop.undo import UndoPreview, digest_of, preview_undo, undoable


class PreviewChanged(Refused):
    """What would be undone is not what the administrator has seen."""

    text = say(_("This has changed since you opened it. Please review it again, then confirm below."))


class NothingToUndo(Refused):
    """Nothing was approved or applied since that moment that is still there."""

    text = say(_("Nothing from that time is still in force."))


@transaction.atomic
def undo_since(since: datetime, *, by: User, reason: str, seen: str, now: datetime) -> Undo:
    """End every exclusion of the preview whose digest is ``seen``; their removals pass the emergency stop.

    Sent twice, it gives the undo that the first sending began. Raises NothingToUndo, and PreviewChanged where a place
    or what happens there is another by now.
    """
    check_may_undo(by)
    # Renewals before what they renew: the order in which a renewal that was read back ends the other one.
    locked = list(undoable(since).locked().select_related("case").order_by("-pk"))
    preview = preview_undo(since)
    is_as_seen = preview.digest == seen and preview.exclusion_ids == {exclusion.pk for exclusion in locked}
    if not preview.rows or not is_as_seen:
        return _begun_before(preview, by=by, seen=seen)
    undo = Undo.objects.create(
        at=now, by=by, since=since, reason=reason, preview=[row.as_json() for row in preview.rows]
    )
    undo.exclusions.set(locked)
    said = {"since": since.isoformat(), "reason": reason, "exclusions": sorted(preview.exclusion_ids)}
    activity_log.record("undo_begun", undo, case=None, actor=by, now=now, digest=preview.digest, **said)
    for exclusion in locked:
        _end(exclusion, by=by, reason=reason, now=now)
    wake_all(now=now)
    return undo


def _begun_before(preview: UndoPreview, *, by: User, seen: str) -> Undo:
    """Return the undo that the same person began from what was seen; where nothing is left, their newest of the moment.

    Raises NothingToUndo and PreviewChanged where there is none.
    """
    theirs = Undo.objects.filter(since=preview.since, by=by)
    found = next((undo for undo in theirs if not preview.rows or digest_of(undo) == seen), None)
    if found is None:
        raise PreviewChanged if preview.rows else NothingToUndo
    return found


def _end(exclusion: Exclusion, *, by: User, reason: str, now: datetime) -> None:
    """End an exclusion; of one that has ended already, let the removal go on at once."""
    if exclusion.status not in ENDING:
        begin_removal(exclusion, as_=ExclusionStatus.REVOKED, by=by, note=reason, now=now, wakes=False)
        return
    exclusion.placements.filter(status=PlacementStatus.REMOVING).update(next_attempt_at=None)
