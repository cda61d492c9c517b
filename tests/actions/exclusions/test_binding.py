"""An approval binds: whatever is changed after it, by direct SQL, nothing of it reaches a PC or the tenant.

Two fences, each tried alone. The first is the database, which refuses the UPDATE. The second is the worker, which looks
once more right before anything is sent: for it the triggers are off, as whoever owns the table can have them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from tests.actions.exclusions.approval_changes import (
    CHANGING,
    EVERY_CHANGE,
    EVERY_SCOPE,
    KINDS,
    NOT_GRANTED,
    REFUSED_CHANGES,
    RESETS,
    World,
    group_of,
)
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    TENANT_GROUP,
    approved,
    asked,
    checked_case,
    present,
    tenant_of,
    worked,
)
from tests.support.roles import as_owner
from tests.support.world import ADAM, EMMA, IVO, device_at, person
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus, Scope
from troubleshooting.models import ActivityEntry, DeviceGroup, Exclusion, Placement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def approve(lab_server, defender_api) -> Callable[..., World]:
    """Return ``approve(what, scope=None)``: asked for by Emma, approved by Ivo and, where needed, Adam."""

    def make(what: Any, scope: Callable[[Any], Scope] | None = None) -> World:
        server = lab_server()
        case = checked_case(device_at(server, owner=person(EMMA)))
        DeviceGroup.objects.filter(pk=case.device.group_id).update(tenant_name=TENANT_GROUP)
        case.refresh_from_db()
        other = DeviceGroup.objects.create(name="Other", credential_profile="lab", tenant_name="Sales")
        exclusion = asked(case, what, scope=scope(case) if scope else None)
        exclusion = approved(exclusion, *[IVO, ADAM][: exclusion.approvals_needed])
        assert exclusion.status == ExclusionStatus.APPROVED
        return World(exclusion, server, defender_api, other)

    return make


# --- the first fence: PostgreSQL --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "change", "_refusal"), NOT_GRANTED)
def test_the_running_role_changes_nothing_of_what_was_approved(approve, kind, change, _refusal):
    world = approve(KINDS[kind])
    before = Exclusion.objects.filter(pk=world.exclusion.pk).values().get()

    with pytest.raises(DatabaseError), transaction.atomic():
        change(world, kind)

    assert Exclusion.objects.filter(pk=world.exclusion.pk).values().get() == before


@pytest.mark.parametrize(("kind", "change", "refusal"), REFUSED_CHANGES)
def test_postgresql_refuses_the_change_of_what_was_approved(approve, kind, change, refusal):
    world = approve(KINDS[kind])
    before = Exclusion.objects.filter(pk=world.exclusion.pk).values().get()

    with pytest.raises(DatabaseError, match=refusal), as_owner():
        change(world, kind)

    assert Exclusion.objects.filter(pk=world.exclusion.pk).values().get() == before


@pytest.mark.parametrize(("kind", "scope", "change"), EVERY_SCOPE)
def test_postgresql_refuses_another_scope(approve, kind, scope, change):
    world = approve(KINDS[kind], scope)

    with pytest.raises(DatabaseError, match=RESETS), as_owner():
        change(world, kind)


@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
def test_postgresql_takes_a_change_only_as_a_new_request_without_approvals(approve, what):
    world = approve(what)

    world.rows().update(status="requested", round=F("round") + 1, reason="Because")
    worked(tenant=tenant_of(world.api))

    assert world.writes() == []
    with pytest.raises(DatabaseError, match="exclusion_approved_by_enough"), transaction.atomic():
        world.rows().update(status="approved")


# --- the second fence: the worker -------------------------------------------------------------------------------------


def halted(world: World) -> list[list[str]]:
    """Let a worker come, and give the parts that it said differ."""
    worked(tenant=tenant_of(world.api))
    entries = ActivityEntry.objects.filter(action="exclusion_halted", subject_id=world.exclusion.pk)
    return [entry.details["parts"] for entry in entries]


@pytest.mark.parametrize(("kind", "change", "refusal"), EVERY_CHANGE)
def test_the_worker_carries_nothing_out_that_was_changed(approve, kind, change, refusal):
    world = approve(KINDS[kind])
    with as_owner(past_triggers=bool(refusal)):
        change(world, kind)

    [parts] = halted(world)

    assert parts
    assert world.writes() == []
    assert present(world.exclusion).status == ExclusionStatus.NOT_APPLIED
    assert [placement.status for placement in Placement.objects.all()] == ["not_applied"]


@pytest.mark.parametrize(("kind", "scope", "change"), EVERY_SCOPE)
def test_the_worker_carries_nothing_out_for_another_scope(approve, kind, scope, change):
    world = approve(KINDS[kind], scope)
    with as_owner(past_triggers=True):
        change(world, kind)

    [parts] = halted(world)

    assert {"scope", "steps"} & set(parts)
    assert world.writes() == []
    assert present(world.exclusion).status == ExclusionStatus.NOT_APPLIED


@pytest.mark.parametrize("what", KINDS.values(), ids=KINDS)
def test_the_same_world_unchanged_is_carried_out(approve, what):
    """Without this, the tests above could pass for another reason."""
    world = approve(what)

    assert halted(world) == []
    assert present(world.exclusion).status == ExclusionStatus.VERIFIED
    assert len(world.writes()) == 1


# --- places that were slipped in --------------------------------------------------------------------------------------


def test_an_exclusion_for_one_pc_is_not_put_on_another(approve, lab_server):
    world, elsewhere = approve(IP), lab_server()
    with as_owner():
        Placement.objects.update(device=device_at(elsewhere, owner=None, hostname="PC-9999"))

    assert halted(world) == [["scope"]]
    assert [command for command in elsewhere.commands if command.startswith(CHANGING)] == []


def test_an_exclusion_for_a_group_is_not_put_on_a_pc_of_another_group(approve, lab_server):
    world, elsewhere = approve(IP, group_of), lab_server()
    stranger = device_at(elsewhere, owner=None, hostname="PC-9999")
    type(stranger).objects.filter(pk=stranger.pk).update(group=world.other_group)
    Placement.objects.create(exclusion=world.exclusion, device=stranger, is_canary=True)

    worked(tenant=tenant_of(world.api))

    assert elsewhere.commands == []
    assert Placement.objects.get(device=stranger).put_at is None


def test_an_ip_exclusion_does_not_become_an_indicator(approve):
    world = approve(IP)
    with as_owner():
        Placement.objects.update(device=None)

    assert halted(world) == [["scope"]]
    assert world.writes() == []


def test_an_indicator_does_not_become_a_command(approve):
    world = approve(INDICATOR)
    with as_owner():
        Placement.objects.update(device=world.exclusion.case.device)

    assert halted(world) == [["scope"]]
    assert world.writes() == []
