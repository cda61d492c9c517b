"""One worker at a time per PC, and per value of the tenant: advisory locks that PostgreSQL gives back by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

VISITS = 0x4E50  # the first of the lock's two numbers; the second is the PC's


def device_lock(device_id: int) -> contextlib.AbstractContextManager[bool]:
    """Hold the PC for this worker; gives False, without waiting, where another one has it."""
    return held(VISITS, device_id)


@contextlib.contextmanager
def held(what: int, which: int) -> Iterator[bool]:
    """Hold the lock of two numbers; gives False, without waiting, where another worker has it.

    The lock belongs to the database connection, so a worker that dies gives it back. When the connection is lost, the
    next query raises, and the work ends there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [what, which])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [what, which])
