"""How long each kind of process waits for the database; read by the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

NONE = timedelta(0)


@dataclass(frozen=True)
class DatabaseLimits:
    """Longest times: of a statement, of waiting for a lock, of an idle transaction, of silence; zero is no limit."""

    statement: timedelta
    lock: timedelta
    idle_transaction: timedelta
    silence: timedelta  # longer than a statement: whoever waits longer waits for a server that is not there
    connect_s: int
    keep_connection_s: int

    def options(self, **given: Any) -> dict[str, Any]:
        """Return Django's ``OPTIONS``; what the address says itself counts more."""
        server = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_transaction,
        }
        told = " ".join(f"-c {name}={_milliseconds(limit)}" for name, limit in server.items() if limit)
        return {
            "connect_timeout": self.connect_s,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": _milliseconds(self.silence),
            "patience_s": self.silence.total_seconds() or None,
            **given,
            "options": f"{told} {given.get('options', '')}".strip(),
        }


WEB = DatabaseLimits(
    statement=timedelta(seconds=4),
    lock=timedelta(seconds=3),
    idle_transaction=timedelta(seconds=30),
    silence=timedelta(seconds=5),
    connect_s=2,
    keep_connection_s=60,
)
WORKER = DatabaseLimits(
    statement=timedelta(seconds=30),
    lock=timedelta(seconds=10),
    idle_transaction=timedelta(minutes=1),
    silence=timedelta(seconds=40),
    connect_s=5,
    keep_connection_s=60,  # a new one costs PostgreSQL more than all that a check asks of it
)
# manage.py: a migration takes as long as it takes.
COMMAND = DatabaseLimits(NONE, NONE, NONE, NONE, connect_s=5, keep_connection_s=60)
KINDS: Mapping[str, DatabaseLimits] = {"web": WEB, "worker": WORKER, "beat": WORKER, "command": COMMAND}


def usual_limits(kind: str) -> DatabaseLimits:
    """Return the limits of a kind of process; raise ImproperlyConfigured for one that there is not."""
    if kind not in KINDS:
        raise ImproperlyConfigured(f"PROCESS_KIND is {kind!r}: write one of {', '.join(sorted(KINDS))}.")
    return KINDS[kind]


def _milliseconds(limit: timedelta) -> int:
    return int(limit.total_seconds() * 1000)
