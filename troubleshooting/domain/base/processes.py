"""The portal's processes beside the web server, the queues that they serve, and when one counts as lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class Queue(StrEnum):
    """Where messages wait for a worker."""

    PORTAL = "portal"  # what people wish for: checks, tests, exclusions to apply, scans
    SAFETY = "safety"  # what ends: settings to restore, exclusions to remove, and the sweep that finds them


class Process(StrEnum):
    """A process whose heartbeat is watched."""

    WORKER = "worker"
    SAFETY_WORKER = "safety_worker"
    BEAT = "beat"


PROCESS_OF: Mapping[Queue, Process] = {Queue.PORTAL: Process.WORKER, Queue.SAFETY: Process.SAFETY_WORKER}
YOUNG_FOR = timedelta(seconds=45)  # of a message; less than a sweep, which may send it again
BEAT_EVERY = timedelta(seconds=10)
LOST_AFTER = timedelta(seconds=35)  # three beats, and a little for a busy machine
REPLACE_ME = 75  # the exit code of a worker that ended because of its memory; EX_TEMPFAIL of sysexits.h


def is_lost(last_beat: datetime | None, *, now: datetime) -> bool:
    """Tell whether a process has been silent for too long, or was never heard of."""
    return last_beat is None or now - last_beat > LOST_AFTER
