"""How many PCs were compared with the register, and which could not be at the last try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

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


# One look at the index for each PC; the ORM would look anew for each use of what it found.
COVERAGE = """
SELECT count(*), count(error_code) FILTER (WHERE error_code = ''), count(error_code) FILTER (WHERE error_code <> ''),
    (array_agg(ARRAY[id::text, hostname, error_code, at::text] ORDER BY hostname) FILTER (WHERE error_code <> ''))[1:%s]
FROM troubleshooting_device LEFT JOIN LATERAL (
    SELECT at, error_code FROM troubleshooting_driftscan
    WHERE device_id = troubleshooting_device.id AND ended_at IS NOT NULL ORDER BY at DESC, id DESC LIMIT 1
) last ON true
"""


def read_coverage() -> Coverage:
    """Return how many PCs were compared; one query."""
    with connection.cursor() as cursor:
        cursor.execute(COVERAGE, [NAMED])
        total, compared, failed, named = cursor.fetchone()
    return Coverage(
        total=total,
        compared=compared,
        failed=failed,
        not_compared=tuple(
            NotCompared(int(pk), hostname, datetime.fromisoformat(at), _why(error))
            for pk, hostname, error, at in named or ()
        ),
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
