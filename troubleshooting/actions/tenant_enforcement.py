"""What a worker does for an allow indicator in the tenant: put it, prove it, take it out, prove that.

The client (``tenant/indicators``) believes only what it reads back; here it is decided what that means.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection

from troubleshooting.actions.exclusion_change import wanted_indicator
from troubleshooting.actions.placements import (
    is_needed_by_another,
    is_undone,
    may_still_be_put,
    put_off,
    put_off_stopped,
    settle,
)
from troubleshooting.actions.writes import WritesStopped, write_gate
from troubleshooting.domain.placement import PlacementOutcome, PlacementStatus
from troubleshooting.domain.tenant_errors import TenantErrorCode
from troubleshooting.models import Placement
from troubleshooting.tenant.base import TenantIndicator
from troubleshooting.tenant.connection import Tenant
from troubleshooting.tenant.errors import Conflict, NotConfirmed, TenantError

VALUES = 0x4E51  # the first of the lock's two numbers; the second stands for the value

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
    with _value_lock(placement.exclusion.value_key) as is_free:
        if not is_free:
            return
        placement.refresh_from_db(fields=["status", "indicator_id", "put_at"])
        if placement.status in (PlacementStatus.WAITING, PlacementStatus.PUTTING):
            if may_still_be_put(placement, now=plan.clock()):
                _tried(placement, plan, _put)
        elif placement.status == PlacementStatus.REMOVING:
            _tried(placement, plan, _remove)


def _tried(placement: Placement, plan: TenantPlan, deed: Callable[[Placement, Tenant, TenantPlan], None]) -> None:
    try:
        deed(placement, plan.connect(), plan)
    except WritesStopped:
        put_off_stopped(placement, now=plan.clock())
    except NotConfirmed as error:
        if error.accepted is not None:
            _remember(placement, error.accepted)
        put_off(placement, error.code, detail=said(error), now=plan.clock())
    except TenantError as error:
        put_off(placement, error.code, detail=said(error), now=plan.clock())


def _put(placement: Placement, tenant: Tenant, plan: TenantPlan) -> None:
    wanted = wanted_indicator(placement.exclusion)
    try:
        with write_gate():
            present = tenant.indicators.put(wanted)
    except TenantError as error:
        outcome = FINAL.get(error.code)
        if outcome is None or _own(placement, tenant):
            raise
        settle(placement, PlacementStatus.REFUSED, outcome=outcome, now=plan.clock(), error=said(error))
        return
    _remember(placement, present)
    settle(placement, PlacementStatus.THERE, outcome=None, now=plan.clock(), read_back=as_read(present))


def _remove(placement: Placement, tenant: Tenant, plan: TenantPlan) -> None:
    """Take the portal's own indicator out; one that somebody changed meanwhile is theirs and stays."""
    if is_needed_by_another(placement):
        settle(placement, PlacementStatus.GONE, outcome=PlacementOutcome.NEEDED_BY_ANOTHER, now=plan.clock())
        return
    outcome = None
    for present in _own(placement, tenant):
        try:
            with write_gate(is_undo=is_undone(placement)):
                tenant.indicators.remove(present.id, value=placement.exclusion.value)
        except Conflict:
            outcome = PlacementOutcome.TENANT_DECIDES_OTHERWISE
    left = tenant.indicators.find(placement.exclusion.value)
    if any(indicator.is_ours and indicator.is_allow for indicator in left):
        put_off(placement, TenantErrorCode.NOT_CONFIRMED, detail="It still shows.", now=plan.clock())
        return
    if left:
        outcome = PlacementOutcome.TENANT_DECIDES_OTHERWISE
    others = [as_read(indicator) for indicator in left]
    settle(placement, PlacementStatus.GONE, outcome=outcome, now=plan.clock(), left_in_tenant=others)


def _own(placement: Placement, tenant: Tenant) -> list[TenantIndicator]:
    """Give the portal's own allows of the value, also one whose id was never learnt."""
    found = tenant.indicators.find(placement.exclusion.value)
    return [indicator for indicator in found if indicator.is_ours and indicator.is_allow]


def _remember(placement: Placement, present: TenantIndicator) -> None:
    Placement.objects.filter(pk=placement.pk).update(indicator_id=present.id)
    placement.indicator_id = present.id


def as_read(indicator: TenantIndicator) -> dict[str, object]:
    """Give an indicator as it is kept in the audit."""
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
    """Give Microsoft's own words with its code and correlation id, for IT."""
    parts = [error.microsoft_code, error.detail, error.correlation_id and f"correlation id {error.correlation_id}"]
    return " · ".join(part for part in parts if part)


@contextlib.contextmanager
def _value_lock(value_key: str) -> Iterator[bool]:
    """Hold a value for this worker; gives False, without waiting, where another one has it."""
    key = zlib.crc32(value_key.encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [VALUES, key])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [VALUES, key])
