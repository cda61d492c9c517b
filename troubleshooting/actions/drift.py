"""Differences from the register: kept as they are found, and what IT has the portal do about them.

Whoever compares a PC holds its lock, and whoever compares the tenant holds the tenant's; so no two write at once.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.binding import GroupNotInTenant, tenant_groups
from troubleshooting.actions.exclusions.lifecycle import lock_exclusion, reopen
from troubleshooting.actions.exclusions.placements import lock_placement, move_placement
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.drift.drift import Drift, DriftCode, Place, Registered, Terms, compare, place_of, stored_key
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.models import Device, DriftFinding, DriftScan, Exclusion, Placement, User
from troubleshooting.models.placement import OPEN_PLACEMENT_CODES
from troubleshooting.permissions import check_may_handle_drift

log = structlog.get_logger(__name__)


class NoLongerSo(Refused):
    """What was to be put right is not so any more: it was done, ended, or went on meanwhile."""

    text = say(_("Nothing was changed: this difference no longer exists. The page shows the current state."))


# --- Comparing --------------------------------------------------------------------------------------------------------


def learn_from_check(device: Device, snapshot: Snapshot, *, now: datetime) -> None:
    """Compare a PC with the register by what a check of it has just read; a fault here never reaches the check."""
    place = place_of(snapshot)
    if not place.read:
        return
    try:
        with transaction.atomic():
            unread = "" if place.is_whole else PlacementOutcome.CANNOT_BE_READ.value
            DriftScan.objects.create(device=device, at=now, ended_at=now, error_code=unread)
            keep_differences(device, place, now=now)
    except Exception:
        log.exception("drift_not_compared", device=device.hostname)


def keep_differences(device: Device | None, place: Place, *, now: datetime) -> None:
    """Compare a place with the register and keep what differs, and what does not any more, in the open transaction."""
    found = compare(place, registered_in(device, place), now=now)
    kinds = [kind.value for kind in place.read]
    present = {_key(row): row for row in DriftFinding.objects.present().filter(device=device, kind__in=kinds)}
    new: dict[tuple[object, ...], DriftFinding] = {}
    for drift in found:
        fresh = _finding(device, drift, now=now)
        seen = present.pop(_key(fresh), None)
        if seen is None:
            new[_key(fresh)] = fresh
        else:
            _see_again(seen, drift, now=now)
    DriftFinding.objects.bulk_create(new.values(), batch_size=500)
    DriftFinding.objects.filter(pk__in=[row.pk for row in present.values()]).update(gone_at=now)
    if new or present:
        log.info("drift_changed", device=device and device.hostname, new=len(new), gone=len(present))


def registered_in(device: Device | None, place: Place) -> list[Registered]:
    """Return what the register says of a place: what is under way, and what has ended of the values listed there."""
    listed = {entry.key for entries in place.lists.values() for entry in entries or ()}
    wanted = Q(status__in=OPEN_PLACEMENT_CODES) | Q(exclusion__value_key__in=listed)
    placed = Placement.objects.filter(wanted, device=device).select_related("exclusion__scope_group").order_by("pk")
    return [_registered(placement) for placement in placed]


def _registered(placement: Placement) -> Registered:
    exclusion = placement.exclusion
    kind = ExclusionKind(exclusion.kind)
    return Registered(
        exclusion_id=exclusion.pk,
        kind=kind,
        value=exclusion.value,
        status=PlacementStatus(placement.status),
        expires_at=exclusion.expires_at,
        settled_at=placement.ended_at or placement.verified_at or exclusion.approved_at or exclusion.requested_at,
        terms=None if kind in LOCAL_KINDS else _terms(exclusion),
        outcome=placement.outcome,
        was_there_before=bool(placement.was_there_before),
    )


def _terms(exclusion: Exclusion) -> Terms | None:
    """Return for whom an indicator was approved; None where its group has lost its name in the tenant."""
    try:
        return Terms(frozenset(tenant_groups(exclusion)), exclusion.expires_at)
    except GroupNotInTenant:
        return None


def _finding(device: Device | None, drift: Drift, *, now: datetime) -> DriftFinding:
    return DriftFinding(
        device=device,
        code=drift.code.value,
        kind=drift.kind.value,
        value=drift.value,
        value_key=stored_key(drift.value),
        exclusion_id=drift.exclusion_id,
        found_at=now,
        last_seen_at=now,
        changed_at=drift.changed_at,
        changed_by=drift.changed_by[:300],
    )


def _key(row: DriftFinding) -> tuple[object, ...]:
    return row.code, row.kind, row.value_key, row.exclusion_id


def _see_again(row: DriftFinding, drift: Drift, *, now: datetime) -> None:
    """Keep what was told of the change before, where it is told no more: a PC's log forgets."""
    row.value, row.last_seen_at = drift.value, now
    if drift.changed_at is not None:
        row.changed_at, row.changed_by = drift.changed_at, drift.changed_by[:300]
    row.save(update_fields=["value", "last_seen_at", "changed_at", "changed_by"])


# --- What IT has the portal do ----------------------------------------------------------------------------------------


@transaction.atomic
def request_scan(device_id: int | None, *, by: User, now: datetime) -> DriftScan:
    """Have a PC, or the tenant (None), compared now; returns the scan that waits, also where one does already."""
    check_may_handle_drift(by)
    waiting = DriftScan.objects.filter(device=device_id, ended_at=None).first()
    scan = waiting or DriftScan.objects.create(device_id=device_id, asked_by=by, at=now)
    activity_log.record("drift_scan_asked", scan, case=None, actor=by, now=now, device=_place_name(scan.device))
    _notify(device_id)
    return scan


@transaction.atomic
def apply_again(finding_id: int, *, by: User, now: datetime) -> DriftFinding:
    """Have what is approved and missing put there again, exactly as approved; raises NoLongerSo."""
    check_may_handle_drift(by)
    finding, placement = _to_put_right(finding_id, DriftCode.APPROVED_BUT_MISSING)
    exclusion = lock_exclusion(placement)
    locked = lock_placement(placement)
    if not exclusion.is_in_force(now=now) or locked.status != PlacementStatus.VERIFIED:
        raise NoLongerSo
    reopen(exclusion, now=now)
    move_placement(locked, to=PlacementStatus.APPLYING, now=now)
    _put_right("drift_apply_again", finding, locked, exclusion, by=by, now=now)
    return finding


@transaction.atomic
def remove_again(finding_id: int, *, by: User, now: datetime) -> DriftFinding:
    """Have what is over and present again taken off; the exclusion stays as it is. Raises NoLongerSo."""
    check_may_handle_drift(by)
    finding, placement = _to_put_right(finding_id, DriftCode.ENDED_BUT_PRESENT)
    exclusion = lock_exclusion(placement)
    locked = lock_placement(placement)
    if locked.status != PlacementStatus.REMOVED or locked.was_there_before:
        raise NoLongerSo
    move_placement(locked, to=PlacementStatus.REMOVING, now=now)
    _put_right("drift_remove_again", finding, locked, exclusion, by=by, now=now)
    return finding


def _to_put_right(finding_id: int, code: DriftCode) -> tuple[DriftFinding, Placement]:
    found = DriftFinding.objects.present().filter(pk=finding_id, code=code.value, exclusion__isnull=False)
    finding = found.select_related("device", "exclusion").first()
    if finding is None:
        raise NoLongerSo
    placement = Placement.objects.filter(exclusion=finding.exclusion, device=finding.device).first()
    if placement is None:
        raise NoLongerSo
    return finding, placement


def _put_right(
    action: str, finding: DriftFinding, placement: Placement, exclusion: Exclusion, *, by: User, now: datetime
) -> None:
    """Record the action, have it done, and have the place looked at afterwards."""
    Placement.objects.filter(pk=placement.pk).update(attempts=0, next_attempt_at=None, outcome="")
    said = {"device": _place_name(finding.device), "value": finding.value}
    activity_log.record(action, exclusion, case=exclusion.case, actor=by, now=now, **said)
    dispatch.placement_wants_visit(placement.pk, ends=placement.status == PlacementStatus.REMOVING)
    if not DriftScan.objects.filter(device=finding.device, ended_at=None).exists():
        DriftScan.objects.create(device=finding.device, asked_by=by, at=now)


def _notify(device_id: int | None) -> None:
    if device_id is None:
        dispatch.tenant_wants_reading()
    else:
        dispatch.device_wants_drift_scan(device_id)


def _place_name(device: Device | None) -> str:
    return device.hostname if device is not None else "tenant"
