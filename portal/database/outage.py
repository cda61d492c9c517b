"""What the threads of a process know of a silent database: one of them asks it at a time, the others need not wait."""

from __future__ import annotations

import threading
import time

import psycopg
import structlog

log = structlog.get_logger(__name__)

PAUSE_S = 1.0  # between two who ask


class Outage:
    """Begins when somebody has waited in vain, and ends with the next answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_turn_at: float | None = None

    @property
    def is_on(self) -> bool:
        """Tell whether the database is silent, as far as anyone knows."""
        return self._next_turn_at is not None

    def take_turn(self, patience_s: float) -> None:
        """Let everyone pass while the database answers, else one at a time; raise OperationalError for the others."""
        if not self.is_on:
            return
        with self._lock:
            now, turn_at = time.monotonic(), self._next_turn_at
            if turn_at is not None and now < turn_at:
                raise psycopg.OperationalError("The database does not answer; it will be asked again in a moment.")
            if turn_at is not None:
                self._next_turn_at = now + patience_s + PAUSE_S

    def begin(self) -> None:
        """Note that somebody has waited in vain."""
        with self._lock:
            if not self.is_on:
                log.error("database_silent")
            self._next_turn_at = time.monotonic() + PAUSE_S

    def end(self) -> None:
        """Note an answer."""
        if not self.is_on:
            return
        with self._lock:
            self._next_turn_at = None
        log.warning("database_answers_again")


OUTAGE = Outage()
