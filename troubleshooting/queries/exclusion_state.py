"""What changes on an exclusion's page while the portal works on it, as a token: an unchanged poll has no body."""

from __future__ import annotations

import hashlib
from datetime import datetime

from troubleshooting.domain.exclusion import ENDING, IN_FORCE, ExclusionStatus
from troubleshooting.domain.placement import PlacementStatus
from troubleshooting.models import Exclusion

POLL_S = 3
SLOW_POLL_S = 30  # while every place that is left waits for its next try
MOVING = (PlacementStatus.WAITING, PlacementStatus.PUTTING, PlacementStatus.REMOVING)
LIVE = ENDING | IN_FORCE | {ExclusionStatus.APPROVED}


def state_token(exclusion: Exclusion) -> str:
    """Give the token of what the page shows now, the exclusion's own status first; one query."""
    shown = exclusion.placements.order_by("pk").values_list("pk", "status", "outcome", "error_code", "attempts")
    places = hashlib.sha256(repr(list(shown)).encode()).hexdigest()[:24]
    return f"{exclusion.status}.{places}"


def status_in(token: str) -> str:
    """Give the status that a token names."""
    return token.partition(".")[0]


def poll_seconds(exclusion: Exclusion, *, now: datetime) -> int | None:
    """Say how often the page asks again; None where nothing moves; one query."""
    if exclusion.status not in LIVE:
        return None
    tries = list(exclusion.placements.filter(status__in=MOVING).values_list("next_attempt_at", flat=True))
    if not tries:
        return None
    return SLOW_POLL_S if all(moment is not None and moment > now for moment in tries) else POLL_S
