"""What people do with exclusions: ask, change, decide, withdraw, revoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from troubleshooting import dispatch
from troubleshooting.actions import audit
from troubleshooting.domain.exclusion import (
    LOCAL_KINDS,
    TRANSITIONS,
    ExclusionKind,
    ExclusionStatus,
    Scope,
    ScopeKind,
    check_lifetime,
)
from troubleshooting.domain.exclusion_approval import (
    ApprovalPolicy,
    approvals_needed,
    check_may_decide,
    check_not_wider,
)
from troubleshooting.domain.exclusion_digest import ApprovedChange, check_unchanged, digest
from troubleshooting.domain.exclusion_values import parse_value
from troubleshooting.domain.placement import PlacementStatus
from troubleshooting.domain.transitions import check_transition
from troubleshooting.machines import changing
from troubleshooting.machines.pipeline import rendered
from troubleshooting.models import Case, Device, Exclusion, ExclusionDecision, Placement, User
from troubleshooting.models.exclusion import Decision
from troubleshooting.permissions import (
    check_may_decide_exclusion,
    check_may_request_exclusion,
    check_may_revoke_exclusion,
    check_may_withdraw_exclusion,
)

CANARIES = 3  # PCs that get it first


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, as the form gives it."""

    kind: ExclusionKind
    value: str
    scope: Scope
    expires_at: datetime
    reason_code: str
    reason: str
    findings: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ExclusionRules:
    """What the company allows; handed down from the settings."""

    policy: ApprovalPolicy
    longest: timedelta


class RequestChanged(Exception):
    """The request is not what the reviewer read."""


class NothingToReach(Exception):
    """The scope has no PC."""


@transaction.atomic
def request_exclusion(case_id: int, wish: Wish, *, by: User, rules: ExclusionRules, now: datetime) -> Exclusion:
    """Ask for an exclusion; raises InvalidExclusionValue, InvalidLifetime, NothingToReach."""
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    check_may_request_exclusion(by, case)
    lifetime = wish.expires_at - now
    check_lifetime(lifetime, rules.longest)
    value = parse_value(wish.kind, wish.value)
    exclusion = Exclusion(
        case=case,
        kind=wish.kind.value,
        value=value.value,
        value_key=value.canonical,
        evidence=_evidence_of(case),
        reason_code=wish.reason_code,
        reason=wish.reason,
        findings=list(wish.findings),
        approvals_needed=approvals_needed(wish.kind, wish.scope, lifetime, policy=rules.policy),
        requested_by=by,
        requested_at=now,
        expires_at=wish.expires_at,
    )
    _set_scope(exclusion, wish.scope)
    if not devices_in(wish.scope):
        raise NothingToReach
    exclusion.save()
    audit.record("exclusion_requested", exclusion, case=case, actor=by, now=now, kind=exclusion.kind, value=value.value)
    return exclusion


@transaction.atomic
def approve_exclusion(
    exclusion_id: int,
    *,
    by: User,
    note: str,
    seen: str,
    rules: ExclusionRules,
    now: datetime,
    scope: Scope | None = None,
    expires_at: datetime | None = None,
) -> Exclusion:
    """Approve, or approve narrower; the last approval that is needed puts the exclusion in force.

    ``seen`` is the digest of what the reviewer read; raises RequestChanged where it is no longer that. Narrowing is a
    change: it begins a new round, in which this approval is the first.
    """
    exclusion = _locked(exclusion_id)
    _check_may_decide(by, exclusion)
    if digest(change_of(exclusion)) != seen:
        raise RequestChanged
    check_transition(TRANSITIONS, ExclusionStatus(exclusion.status), ExclusionStatus.APPROVED)
    check_lifetime(exclusion.expires_at - now, rules.longest)
    _narrow(exclusion, scope or exclusion.scope, expires_at or exclusion.expires_at, rules=rules, by=by, now=now)
    change = change_of(exclusion)
    binding = digest(change)
    ExclusionDecision.objects.create(
        exclusion=exclusion, round=exclusion.round, decision=Decision.APPROVE, by=by, at=now, note=note, digest=binding
    )
    audit.record("exclusion_approved", exclusion, case=exclusion.case, actor=by, now=now, digest=binding, note=note)
    if len(approvers(exclusion, binding)) >= exclusion.approvals_needed:
        _put_in_force(exclusion, change, binding, now=now)
    return exclusion


@transaction.atomic
def reject_exclusion(exclusion_id: int, *, by: User, note: str, now: datetime) -> Exclusion:
    """Say no, and what would change the answer."""
    return _decide(exclusion_id, Decision.REJECT, ExclusionStatus.REJECTED, by=by, note=note, now=now)


@transaction.atomic
def ask_back(exclusion_id: int, *, by: User, note: str, now: datetime) -> Exclusion:
    """Ask the requester for more."""
    return _decide(exclusion_id, Decision.ASK_BACK, ExclusionStatus.ASKED_BACK, by=by, note=note, now=now)


@transaction.atomic
def answer_back(exclusion_id: int, *, by: User, reason: str, now: datetime) -> Exclusion:
    """Answer a reviewer's question; the request stands again, in a new round."""
    exclusion = _locked(exclusion_id)
    check_may_withdraw_exclusion(by, exclusion)
    exclusion.reason = reason
    exclusion.round += 1
    _move(exclusion, to=ExclusionStatus.REQUESTED, now=now)
    audit.record("exclusion_answered", exclusion, case=exclusion.case, actor=by, now=now, note=reason)
    return exclusion


@transaction.atomic
def withdraw_exclusion(exclusion_id: int, *, by: User, now: datetime) -> Exclusion:
    """Take a request back before it is in force."""
    exclusion = _locked(exclusion_id)
    check_may_withdraw_exclusion(by, exclusion)
    _move(exclusion, to=ExclusionStatus.WITHDRAWN, now=now)
    _drop_unsent(exclusion, now=now)
    audit.record("exclusion_withdrawn", exclusion, case=exclusion.case, actor=by, now=now)
    return exclusion


@transaction.atomic
def revoke_exclusion(exclusion_id: int, *, by: User, note: str, now: datetime) -> Exclusion:
    """End an exclusion early; it is taken off every PC at once."""
    exclusion = _locked(exclusion_id)
    check_may_revoke_exclusion(by, exclusion)
    begin_removal(exclusion, as_=ExclusionStatus.REVOKED, by=by, note=note, now=now)
    return exclusion


def begin_removal(exclusion: Exclusion, *, as_: ExclusionStatus, by: User | None, note: str, now: datetime) -> None:
    """End a locked exclusion: unsent placements are dropped, the others are to be taken away and read back."""
    if exclusion.status == ExclusionStatus.APPROVED:
        _move(exclusion, to=ExclusionStatus.UNUSED, now=now)
    else:
        _move(exclusion, to=as_, now=now)
    audit.record(f"exclusion_{as_.value}", exclusion, case=exclusion.case, actor=by, now=now, note=note)
    _drop_unsent(exclusion, now=now)
    there = exclusion.placements.filter(status__in=[PlacementStatus.PUTTING, PlacementStatus.THERE])
    there.update(status=PlacementStatus.REMOVING, next_attempt_at=None, attempts=0)
    for placement in exclusion.placements.filter(status=PlacementStatus.REMOVING):
        dispatch.placement_wants_visit(placement.pk)
    finish_removal(exclusion, now=now)


def finish_removal(exclusion: Exclusion, *, now: datetime) -> None:
    """Call a locked exclusion removed once it was read to be gone everywhere."""
    if ExclusionStatus.REMOVED not in TRANSITIONS[ExclusionStatus(exclusion.status)]:
        return
    if exclusion.placements.filter(status__in=[PlacementStatus.PUTTING, PlacementStatus.REMOVING]).exists():
        return
    _move(exclusion, to=ExclusionStatus.REMOVED, now=now)
    audit.record("exclusion_removed", exclusion, case=exclusion.case, actor=None, now=now)


def change_of(exclusion: Exclusion) -> ApprovedChange:
    """Give exactly what an approval binds: value, commands, scope, end and the evidence of the case."""
    kind = ExclusionKind(exclusion.kind)
    return ApprovedChange(
        kind=kind,
        value=exclusion.value,
        steps=[{"command": rendered(entry)} for entry in commands_of(kind, exclusion.value)],
        scope=exclusion.scope,
        expires_at=exclusion.expires_at,
        evidence=exclusion.evidence,
        reason=exclusion.reason,
    )


def _evidence_of(case: Case) -> dict[str, Any]:
    """Give what the request rests on: the case's last verdict, as it was concluded."""
    verdict = case.verdicts.first()
    return {"case": case.number, "verdict": verdict.content if verdict else None}


def commands_of(kind: ExclusionKind, value: str) -> tuple[Any, ...]:
    """Give the commands that put an exclusion on a PC and take it off again."""
    if kind not in LOCAL_KINDS:
        return ()
    return changing.add_exclusion(kind, value), changing.remove_exclusion(kind, value)


def check_binding(exclusion: Exclusion) -> None:
    """Raise ChangedSinceApproval unless what would be done now is what enough people approved."""
    check_unchanged(change_of(exclusion), approved=exclusion.approved_change or {}, approved_digest=exclusion.digest)


def approvers(exclusion: Exclusion, binding: str) -> set[int]:
    """Give who approved exactly this, in the present round."""
    approved = exclusion.decisions.filter(round=exclusion.round, decision=Decision.APPROVE, digest=binding)
    return set(approved.values_list("by_id", flat=True))


def devices_in(scope: Scope) -> list[int]:
    """Give the PCs of a scope, by name."""
    devices = Device.objects.order_by("hostname")
    if scope.kind is ScopeKind.DEVICE:
        devices = devices.filter(pk=scope.target_id or 0)
    elif scope.kind is ScopeKind.GROUP:
        devices = devices.filter(group_id=scope.target_id)
    return list(devices.values_list("pk", flat=True))


def _put_in_force(exclusion: Exclusion, change: ApprovedChange, binding: str, *, now: datetime) -> None:
    exclusion.approved_at, exclusion.approved_change, exclusion.digest = now, change.as_json(), binding
    _move(exclusion, to=ExclusionStatus.APPROVED, now=now)
    devices = devices_in(exclusion.scope)
    case_device = exclusion.case.device_id
    first = sorted(devices, key=lambda pk: pk != case_device)[:CANARIES]  # the reporter's own PC is among them
    Placement.objects.bulk_create(Placement(exclusion=exclusion, device_id=pk, is_canary=pk in first) for pk in devices)
    for placement in exclusion.placements.filter(is_canary=True):
        dispatch.placement_wants_visit(placement.pk)


def _narrow(
    exclusion: Exclusion, scope: Scope, expires_at: datetime, *, rules: ExclusionRules, by: User, now: datetime
) -> None:
    """Take over a narrower scope or an earlier end; raises WiderThanAsked."""
    if scope == exclusion.scope and expires_at == exclusion.expires_at:
        return
    is_within = set(devices_in(scope)) <= set(devices_in(exclusion.scope))
    check_not_wider(
        asked=exclusion.scope,
        asked_lifetime=exclusion.expires_at - now,
        granted=exclusion.scope if is_within and scope.kind is exclusion.scope.kind else scope,
        granted_lifetime=expires_at - now,
    )
    _set_scope(exclusion, scope)
    exclusion.expires_at = expires_at
    exclusion.round += 1
    needed = approvals_needed(ExclusionKind(exclusion.kind), scope, expires_at - now, policy=rules.policy)
    exclusion.approvals_needed = needed
    exclusion.save()
    audit.record("exclusion_narrowed", exclusion, case=exclusion.case, actor=by, now=now, scope=scope.as_json())


def _decide(
    exclusion_id: int, decision: Decision, to: ExclusionStatus, *, by: User, note: str, now: datetime
) -> Exclusion:
    exclusion = _locked(exclusion_id)
    _check_may_decide(by, exclusion)
    _move(exclusion, to=to, now=now)
    ExclusionDecision.objects.create(
        exclusion=exclusion, round=exclusion.round, decision=decision, by=by, at=now, note=note
    )
    audit.record(f"exclusion_{to.value}", exclusion, case=exclusion.case, actor=by, now=now, note=note)
    return exclusion


def _check_may_decide(by: User, exclusion: Exclusion) -> None:
    check_may_decide_exclusion(by, exclusion)
    decided = exclusion.decisions.filter(round=exclusion.round).values_list("by_id", flat=True)
    check_may_decide(exclusion.requested_by_id, decided_by=set(decided), decider_id=by.pk)


def _drop_unsent(exclusion: Exclusion, *, now: datetime) -> None:
    exclusion.placements.filter(status=PlacementStatus.WAITING).update(status=PlacementStatus.UNUSED, ended_at=now)


def _set_scope(exclusion: Exclusion, scope: Scope) -> None:
    exclusion.scope_kind = scope.kind.value
    exclusion.scope_device_id = scope.target_id if scope.kind is ScopeKind.DEVICE else None
    exclusion.scope_group_id = scope.target_id if scope.kind is ScopeKind.GROUP else None


def _move(exclusion: Exclusion, *, to: ExclusionStatus, now: datetime) -> None:
    check_transition(TRANSITIONS, ExclusionStatus(exclusion.status), to)
    exclusion.status = to.value
    exclusion.ended_at = None if TRANSITIONS[to] else now
    exclusion.save()


def _locked(exclusion_id: int) -> Exclusion:
    return Exclusion.objects.locked().select_related("case__device", "requested_by").get(pk=exclusion_id)
