"""Looks at a request for an exclusion and refuses or warns, with the reason and what to ask for instead.

It runs three times: while a person types, when the request is made, and before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta

from troubleshooting.domain.advice.lint_base import (
    CODES,
    Draft,
    Known,
    KnownSource,
    LintContext,
    LintFinding,
    found,
    refused_value,
)
from troubleshooting.domain.advice.lint_effect import about_effect, about_present
from troubleshooting.domain.advice.lint_texts import WORDS, LintCode, Severity
from troubleshooting.domain.advice.lint_values import about_value
from troubleshooting.domain.cases.indicator import covers
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.values import (
    ExclusionValue,
    InvalidExclusionValue,
    canonical,
    value_covers,
)

__all__ = [
    "CODES",
    "WORDS",
    "Draft",
    "Known",
    "KnownSource",
    "LintCode",
    "LintContext",
    "LintFinding",
    "Severity",
    "about_effect",
    "is_refused",
    "lint",
]


def lint(draft: Draft, context: LintContext) -> tuple[LintFinding, ...]:
    """Return everything that speaks against a request, refusals first; () where nothing does."""
    findings = [*_about_value_and_known(draft, context), *_about_scope(draft), *_about_time(draft, context)]
    findings += about_effect(draft.kind, context.snapshot)
    return tuple(sorted(findings, key=lambda finding: not finding.is_refusal))


def is_refused(findings: Iterable[LintFinding]) -> bool:
    """Tell whether a request cannot be made like this."""
    return any(finding.is_refusal for finding in findings)


def _about_value_and_known(draft: Draft, context: LintContext) -> Iterator[LintFinding]:
    """Judge the value, and what others have decided about it."""
    value = draft.value
    if isinstance(value, InvalidExclusionValue):
        yield refused_value(value)
        return
    yield from about_value(value, context)
    for known in context.known:
        yield from _KNOWN[known.source](value, known)
    yield from about_present(value, context.snapshot)


def _about_scope(draft: Draft) -> Iterator[LintFinding]:
    """Judge the scope: indicators know device groups only (docs/reference/exclusions.md section 2)."""
    if draft.kind is ExclusionKind.ALLOW_INDICATOR and draft.scope.kind is ScopeKind.DEVICE:
        yield found(LintCode.SCOPE_NEEDS_GROUP)
    if draft.scope.kind is ScopeKind.EVERYONE:
        yield found(LintCode.WIDE_SCOPE)


def _about_time(draft: Draft, context: LintContext) -> Iterator[LintFinding]:
    """Judge how long it lasts."""
    if draft.lifetime <= timedelta(0):
        yield found(LintCode.LIFETIME_NONE)
    elif draft.lifetime > context.longest:
        yield found(LintCode.LIFETIME_TOO_LONG, days=context.longest.days)


def _about_block(value: ExclusionValue, known: Known) -> Iterator[LintFinding]:
    """Judge a block of the company's own.

    For one value an allow wins over a block, and the API would even write over it (docs/reference/exclusions.md section
    2, docs/reference/apis.md section 3); an IP exclusion hides the traffic from the block just as well.
    """
    if canonical(known.value.value) == value.canonical:
        yield found(LintCode.BLOCKED_BY_COMPANY, reference=known.reference)
    elif _overlap(value, known.value):
        yield found(LintCode.BLOCK_OVERLAPS, reference=known.reference)


def _overlap(one: ExclusionValue, other: ExclusionValue) -> bool:
    """Tell whether two addresses have a host in common."""
    if one.indicator is None or other.indicator is None:
        return False
    hosts = one.indicator.host, other.indicator.host
    return covers(*hosts) or covers(*reversed(hosts))


def _about_allow(value: ExclusionValue, known: Known) -> Iterator[LintFinding]:
    """Judge an allow indicator that is in the tenant already."""
    if value_covers(known.value, value) and known.holds_for_scope:
        yield found(LintCode.ALREADY_ALLOWED, reference=known.reference)


def _about_policy(value: ExclusionValue, known: Known) -> Iterator[LintFinding]:
    """Judge an exclusion that a policy sets."""
    if value_covers(known.value, value):
        yield found(LintCode.SET_BY_POLICY, reference=known.reference)


def _about_exclusion(value: ExclusionValue, known: Known) -> Iterator[LintFinding]:
    """Judge an exclusion of the register."""
    if not value_covers(known.value, value):
        return
    is_same_indicator = value.kind is ExclusionKind.ALLOW_INDICATOR and known.value.canonical == value.canonical
    elsewhere = LintCode.INDICATOR_TAKEN if is_same_indicator else LintCode.EXCLUDED_ELSEWHERE
    yield found(LintCode.ALREADY_EXCLUDED if known.holds_for_scope else elsewhere, reference=known.reference)


_KNOWN: Mapping[KnownSource, Callable[[ExclusionValue, Known], Iterator[LintFinding]]] = {
    KnownSource.BLOCK_INDICATOR: _about_block,
    KnownSource.ALLOW_INDICATOR: _about_allow,
    KnownSource.POLICY: _about_policy,
    KnownSource.EXCLUSION: _about_exclusion,
}
