"""In production, web, worker and beat refuse to run as a role of the database that may do more than run the portal.

It is looked at on the first connection of the process, whenever that is: the database may be away at the start.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# What each of these would open: triggers and evidence, to whoever can send one statement.
POWERS = """
SELECT current_user,
    rolsuper,
    EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'MEMBER'))
        OR EXISTS (SELECT FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')),
    EXISTS (SELECT FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                AND has_table_privilege(oid, 'TRUNCATE, TRIGGER')),
    has_schema_privilege('public', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
NAMES = (
    "it is a superuser",
    "it owns the tables or may become their owner",
    "it may truncate tables or add triggers to them",
    "it may create things in the schema public",
)


def refuse_powerful_role() -> None:
    """Look at the role now if the database is there, else as soon as it is; raises ImproperlyConfigured."""
    if not settings.PRODUCTION:
        return
    connection_created.connect(_look_once, weak=False)
    try:
        connection.ensure_connection()
    except OperationalError:
        return  # /readyz/ says so
    connection.close()  # a server that forks after this must not share it


def why_too_powerful(cursor: Any) -> list[str]:
    """Return what the role of a connection may do that the portal never needs."""
    cursor.execute(POWERS)
    _role, *found = cursor.fetchone()
    return [name for name, is_so in zip(NAMES, found, strict=True) if is_so]


def _look_once(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    with connection.cursor() as cursor:
        powers = why_too_powerful(cursor)
    if powers:
        connection.close()  # else the next use would find it open, and go on
        raise ImproperlyConfigured(
            "The portal does not run as this role of the database: "
            + "; ".join(powers)
            + ". Let DATABASE_URL name the role that manage.py migrate grants to (DATABASE_RUNNING_ROLE), and run only "
            "migrate as the owner."
        )
    connection_created.disconnect(_look_once)
