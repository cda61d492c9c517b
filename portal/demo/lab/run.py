"""What a running command may use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from portal.demo.lab.endpoint import Endpoint
from portal.demo.lab.errors import CommandError, Stopped
from portal.demo.lab.pc import SimulatedPC


@dataclass(frozen=True)
class Run:
    """One statement on its way."""

    pc: SimulatedPC
    stopping: threading.Event
    report: Callable[[CommandError], None]  # puts an error on the error stream; the statement goes on
    endpoint: Endpoint | None = None  # that the session was opened at, where it is restricted by files

    def check_stopped(self) -> None:
        """Raise Stopped when the client has stopped the pipeline."""
        if self.stopping.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Take that long; raises Stopped."""
        if seconds > 0 and self.stopping.wait(seconds):
            raise Stopped

    def hang(self) -> None:
        """Never end, until the client stops the pipeline."""
        self.stopping.wait()
        raise Stopped
