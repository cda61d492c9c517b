"""What the page needs on which an exclusion is asked for: the evidence, the proposals, and what holds already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from troubleshooting.domain.advice.lint_base import Draft, Known, KnownSource, LintContext
from troubleshooting.domain.advice.proposal import Proposal, RuledOut, propose, ruled_out, why_none
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope, ScopeKind
from troubleshooting.domain.exclusions.values import InvalidExclusionValue, parse_value
from troubleshooting.domain.verdict.verdict import Verdict
from troubleshooting.domain.verdict.warned import instead_of_exclusion
from troubleshooting.models import Case, Device, Exclusion
from troubleshooting.queries.checks.evidence import read_snapshot
from troubleshooting.queries.exclusions.known_elsewhere import known_by_policy, known_in_tenant
from troubleshooting.queries.leases.audit_mode_events import read_events

NO_VERDICT = say(_("No check of the PC has reached a verdict yet. An exclusion needs its evidence."))


@dataclass(frozen=True, slots=True)
class AskPage:
    """The request's page; ``why_not`` is None where an exclusion makes sense, only then are there proposals."""

    why_not: Text | None
    instead: Text | None = None  # how the employee opens the site without an exclusion
    proposals: tuple[Proposal, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    snapshot: Snapshot | None = None
    group_size: int = 0  # PCs
    everyone: int = 0  # PCs


def read_ask_page(case: Case) -> AskPage:
    """Return the page of a case with its device joined; the same number of queries for every case."""
    stored = case.verdicts.select_related("check_run", "audit_mode_test__lease").first()
    if stored is None:
        return AskPage(NO_VERDICT)
    verdict = Verdict.from_json(stored.content)
    reason = why_none(case.report, verdict)
    if reason is not None:
        return AskPage(reason)
    run = stored.check_run or case.check_runs.first()
    snapshot = (read_snapshot(run) if run else None) or Snapshot(collected_at=stored.concluded_at)
    if stored.audit_mode_test is not None and stored.audit_mode_test.lease is not None:
        snapshot = replace(snapshot, events=read_events(stored.audit_mode_test.lease).events)
    return AskPage(
        None,
        instead=instead_of_exclusion(case.report, snapshot),
        proposals=propose(case.report, verdict, snapshot),
        ruled_out=ruled_out(case.report, verdict, snapshot),
        snapshot=snapshot,
        group_size=Device.objects.filter(group_id=case.device.group_id).count(),
        everyone=Device.objects.count(),
    )


def lint_context(
    report: Report,
    snapshot: Snapshot | None,
    draft: Draft,
    *,
    longest: timedelta,
    renews: Exclusion | None = None,
) -> LintContext:
    """Return what the linter has to know beside the request: the evidence, and what decides about the value already.

    That is the open exclusions of the kind (the one to be renewed left out), the tenant's indicators that overlap with
    the value, and policies.
    """
    register = _known(draft.kind, draft.scope, renews=renews)
    elsewhere = () if isinstance(draft.value, InvalidExclusionValue) else known_in_tenant(draft.value, draft.scope)
    known = (*register, *elsewhere, *known_by_policy(draft.kind, snapshot))
    return LintContext(longest=longest, report=report, snapshot=snapshot, known=known)


def existing_exclusion(kind: ExclusionKind, value_key: str, scope: Scope) -> Exclusion | None:
    """Return the open exclusion that has the value and the scope already."""
    for found in Exclusion.objects.open().filter(kind=kind.value, value_key=value_key).order_by("pk"):
        if found.scope == scope:
            return found
    return None


def _known(kind: ExclusionKind, scope: Scope, *, renews: Exclusion | None) -> tuple[Known, ...]:
    """Return the open exclusions of the register; one query, and one more where a PC's group has to be known."""
    group_id = None
    if scope.kind is ScopeKind.DEVICE:
        group_id = Device.objects.filter(pk=scope.target_id or 0).values_list("group_id", flat=True).first()
    known = []
    others = Exclusion.objects.open().filter(kind=kind.value)
    if renews is not None:
        others = others.exclude(pk=renews.pk)
    for found in others.order_by("pk"):
        try:
            value = parse_value(kind, found.value)
        except InvalidExclusionValue:
            continue
        holds = _holds_for(found.scope, scope, group_id=group_id)
        known.append(Known(KnownSource.EXCLUSION, value, f"#{found.pk}", holds_for_scope=holds))
    return tuple(known)


def _holds_for(wide: Scope, narrow: Scope, *, group_id: int | None) -> bool:
    """Tell whether a scope reaches every PC of another one."""
    if wide.kind is ScopeKind.EVERYONE or wide == narrow:
        return True
    return wide.kind is ScopeKind.GROUP and narrow.kind is ScopeKind.DEVICE and wide.target_id == group_id
