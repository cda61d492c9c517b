"""What a worker does for an allow indicator in the tenant: put it, prove it, take it out, prove that.

The client (``tenant/indicators``) believes only what it reads back; here it is decided what that means.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from troubleshooting.actions.exclusions.binding import check_binding, wanted_indicator
from troubleshooting.actions.exclusions.handover import who_needs_the_same
from troubleshooting.actions.exclusions.placements import (
    is_undone,
    may_still_be_put,
    put_off,
    put_off_stopped,
    put_once_more,
    settle,
)
from troubleshooting.actions.gate import EmergencyStopped, is_stopped, write_gate
from troubleshooting.actions.locks import value_lock
from troubleshooting.domain.exclusions.digest import ChangedSinceApproval
from troubleshooting.domain.exclusions.placement import TO_PUT, PlacementOutcome, PlacementStatus
from troubleshooting.domain.tenant.errors import TenantErrorCode
from troubleshooting.models import Exclusion, Placement
from troubleshooting.tenant.base import TenantIndicator
from troubleshooting.tenant.client import MayWrite
from troubleshooting.tenant.connection import Tenant
from troubleshooting.tenant.errors import Conflict, NotConfirmed, TenantError
from troubleshooting.tenant.indicators import WantedIndicator

# What no later try changes: the request has to be another one.
FINAL: Mapping[TenantErrorCode, PlacementOutcome] = {
    TenantErrorCode.CONFLICT: PlacementOutcome.TENANT_DECIDES_OTHERWISE,
    TenantErrorCode.BAD_REQUEST: PlacementOutcome.TENANT_REFUSED,
    TenantErrorCode.LIMIT_REACHED: PlacementOutcome.TENANT_IS_FULL,
}


@dataclass(frozen=True, slots=True)
class TenantPlan:
    """What the door hands down: the clock, and the way to the tenant, which raises TenantError where there is none."""

    clock: Callable[[], datetime]
    connect: Callable[[], Tenant]


def run_in_tenant(placement: Placement, *, plan: TenantPlan) -> None:
    """Do what one indicator needs now; nothing where another worker has its value."""
    with value_lock(placement.exclusion.value_key) as is_free:
        if not is_free:
            return
        placement.refresh_from_db(fields=["status", "indicator_id", "put_at", "attempts"])
        if placement.status in TO_PUT:
            if may_still_be_put(placement, now=plan.clock()):
                _tried(placement, plan, _put)
        elif placement.status == PlacementStatus.REMOVING:
            _tried(placement, plan, _remove)


def _tried(placement: Placement, plan: TenantPlan, action: Callable[[Placement, Tenant, TenantPlan], None]) -> None:
    try:
        action(placement, plan.connect(), plan)
    except EmergencyStopped:
        put_off_stopped(placement, now=plan.clock())
    except NotConfirmed as error:
        if error.accepted is not None:
            _remember(placement, error.accepted)
        put_off(placement, error.code, detail=said(error), now=plan.clock())
    except TenantError as error:
        put_off(placement, error.code, detail=said(error), now=plan.clock())


def _put(placement: Placement, tenant: Tenant, plan: TenantPlan) -> None:
    wanted = _approved(placement.exclusion_id)
    if wanted is None:
        may_still_be_put(placement, now=plan.clock())  # halts it, and says what differs
        return
    try:
        with _writing() as may_write:
            present = tenant.indicators.put(wanted, may_write=may_write)
    except TenantError as error:
        outcome = FINAL.get(error.code)
        if outcome is None or _own(placement, tenant):
            raise
        settle(placement, PlacementStatus.REJECTED, outcome=outcome, now=plan.clock(), error=said(error))
        return
    _remember(placement, present)
    settle(placement, PlacementStatus.VERIFIED, outcome=None, now=plan.clock(), read_back=as_read(present))


def _remove(placement: Placement, tenant: Tenant, plan: TenantPlan) -> None:
    """Take the portal's own indicator out; one that somebody changed meanwhile is theirs and stays."""
    needed_by = who_needs_the_same(placement).select_related("exclusion__case", "exclusion__scope_group").first()
    if needed_by is not None:
        _hand_over(needed_by, tenant, plan)
        settle(placement, PlacementStatus.REMOVED, outcome=PlacementOutcome.NEEDED_BY_ANOTHER, now=plan.clock())
        return
    outcome, ids = None, _ids_to_remove(placement, tenant)
    for indicator_id in ids:
        try:
            with _writing(is_undo=is_undone(placement)) as may_write:
                tenant.indicators.remove(indicator_id, value=placement.exclusion.value, may_write=may_write)
        except Conflict:
            outcome = PlacementOutcome.TENANT_DECIDES_OTHERWISE
    left = tenant.indicators.find(placement.exclusion.value)
    if any(indicator.is_ours and indicator.is_allow for indicator in left):
        put_off(placement, TenantErrorCode.NOT_CONFIRMED, detail="It is still listed.", now=plan.clock())
        return
    if not ids and not placement.attempts:
        # The answer to a call may have been lost, and a read may lag behind it: only a later try says gone.
        put_off(placement, TenantErrorCode.NOT_CONFIRMED, detail="Nothing to remove was found.", now=plan.clock())
        return
    if left:
        outcome = PlacementOutcome.TENANT_DECIDES_OTHERWISE
    others = [as_read(indicator) for indicator in left]
    settle(placement, PlacementStatus.REMOVED, outcome=outcome, now=plan.clock(), left_in_tenant=others)


def _hand_over(needed_by: Placement, tenant: Tenant, plan: TenantPlan) -> None:
    """Leave the indicator to another exclusion in force; where it is not as approved for that one, it is put anew.

    A renewal that was put and then ended leaves its own, later end behind. Where that other exclusion is not as it was
    approved any more (its group may have lost its name), the visit that puts it anew halts it.
    """
    wanted = _approved(needed_by.exclusion_id)
    if wanted is None or not any(wanted.is_met_by(present) for present in _own(needed_by, tenant)):
        put_once_more(needed_by, now=plan.clock())


def _approved(exclusion_id: int) -> WantedIndicator | None:
    """Return the indicator exactly as it was approved; None where what would be sent now is something else.

    It is made of the very rows that were held against the approval: a group's name may change at any time.
    """
    exclusion = Exclusion.objects.select_related("case", "scope_group").get(pk=exclusion_id)
    try:
        check_binding(exclusion)
    except ChangedSinceApproval:
        return None
    return wanted_indicator(exclusion)


@contextlib.contextmanager
def _writing(*, is_undo: bool = False) -> Iterator[MayWrite]:
    """Hold the gate, and give what to ask directly before each call: the client reads and waits before it writes.

    Both raise EmergencyStopped.
    """
    with write_gate(is_undo=is_undo):
        yield partial(_check_not_stopped, is_undo=is_undo)


def _check_not_stopped(*, is_undo: bool) -> None:
    if not is_undo and is_stopped():
        raise EmergencyStopped


def _ids_to_remove(placement: Placement, tenant: Tenant) -> list[str]:
    """Return the portal's own, and the one that the tenant said it had taken: a read may lag behind that."""
    known = [indicator.id for indicator in _own(placement, tenant)]
    return [*dict.fromkeys([*known, *filter(None, [placement.indicator_id])])]


def _own(placement: Placement, tenant: Tenant) -> list[TenantIndicator]:
    """Return the portal's own allows of the value, also one whose id was never learnt."""
    found = tenant.indicators.find(placement.exclusion.value)
    return [indicator for indicator in found if indicator.is_ours and indicator.is_allow]


def _remember(placement: Placement, present: TenantIndicator) -> None:
    Placement.objects.filter(pk=placement.pk).update(indicator_id=present.id)
    placement.indicator_id = present.id


def as_read(indicator: TenantIndicator) -> dict[str, object]:
    """Return an indicator as it is kept in the audit."""
    return {
        "id": indicator.id,
        "value": indicator.value,
        "type": indicator.type,
        "action": indicator.action,
        "expires": indicator.expiration_time.isoformat() if indicator.expiration_time else None,
        "groups": list(indicator.rbac_group_names),
        "made_by": indicator.source or indicator.created_by,
    }


def said(error: TenantError) -> str:
    """Return Microsoft's own words with its code and correlation id, for IT."""
    parts = [error.microsoft_code, error.detail, error.correlation_id and f"correlation id {error.correlation_id}"]
    return " · ".join(part for part in parts if part)
