"""What people do with exclusions: ask, answer, take back, end early. Decisions are in ``exclusion_decisions``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.binding import evidence_of, tenant_groups
from troubleshooting.actions.exclusions.clashes import AlreadyAsked, clash_of
from troubleshooting.actions.exclusions.lifecycle import begin_removal, drop_unsent, move_exclusion
from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.actions.exclusions.placements import devices_in
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.exclusions.approval import ApprovalPolicy, approvals_needed
from troubleshooting.domain.exclusions.exclusion import (
    LOCAL_KINDS,
    ExclusionStatus,
    Scope,
    ScopeKind,
    check_lifetime,
)
from troubleshooting.domain.exclusions.request import ExclusionRequest
from troubleshooting.domain.exclusions.value_errors import TENANT_NOT_SET_UP
from troubleshooting.domain.exclusions.values import check_no_secret
from troubleshooting.models import Case, Exclusion, User
from troubleshooting.permissions import (
    check_may_request_exclusion,
    check_may_revoke_exclusion,
    check_may_withdraw_exclusion,
)


@dataclass(frozen=True, slots=True)
class ExclusionRules:
    """What the company allows, and whether it has a tenant; handed down from the settings."""

    policy: ApprovalPolicy
    longest: timedelta
    has_tenant: bool = False


class NothingToReach(Refused):
    """The scope has no PC."""

    text = say(_("There are no PCs in this scope. Choose a different one, for example this PC."))


class TenantNotSetUp(Refused):
    """An allow indicator needs a tenant."""

    text = TENANT_NOT_SET_UP


class ScopeNeedsGroup(Refused):
    """An allow indicator is for a device group or for everyone, never for one PC."""

    text = say(_("An allow indicator applies to a device group or to everyone. Choose one of these two."))


def request_exclusion(
    case_id: int, request: ExclusionRequest, *, by: User, rules: ExclusionRules, now: datetime
) -> Exclusion:
    """Ask for an exclusion.

    Raises InvalidLifetime, InvalidExclusionValue where a secret is in it, NothingToReach, AlreadyAsked, and for
    indicators TenantNotSetUp, ScopeNeedsGroup and GroupNotInTenant.
    """
    try:
        return _request(case_id, request, by=by, rules=rules, now=now)
    except IntegrityError as error:
        raise clash_of(error, kind=request.kind, value_key=request.value.canonical, scope=request.scope) from error


@transaction.atomic
def _request(case_id: int, request: ExclusionRequest, *, by: User, rules: ExclusionRules, now: datetime) -> Exclusion:
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    check_may_request_exclusion(by, case)
    exclusion = new_request(case, request, by=by, rules=rules, now=now)
    said = {"kind": exclusion.kind, "value": exclusion.value}
    activity_log.record("exclusion_requested", exclusion, case=case, actor=by, now=now, **said)
    return exclusion


def new_request(
    case: Case,
    request: ExclusionRequest,
    *,
    by: User,
    rules: ExclusionRules,
    now: datetime,
    renews: Exclusion | None = None,
    further_evidence: Mapping[str, Any] | None = None,
) -> Exclusion:
    """Save a request about a locked case; the caller records the action. Raises what :func:`request_exclusion` does."""
    lifetime = request.expires_at - now
    check_lifetime(lifetime, rules.longest)
    check_no_secret(request.value)
    exclusion = Exclusion(
        case=case,
        kind=request.kind.value,
        value=request.value.value,
        value_key=request.value.canonical,
        evidence={**evidence_of(case, at=now), **(further_evidence or {})},
        renews=renews,
        reason_code=request.reason_code,
        reason=request.reason,
        findings=list(request.findings),
        approvals_needed=approvals_needed(request.kind, request.scope, lifetime, policy=rules.policy),
        requested_by=by,
        requested_at=now,
        expires_at=request.expires_at,
    )
    set_scope(exclusion, request.scope)
    _check_reach(exclusion, request, rules)
    exclusion.save()
    return exclusion


def _check_reach(exclusion: Exclusion, request: ExclusionRequest, rules: ExclusionRules) -> None:
    if not devices_in(request.scope).exists():
        raise NothingToReach
    if request.kind in LOCAL_KINDS:
        return
    renewals = Exclusion.objects.open().filter(kind=exclusion.kind, value_key=exclusion.value_key)
    if exclusion.renews is None and renewals.filter(renews__isnull=False).exists():
        raise AlreadyAsked(say(_("This value already has an open renewal. Look at the list of exclusions.")))
    if not rules.has_tenant:
        raise TenantNotSetUp
    if request.scope.kind is ScopeKind.DEVICE:
        raise ScopeNeedsGroup
    tenant_groups(exclusion)


@transaction.atomic
def answer_back(exclusion_id: int, *, by: User, reason: str, now: datetime) -> Exclusion:
    """Answer a reviewer's question; the request stands again, in a new round."""
    exclusion = lock(exclusion_id)
    check_may_withdraw_exclusion(by, exclusion)
    if exclusion.status != ExclusionStatus.QUESTION_ASKED:  # without a question, what was approved stays approved
        raise InvalidTransition(ExclusionStatus(exclusion.status), ExclusionStatus.REQUESTED)
    exclusion.reason = reason
    exclusion.round += 1
    move_exclusion(exclusion, to=ExclusionStatus.REQUESTED, now=now)
    activity_log.record("exclusion_answered", exclusion, case=exclusion.case, actor=by, now=now, note=reason)
    return exclusion


@transaction.atomic
def withdraw_exclusion(exclusion_id: int, *, by: User, now: datetime) -> Exclusion:
    """Take a request back before it is in force."""
    exclusion = lock(exclusion_id)
    check_may_withdraw_exclusion(by, exclusion)
    exclusion.ended_by = by
    move_exclusion(exclusion, to=ExclusionStatus.WITHDRAWN, now=now)
    drop_unsent(exclusion, now=now)
    activity_log.record("exclusion_withdrawn", exclusion, case=exclusion.case, actor=by, now=now)
    return exclusion


@transaction.atomic
def revoke_exclusion(exclusion_id: int, *, by: User, note: str, now: datetime) -> Exclusion:
    """End an exclusion early; it is taken off every PC, or out of the tenant, at once."""
    exclusion = lock(exclusion_id)
    check_may_revoke_exclusion(by, exclusion)
    begin_removal(exclusion, as_=ExclusionStatus.REVOKED, by=by, note=note, now=now)
    return exclusion


def set_scope(exclusion: Exclusion, scope: Scope) -> None:
    """Take a scope over."""
    exclusion.scope_kind = scope.kind.value
    exclusion.scope_device_id = scope.target_id if scope.kind is ScopeKind.DEVICE else None
    exclusion.scope_group_id = scope.target_id if scope.kind is ScopeKind.GROUP else None
