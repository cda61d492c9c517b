"""Connections that give up on a server which no longer answers.

PostgreSQL keeps its own limits (``statement_timeout`` and others) only while it runs, and TCP only notices a machine
that is gone. A server that is frozen, or whose disk hangs, would hold every thread for ever.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from psycopg.abc import RV, PQGen

from portal.database.outage import OUTAGE


class Connection(psycopg.Connection[Any]):
    """A connection that waits for an answer for ``patience_s`` at most, and not at all while others wait in vain."""

    patience_s: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait as psycopg does; what is late is given up, since it cannot be told from another answer later."""
        patience_s = self.patience_s if timeout is None else timeout
        if patience_s is None:
            return super().wait(gen, interval, timeout)
        OUTAGE.take_turn(patience_s)
        began = time.monotonic()
        try:
            answer = super().wait(gen, interval, patience_s)
        except psycopg.OperationalError as error:
            if time.monotonic() - began < patience_s:
                raise
            OUTAGE.begin()
            self.close()
            raise psycopg.OperationalError(f"The database has not answered for {patience_s:g} s.") from error
        OUTAGE.end()
        return answer


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend; ``OPTIONS["patience_s"]`` is the longest wait for an answer (None: as long as it takes)."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what libpq is told, which does not know our option."""
        return {name: value for name, value in super().get_connection_params().items() if name != "patience_s"}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connect, unless the database is known to be silent."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        patience_s = self.settings_dict["OPTIONS"].get("patience_s")
        if patience_s is not None:
            OUTAGE.take_turn(patience_s)
        try:
            connection = Connection.connect(**conn_params)
        except psycopg.errors.ConnectionTimeout:
            OUTAGE.begin()
            raise
        OUTAGE.end()
        connection.patience_s = patience_s
        return connection
