"""Locking an exclusion, always before its placements and re-tests."""

from __future__ import annotations

from troubleshooting.models import Exclusion


def lock(exclusion_id: int) -> Exclusion:
    """Lock an exclusion, with what decisions and its digest need joined."""
    joined = Exclusion.objects.locked().select_related("case__device", "requested_by", "scope_group")
    return joined.get(pk=exclusion_id)
