"""Workers that die: from one statement on nothing of them runs, and their connection is gone, as after ``kill -9``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Died(BaseException):
    """The worker is no more."""


class Life:
    """A worker's life: ends after so many looks at the clock and database statements, and stays ended."""

    def __init__(self, steps: int | None = None) -> None:
        """Live for so many steps; None: as long as there is work."""
        self._steps_left = steps

    def end(self) -> None:
        """Die at the next step."""
        self._steps_left = 0

    def live_on(self) -> None:
        """Take a step; raises Died."""
        if self._steps_left is None:
            return
        if self._steps_left <= 0:
            raise Died
        self._steps_left -= 1

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        """Wrap a database statement."""
        self.live_on()
        return execute(*args)
