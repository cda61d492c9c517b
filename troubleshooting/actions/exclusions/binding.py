"""Exactly what an exclusion changes, as commands or as calls: what an approval binds, and nothing else is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.exclusions.digest import ApprovedChange, ChangedSinceApproval, check_unchanged
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.value_errors import GROUP_NOT_IN_TENANT
from troubleshooting.domain.exclusions.values import InvalidExclusionValue, parse_value
from troubleshooting.machines import changing
from troubleshooting.machines.pipeline import Entry, rendered
from troubleshooting.models import Case, Exclusion
from troubleshooting.models.decision import Decision
from troubleshooting.tenant.indicators import PATH, WantedIndicator


class GroupNotInTenant(Refused):
    """The device group has no name in Defender for Endpoint, so no indicator can be for it alone."""

    text = GROUP_NOT_IN_TENANT


def change_of(exclusion: Exclusion) -> ApprovedChange:
    """Return exactly what an approval binds: value, commands or calls, scope, end and the evidence of the case."""
    return ApprovedChange(
        kind=ExclusionKind(exclusion.kind),
        value=exclusion.value,
        steps=steps_of(exclusion),
        scope=exclusion.scope,
        expires_at=exclusion.expires_at,
        evidence=exclusion.evidence,
        reason=exclusion.reason,
    )


def steps_of(exclusion: Exclusion) -> list[dict[str, Any]]:
    """Return how an exclusion is put and taken off: commands of the catalogue, or calls with their body.

    The body is empty where the device group has no name in the tenant, and there is no step at all where the stored
    value is none of its kind; such a request is not approved (:func:`check_can_be_sent`).
    """
    kind = ExclusionKind(exclusion.kind)
    try:
        if kind in LOCAL_KINDS:
            return [{"command": rendered(entry)} for entry in commands_of(kind, exclusion.value)]
        body: dict[str, Any] = wanted_indicator(exclusion).as_body()
    except InvalidExclusionValue:  # somebody reached into the table
        return []
    except GroupNotInTenant:  # its name was taken away: what was approved with it is not this any more
        body = {}
    return [
        {"call": f"POST {PATH}", "body": body},
        {"call": f"DELETE {PATH}/{{id}}", "body": None},
    ]


def check_can_be_sent(exclusion: Exclusion) -> None:
    """Raise InvalidExclusionValue or GroupNotInTenant where no command and no call can be made of an exclusion."""
    if ExclusionKind(exclusion.kind) in LOCAL_KINDS:
        commands_of(ExclusionKind(exclusion.kind), exclusion.value)
    else:
        wanted_indicator(exclusion)


def commands_of(kind: ExclusionKind, value: str) -> tuple[Entry, Entry]:
    """Return the commands that put an exclusion on a PC and take it off again."""
    return changing.add_exclusion(kind, value), changing.remove_exclusion(kind, value)


def wanted_indicator(exclusion: Exclusion) -> WantedIndicator:
    """Return the indicator that an exclusion asks of the tenant; its texts name the case and no person."""
    value = parse_value(ExclusionKind.ALLOW_INDICATOR, exclusion.value)
    assert value.indicator_type is not None, "an indicator has a type"
    return WantedIndicator(
        value=value.value,
        type=value.indicator_type,
        title=f"{exclusion.case.number}, exclusion #{exclusion.pk}",
        description="Approved and ended by the network protection portal. See the case there before changing it.",
        expires_at=exclusion.expires_at,
        groups=tenant_groups(exclusion),
        for_everyone=exclusion.scope_kind == ScopeKind.EVERYONE,
    )


def tenant_groups(exclusion: Exclusion) -> tuple[str, ...]:
    """Name the tenant's device groups of an exclusion, () for everyone; raises GroupNotInTenant."""
    if exclusion.scope_kind == ScopeKind.EVERYONE:
        return ()
    name = exclusion.scope_group.tenant_name if exclusion.scope_group is not None else ""
    if not name:
        raise GroupNotInTenant
    return (name,)


def check_binding(exclusion: Exclusion) -> None:
    """Raise ChangedSinceApproval unless what would be done now is what enough people approved.

    The digest alone does not say so: it stands in the row, and whoever changes the row can change it too. The decisions
    of the people stand elsewhere, and nobody changes these.
    """
    try:
        change, value = change_of(exclusion), parse_value(ExclusionKind(exclusion.kind), exclusion.value)
    except InvalidExclusionValue as error:  # none of that kind: nobody approved it
        raise ChangedSinceApproval(("value",)) from error
    check_unchanged(change, approved=exclusion.approved_change or {}, approved_digest=exclusion.digest)
    if exclusion.value_key != value.canonical:
        raise ChangedSinceApproval(("value",))  # it would be looked for under another name
    if len(approvers(exclusion, exclusion.digest)) < exclusion.approvals_needed:
        raise ChangedSinceApproval(("approvals",))


def approvers(exclusion: Exclusion, binding: str) -> set[int]:
    """Return who approved exactly this, in the present round; the requester and the people of the case never count."""
    approved = exclusion.decisions.filter(round=exclusion.round, decision=Decision.APPROVE, digest=binding)
    return {one.by_id for one in approved.select_related("by") if exclusion.why_not_own(one.by) is None}


def evidence_of(case: Case, *, at: datetime) -> dict[str, Any]:
    """Return what a request rests on: the case's last verdict, as it was concluded, and when that was looked up."""
    verdict = case.verdicts.first()
    return {
        "case": case.number,
        "verdict": verdict.content if verdict else None,
        "concluded_at": verdict.concluded_at.isoformat() if verdict else None,
        "looked_up_at": at.isoformat(),
    }
