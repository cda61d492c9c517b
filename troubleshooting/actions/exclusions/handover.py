"""Other exclusions that need the same value in the same place: it is handed over to them instead of taken off."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Placement
from troubleshooting.models.exclusion import IN_FORCE_CODES


def others_of_the_same(placement: Placement) -> QuerySet[Placement]:
    """Return the placements of other exclusions with the same value in the same place."""
    others = Placement.objects.filter(
        device=placement.device,
        exclusion__kind=placement.exclusion.kind,
        exclusion__value_key=placement.exclusion.value_key,
    )
    return others.exclude(pk=placement.pk)


def who_needs_the_same(placement: Placement) -> QuerySet[Placement]:
    """Return the placements of other exclusions in force of which the value was read back there.

    One that is still being put is none of them: it may yet be refused, and nobody would take the value off. It finds
    the value gone, and puts it.
    """
    in_use = Q(status=PlacementStatus.VERIFIED, exclusion__status__in=IN_FORCE_CODES)
    return others_of_the_same(placement).filter(in_use)


def is_needed_by_another(placement: Placement) -> bool:
    """Tell whether another exclusion in force needs the value there."""
    return who_needs_the_same(placement).exists()


def hand_over(placement: Placement) -> None:
    """Leave the value to those who need it; with it goes the duty to take it off, unless it is somebody else's."""
    if placement.was_there_before is False:
        who_needs_the_same(placement).update(was_there_before=False)
