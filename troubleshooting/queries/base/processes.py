"""Which processes are missing, and what does not happen without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.processes import Process, is_lost
from troubleshooting.models import Heartbeat

NAMES: Mapping[Process, Promise] = {
    Process.WORKER: _("The worker is not running."),
    Process.SAFETY_WORKER: _("The worker for removing and restoring is not running."),
    Process.BEAT: _("The scheduler is not running."),
}
EFFECTS: Mapping[Process, Promise] = {
    Process.WORKER: _("No PC is checked, and no approved exclusion is applied, until it runs again."),
    Process.SAFETY_WORKER: _("No setting is restored and no exclusion removed on any PC until it runs again."),
    Process.BEAT: _("Nothing ends by itself: exclusions do not expire, and PCs that were off are not tried again."),
}


@dataclass(frozen=True, slots=True)
class LostProcess:
    """A process that has been silent for too long."""

    process: Process
    name: Promise
    effect: Promise
    last_beat: datetime | None  # None: never heard of


def lost_processes(*, now: datetime) -> tuple[LostProcess, ...]:
    """Return the processes that are missing; one query."""
    beats = dict(Heartbeat.objects.values_list("process", "at"))
    return tuple(
        LostProcess(process, NAMES[process], EFFECTS[process], beats.get(process.value))
        for process in Process
        if is_lost(beats.get(process.value), now=now)
    )


def is_worker_lost(*, now: datetime) -> bool:
    """Tell whether nobody takes the checks that wait; one query."""
    beat = Heartbeat.objects.filter(process=Process.WORKER).values_list("at", flat=True).first()
    return is_lost(beat, now=now)
