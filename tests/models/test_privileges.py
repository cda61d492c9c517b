"""What the role that runs the portal may do, by direct SQL: every table, every column, every statement."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from tests.support.roles import as_owner
from troubleshooting.models.privileges import PRIVILEGES, Privileges, all_models

pytestmark = pytest.mark.django_db

MODELS = {model._meta.label: model for model in all_models()}
TABLES = pytest.mark.parametrize("label", PRIVILEGES)

# What deletes: administrators, the end of a session or of a failed sign-in, and the next reading of the tenant.
DELETED = {
    "admin.LogEntry",
    "sessions.Session",
    "troubleshooting.Device",
    "troubleshooting.DeviceGroup",
    "troubleshooting.SeenIndicator",
    "troubleshooting.SignInCounter",
    "troubleshooting.User",
    "troubleshooting.User_groups",
    "troubleshooting.User_user_permissions",
}
NEVER_CHANGED = {
    "troubleshooting.ActivityEntry",
    "troubleshooting.CaseVerdict",
    "troubleshooting.Collection",
    "troubleshooting.DeviceAnswer",
    "troubleshooting.ExclusionDecision",
    "troubleshooting.ExclusionWarning",
    "troubleshooting.TenantReading",
    "troubleshooting.Undo",
    "troubleshooting.Undo_exclusions",
}
# Columns that decide what an approval, a placement, a stop or a case is about.
KEPT = {
    "troubleshooting.Exclusion": {
        "case",
        "kind",
        "value",
        "value_key",
        "reason_code",
        "evidence",
        "renews",
        "findings",
        "requested_by",
        "requested_at",
    },
    "troubleshooting.Placement": {"exclusion", "device"},
    "troubleshooting.EmergencyStop": {"begun_at", "begun_by", "reason"},
    "troubleshooting.Case": {"number", "reporter", "device", "device_owner", "kind", "indicator", "opened_at"},
    "troubleshooting.CheckRun": {"case", "device", "requested_by", "requested_at", "deadline_at"},
    "troubleshooting.SettingLease": {"device", "case", "setting", "value_during", "requested_by", "requested_at"},
    "troubleshooting.AuditModeTest": {"case", "length", "consented_by", "consented_at", "portal_visits"},
}
# Beside reading and writing rows; only who owns a table may.
OWNERS = (
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} DISABLE TRIGGER USER",
    "ALTER TABLE {table} ADD COLUMN other integer",
    "CREATE TRIGGER other BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger()",
    "CREATE RULE other AS ON DELETE TO {table} DO INSTEAD NOTHING",
    "DROP TABLE {table} CASCADE",
)


def is_denied(statement: str) -> bool:
    """Send one statement and undo it; raises whatever else PostgreSQL says."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        words = str(error)
        if "permission denied" in words or "must be owner" in words:
            return True
        raise
    return False


def written_fields(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def changes_open(model: type[models.Model]) -> set[str]:
    changes = {f.name: f'UPDATE {model._meta.db_table} SET "{f.column}" = DEFAULT' for f in written_fields(model)}
    return {name for name, change in changes.items() if not is_denied(f"{change} WHERE false")}


def open_to_us(model: type[models.Model]) -> Privileges:
    """Find out by trying; no row is touched."""
    table = model._meta.db_table
    columns = ", ".join(f'"{field.column}"' for field in written_fields(model))
    assert not is_denied(f"SELECT * FROM {table} LIMIT 0")
    return Privileges(
        adds=not is_denied(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE false"),
        changes=tuple(sorted(changes_open(model))),
        deletes=not is_denied(f"DELETE FROM {table} WHERE false"),
    )


def test_every_table_has_its_entry_and_no_entry_is_without_a_table():
    assert set(PRIVILEGES) == set(MODELS)


@TABLES
def test_the_running_role_may_do_what_is_listed_and_nothing_else(label):
    listed = PRIVILEGES[label]

    found = open_to_us(MODELS[label])

    assert found == Privileges(listed.adds, tuple(sorted(listed.changes)), listed.deletes)


@TABLES
def test_the_running_role_may_not_change_a_table_itself(label):
    table = MODELS[label]._meta.db_table

    assert [statement for statement in OWNERS if not is_denied(statement.format(table=table))] == []


@TABLES
def test_the_owner_may_do_the_same_and_the_rest(label):
    """Without this, the refusals above could come from a mistake in their statements."""
    model = MODELS[label]
    with as_owner():
        found = open_to_us(model)

    every = tuple(sorted(field.name for field in written_fields(model)))
    assert found == Privileges(adds=True, changes=every, deletes=True)


def test_the_owner_may_change_a_table_itself():
    with as_owner():
        denied = [one for one in OWNERS if is_denied(one.format(table=MigrationRecorder.Migration._meta.db_table))]

    assert denied == []


def test_what_deletes_what_changes_and_what_stays_is_what_this_file_says():
    assert {label for label, privileges in PRIVILEGES.items() if privileges.deletes} == DELETED
    assert {
        label
        for label, privileges in PRIVILEGES.items()
        if privileges.adds and not privileges.changes and not privileges.deletes
    } == NEVER_CHANGED
    for label, kept in KEPT.items():
        fields = {field.name for field in MODELS[label]._meta.concrete_fields}
        assert kept <= fields - set(PRIVILEGES[label].changes)


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "CREATE TABLE other (id integer)",
        "CREATE FUNCTION other() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA other",
        "CREATE ROLE other",
        f"UPDATE {MigrationRecorder.Migration._meta.db_table} SET name = 'other' WHERE false",
        "DROP FUNCTION {function}()",
    ],
)
def test_the_running_role_may_not_make_or_lift_anything(statement):
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        [function] = cursor.fetchone()

    assert is_denied(statement.format(function=function))


def test_migrations_can_be_read():
    """manage.py migrate --check runs as either role."""
    assert not is_denied(f"SELECT FROM {MigrationRecorder.Migration._meta.db_table}")
