"""A lock that cannot be given back goes with its connection, which would keep it for the tasks after this one."""

from __future__ import annotations

import contextlib

import pytest
from django.db import DatabaseError, connection

from troubleshooting.actions.locks import device_lock, write_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("lock", [lambda: device_lock(7), write_lock])
def test_a_lock_does_not_outlive_a_connection_that_takes_no_statement(lock):
    with lock():
        held_by = connection.connection
        connection.set_autocommit(False)
        with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    assert held_by.closed


def test_a_lock_that_is_given_back_leaves_the_connection():
    with device_lock(7):
        held_by = connection.connection

    assert not held_by.closed
