"""What a worker does to compare a PC, or the tenant, with the register; nothing is changed there.

A scan that waits (``ended_at`` None) was asked for, or was left by a worker that vanished; the next worker takes it up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from troubleshooting import dispatch
from troubleshooting.actions import faults
from troubleshooting.actions.drift import keep_differences
from troubleshooting.actions.locks import device_lock, tenant_list_lock
from troubleshooting.actions.runs.in_tenant import TenantPlan, said
from troubleshooting.actions.visits.device_visit import DeviceVisit, visiting
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.actions.waking import wake_next
from troubleshooting.domain.drift.drift import LISTING_LAG, Listed, Place, Terms, place_of, stored_key
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome
from troubleshooting.domain.exclusions.values import IndicatorType
from troubleshooting.machines import catalogue
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import Device, DriftScan, Placement, SeenIndicator, TenantReading
from troubleshooting.models.placement import OPEN_PLACEMENT_CODES
from troubleshooting.tenant.base import TenantIndicator
from troubleshooting.tenant.errors import TenantError

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 30  # PCs that one sweep has looked at
NOTIFY_AGAIN_AFTER = timedelta(seconds=30)
ADDRESS_TYPES = frozenset(kind.value for kind in IndicatorType)


# --- What is due ------------------------------------------------------------------------------------------------------


def request_due_scans(*, now: datetime, every: timedelta, tenant_every: timedelta, has_tenant: bool) -> None:
    """Notify the scans that are due; a rhythm of nothing is off, and what was asked for is done all the same."""
    for pk in devices_to_scan(now=now, every=every):
        dispatch.device_wants_drift_scan(pk)
    if _is_waiting(now=now) or (has_tenant and tenant_every and _is_due(now=now, every=tenant_every)):
        dispatch.tenant_wants_reading()


def devices_to_scan(*, now: datetime, every: timedelta) -> list[int]:
    """Return the PCs whose scan waits, then those not looked at for longest, first where exclusions are."""
    waiting = DriftScan.objects.filter(device__isnull=False, ended_at=None, at__lte=now - NOTIFY_AGAIN_AFTER)
    found = [scan.device_id for scan in waiting.order_by("at")[:MOST_AT_ONCE] if scan.device_id is not None]
    if every:
        found += _due_devices(now=now, every=every).values_list("pk", flat=True)[:MOST_AT_ONCE]
    return list(dict.fromkeys(found))[:MOST_AT_ONCE]


def _due_devices(*, now: datetime, every: timedelta) -> QuerySet[Device]:
    scans = DriftScan.objects.filter(device=OuterRef("pk")).order_by("-at")
    placed = Placement.objects.filter(device=OuterRef("pk"), status__in=OPEN_PLACEMENT_CODES)
    known = Device.objects.annotate(scanned_at=Subquery(scans.values("at")[:1]), has_exclusions=Exists(placed))
    due = known.filter(Q(scanned_at=None) | Q(scanned_at__lte=now - every))
    return due.order_by("-has_exclusions", F("scanned_at").asc(nulls_first=True), "pk")


def _is_due(*, now: datetime, every: timedelta) -> bool:
    return not DriftScan.objects.filter(device=None, at__gt=now - every).exists()


def _is_waiting(*, now: datetime) -> bool:
    return DriftScan.objects.filter(device=None, ended_at=None, at__lte=now - NOTIFY_AGAIN_AFTER).exists()


def _take(device_id: int | None, *, now: datetime, every: timedelta) -> DriftScan | None:
    """Return the scan that waits, or a new one where it is due; None where another worker has just made it."""
    of_place = DriftScan.objects.filter(device=device_id)
    waiting = of_place.filter(ended_at=None).first()
    if waiting is not None or not every or of_place.filter(at__gt=now - every).exists():
        return waiting
    return DriftScan.objects.create(device_id=device_id, at=now)


def _end(scan: DriftScan, *, now: datetime, error: StrEnum | None = None, detail: str = "") -> None:
    """End a scan, and the others that wait for the same place."""
    waiting = DriftScan.objects.filter(device=scan.device_id, ended_at=None)
    waiting.update(ended_at=now, error_code=error.value if error else "", error_detail=detail)


# --- A PC -------------------------------------------------------------------------------------------------------------


def run_drift_scan(device_id: int, *, plan: VisitPlan, every: timedelta) -> None:
    """Visit a PC and compare it with the register; nothing where another worker is there, or nothing is due.

    A PC that cannot be visited keeps its differences as they were; the next try is at the usual rhythm.
    """
    device = Device.objects.select_related("group").filter(pk=device_id).first()
    if device is None:
        return
    with device_lock(device.pk) as is_free:
        scan = _take(device.pk, now=plan.clock(), every=every) if is_free else None
        if scan is None:
            return
        _scan(device, scan, plan)
    wake_next(device.pk, now=plan.clock())


def _scan(device: Device, scan: DriftScan, plan: VisitPlan) -> None:
    with _ending_at_fault(scan, plan, event="drift_scan_failed"):
        try:
            with visiting(device, plan, changes=False, drift_scan=scan) as visit:
                place = _read(visit)
        except MachineError as error:
            _end(scan, now=plan.clock(), error=error.code, detail=error.detail)
            return
        with transaction.atomic():
            keep_differences(device, place, now=plan.clock())
            _end(scan, now=plan.clock(), error=None if place.is_whole else PlacementOutcome.CANNOT_BE_READ)


def _ending_at_fault(
    scan: DriftScan, plan: VisitPlan | TenantPlan, *, event: str
) -> contextlib.AbstractContextManager[None]:
    def end(fault: str) -> None:
        _end(scan, now=plan.clock(), error=DeviceErrorCode.PORTAL_FAULT, detail=fault)

    return faults.recorded(end, event=event, drift_scan_id=scan.pk)


def _read(visit: DeviceVisit) -> Place:
    """Read the lists and the policies about them, then the log as far back as it may be asked for."""
    state = visit.read_state()
    logged = visit.read_events(since=visit.now() - catalogue.LONGEST_PERIOD)
    return place_of(replace(state, events=logged.events))


# --- The tenant -------------------------------------------------------------------------------------------------------


def run_tenant_reading(*, plan: TenantPlan, every: timedelta) -> None:
    """Read the tenant's whole list, keep it, and compare it with the register.

    Nothing where another worker reads, or nothing is due. What cannot be read leaves the earlier list as it was.
    """
    with tenant_list_lock() as is_free:
        scan = _take(None, now=plan.clock(), every=every) if is_free else None
        if scan is None:
            return
        with _ending_at_fault(scan, plan, event="tenant_not_kept"):
            try:
                _read_tenant(scan, plan)
            except TenantError as error:
                _keep_error(scan, error, now=plan.clock())


def _read_tenant(scan: DriftScan, plan: TenantPlan) -> None:
    begun = plan.clock()
    found = plan.connect().indicators.list_all()
    with transaction.atomic():
        _keep_list(found, at=begun)
        keep_differences(None, tenant_place(found), now=begun)
        _end(scan, now=plan.clock())


def tenant_place(found: Sequence[TenantIndicator]) -> Place:
    """Return what the tenant's list says of addresses that it allows; blocks and files are no exclusions."""
    allows = (one for one in found if one.is_allow and one.type in ADDRESS_TYPES)
    return Place({ExclusionKind.ALLOW_INDICATOR: tuple(map(_listed, allows))}, lag=LISTING_LAG)


def _listed(indicator: TenantIndicator) -> Listed:
    return Listed(
        kind=ExclusionKind.ALLOW_INDICATOR,
        value=_text(indicator.value),
        terms=Terms(frozenset(indicator.rbac_group_names), indicator.expiration_time),
        is_ours=indicator.is_ours,
        changed_at=indicator.updated_at or indicator.created_at,
        changed_by=_text(indicator.source or indicator.created_by),
    )


def _keep_list(found: Sequence[TenantIndicator], *, at: datetime) -> None:
    """Keep a whole list in place of the one before."""
    reading = TenantReading.objects.create(at=at, active=sum(one.is_active(now=at) for one in found))
    SeenIndicator.objects.all().delete()
    SeenIndicator.objects.bulk_create((_seen(reading, one) for one in found), batch_size=1000)


def _seen(reading: TenantReading, indicator: TenantIndicator) -> SeenIndicator:
    return SeenIndicator(
        reading=reading,
        indicator_id=indicator.id[:100],
        value=_text(indicator.value),
        value_key=stored_key(_text(indicator.value)),
        type=indicator.type[:40],
        action=indicator.action[:40],
        title=_text(indicator.title),
        groups=[_text(group) for group in indicator.rbac_group_names],
        expires_at=indicator.expiration_time,
        is_ours=indicator.is_ours,
        made_by=_text(indicator.source or indicator.created_by)[:300],
        updated_at=indicator.updated_at,
    )


def _text(value: str) -> str:
    """Return a text that PostgreSQL takes."""
    return value.replace("\x00", "")


@transaction.atomic
def _keep_error(scan: DriftScan, error: TenantError, *, now: datetime) -> None:
    """Say why there is no list, with Microsoft's own code and its name for the call."""
    log.info("tenant_not_read", code=error.code.value)
    parts = [error.microsoft_code, error.detail]
    TenantReading.objects.create(
        at=now,
        error_code=error.code.value,
        error_detail=" · ".join(part for part in parts if part),
        correlation_id=(error.correlation_id or "")[:200],
    )
    _end(scan, now=now, error=error.code, detail=said(error))
