"""What awaits people of IT on the pages of the header."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Value

from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import DriftFinding, Exclusion


def nav_counts() -> Mapping[str, int]:
    """Count, by the page's name, what is to be decided and what differs from the register; one query on indexes."""
    to_decide = Exclusion.objects.filter(status=ExclusionStatus.REQUESTED).order_by()
    differing = DriftFinding.objects.present().order_by()
    counted = to_decide.values(page=Value("exclusions")).annotate(number=Count("pk"))
    both = counted.union(differing.values(page=Value("drift")).annotate(number=Count("pk")), all=True)
    return {row["page"]: row["number"] for row in both}
