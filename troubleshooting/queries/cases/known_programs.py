"""The programs that the report offers to choose from: those in the PCs' own logs first, then what people use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.evidence.events import BLOCK_EVENTS
from troubleshooting.domain.evidence.products import PRODUCTS
from troubleshooting.domain.evidence.programs import UNNAMED, file_name
from troubleshooting.domain.evidence.snapshot import ProtectionEvent, ReadState
from troubleshooting.machines.event_xml import read_events
from troubleshooting.models import Device, DeviceAnswer

LOOKED_BACK = timedelta(hours=24)
MOST_NAMED = 8
LONGEST_NAME = 80  # characters; a PC may be hostile
IN_LOG = _("In your PC's record of blocked sites")


@dataclass(frozen=True, slots=True)
class KnownProgram:
    """One name to choose, with what stands beside it."""

    name: str
    note: str | Promise = ""


def known_programs(devices: Iterable[Device], *, now: datetime) -> tuple[KnownProgram, ...]:
    """Return the programs to offer; one query. The file that a log names is the surest answer, so it comes first."""
    in_logs = tuple(KnownProgram(name, IN_LOG) for name in _in_logs(devices, now=now))
    return (*in_logs, *(KnownProgram(product.name) for product in PRODUCTS))


def _in_logs(devices: Iterable[Device], *, now: datetime) -> list[str]:
    """Return the files that the last read log of each PC names in blocks of the last day, the newest first."""
    read = DeviceAnswer.objects.filter(
        name="protection_events",
        state=ReadState.ANSWERED,
        sent_at__gte=now - LOOKED_BACK,
        snapshot__check_run__device__in=list(devices),
    )
    newest = read.order_by("snapshot__check_run__device_id", "-sent_at").distinct("snapshot__check_run__device_id")
    blocks = sorted(
        _blocks(newest.values_list("content", flat=True)), key=lambda event: event.recorded_at, reverse=True
    )
    names = (file_name(event.process_name) for event in blocks if event.recorded_at >= now - LOOKED_BACK)
    return list(dict.fromkeys(name for name in names if name not in UNNAMED and len(name) <= LONGEST_NAME))[:MOST_NAMED]


def _blocks(contents: Iterable[list[object]]) -> Iterator[ProtectionEvent]:
    for content in contents:
        yield from (event for event in read_events(content) if event.event_id in BLOCK_EVENTS)
