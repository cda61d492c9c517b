"""Each migrate grants what is listed: again, after somebody has granted more, and with a word where it cannot."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from tests.models.test_privileges import is_denied
from tests.support.roles import OWNER, as_owner
from troubleshooting.models.granting import grant

pytestmark = pytest.mark.django_db

MORE = (
    "GRANT ALL ON troubleshooting_activityentry TO {role}",
    "GRANT UPDATE (action) ON troubleshooting_activityentry TO {role}",
    "GRANT ALL ON troubleshooting_activityentry TO PUBLIC",
    "GRANT UPDATE (action) ON troubleshooting_activityentry TO PUBLIC",
)
CHANGE = "UPDATE troubleshooting_activityentry SET action = 'other' WHERE false"


@pytest.mark.parametrize("more", MORE)
def test_what_was_granted_beside_it_is_taken_back(more):
    with as_owner() as cursor:
        cursor.execute(more.format(role=settings.DATABASE_RUNNING_ROLE))
    assert not is_denied(CHANGE)

    with as_owner() as cursor:
        grant(cursor, settings.DATABASE_RUNNING_ROLE)

    assert is_denied(CHANGE)
    assert not is_denied("INSERT INTO troubleshooting_undo SELECT * FROM troubleshooting_undo LIMIT 0")


def test_nobody_may_put_anything_into_the_schema_of_the_triggers():
    with as_owner() as cursor:
        cursor.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    assert not is_denied("CREATE TABLE other (id integer)")

    with as_owner() as cursor:
        grant(cursor, settings.DATABASE_RUNNING_ROLE)

    assert is_denied("CREATE TABLE other (id integer)")


def test_migrate_grants():
    with as_owner() as cursor:
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {settings.DATABASE_RUNNING_ROLE}")
        assert can_select(settings.DATABASE_RUNNING_ROLE) is False
        call_command("migrate", verbosity=0)

    assert can_select(settings.DATABASE_RUNNING_ROLE) is True


def can_select(role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'troubleshooting_case', 'SELECT')", [role])
        [answer] = cursor.fetchone()
    return bool(answer)


def test_without_the_role_migrate_ends_with_a_sentence(settings):
    settings.DATABASE_RUNNING_ROLE = "nobody_here"

    with as_owner(), pytest.raises(CommandError, match='There is no role "nobody_here"'):
        call_command("migrate", verbosity=0)


def test_a_database_with_one_role_stays_as_it_is():
    with as_owner() as cursor:
        grant(cursor, OWNER)
        cursor.execute("SELECT has_table_privilege(%s, 'troubleshooting_case', 'TRUNCATE')", [OWNER])

        assert cursor.fetchone() == (True,)
