"""Empty the database after a test that commits: what Django's flush does, in milliseconds instead of tenths of seconds.

TRUNCATE makes new files for each table and index, whether there was a row or not. Here the few tables that hold rows
are found and emptied by DELETE, as their owner. As with TRUNCATE, whoever is still writing is waited for; where both
wait for each other, as with a worker that is just ending, it is tried again. No trigger is asked: append-only tables
refuse DELETE otherwise, and every table TRUNCATE.
"""

from __future__ import annotations

from functools import cache

from django.db import OperationalError, connection
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

from tests.support.roles import LEAVE_TRIGGERS_OUT, as_owner

TRIES = 5
KEPT = frozenset({"auth_permission", "django_content_type"})  # written by migrate, the same for every test
RESTART_IDS = """
SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences
WHERE schemaname = current_schema() AND sequencename LIKE 'troubleshooting%'
"""


def empty_tables(*, restart_ids: bool = False) -> None:
    """Delete every row of a test; ``restart_ids`` lets the next rows count from 1."""
    for left in reversed(range(TRIES)):
        try:
            _empty(restart_ids=restart_ids)
        except OperationalError as fault:
            if not left or not isinstance(fault.__cause__, DeadlockDetected):
                raise
        else:
            return


def _empty(*, restart_ids: bool) -> None:
    with as_owner() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(_tables())}")
        cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in _tables()))
        filled = [table for (table,) in cursor.fetchall()]
        emptying = [f"DELETE FROM {table}" for table in filled] + [RESTART_IDS] * restart_ids
        cursor.execute("; ".join([LEAVE_TRIGGERS_OUT, *emptying]))


def _after_a_test(case: TransactionTestCase) -> None:
    empty_tables()


@cache
def _tables() -> tuple[str, ...]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(connection.ops.quote_name(name) for name in names if name not in KEPT))


TransactionTestCase._fixture_teardown = _after_a_test
