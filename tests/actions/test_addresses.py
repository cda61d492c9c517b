"""A change of address of what is in use is asked for by one administrator and approved by another."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from tests.factories import CaseFactory, DeviceFactory, UserFactory
from tests.support.roles import as_owner
from tests.support.world import ADAM, AGNES, EMMA, IVO, NOW, moved, person
from troubleshooting.actions.addresses import (
    AddressMoved,
    ChangeWaits,
    approve_change,
    is_in_use,
    reject_change,
    request_change,
)
from troubleshooting.domain.base.refused import Refused
from troubleshooting.models import ActivityEntry, AddressChange, Device, DeviceGroup
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db

ELSEWHERE = {"address": "elsewhere.contoso.example", "port": 5985}


@pytest.fixture
def device() -> Device:
    return CaseFactory().device


def asked(subject: Device | DeviceGroup, **new: object) -> AddressChange:
    return request_change(subject, new or ELSEWHERE, by=person(ADAM), now=NOW)


def where(device: Device) -> dict[str, object]:
    return Device.objects.values("address", "port").get(pk=device.pk)


def test_nothing_changes_before_another_administrator_approves(device):
    before = where(device)
    change = asked(device)
    assert where(device) == before

    approve_change(change.pk, by=person(AGNES), now=NOW)

    assert where(device) == ELSEWHERE
    requested, changed = ActivityEntry.objects.filter(subject_type="device").order_by("pk")
    values = {name: {"old": before[name], "new": new} for name, new in ELSEWHERE.items()}
    assert (requested.action, requested.actor_name, requested.details["values"]) == (
        "address_change_requested",
        "adam",
        values,
    )
    assert (changed.action, changed.actor_name, changed.details["values"]) == ("address_changed", "agnes", values)
    assert changed.details["requested_by"] == "adam"


def test_a_groups_sign_in_changes_the_same_way(device):
    change = asked(device.group, https=False, auth="ntlm", credential_profile="other")

    approve_change(change.pk, by=person(AGNES), now=NOW)

    device.group.refresh_from_db()
    assert (device.group.https, device.group.auth, device.group.credential_profile) == (False, "ntlm", "other")


@pytest.mark.parametrize("who", [ADAM, IVO, EMMA])
def test_nobody_approves_their_own_and_only_administrators_do(device, who):
    change, before = asked(device), where(device)

    with pytest.raises(NotAllowed):
        approve_change(change.pk, by=person(who), now=NOW)

    assert where(device) == before


def test_only_administrators_ask(device):
    with pytest.raises(NotAllowed):
        request_change(device, ELSEWHERE, by=person(IVO), now=NOW)


@pytest.mark.parametrize("who", [ADAM, AGNES])
def test_a_change_is_rejected_by_another_or_taken_back(device, who):
    change, before = asked(device), where(device)

    reject_change(change.pk, by=person(who), now=NOW)

    assert where(device) == before
    with pytest.raises(Refused):
        approve_change(change.pk, by=person(AGNES), now=NOW)


def test_one_change_waits_at_a_time(device):
    asked(device)

    with pytest.raises(ChangeWaits):
        asked(device, port=1234)


def test_what_changed_meanwhile_is_not_carried_out(device):
    change = asked(device)
    with as_owner(past_triggers=True):
        Device.objects.filter(pk=device.pk).update(port=4711)

    with pytest.raises(AddressMoved):
        approve_change(change.pk, by=person(AGNES), now=NOW)

    assert where(device)["port"] == 4711
    change.refresh_from_db()
    assert change.is_approved is None


def test_a_name_that_another_pc_took_meanwhile_is_not_carried_out(device):
    change = asked(device, hostname="PC-9999")
    DeviceFactory(hostname="PC-9999")

    with pytest.raises(AddressMoved):
        approve_change(change.pk, by=person(AGNES), now=NOW)


def test_what_is_in_use_was_visited_or_has_a_case(device):
    unused = DeviceFactory(group=DeviceGroup.objects.create(name="New", credential_profile="lab"))
    visited = DeviceFactory(last_visited_at=NOW)

    assert [is_in_use(one) for one in (device, device.group, visited, unused, unused.group)] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("who", "is_approved", "refusal"),
    [
        (ADAM, True, "address_change_approved_by_another"),
        (IVO, True, "address_change_by_administrators"),
        (EMMA, False, "address_change_by_administrators"),
    ],
)
def test_a_decision_by_direct_sql_is_another_administrators(device, who, is_approved, refusal):
    change = asked(device)
    rows = AddressChange.objects.filter(pk=change.pk)

    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        rows.update(is_approved=is_approved, decided_by=person(who), decided_at=NOW)


def test_what_was_asked_for_is_not_changed_afterwards(device):
    change = asked(device)
    rows = AddressChange.objects.filter(pk=change.pk)

    for other in ({"values": {}}, {"requested_by": UserFactory()}, {"device": DeviceFactory()}):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows.update(**other)


def test_a_pc_in_use_moves_by_direct_sql_only_to_where_the_last_approval_says(device):
    before = where(device)
    rows = Device.objects.filter(pk=device.pk)
    moved(device, **ELSEWHERE)
    assert rows.update(description="same place") == 1

    for other in ({"port": 1234}, {"hostname": "PC-9999"}, before):
        with pytest.raises(DatabaseError, match="device_visited_where_approved"), transaction.atomic():
            rows.update(**other)
    moved(device, **before)
    moved(device, port=1234)

    # Each of these was approved once, and is over.
    for other in (ELSEWHERE, before, {"address": "elsewhere.contoso.example"}):
        with pytest.raises(DatabaseError, match="device_visited_where_approved"), transaction.atomic():
            rows.update(**other)


def test_what_is_not_in_use_moves_as_one_administrator_says():
    unused = DeviceFactory(group=DeviceGroup.objects.create(name="New", credential_profile="lab"))

    assert Device.objects.filter(pk=unused.pk).update(**ELSEWHERE) == 1
    assert DeviceGroup.objects.filter(pk=unused.group_id).update(https=False, port=5985) == 1
