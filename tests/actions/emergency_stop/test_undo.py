"""Undo what was applied since a moment, over the real protocol and the real API client, with and without the stop."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    LISTS,
    PROCESS,
    TENANT_GROUP,
    approved,
    asked,
    checked_case,
    present,
    tenant_of,
    worked,
)
from tests.support.roles import as_owner
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, device_at, person
from troubleshooting.actions.emergency_stop.stop import stop_writes
from troubleshooting.actions.emergency_stop.undo import NothingToUndo, PreviewChanged, undo_since
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.emergency_stop.undo import UndoStep
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus, Scope, ScopeKind
from troubleshooting.models import ActivityEntry, DeviceGroup, Exclusion, Placement, Undo
from troubleshooting.permissions import NotAllowed
from troubleshooting.queries.emergency_stop.undo import list_undos, places_of, preview_undo, read_undo

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = LISTS[ExclusionKind.IP_ADDRESS]
OTHER_IP = (ExclusionKind.IP_ADDRESS, "203.0.113.20")


def stop() -> None:
    stop_writes(by=person(ADAM), reason="wrong PCs", now=timezone.now())


def undone(since: datetime, *, by=ADAM, seen: str | None = None) -> Undo:
    seen = preview_undo(since).digest if seen is None else seen
    return undo_since(since, by=person(by), reason="wrong list", seen=seen, now=timezone.now())


def steps(since: datetime) -> list[tuple[str, str, str]]:
    return [(row.place, row.value, row.step) for row in preview_undo(since).rows]


def before_now() -> datetime:
    return timezone.now() - timedelta(hours=1)


def made_older(exclusion: Exclusion, *, by: timedelta = timedelta(days=2)) -> None:
    """Move an approval and what it put into the past."""
    with as_owner(past_triggers=True):
        Exclusion.objects.filter(pk=exclusion.pk).update(approved_at=timezone.now() - by)
    exclusion.placements.exclude(put_at=None).update(put_at=timezone.now() - by)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_pc_and_tenant_are_clean_afterwards_also_while_all_is_stopped(
    lab_server, defender_api: DefenderApi, is_stopped
):
    pc, tenant = healthy_windows_11(), tenant_of(defender_api)
    case = checked_case(device_at(lab_server(pc), owner=person(EMMA)))
    DeviceGroup.objects.update(tenant_name=TENANT_GROUP)
    exclusions = [
        approved(asked(case), IVO),
        approved(asked(case, PROCESS), IVO, ADAM),
        approved(asked(case, INDICATOR), IVO),
    ]
    since = before_now()
    worked(tenant=tenant)
    assert len(defender_api.tenant.indicators()) == 1
    if is_stopped:
        stop()
    assert steps(since) == [
        ("PC-0142", IP[1], UndoStep.TAKE_OFF),
        ("PC-0142", PROCESS[1], UndoStep.TAKE_OFF),
        ("", INDICATOR[1], UndoStep.TAKE_OFF),
    ]
    preview = preview_undo(since)

    undo = undone(since)
    worked(tenant=tenant)

    assert {present(exclusion).status for exclusion in exclusions} == {ExclusionStatus.REMOVED}
    assert {present(exclusion).ended_by for exclusion in exclusions} == {person(ADAM)}
    assert (pc.preferences[ADDRESSES], pc.preferences["ExclusionProcess"]) == ([], [])
    assert defender_api.tenant.indicators() == []
    assert [place.row for place in places_of(undo)] == list(preview.rows), "the preview is kept as it was shown"
    assert {place.status for place in places_of(undo)} == {"removed"}


def test_an_approved_exclusion_that_was_never_sent_becomes_not_applied(lab_server):
    lab = lab_server()
    exclusion = asked(checked_case(device_at(lab, owner=person(EMMA))))
    stop()
    exclusion = approved(exclusion)
    since = before_now()
    assert steps(since) == [("PC-0142", IP[1], UndoStep.NOT_SEND)]

    undone(since)
    worked()

    assert present(exclusion).status == ExclusionStatus.NOT_APPLIED
    assert lab.commands == []


def test_what_was_applied_before_stays_and_so_does_its_value(lab_server):
    pc = healthy_windows_11()
    case = checked_case(device_at(lab_server(pc), owner=person(EMMA)))
    old, new = approved(asked(case)), approved(asked(case, OTHER_IP))
    worked()
    made_older(old)

    undone(before_now())
    worked()

    assert (present(old).status, present(new).status) == (ExclusionStatus.VERIFIED, ExclusionStatus.REMOVED)
    assert pc.preferences[ADDRESSES] == [IP[1]]


def test_an_exclusion_ends_whole_and_the_preview_marks_the_places_of_before(lab_server):
    pcs = [healthy_windows_11(), healthy_windows_11()]
    devices = [device_at(lab_server(pc), owner=person(EMMA), hostname=f"PC-{n}") for n, pc in enumerate(pcs)]
    exclusion = approved(asked(checked_case(devices[0]), scope=Scope(ScopeKind.GROUP, devices[0].group_id)))
    worked()
    made_older(exclusion)
    exclusion.placements.filter(device=devices[1]).update(put_at=timezone.now())

    preview = preview_undo(before_now())
    assert [(row.place, row.is_earlier) for row in preview.rows] == [("PC-0", True), ("PC-1", False)]
    undone(preview.since)
    worked()

    assert [pc.preferences[ADDRESSES] for pc in pcs] == [[], []]


def test_what_was_there_before_stays_and_the_preview_says_so(lab_server):
    pc = healthy_windows_11()
    pc.preferences[ADDRESSES] = [IP[1]]
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()
    since = before_now()
    assert steps(since) == [("PC-0142", IP[1], UndoStep.LEFT_AS_BEFORE)]

    undone(since)
    worked()

    assert (present(exclusion).status, pc.preferences[ADDRESSES]) == (ExclusionStatus.REMOVED, [IP[1]])


def test_what_another_exclusion_needs_stays_unless_that_one_is_undone_as_well(lab_server):
    pc = healthy_windows_11()
    case = checked_case(device_at(lab_server(pc), owner=person(EMMA)))
    for_this_pc = approved(asked(case))
    worked()
    for_its_group = approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))
    worked()
    made_older(for_this_pc)
    since, long_ago = before_now(), timezone.now() - timedelta(days=3)
    assert steps(since) == [("PC-0142", IP[1], UndoStep.LEFT_FOR_ANOTHER)]
    assert steps(long_ago) == [("PC-0142", IP[1], UndoStep.TAKE_OFF)] * 2

    undone(since)
    worked()
    assert (present(for_its_group).status, pc.preferences[ADDRESSES]) == (ExclusionStatus.REMOVED, [IP[1]])
    undone(long_ago)
    worked()

    assert (present(for_this_pc).status, pc.preferences[ADDRESSES]) == (ExclusionStatus.REMOVED, [])


def test_a_removal_that_the_stop_holds_back_goes_on_when_it_is_undone(lab_server):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()
    stop()
    revoke_exclusion(exclusion.pk, by=person(IVO), note="no longer needed", now=timezone.now())
    worked()
    assert pc.preferences[ADDRESSES] == [IP[1]]
    (row,) = preview_undo(before_now()).rows
    assert (row.step, row.is_ending) == (UndoStep.TAKE_OFF, True)

    undone(since := before_now())
    worked()

    assert (present(exclusion).status, present(exclusion).ended_by) == (ExclusionStatus.REMOVED, person(IVO))
    assert pc.preferences[ADDRESSES] == []
    assert preview_undo(since).rows == ()


def test_a_pc_that_is_away_is_still_to_do_and_done_when_it_is_back(lab_server):
    pc = healthy_windows_11()
    approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()
    pc.faults.add(Fault.REFUSED)
    undo = undone(before_now())
    worked(rounds=1)
    line = read_undo(undo.pk)
    assert line is not None
    assert (line.left, line.gone, line.is_done) == (1, 0, False)

    pc.faults.discard(Fault.REFUSED)
    worked()

    (line,) = list_undos()
    assert (line.left, line.gone, line.unsent, line.exclusions, line.is_done) == (0, 1, 0, 1, True)
    assert pc.preferences[ADDRESSES] == []


def test_the_progress_counts_each_place_once_for_every_undo(lab_server):
    devices = [device_at(lab_server(), owner=person(EMMA), hostname=f"PC-{number}") for number in range(4)]
    group = Scope(ScopeKind.GROUP, devices[0].group_id)
    case = checked_case(devices[0])
    approved(asked(case, scope=group))
    approved(asked(case, OTHER_IP))
    worked(rounds=1)  # the first three PCs of the group have it, the fourth waits

    undone(before_now())
    worked(rounds=1)

    (line,) = list_undos()
    assert (line.exclusions, line.gone, line.unsent, line.left) == (2, 4, 1, 0)


@pytest.mark.parametrize("what_comes", ["another exclusion", "another place", "an end"])
def test_a_preview_that_changed_meanwhile_is_refused_and_nothing_is_undone(lab_server, what_comes):
    devices = [device_at(lab_server(), owner=person(EMMA), hostname=f"PC-{number}") for number in range(4)]
    case = checked_case(devices[0])
    exclusion = approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))
    worked(rounds=1)
    since = before_now()
    seen = preview_undo(since).digest

    if what_comes == "another exclusion":
        approved(asked(case, OTHER_IP))
    elif what_comes == "another place":
        worked(rounds=1)  # the fourth PC
    else:
        other = approved(asked(case, OTHER_IP))
        seen = preview_undo(since).digest
        revoke_exclusion(other.pk, by=person(IVO), note="", now=timezone.now())

    with pytest.raises(PreviewChanged):
        undone(since, seen=seen)
    assert not Undo.objects.exists()
    assert present(exclusion).status in (ExclusionStatus.APPLIED, ExclusionStatus.VERIFIED)


def test_reading_back_alone_does_not_change_a_preview(lab_server):
    exclusion = approved(asked(checked_case(device_at(lab_server(), owner=person(EMMA)))))
    worked()
    Placement.objects.update(verified_at=None)
    seen = preview_undo(since := before_now()).digest
    Placement.objects.update(verified_at=timezone.now())

    undone(since, seen=seen)

    assert present(exclusion).status == ExclusionStatus.REVOKED


@pytest.mark.parametrize("who", [EMMA, SARA, IVO, ADA])
def test_nobody_but_an_administrator_undoes(lab_server, who):
    exclusion = approved(asked(checked_case(device_at(lab_server(), owner=person(EMMA)))))

    with pytest.raises(NotAllowed, match="Only an administrator can undo"):
        undone(before_now(), by=who)

    assert (present(exclusion).status, Undo.objects.count()) == (ExclusionStatus.APPROVED, 0)


def test_nothing_to_undo_is_said():
    with pytest.raises(NothingToUndo):
        undone(before_now())


def test_an_undo_is_in_the_audit_once_and_in_each_case(lab_server):
    exclusion = approved(asked(checked_case(device_at(lab_server(), owner=person(EMMA)))))
    worked()
    since = before_now()
    digest = preview_undo(since).digest

    undo = undone(since)

    entry = ActivityEntry.objects.get(action="undo_begun")
    assert (entry.actor, entry.case, entry.subject_id) == (person(ADAM), None, undo.pk)
    assert entry.details == {
        "since": since.isoformat(),
        "reason": "wrong list",
        "exclusions": [exclusion.pk],
        "digest": digest,
    }
    revoked = ActivityEntry.objects.get(action="exclusion_revoked")
    assert (revoked.actor, revoked.case, revoked.details) == (person(ADAM), exclusion.case, {"note": "wrong list"})


def test_the_database_lets_nobody_else_stand_as_who_undid_it(lab_server):
    exclusion = approved(asked(checked_case(device_at(lab_server(), owner=person(EMMA)))))
    worked()

    with pytest.raises(DatabaseError, match="exclusion_revoked_by_it"), transaction.atomic():
        Exclusion.objects.filter(pk=exclusion.pk).update(status="revoked", ended_by=person(SARA))

    assert present(exclusion).status == ExclusionStatus.VERIFIED
