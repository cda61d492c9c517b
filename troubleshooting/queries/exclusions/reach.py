"""What an exclusion would touch: PCs, people, past cases, block events, and what holds there already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from troubleshooting.domain.evidence.events import BLOCK_EVENTS
from troubleshooting.domain.evidence.programs import file_name
from troubleshooting.domain.evidence.snapshot import Preferences, ProtectionEvent, Snapshot
from troubleshooting.domain.exclusions.approval import BlastRadius
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.values import canonical
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.models import Case, Device, DeviceAnswer, Exclusion, SeenIndicator, TenantReading
from troubleshooting.queries.checks.evidence import answer_of
from troubleshooting.queries.exclusions.exclusion_list import ExclusionRow, row_of, scope_words

NAMES_SHOWN = 10
PCS_LOOKED_AT = 50  # whose last evidence is read again; more would cost more than it tells


@dataclass(frozen=True, slots=True)
class ExistingEntry:
    """The value in a PC's own list, as last read."""

    device: str
    entry: str


@dataclass(frozen=True, slots=True)
class TenantEntry:
    """An indicator of the tenant that decides about the value, or about a domain above it, as last read."""

    value: str
    action: str
    groups: tuple[str, ...]  # none: everyone
    made_by: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """The blast radius, and what conflicts."""

    radius: BlastRadius
    names: tuple[str, ...]  # of the first PCs
    scope: str
    visited: int  # PCs of the scope whose evidence was looked at
    others: tuple[ExclusionRow, ...]  # open exclusions of the same value
    existing: tuple[ExistingEntry, ...]
    in_tenant: tuple[TenantEntry, ...]
    tenant_read_at: datetime | None  # None: the tenant's list was never read, or does not matter for the kind

    @property
    def more(self) -> int:
        """Tell how many PCs are not named."""
        return self.radius.devices - len(self.names)


def devices_of(exclusion: Exclusion) -> QuerySet[Device]:
    """Return the PCs of an exclusion's scope."""
    devices = Device.objects.order_by("hostname")
    if exclusion.scope_kind == ScopeKind.DEVICE:
        return devices.filter(pk=exclusion.scope_device_id or 0)
    if exclusion.scope_kind == ScopeKind.GROUP:
        return devices.filter(group_id=exclusion.scope_group_id)
    return devices


def read_reach(exclusion: Exclusion) -> Reach:
    """Return what an exclusion touches, with its case joined; seven queries at most."""
    devices = devices_of(exclusion)
    counted = devices.order_by().aggregate(devices=Count("pk"), people=Count("owner", distinct=True))
    snapshots = _last_snapshots(devices)
    blocked = sum(_concerns(event, exclusion) for snapshot in snapshots.values() for event in snapshot.events or ())
    return Reach(
        radius=BlastRadius(counted["devices"], counted["people"], _past_cases(exclusion), blocked),
        names=tuple(devices.values_list("hostname", flat=True)[:NAMES_SHOWN]),
        scope=scope_words(exclusion),
        visited=len(snapshots),
        others=_others(exclusion),
        existing=tuple(_existing(exclusion, snapshots)),
        in_tenant=_in_tenant(exclusion),
        tenant_read_at=_tenant_read_at(exclusion),
    )


def _in_tenant(exclusion: Exclusion) -> tuple[TenantEntry, ...]:
    """Return the tenant's own indicators for the value and the domains above it that hold; not those of the portal."""
    if exclusion.kind != ExclusionKind.ALLOW_INDICATOR:
        return ()
    parts = exclusion.value_key.split(".")
    keys = [".".join(parts[start:]) for start in range(len(parts))]
    in_time = Q(expires_at=None) | Q(expires_at__gt=Now())
    found = SeenIndicator.objects.filter(in_time, value_key__in=keys, is_ours=False).select_related("reading")
    return tuple(
        TenantEntry(seen.value, seen.action, tuple(seen.groups), seen.made_by, seen.reading.at)
        for seen in found[:NAMES_SHOWN]
    )


def _tenant_read_at(exclusion: Exclusion) -> datetime | None:
    if exclusion.kind != ExclusionKind.ALLOW_INDICATOR:
        return None
    return TenantReading.objects.complete().values_list("at", flat=True).first()


def _past_cases(exclusion: Exclusion) -> int:
    """Count the other cases about the same host or address, or about the same program."""
    if exclusion.kind == ExclusionKind.PROCESS:
        same = Q(program_name__iexact=file_name(exclusion.value)) | Q(program_name__iexact=exclusion.value)
    else:
        same = Q(indicator_host__in=[exclusion.value_key, exclusion.case.indicator_host])
    return Case.objects.filter(same).exclude(pk=exclusion.case_id).count()


def _others(exclusion: Exclusion) -> tuple[ExclusionRow, ...]:
    same = Exclusion.objects.open().filter(kind=exclusion.kind, value_key=exclusion.value_key)
    others = same.exclude(pk__in=[exclusion.pk, exclusion.renews_id or 0])  # what it renews is no conflict
    joined = others.select_related("case", "requested_by", "scope_device", "scope_group")
    return tuple(row_of(other) for other in joined[:NAMES_SHOWN])


def _last_snapshots(devices: QuerySet[Device]) -> dict[str, Snapshot]:
    """Read again what the PCs said last of their log and their lists, by name; one query."""
    newest = (
        DeviceAnswer.objects.filter(
            snapshot__check_run__device__in=devices.order_by().values("pk")[:PCS_LOOKED_AT],
            name__in=("protection_events", "preferences"),
        )
        .select_related("snapshot__check_run__device")
        .order_by("snapshot__check_run__device__hostname", "name", "-snapshot__started_at", "-pk")
        .distinct("snapshot__check_run__device__hostname", "name")
    )
    found: dict[str, list[DeviceAnswer]] = {}
    for answer in newest:
        run = answer.snapshot.check_run
        if run is not None:
            found.setdefault(run.device.hostname, []).append(answer)
    return {
        name: build_snapshot([answer_of(answer) for answer in answers], collected_at=answers[0].snapshot.started_at)
        for name, answers in found.items()
    }


def _concerns(event: ProtectionEvent, exclusion: Exclusion) -> bool:
    """Tell whether a block or audit event would have been let pass."""
    if event.event_id not in BLOCK_EVENTS:
        return False
    if exclusion.kind == ExclusionKind.PROCESS:
        return canonical(event.process_name or "") == exclusion.value_key
    seen = (event.destination or "").lower()
    return any(part in seen for part in (exclusion.value_key, exclusion.case.indicator_host) if part)


def _existing(exclusion: Exclusion, snapshots: dict[str, Snapshot]) -> list[ExistingEntry]:
    """Return the PCs whose own list has the value already."""
    entries = []
    for name, snapshot in snapshots.items():
        preferences = snapshot.preferences or Preferences()
        is_program = exclusion.kind == ExclusionKind.PROCESS
        listed = preferences.exclusion_process if is_program else preferences.exclusion_ip_address
        found = (entry for entry in (listed.entries if listed else ()) if canonical(entry) == exclusion.value_key)
        entries += [ExistingEntry(name, entry) for entry in found]
    return entries
