"""The helper that empties the database after a test, beside a worker that is still writing."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.db import connection

from tests.factories import CaseFactory
from tests.support.emptying import empty_tables
from troubleshooting.models import Case

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'troubleshooting_user'::regclass"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_waits_for_the_emptying_while_it_is_waited_for_costs_one_more_try(test_servers):
    CaseFactory()
    url = test_servers.url_of(connection.settings_dict["NAME"])
    holds, read = threading.Event(), []

    def write_and_read() -> None:
        with psycopg.connect(url) as worker, psycopg.connect(url, autocommit=True) as watcher:
            worker.execute("LOCK TABLE troubleshooting_user IN ROW EXCLUSIVE MODE")
            holds.set()
            give_up_at = time.monotonic() + 30
            while not watcher.execute(WAITING).fetchone()[0] and time.monotonic() < give_up_at:
                time.sleep(0.02)
            read.append(worker.execute("SELECT count(*) FROM troubleshooting_case").fetchone()[0])

    worker = threading.Thread(target=write_and_read)
    worker.start()
    assert holds.wait(30)
    empty_tables()
    worker.join(30)

    assert read == [1]  # the worker got what it waited for
    assert not Case.objects.exists()
