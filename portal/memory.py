"""The memory of a worker: one that has grown past its mark finishes what it holds and is replaced.

Celery's own ``worker_max_memory_per_child`` is for processes only. The marks count from what the worker had when it was
ready, so that a worker cannot reach one by starting. Whoever started the worker starts it anew (docs/adr/0014).
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import structlog
from celery.worker import state
from django.conf import settings

from troubleshooting.domain.base.processes import REPLACE_ME

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
MARGIN = timedelta(seconds=30)  # after the longest visit, to write down what came of it
_PAGES_USED = Path("/proc/self/statm")


class Step(Enum):
    """What a worker does about its memory."""

    GO_ON = "go on"
    FINISH = "finish"  # take no more messages, do what it holds, end
    END = "end"  # at once


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a worker may grow, in MiB (0: without end), and how long it may take to finish."""

    mark_mb: int
    limit_mb: int
    finish_within: timedelta


def next_step(grown_mb: float, *, finishing_for: timedelta | None, limits: Limits) -> Step:
    """Return what a worker does that has grown by this much; ``finishing_for`` is None until it began to finish."""
    if limits.limit_mb and grown_mb > limits.limit_mb:
        return Step.END
    if finishing_for is not None:
        return Step.END if finishing_for > limits.finish_within else Step.GO_ON
    return Step.FINISH if limits.mark_mb and grown_mb > limits.mark_mb else Step.GO_ON


def used_mb() -> float | None:
    """Return the resident memory of this process in MiB; None where the system does not say (not Linux)."""
    try:
        pages = int(_PAGES_USED.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def watch_memory(**_kwargs: Any) -> None:
    """Watch from now on, when the worker is ready, from a thread that goes on while it finishes."""
    if (used := used_mb()) is not None:
        limits = Limits(settings.WORKER_MEMORY_MARK_MB, settings.WORKER_MEMORY_LIMIT_MB, settings.VISIT_LIMIT + MARGIN)
        threading.Thread(target=_watch, args=(used, limits), name="memory", daemon=True).start()


def _watch(used_when_ready_mb: float, limits: Limits) -> None:
    finishing_since: float | None = None
    while True:
        time.sleep(LOOK_EVERY_S)
        grown_mb = (used_mb() or 0.0) - used_when_ready_mb
        finishing_for = None if finishing_since is None else timedelta(seconds=time.monotonic() - finishing_since)
        step = next_step(grown_mb, finishing_for=finishing_for, limits=limits)
        if step == Step.FINISH:
            log.warning("worker_memory_mark_reached", grown_mb=round(grown_mb))
            finishing_since = time.monotonic()
            state.should_stop = REPLACE_ME  # what Celery's own handler of SIGTERM sets, with another exit code
        elif step == Step.END:
            log.error("worker_ended_for_its_memory", grown_mb=round(grown_mb))
            os._exit(REPLACE_ME)  # what it held falls silent, and the sweep gives it to the next worker
