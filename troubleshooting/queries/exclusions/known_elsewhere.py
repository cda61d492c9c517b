"""What decides about a value outside the register: indicators of the tenant as last read, and policies on the PC."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Now

from troubleshooting.domain.advice.lint_base import Known, KnownSource
from troubleshooting.domain.drift.drift import stored_key
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.events import policy_exclusions
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope, ScopeKind
from troubleshooting.domain.exclusions.values import ExclusionValue, IndicatorType, InvalidExclusionValue, parse_value
from troubleshooting.models import DeviceGroup, SeenIndicator
from troubleshooting.tenant.base import ALLOWED

BLOCKING = frozenset({"Block", "BlockAndRemediate", "AlertAndBlock", "Warn"})  # docs/reference/apis.md section 3
MOST = 200  # that are looked at: more say nothing more
SCHEMES = ("https://", "http://", "")
FEWEST_LABELS = 2  # of a domain above the host that an indicator may be about


def known_in_tenant(value: ExclusionValue, scope: Scope) -> tuple[Known, ...]:
    """Return the tenant's indicators that overlap with a value, the portal's own left out; two queries at most.

    () for a program, and where the tenant was never read.
    """
    if value.indicator is None:
        return ()
    group = _group_name(scope)
    found = SeenIndicator.objects.filter(overlapping(value))
    known = (_known(seen, scope, group=group) for seen in found.exclude(action=ALLOWED, is_ours=True)[:MOST])
    return tuple(one for one in known if one is not None)


def known_by_policy(kind: ExclusionKind, snapshot: Snapshot | None) -> tuple[Known, ...]:
    """Return the exclusions that a policy sets, as far as the PC's log tells; no query."""
    found = []
    for change in policy_exclusions((snapshot.events if snapshot else None) or ()):
        value = _parsed(change.kind, change.value)
        if change.kind is kind and value is not None:
            found.append(Known(KnownSource.POLICY, value, f"5007, {change.at:%Y-%m-%d %H:%M} UTC"))
    return tuple(found)


def overlapping(value: ExclusionValue) -> Q:
    """Return the condition for indicators that decide about the host, domains above and hosts below it, and pages."""
    in_time = Q(expires_at=None) | Q(expires_at__gt=Now())
    types = [kind.value for kind in IndicatorType]
    return _about(value) & in_time & Q(action__in=[*BLOCKING, ALLOWED], type__in=types)


def _about(value: ExclusionValue) -> Q:
    assert value.indicator is not None, "only the addresses overlap"
    host = value.indicator.host
    above = _with_parents(host) if value.indicator.address is None else [host]
    wanted = Q(value_key__in=[stored_key(value.value), *above])
    if value.indicator.address is None:
        wanted |= Q(value_key__endswith=f".{host}") | Q(type=IndicatorType.URL.value, value_key__contains=f".{host}")
    for name in above:
        for scheme in SCHEMES:
            wanted |= Q(type=IndicatorType.URL.value, value_key__startswith=f"{scheme}{name}")
    return wanted


def _with_parents(host: str) -> list[str]:
    """Return a host and the domains above it, but no suffix of one label."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - FEWEST_LABELS + 1))]


def _known(seen: SeenIndicator, scope: Scope, *, group: str) -> Known | None:
    """Read one indicator; None where it is none by our rules."""
    value = indicator_of(seen)
    if value is None:
        return None
    source = KnownSource.ALLOW_INDICATOR if seen.action == ALLOWED else KnownSource.BLOCK_INDICATOR
    holds = not seen.groups or (scope.kind is not ScopeKind.EVERYONE and group in {g.casefold() for g in seen.groups})
    return Known(source, value, reference_of(seen), holds_for_scope=holds)


def indicator_of(seen: SeenIndicator) -> ExclusionValue | None:
    """Return what an indicator is about; None where it is none by our rules."""
    return _parsed(ExclusionKind.ALLOW_INDICATOR, seen.value, f"https://{seen.value}")


def reference_of(seen: SeenIndicator) -> str:
    """Return what people find an indicator by."""
    return " · ".join(filter(None, (f"{seen.action} {seen.value}", seen.title, seen.made_by)))


def _parsed(kind: ExclusionKind, *spellings: str) -> ExclusionValue | None:
    """Read the first spelling that is a value: the tenant takes pages without a scheme, our rules do not."""
    for text in spellings:
        try:
            return parse_value(kind, text)
        except InvalidExclusionValue:
            continue
    return None


def _group_name(scope: Scope) -> str:
    """Name the tenant's group of a scope, case folded; "" where there is none, which is no group's name."""
    groups: Iterable[DeviceGroup] = ()
    if scope.kind is ScopeKind.GROUP:
        groups = DeviceGroup.objects.filter(pk=scope.target_id or 0)
    elif scope.kind is ScopeKind.DEVICE:
        groups = DeviceGroup.objects.filter(devices=scope.target_id or 0)
    return next((group.tenant_name.casefold() for group in groups), "")
