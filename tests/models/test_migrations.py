"""The way to a database and back: everything that migrations make, they take away, and make again the same."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.support.roles import as_owner
from troubleshooting.models.granting import grant

pytestmark = pytest.mark.django_db(transaction=True)

OURS = {
    "tables": "SELECT relname, relkind FROM pg_class WHERE relname LIKE 'troubleshooting_%' AND relkind = 'r'",
    "columns": """SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
                  WHERE table_name LIKE 'troubleshooting_%'""",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                      WHERE conrelid::regclass::text LIKE 'troubleshooting_%'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'troubleshooting_%'",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "privileges": """SELECT relname, attname, attacl::text FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
                     WHERE relname LIKE 'troubleshooting_%' AND attacl IS NOT NULL""",
}


def ours() -> dict[str, list[tuple[str, ...]]]:
    found = {}
    with connection.cursor() as cursor:
        for what, query in OURS.items():
            cursor.execute(query)
            found[what] = sorted(cursor.fetchall())
    return found


def migrate(targets: list[tuple[str, str | None]]) -> None:
    MigrationExecutor(connection).migrate(targets)


def test_migrations_take_away_all_they_made_and_make_it_again():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    before = ours()

    with as_owner() as cursor:
        migrate([("troubleshooting", None)])
        left = ours()
        migrate(latest)
        grant(cursor, settings.DATABASE_RUNNING_ROLE)

    assert all(before.values())
    assert left == {what: [] for what in OURS}
    assert ours() == before
