"""What reviewers do with a request: approve, approve narrower, reject, ask a question."""

from __future__ import annotations

from datetime import datetime

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.binding import approvers, change_of, check_can_be_sent
from troubleshooting.actions.exclusions.clashes import refusing_clashes
from troubleshooting.actions.exclusions.lifecycle import move_exclusion
from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.actions.exclusions.placements import begin_placements, devices_in
from troubleshooting.actions.exclusions.requests import ExclusionRules, ScopeNeedsGroup, set_scope
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.exclusions.approval import DecidedAlready, approvals_needed, check_not_wider
from troubleshooting.domain.exclusions.digest import ApprovedChange, digest
from troubleshooting.domain.exclusions.exclusion import (
    LOCAL_KINDS,
    TRANSITIONS,
    ExclusionKind,
    ExclusionStatus,
    Scope,
    ScopeKind,
    check_lifetime,
)
from troubleshooting.models import Exclusion, ExclusionDecision, User
from troubleshooting.models.decision import Decision
from troubleshooting.models.privileges import changing_fields
from troubleshooting.permissions import check_may_decide_exclusion


class RequestChanged(Refused):
    """The request is not what the reviewer read."""

    text = say(_("Nothing was decided: this request has changed since you opened it. Please review it again."))


@refusing_clashes
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

    ``seen`` is the digest of what the reviewer read; raises RequestChanged where it is no longer that,
    InvalidExclusionValue where the stored value is none of its kind, and for indicators ScopeNeedsGroup and
    GroupNotInTenant. Narrowing is a change: it begins a new round, in which this
    approval is the first.
    """
    exclusion = lock(exclusion_id)
    _check_may_decide(by, exclusion)
    if digest(change_of(exclusion)) != seen:
        raise RequestChanged
    check_transition(TRANSITIONS, ExclusionStatus(exclusion.status), ExclusionStatus.APPROVED)
    check_lifetime(exclusion.expires_at - now, rules.longest)
    _narrow(exclusion, scope or exclusion.scope, expires_at or exclusion.expires_at, rules=rules, by=by, now=now)
    check_can_be_sent(exclusion)
    change = change_of(exclusion)
    binding = digest(change)
    ExclusionDecision.objects.create(
        exclusion=exclusion, round=exclusion.round, decision=Decision.APPROVE, by=by, at=now, note=note, digest=binding
    )
    activity_log.record(
        "exclusion_approved", exclusion, case=exclusion.case, actor=by, now=now, digest=binding, note=note
    )
    if len(approvers(exclusion, binding)) >= exclusion.approvals_needed:
        _put_in_force(exclusion, change, binding, now=now)
    return exclusion


@refusing_clashes
def reject_exclusion(exclusion_id: int, *, by: User, note: str, now: datetime, seen: str = "") -> Exclusion:
    """Say no, and what would change the answer.

    ``seen`` is the digest of what the reviewer read, "" where the answer is not about its details; raises
    RequestChanged.
    """
    return _decide(exclusion_id, Decision.REJECT, ExclusionStatus.REJECTED, by=by, note=note, now=now, seen=seen)


@refusing_clashes
def ask_question(exclusion_id: int, *, by: User, note: str, now: datetime) -> Exclusion:
    """Ask the requester for more."""
    return _decide(exclusion_id, Decision.ASK_QUESTION, ExclusionStatus.QUESTION_ASKED, by=by, note=note, now=now)


def _put_in_force(exclusion: Exclusion, change: ApprovedChange, binding: str, *, now: datetime) -> None:
    exclusion.approved_at, exclusion.approved_change, exclusion.digest = now, change.as_json(), binding
    move_exclusion(exclusion, to=ExclusionStatus.APPROVED, now=now)
    begin_placements(exclusion)


def _narrow(
    exclusion: Exclusion, scope: Scope, expires_at: datetime, *, rules: ExclusionRules, by: User, now: datetime
) -> None:
    """Take over a narrower scope or an earlier end; raises WiderThanAsked, ScopeNeedsGroup."""
    if scope == exclusion.scope and expires_at == exclusion.expires_at:
        return
    if exclusion.kind not in LOCAL_KINDS and scope.kind is ScopeKind.DEVICE:
        raise ScopeNeedsGroup
    is_within = not devices_in(scope).exclude(pk__in=devices_in(exclusion.scope).order_by()).exists()
    check_not_wider(
        asked=exclusion.scope,
        asked_lifetime=exclusion.expires_at - now,
        granted=exclusion.scope if is_within and scope.kind is exclusion.scope.kind else scope,
        granted_lifetime=expires_at - now,
    )
    set_scope(exclusion, scope)
    exclusion.expires_at = expires_at
    exclusion.round += 1
    needed = approvals_needed(ExclusionKind(exclusion.kind), scope, expires_at - now, policy=rules.policy)
    exclusion.approvals_needed = needed
    exclusion.save(update_fields=changing_fields(Exclusion))
    activity_log.record("exclusion_narrowed", exclusion, case=exclusion.case, actor=by, now=now, scope=scope.as_json())


def _decide(
    exclusion_id: int, decision: Decision, to: ExclusionStatus, *, by: User, note: str, now: datetime, seen: str = ""
) -> Exclusion:
    exclusion = lock(exclusion_id)
    _check_may_decide(by, exclusion)
    if seen and digest(change_of(exclusion)) != seen:
        raise RequestChanged
    check_transition(TRANSITIONS, ExclusionStatus(exclusion.status), to)
    ExclusionDecision.objects.create(
        exclusion=exclusion, round=exclusion.round, decision=decision, by=by, at=now, note=note
    )
    move_exclusion(exclusion, to=to, now=now)
    activity_log.record(f"exclusion_{to.value}", exclusion, case=exclusion.case, actor=by, now=now, note=note)
    return exclusion


def _check_may_decide(by: User, exclusion: Exclusion) -> None:
    check_may_decide_exclusion(by, exclusion)
    if exclusion.is_decided_by(by):
        raise DecidedAlready
