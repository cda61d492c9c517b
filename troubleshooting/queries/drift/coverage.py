"""How many PCs were compared with the register, and which could not be at the last try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, Subquery

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.placement_texts import placement_text
from troubleshooting.models import Device, DriftScan

SCANS_SHOWN = 10  # of a PC
NAMED = 10  # PCs that could not be compared


@dataclass(frozen=True, slots=True)
class NotCompared:
    """One PC that could not be compared, or not wholly, at the last try."""

    device_id: int
    device: str
    at: datetime
    why: Text | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of the PCs; those that are neither compared nor failed were never looked at."""

    total: int
    compared: int  # wholly, at the last try
    failed: int
    not_compared: tuple[NotCompared, ...]  # of the failed, the first few

    @property
    def never(self) -> int:
        """Count the PCs that were never looked at."""
        return self.total - self.compared - self.failed

    @property
    def more(self) -> int:
        """Count the failed ones that are not named."""
        return self.failed - len(self.not_compared)


def read_coverage() -> Coverage:
    """Return how many PCs were compared; two queries."""
    last = DriftScan.objects.filter(device=OuterRef("pk"), ended_at__isnull=False).order_by("-at", "-pk")
    devices = Device.objects.annotate(
        looked_at=Subquery(last.values("at")[:1]), error=Subquery(last.values("error_code")[:1])
    )
    counted = devices.order_by().aggregate(
        total=Count("pk"), compared=Count("pk", filter=Q(error="")), looked=Count("pk", filter=Q(error__isnull=False))
    )
    failed = devices.filter(error__isnull=False).exclude(error="").order_by("hostname")
    named = failed.values_list("pk", "hostname", "looked_at", "error")[:NAMED]
    return Coverage(
        total=counted["total"],
        compared=counted["compared"],
        failed=counted["looked"] - counted["compared"],
        not_compared=tuple(NotCompared(pk, hostname, at, _why(error)) for pk, hostname, at, error in named),
    )


def scans_of(device: Device) -> tuple[DriftScan, ...]:
    """Return the newest scans that visited a PC; one query."""
    return tuple(device.drift_scan.filter(snapshots__isnull=False).distinct().order_by("-at", "-pk")[:SCANS_SHOWN])


def _why(code: str) -> Text | None:
    """Return the words of a stored error: a PC's, or that its lists could not be read."""
    if code in set(DeviceErrorCode):
        return error_text(DeviceErrorCode(code)).title
    words = placement_text(code)
    return words.it if words else None
