"""What a worker does to compare a PC, or the tenant, with the register; nothing is changed there.

A look that waits (``ended_at`` None) was asked for, or was left by a worker that vanished; the next worker takes it up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from troubleshooting import dispatch
from troubleshooting.actions.drift import keep_differences
from troubleshooting.actions.locks import device_lock
from troubleshooting.actions.runs.check import VisitPlan
from troubleshooting.actions.runs.in_tenant import TenantPlan, said
from troubleshooting.actions.runs.waking import wake_others
from troubleshooting.actions.visits.device_visit import DeviceVisit, visiting
from troubleshooting.domain.drift.drift import LISTING_LAG, Listed, Place, Terms, place_of, stored_key
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome
from troubleshooting.domain.exclusions.values import IndicatorType
from troubleshooting.machines import catalogue
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import Device, DriftLook, Placement, SeenIndicator, TenantReading
from troubleshooting.models.placement import OPEN_PLACEMENT_CODES
from troubleshooting.tenant.base import TenantIndicator
from troubleshooting.tenant.errors import TenantError

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 30  # PCs that one sweep has looked at
NUDGE_AFTER = timedelta(seconds=30)
READINGS = (0x4E53, 0)  # the two numbers of the lock
ADDRESS_TYPES = frozenset(kind.value for kind in IndicatorType)


# --- What is due ------------------------------------------------------------------------------------------------------


def nudge_drift_looks(*, now: datetime, every: timedelta, tenant_every: timedelta, has_tenant: bool) -> None:
    """Nudge the looks that are due; a rhythm of nothing is off, and what was asked for is done all the same."""
    for pk in devices_to_look_at(now=now, every=every):
        dispatch.device_wants_drift_look(pk)
    if _is_waiting(now=now) or (has_tenant and tenant_every and _is_due(now=now, every=tenant_every)):
        dispatch.tenant_wants_reading()


def devices_to_look_at(*, now: datetime, every: timedelta) -> list[int]:
    """Give the PCs whose look waits, then those not looked at for longest, first where exclusions are."""
    waiting = DriftLook.objects.filter(device__isnull=False, ended_at=None, at__lte=now - NUDGE_AFTER)
    found = [look.device_id for look in waiting.order_by("at")[:MOST_AT_ONCE] if look.device_id is not None]
    if every:
        found += _due_devices(now=now, every=every).values_list("pk", flat=True)[:MOST_AT_ONCE]
    return list(dict.fromkeys(found))[:MOST_AT_ONCE]


def _due_devices(*, now: datetime, every: timedelta) -> QuerySet[Device]:
    looks = DriftLook.objects.filter(device=OuterRef("pk")).order_by("-at")
    placed = Placement.objects.filter(device=OuterRef("pk"), status__in=OPEN_PLACEMENT_CODES)
    known = Device.objects.annotate(looked_at=Subquery(looks.values("at")[:1]), has_exclusions=Exists(placed))
    due = known.filter(Q(looked_at=None) | Q(looked_at__lte=now - every))
    return due.order_by("-has_exclusions", F("looked_at").asc(nulls_first=True), "pk")


def _is_due(*, now: datetime, every: timedelta) -> bool:
    return not DriftLook.objects.filter(device=None, at__gt=now - every).exists()


def _is_waiting(*, now: datetime) -> bool:
    return DriftLook.objects.filter(device=None, ended_at=None, at__lte=now - NUDGE_AFTER).exists()


def _take(device_id: int | None, *, now: datetime, every: timedelta) -> DriftLook | None:
    """Give the look that waits, or a new one where it is due; None where another worker has just made it."""
    of_place = DriftLook.objects.filter(device=device_id)
    waiting = of_place.filter(ended_at=None).first()
    if waiting is not None or not every or of_place.filter(at__gt=now - every).exists():
        return waiting
    return DriftLook.objects.create(device_id=device_id, at=now)


def _end(look: DriftLook, *, now: datetime, error: StrEnum | None = None, detail: str = "") -> None:
    """End a look, and the others that wait for the same place."""
    waiting = DriftLook.objects.filter(device=look.device_id, ended_at=None)
    waiting.update(ended_at=now, error_code=error.value if error else "", error_detail=detail)


# --- A PC -------------------------------------------------------------------------------------------------------------


def run_drift_look(device_id: int, *, plan: VisitPlan, every: timedelta) -> None:
    """Visit a PC and compare it with the register; nothing where another worker is there, or nothing is due.

    A PC that cannot be visited keeps its differences as they were; the next try is at the usual rhythm.
    """
    device = Device.objects.select_related("group").filter(pk=device_id).first()
    if device is None:
        return
    with device_lock(device.pk) as is_free:
        look = _take(device.pk, now=plan.clock(), every=every) if is_free else None
        if look is None:
            return
        _look_at(device, look, plan)
    wake_others(device.pk, now=plan.clock())


def _look_at(device: Device, look: DriftLook, plan: VisitPlan) -> None:
    try:
        with visiting(device, plan, drift_look=look) as visit:
            place = _read(visit)
        with transaction.atomic():
            keep_differences(device, place, now=plan.clock())
            _end(look, now=plan.clock(), error=None if place.is_whole else PlacementOutcome.CANNOT_BE_READ)
    except MachineError as error:
        _end(look, now=plan.clock(), error=error.code, detail=error.detail)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the look stays as it is, and the sweep finds it
    except Exception as error:
        log.exception("drift_look_failed", device=device.hostname)
        _end(look, now=plan.clock(), error=DeviceErrorCode.PORTAL_FAULT, detail=_fault(error))


def _fault(error: Exception) -> str:
    return _text(f"{type(error).__name__}: {error}")


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
    with _tenant_lock() as is_free:
        look = _take(None, now=plan.clock(), every=every) if is_free else None
        if look is None:
            return
        try:
            _read_tenant(look, plan)
        except TenantError as error:
            _keep_error(look, error, now=plan.clock())
        except (OperationalError, InterfaceError):
            raise  # the database is away: the look stays as it is, and the sweep finds it
        except Exception as error:
            log.exception("tenant_not_kept")
            _end(look, now=plan.clock(), error=DeviceErrorCode.PORTAL_FAULT, detail=_fault(error))


def _read_tenant(look: DriftLook, plan: TenantPlan) -> None:
    begun = plan.clock()
    found = plan.connect().indicators.list_all()
    with transaction.atomic():
        _keep_list(found, at=begun)
        keep_differences(None, tenant_place(found), now=begun)
        _end(look, now=plan.clock())


def tenant_place(found: Sequence[TenantIndicator]) -> Place:
    """Give what the tenant's list says of addresses that it allows; blocks and files are no exclusions."""
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
    """Give a text that PostgreSQL takes."""
    return value.replace("\x00", "")


@transaction.atomic
def _keep_error(look: DriftLook, error: TenantError, *, now: datetime) -> None:
    """Say why there is no list, with Microsoft's own code and its name for the call."""
    log.info("tenant_not_read", code=error.code.value)
    parts = [error.microsoft_code, error.detail]
    TenantReading.objects.create(
        at=now,
        error_code=error.code.value,
        error_detail=" · ".join(part for part in parts if part),
        correlation_id=(error.correlation_id or "")[:200],
    )
    _end(look, now=now, error=error.code, detail=said(error))


@contextlib.contextmanager
def _tenant_lock() -> Iterator[bool]:
    """Hold the tenant's list for this worker; gives False, without waiting, where another one has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", READINGS)
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", READINGS)
