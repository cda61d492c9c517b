"""The one gate through which every write to a PC or to the tenant goes, so that the emergency stop stops them all.

Whoever writes holds the gate (a shared lock of PostgreSQL) from the look at the stop until the write was answered. The
stop is committed first and looks at the gate after: what is still held then is exactly what is still under way.
What gives a PC its earlier protection back (the end of an audit-mode lease) does not pass here and is never stopped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from troubleshooting.actions.locks import count_write_locks, write_lock
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.models import EmergencyStop


class EmergencyStopped(Refused):
    """An administrator has stopped all changes."""

    text = say(_("IT has stopped all changes for now. Nothing was changed. Try again later."))


@contextlib.contextmanager
def write_gate(*, is_undo: bool = False) -> Iterator[None]:
    """Hold the gate while something is written; raises EmergencyStopped where it is shut.

    ``is_undo`` passes: what an administrator takes back after a stop is what the stop is for.
    """
    with write_lock():
        if not is_undo and is_stopped():
            raise EmergencyStopped
        yield


def is_stopped() -> bool:
    """Tell whether writes are stopped; one query."""
    return EmergencyStop.objects.on().exists()


def writes_under_way() -> int:
    """Count the writes that passed the gate and have not been answered yet."""
    return count_write_locks()
