"""The tenant's indicators about a case's address, as last read."""

from __future__ import annotations

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import InvalidExclusionValue, parse_value
from troubleshooting.domain.verdict.whose_list import Listed, TenantList
from troubleshooting.models import Case, SeenIndicator, TenantReading
from troubleshooting.queries.exclusions.known_elsewhere import MOST, indicator_of, overlapping, reference_of
from troubleshooting.tenant.base import ALLOWED


def read_tenant_list(case: Case) -> TenantList | None:
    """Return the indicators that may cover the case's address, and when they were read; None where they never were.

    Two queries at most.
    """
    read_at = TenantReading.objects.complete().values_list("at", flat=True).first()
    if read_at is None:
        return None
    try:
        value = parse_value(ExclusionKind.ALLOW_INDICATOR, case.report.indicator.host)
    except InvalidExclusionValue:  # an address that no indicator may have
        return TenantList(read_at)
    group = case.device.group.tenant_name.casefold()
    found = (_listed(seen, group) for seen in SeenIndicator.objects.filter(overlapping(value))[:MOST])
    return TenantList(read_at, tuple(one for one in found if one is not None))


def _listed(seen: SeenIndicator, group: str) -> Listed | None:
    """Read one indicator; None where it is none by our rules."""
    value = indicator_of(seen)
    if value is None or value.indicator is None:
        return None
    holds_here = not seen.groups or group in {name.casefold() for name in seen.groups}
    return Listed(value.indicator, seen.action == ALLOWED, holds_here, reference_of(seen))
