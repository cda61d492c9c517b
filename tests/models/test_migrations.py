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
