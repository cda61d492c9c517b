"""What changes on an exclusion's page while the portal works on it, as a token: an unchanged poll has no body."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from troubleshooting.domain.exclusions.exclusion import APPROVED_OR_IN_FORCE, ENDING
from troubleshooting.domain.exclusions.placement import TO_VISIT
from troubleshooting.models import Exclusion

POLL_S = 3
SLOW_POLL_S = 30  # while everything that is left waits for its next try
SOON = timedelta(minutes=1)  # a re-test that is due later is not waited for on the page
LIVE = ENDING | APPROVED_OR_IN_FORCE


def state_token(exclusion: Exclusion) -> str:
    """Return the token of what the page shows now: first what concerns all of it, then its places; two queries."""
    places = exclusion.placements.order_by("pk").values_list("pk", "status", "outcome", "error_code", "attempts")
    tries = exclusion.retests.order_by("pk").values_list("pk", "status", "outcome", "error_code")
    return f"{exclusion.status}-{_short(tries)}.{_short(places)}"


def head_of(token: str) -> str:
    """Return the part of a token that concerns the whole page, not only the places."""
    return token.partition(".")[0]


def poll_seconds(exclusion: Exclusion, *, now: datetime) -> int | None:
    """Say how often the page asks again; None where nothing moves; two queries."""
    if exclusion.status not in LIVE:
        return None
    moving = exclusion.placements.filter(status__in=TO_VISIT).values_list("next_attempt_at", flat=True)
    tries = exclusion.retests.open().filter(due_at__lte=now + SOON).values_list("due_at", flat=True)
    due = [*moving, *tries]
    if not due:
        return None
    return SLOW_POLL_S if all(moment is not None and moment > now for moment in due) else POLL_S


def _short(rows: Iterable[object]) -> str:
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()[:24]
