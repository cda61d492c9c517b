"""The tenant's limits on calls, kept at this end (docs/reference/apis.md section 3): 100 a minute and 1,500 an hour.

A call is counted from its start. The windows slide: in no minute and in no hour are there more calls than allowed,
wherever the minute begins, so the tenant's own way of counting does not matter.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``most`` calls within ``seconds``."""

    most: int
    seconds: float


# A second more than the tenant says: calls may arrive closer together than they were sent.
TENANT_WINDOWS: tuple[Window, ...] = (Window(100, 61.0), Window(1_500, 3_601.0))


def shared_by(windows: Sequence[Window], processes: int) -> tuple[Window, ...]:
    """Return one of several processes its part of the limits, never less than one call."""
    return tuple(Window(max(1, window.most // max(1, processes)), window.seconds) for window in windows)


class SlidingWindows:
    """Counts calls; shared by all threads of a process. Times are seconds of a clock that never goes back."""

    def __init__(self, windows: Sequence[Window] = TENANT_WINDOWS) -> None:
        """Begin with all calls free."""
        self._windows = tuple(windows)
        self._longest = max(window.seconds for window in self._windows)
        self._calls: deque[float] = deque()
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    def claim(self, *, now: float) -> float:
        """Take a call and give 0, or take none and give the seconds until one may be free."""
        with self._lock:
            self._forget(now)
            free_at = max(self._closed_until, *(self._free_at(window, now) for window in self._windows))
            if free_at > now:
                return free_at - now
            self._calls.append(now)
            return 0.0

    def close_until(self, moment: float) -> None:
        """Grant nothing before that moment: the tenant said so (Retry-After)."""
        with self._lock:
            self._closed_until = max(self._closed_until, moment)

    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0] <= now - self._longest:
            self._calls.popleft()

    def _free_at(self, window: Window, now: float) -> float:
        """Return when the window has room: when the call that is ``most`` calls back leaves it."""
        if len(self._calls) < window.most:
            return now
        return self._calls[-window.most] + window.seconds
