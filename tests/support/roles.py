"""The two roles of the database, as tests need them: they run as the one, and one helper here acts as the other.

In the tests' own server, and nowhere else, the running role may become the owner when asked to, and the owner may leave
triggers out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

OWNER = "portal_test_owner"
LEAVE_TRIGGERS_OUT = "SET LOCAL session_replication_role = replica"


def make_roles(superuser_url: str) -> tuple[str, str]:
    """Make both roles anew on a server; return the addresses of its database as owner and as running role."""
    password = secrets.token_urlsafe(24)
    running = settings.DATABASE_RUNNING_ROLE
    names = {"owner": sql.Identifier(OWNER), "running": sql.Identifier(running), "password": sql.Literal(password)}
    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        for role in (OWNER, running):
            if superuser.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount == 0:
                superuser.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        for statement in (
            "ALTER ROLE {owner} LOGIN CREATEDB PASSWORD {password}",
            "ALTER ROLE {running} LOGIN PASSWORD {password}",
            "GRANT {owner} TO {running} WITH INHERIT FALSE, SET TRUE",
            "GRANT SET ON PARAMETER session_replication_role TO {owner}",
        ):
            superuser.execute(sql.SQL(statement).format(**names))
    return _signed_in(superuser_url, OWNER, password), _signed_in(superuser_url, running, password)


def _signed_in(url: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{host}"))


def sign_in_as(url: str) -> None:
    """Let Django's connections from now on be those of this address's role; the database stays."""
    parts = urlsplit(url)
    connection.close()
    connection.settings_dict.update(USER=parts.username, PASSWORD=parts.password)


@contextmanager
def as_owner(*, past_triggers: bool = False) -> Iterator[CursorWrapper]:
    """Be the owner of the tables in the one transaction of this block, for what the portal itself may never do.

    ``past_triggers`` leaves out triggers and foreign keys too, as only a superuser can elsewhere.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {OWNER}")
        if past_triggers:
            cursor.execute(LEAVE_TRIGGERS_OUT)
        yield cursor
        if past_triggers:
            cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("RESET ROLE")
