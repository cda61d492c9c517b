"""Signs of life of worker and beat."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from troubleshooting.domain.base.processes import Process
from troubleshooting.models import Heartbeat


def beat(processes: Iterable[Process], *, now: datetime) -> None:
    """Say that these processes live; one statement."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(process=process.value, at=now) for process in sorted(processes)],  # one order: no deadlocks
        update_conflicts=True,
        unique_fields=["process"],
        update_fields=["at"],
    )
