"""What "undo what was applied since …" does in each place, and the digest that ties the action to its preview."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from troubleshooting.domain.exclusions.digest import canonical_json
from troubleshooting.domain.exclusions.placement import PlacementStatus


class UndoStep(StrEnum):
    """What happens to one exclusion in one place."""

    TAKE_OFF = "take_off"  # it is there, or may be
    NOT_SEND = "not_send"  # nothing was sent yet, and nothing will be
    LEFT_AS_BEFORE = "left_as_before"  # it was there before the portal came
    LEFT_FOR_ANOTHER = "left_for_another"  # another exclusion in force, which is not undone, needs it there


# Fields of a row of the preview that bind; those beside them (when it was put, whether it was read back) may move on
# while the preview is read, and what happens stays the same.
BINDING: tuple[str, ...] = ("placement", "exclusion", "kind", "value", "place", "step")


def undo_step(status: PlacementStatus, *, was_there_before: bool | None, is_needed_by_another: bool) -> UndoStep:
    """Say what an undo does in a place that is not over; the removal goes by the same rules (``enforcement``)."""
    if status is PlacementStatus.WAITING:
        return UndoStep.NOT_SEND
    if was_there_before:
        return UndoStep.LEFT_AS_BEFORE
    return UndoStep.LEFT_FOR_ANOTHER if is_needed_by_another else UndoStep.TAKE_OFF


def preview_digest(since: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of what would be done, as 64 hexadecimal digits; the order of the rows does not matter."""
    binding = sorted(canonical_json({name: row[name] for name in BINDING}) for row in rows)
    return hashlib.sha256(canonical_json({"since": since, "rows": binding}).encode()).hexdigest()
