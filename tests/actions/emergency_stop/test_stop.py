"""Who stops all changes and lets them go on, and what each of these actions leads to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.world import ADA, ADAM, EMMA, IVO, NOW, SARA, checked_case_on, device_at, person
from troubleshooting.actions.emergency_stop.stop import AlreadyStopped, NotStopped, lift_stop, stop_writes
from troubleshooting.actions.exclusions.placements import put_off_stopped
from troubleshooting.actions.gate import EmergencyStopped, is_stopped, write_gate
from troubleshooting.actions.leases.audit_mode_tests import approve_test, ask_for_test
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.models import ActivityEntry, AuditModeTest, EmergencyStop, Placement, SettingLease, Undo
from troubleshooting.models.choices import Role
from troubleshooting.permissions import NotAllowed

EVE = ("eve", Role.ADMINISTRATOR)
LATER = NOW + timedelta(minutes=5)
OTHERS = [EMMA, SARA, IVO, ADA]


def stopped(by=ADAM) -> EmergencyStop:
    return stop_writes(by=person(by), reason="wrong PCs", now=NOW)


def actions() -> list[tuple[str, str, dict]]:
    entries = ActivityEntry.objects.filter(subject_type="emergencystop").order_by("pk")
    return [(entry.action, entry.actor_name, entry.details) for entry in entries]


@pytest.mark.django_db
def test_an_administrator_stops_all_writes_and_lets_them_go_on():
    stop = stopped()
    assert is_stopped()
    with pytest.raises(EmergencyStopped), write_gate():
        pytest.fail("the gate is shut")

    lift_stop(by=person(EVE), note="it was the list", now=LATER)

    stop.refresh_from_db()
    assert not is_stopped()
    assert (stop.begun_by, stop.begun_at, stop.reason) == (person(ADAM), NOW, "wrong PCs")
    assert (stop.ended_by, stop.ended_at, stop.end_note) == (person(EVE), LATER, "it was the list")
    assert actions() == [
        ("emergency_stopped", "adam", {"reason": "wrong PCs"}),
        ("writes_allowed", "eve", {"note": "it was the list"}),
    ]
    with write_gate():
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_stops_or_lifts(who):
    with pytest.raises(NotAllowed, match="Only an administrator"):
        stopped(who)
    stopped()
    with pytest.raises(NotAllowed, match="Only an administrator"):
        lift_stop(by=person(who), note="", now=LATER)

    assert is_stopped()


@pytest.mark.django_db
def test_a_second_stop_is_told_that_there_is_one_and_the_first_stays():
    first = stopped()

    with pytest.raises(AlreadyStopped):
        stopped(EVE)

    assert EmergencyStop.objects.get() == first
    assert len(actions()) == 1


@pytest.mark.django_db
def test_what_is_not_stopped_cannot_be_lifted_and_a_stop_is_lifted_once():
    with pytest.raises(NotStopped):
        lift_stop(by=person(ADAM), note="", now=NOW)
    stopped()
    lift_stop(by=person(ADAM), note="", now=LATER)

    with pytest.raises(NotStopped):
        lift_stop(by=person(ADAM), note="", now=LATER)

    assert stopped().pk != EmergencyStop.objects.order_by("pk")[0].pk, "a new stop is another row"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_make_one_stop():
    people, together = [person(ADAM), person(EVE)], Barrier(2)

    def stop(number: int) -> str:
        together.wait()
        try:
            return stop_writes(by=people[number], reason=str(number), now=NOW).reason
        except AlreadyStopped:
            return "already"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(stop, range(2)))

    assert said == [EmergencyStop.objects.get().reason, "already"]
    assert len(actions()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_lift_once():
    stopped()
    people, together = [person(ADAM), person(EVE)], Barrier(2)

    def lift(number: int) -> str:
        together.wait()
        try:
            return lift_stop(by=people[number], note=str(number), now=LATER).end_note
        except NotStopped:
            return "lifted"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lift, range(2)))

    assert said == [EmergencyStop.objects.get().end_note, "lifted"]
    assert len(actions()) == 2


@pytest.mark.django_db
def test_lifting_makes_due_what_waited_for_it_and_nothing_else():
    exclusion = approved(asked(checked_case(device_at(None, owner=person(EMMA)))))
    placement = exclusion.placements.get()
    stopped()
    put_off_stopped(placement, now=NOW)
    away = Placement.objects.create(
        exclusion=exclusion,
        device=device_at(None, owner=None, hostname="PC-0200"),
        error_code="unreachable",
        next_attempt_at=LATER,
    )

    lift_stop(by=person(ADAM), note="", now=NOW)

    placement.refresh_from_db()
    away.refresh_from_db()
    assert (placement.next_attempt_at, placement.error_code, placement.attempts) == (None, "", 0)
    assert (away.next_attempt_at, away.error_code) == (LATER, "unreachable")


@pytest.mark.django_db
@pytest.mark.parametrize("needs_approval", [True, False])
def test_no_test_is_asked_for_while_all_is_stopped(needs_approval):
    case = checked_case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)
    stopped()

    with pytest.raises(EmergencyStopped):
        ask_for_test(
            case.pk,
            by=person(EMMA),
            length=timedelta(minutes=15),
            portal_visits=False,
            needs_approval=needs_approval,
            now=NOW,
        )

    assert not AuditModeTest.objects.exists()


@pytest.mark.django_db
def test_no_test_is_approved_while_all_is_stopped():
    case = checked_case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)
    wanted = {"length": timedelta(minutes=15), "portal_visits": False, "needs_approval": True, "now": NOW}
    test = ask_for_test(case.pk, by=person(EMMA), **wanted)
    stopped()

    with pytest.raises(EmergencyStopped):
        approve_test(test.pk, by=person(IVO), now=NOW)

    test.refresh_from_db()
    assert (test.status, SettingLease.objects.count()) == (TestStatus.ASKED, 0)


# --- By direct SQL ----------------------------------------------------------------------------------------------------


def insert(table: str, **values: object) -> None:
    names, places = ", ".join(values), ", ".join(["%s"] * len(values))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(values.values()))


def stop_row(**changes: object) -> dict[str, object]:
    plain = {"is_on": True, "begun_at": NOW, "begun_by_id": person(ADAM).pk, "reason": "wrong PCs", "end_note": ""}
    return plain | changes


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"reason": ""}, "stop_has_a_reason"),
        ({"is_on": False}, "stop_end_whole"),
        ({"is_on": False, "ended_at": NOW}, "stop_end_whole"),
        ({"ended_at": NOW}, "stop_end_whole"),
    ],
)
def test_a_stop_keeps_its_promises(changes, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        insert("troubleshooting_emergencystop", **stop_row(**changes))


@pytest.mark.django_db
def test_one_stop_at_a_time():
    insert("troubleshooting_emergencystop", **stop_row())

    with pytest.raises(IntegrityError, match="stop_one_at_a_time"):
        insert("troubleshooting_emergencystop", **stop_row())

    assert EmergencyStop.objects.get().is_on


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [({"reason": ""}, "undo_has_a_reason"), ({"since": LATER}, "undo_looks_back")],
)
def test_an_undo_keeps_its_promises(changes, constraint):
    plain = {"at": NOW, "since": NOW, "by_id": person(ADAM).pk, "reason": "wrong", "preview": "[]"}

    with pytest.raises(DatabaseError, match=constraint):
        insert("troubleshooting_undo", **(plain | changes))

    assert not Undo.objects.exists()
