"""One visit at a time per PC: an advisory lock that PostgreSQL gives back by itself when its worker dies."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

VISITS = 0x4E50  # the first of the lock's two numbers; the second is the PC's


@contextlib.contextmanager
def device_lock(device_id: int) -> Iterator[bool]:
    """Hold the PC for this worker; gives False, without waiting, where another one has it.

    The lock belongs to the database connection. When that is lost, the next query raises, and the visit ends there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [VISITS, device_id])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [VISITS, device_id])
