"""Granting what privileges.py lists, after each ``migrate``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from troubleshooting.models.privileges import PRIVILEGES, all_models, columns_of

MIGRATIONS_TABLE = MigrationRecorder.Migration._meta.db_table  # read by manage.py migrate --check


def grant_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Give the running role what it needs and nothing else; raises CommandError where there is no such role."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        grant(cursor, settings.DATABASE_RUNNING_ROLE)


def grant(cursor: CursorWrapper, role: str) -> None:
    """Give a role what it needs and nothing else, as the owner of the tables. Twice is as once."""
    cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
    owner, is_known = cursor.fetchone()
    if not is_known:
        raise CommandError(
            f'There is no role "{role}" that the portal could run as. Create it (CREATE ROLE {role} LOGIN PASSWORD …), '
            "or name another one in DATABASE_RUNNING_ROLE; then migrate again."
        )
    if owner == role:  # a developer's database with one role; refused where people use the portal
        return
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    present = {table for (table,) in cursor.fetchall()}
    cursor.execute(sql.SQL(" ").join(_statements(role, present)))


def _statements(role: str, present: set[str]) -> list[sql.Composed]:
    to = {"role": sql.Identifier(role)}
    statements = [
        # Whoever may create things in the schema could put a function of their own in the way of a trigger.
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role};").format(**to),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role};").format(**to),
        sql.SQL("GRANT SELECT ON {table} TO {role};").format(table=sql.Identifier(MIGRATIONS_TABLE), **to),
    ]
    for model in all_models():
        if model._meta.db_table in present and (privileges := PRIVILEGES.get(model._meta.label)):
            table = sql.Identifier(model._meta.db_table)
            columns = sql.SQL(", ").join(map(sql.Identifier, columns_of(model)))
            for statement in sorted(privileges.statements()):
                what = sql.SQL("UPDATE ({})").format(columns) if statement == "UPDATE" else sql.SQL(statement)
                statements.append(sql.SQL("GRANT {what} ON {table} TO {role};").format(what=what, table=table, **to))
    return statements
