"""The heartbeats of worker and beat: rows that say when each was last able to work.

A worker beats as long as its consumer takes messages, and not while it only finishes what it holds. The row is for the
portal's pages and ``/readyz/``; the file (HEARTBEAT_FILE) is for whoever watches one container.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from celery import bootsteps
from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from troubleshooting.actions.heartbeats import beat
from troubleshooting.domain.base.processes import BEAT_EVERY, PROCESS_OF, Process, Queue

log = structlog.get_logger(__name__)

TICK_S = 2.0
STUCK_AFTER_S = 15.0  # of a consumer that no longer ticks


def say_alive(processes: Iterable[Process]) -> None:
    """Write the rows, then touch the file; without a database there is no heartbeat."""
    try:
        beat(processes, now=timezone.now())
    except DatabaseError as error:
        log.warning("heartbeat_lost", error=str(error))
        connection.close()  # the next one begins anew
        return
    path: Path | None = settings.HEARTBEAT_FILE
    if path is not None:
        path.touch()


class WorkerHeartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Beats from a thread of its own, so that a slow database never holds the consumer up."""

    requires = ("celery.worker.consumer:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._ticked_at = 0.0
        self._timer: Any = None
        self._ended = threading.Event()

    def start(self, consumer: Any) -> None:
        """Begin; Celery calls this again when the broker was away and is back."""
        served = [Queue(name) for name in consumer.app.amqp.queues.consume_from if name in set(Queue)]
        self._ended = threading.Event()
        self._tick()
        self._timer = consumer.timer.call_repeatedly(TICK_S, self._tick)
        processes = [PROCESS_OF[queue] for queue in served]
        threading.Thread(target=self._beat, args=(processes, self._ended), name="heartbeat", daemon=True).start()

    def stop(self, consumer: Any) -> None:
        """End when the consumer does: the broker is away, or the worker only finishes what it holds."""
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop

    def _tick(self) -> None:
        self._ticked_at = time.monotonic()

    def _beat(self, processes: list[Process], ended: threading.Event) -> None:
        while not ended.is_set():
            if time.monotonic() - self._ticked_at < STUCK_AFTER_S:
                say_alive(processes)
            ended.wait(BEAT_EVERY.total_seconds())
        connection.close()


class BeatingScheduler(PersistentScheduler):  # type: ignore[misc]  # the same
    """Beats with each turn of beat's own loop (CELERY_BEAT_MAX_LOOP_INTERVAL)."""

    _beats_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Say that beat lives, then do what is due."""
        if time.monotonic() >= self._beats_at:
            self._beats_at = time.monotonic() + BEAT_EVERY.total_seconds()
            say_alive([Process.BEAT])
        wait: float = super().tick(*args, **kwargs)
        return wait
