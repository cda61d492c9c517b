"""Advisory locks of PostgreSQL: one worker at a time per PC, per value of the tenant and for its list, and the gate.

A lock belongs to the database connection, so a worker that dies gives it back. When the connection is lost, the next
query raises, and the work ends there.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

# The first of a lock's two numbers; the second says which PC or value, and is 0 where there is only one.
VISITS = 0x4E50
VALUES = 0x4E51
WRITES = 0x4E52
READINGS = 0x4E53


def device_lock(device_id: int) -> contextlib.AbstractContextManager[bool]:
    """Hold a PC for this worker; yields False, without waiting, where another one has it."""
    return _held(VISITS, device_id)


def value_lock(value_key: str) -> contextlib.AbstractContextManager[bool]:
    """Hold a value of the tenant for this worker; yields False, without waiting, where another one has it."""
    return _held(VALUES, zlib.crc32(value_key.encode()) - 2**31)  # within PostgreSQL's integers


def tenant_list_lock() -> contextlib.AbstractContextManager[bool]:
    """Hold the tenant's list for this worker; yields False, without waiting, where another one has it."""
    return _held(READINGS, 0)


@contextlib.contextmanager
def write_lock() -> Iterator[None]:
    """Hold the lock of the gate; many hold it at the same time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [WRITES, 0])
    try:
        yield
    finally:
        _release("SELECT pg_advisory_unlock_shared(%s, %s)", WRITES, 0)


def count_write_locks() -> int:
    """Count the connections that hold the lock of the gate."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [WRITES, 0],
        )
        (count,) = cursor.fetchone()
    return int(count)


@contextlib.contextmanager
def _held(what: int, which: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [what, which])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            _release("SELECT pg_advisory_unlock(%s, %s)", what, which)


def _release(sql: str, what: int, which: int) -> None:
    """Give a lock back; where that fails, with the connection, which would keep it for the tasks after this one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, [what, which])
    except DatabaseError:
        connection.close()
