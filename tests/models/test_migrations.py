"""What migrations do to rows that are there already."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import CaseFactory
from troubleshooting.models import Case

APP = "troubleshooting"

pytestmark = pytest.mark.django_db(transaction=True)


def migrate_to(name: str) -> None:
    MigrationExecutor(connection).migrate([(APP, name)])


def test_cases_that_are_there_take_the_owner_that_their_pc_has_now():
    latest = next(name for app, name in MigrationExecutor(connection).loader.graph.leaf_nodes() if app == APP)
    case, of_nobody = CaseFactory(), CaseFactory()
    of_nobody.device.owner = None
    of_nobody.device.save()

    try:
        migrate_to("0006_decisions_bind")
    finally:
        migrate_to(latest)

    owners = dict(Case.objects.values_list("pk", "device_owner"))
    assert owners == {case.pk: case.device.owner_id, of_nobody.pk: None}


def test_the_rules_of_exclusions_go_back_to_what_they_were_and_forth_again():
    latest = next(name for app, name in MigrationExecutor(connection).loader.graph.leaf_nodes() if app == APP)
    before = rules()

    try:
        migrate_to("0012_exclusion_moves")
        migrate_to("0013_decisions_in_time")
        as_made = rules()
        migrate_to("0014_decisions_by_others")
        migrate_to("0013_decisions_in_time")
        taken_back = rules()
    finally:
        migrate_to(latest)

    assert taken_back == as_made
    assert before == rules() != as_made


def rules() -> dict[str, list[str]]:
    """Return the words of each function that guards exclusions; how they are laid out does not matter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'troubleshooting_check_%'")
        return {name: source.split() for name, source in cursor.fetchall()}
