"""The emergency stop over the real protocol and the real API client: nothing is written, protection always comes back.

A gate in front of a PC's commands lets a test strike while a command is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    LISTS,
    PROCESS,
    approved,
    asked,
    case_in_tenant,
    checked_case,
    no_tenant,
    present,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.gate import GatedLab
from tests.support.world import ADAM, EMMA, IVO, device_at, person
from troubleshooting.actions.emergency_stop.stop import lift_stop, stop_writes
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.gate import writes_under_way
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test, say_visited
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus, Scope, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LeaseStatus, Outcome
from troubleshooting.models import AuditModeTest, Placement, SettingLease

pytestmark = pytest.mark.django_db(transaction=True)

MODE = "EnableNetworkProtection"
ADDRESSES = LISTS[IP[0]]
WRITES = ("Add-", "Remove-", "Set-", "Register-", "Unregister-")
# Pipelines of a lease's visit, as the kills of the fault tests strike them.
LOOK_FOR_TASK, REGISTER, SET = 1, 2, 4
CHANGE = 1  # pipeline of a visit for an exclusion: the state is read first


def stop() -> None:
    stop_writes(by=person(ADAM), reason="wrong PCs", now=timezone.now())


def lift() -> None:
    lift_stop(by=person(ADAM), note="", now=timezone.now())


def writes_sent(lab) -> list[str]:
    return [command for command in lab.commands if command.startswith(WRITES)]


def visited_all(tenant=None) -> None:
    """Let stray messages come for every placement, also for those that are not due."""
    for pk in Placement.objects.values_list("pk", flat=True):
        run_placement(pk, plan=quick_plan(), tenant=tenant or no_tenant())


@contextmanager
def held_at(lab: GatedLab, number: int, work: Callable[[], None]) -> Iterator[Future[None]]:
    """Have a worker do the work until the PC holds its pipeline of that number; opened and over at the end."""
    lab.close_gate_at(number)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work_and_close, work)
        assert lab.arrived.wait(30), done.exception() if done.done() else "the command never came"
        yield done
        lab.open_gate(carry_out=True)
        done.result()


def work_and_close(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


# --- Exclusions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "people"), [(IP, [IVO]), (PROCESS, [IVO, ADAM])])
def test_with_the_stop_on_nothing_is_put_on_a_pc_and_it_goes_on_by_itself_afterwards(lab_server, what, people):
    pc = healthy_windows_11()
    lab = lab_server(pc)
    exclusion = asked(checked_case(device_at(lab, owner=person(EMMA))), what)
    stop()
    exclusion = approved(exclusion, *people)

    worked()
    visited_all()

    placement = Placement.objects.get()
    assert (writes_sent(lab), pc.preferences[LISTS[what[0]]]) == ([], [])
    assert (placement.status, placement.error_code, placement.attempts) == ("waiting", "emergency_stopped", 0)
    assert not due_placements(now=timezone.now() + timedelta(days=1)).exists()
    lift()
    assert due_placements(now=timezone.now()).get() == placement
    worked()
    assert (present(exclusion).status, pc.preferences[LISTS[what[0]]]) == (ExclusionStatus.VERIFIED, [what[1]])


@pytest.mark.parametrize("ends_by", ["time", "revoking"])
def test_a_removal_waits_for_the_end_of_the_stop_and_is_done_then(lab_server, ends_by):
    pc = healthy_windows_11()
    lab = lab_server(pc)
    exclusion = approved(asked(checked_case(device_at(lab, owner=person(EMMA)))))
    worked()
    stop()
    if ends_by == "time":
        expire_exclusions(now=exclusion.expires_at)
    else:
        revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    worked()
    visited_all()

    assert pc.preferences[ADDRESSES] == [IP[1]]
    assert (Placement.objects.get().status, Placement.objects.get().error_code) == ("removing", "emergency_stopped")
    lift()
    worked()
    assert (present(exclusion).status, pc.preferences[ADDRESSES]) == (ExclusionStatus.REMOVED, [])


def test_with_the_stop_on_nothing_is_put_in_the_tenant_or_taken_out(defender_api: DefenderApi):
    tenant = tenant_of(defender_api)
    exclusion = asked(case_in_tenant(), INDICATOR)
    stop()
    exclusion = approved(exclusion, IVO)
    worked(tenant=tenant)
    visited_all(tenant)
    assert [line for line in defender_api.api_requests if not line.startswith("GET")] == []
    assert defender_api.tenant.indicators() == []
    lift()
    worked(tenant=tenant)
    (indicator,) = defender_api.tenant.indicators()
    stop()
    expire_exclusions(now=exclusion.expires_at)

    worked(tenant=tenant)
    visited_all(tenant)

    assert defender_api.tenant.indicators() == [indicator]
    lift()
    worked(tenant=tenant)
    assert (present(exclusion).status, defender_api.tenant.indicators()) == (ExclusionStatus.REMOVED, [])


def test_a_write_that_passed_the_gate_is_counted_and_ends_and_the_next_pc_is_not_begun():
    with GatedLab(healthy_windows_11()) as lab, GatedLab(healthy_windows_11()) as next_lab:
        device = device_at(lab, owner=person(EMMA))
        device_at(next_lab, owner=person(EMMA), hostname="PC-0143")
        exclusion = approved(asked(checked_case(device), scope=Scope(ScopeKind.GROUP, device.group_id)))
        with held_at(lab, CHANGE, lambda: worked(rounds=1)):
            assert (lab.steps[-1], writes_under_way()) == ("Add-MpPreference", 1)
            stop()
            assert writes_under_way() == 1, "the stop waits for nobody, and says who is still writing"

        placed = {p.device.hostname: p.status for p in Placement.objects.select_related("device")}
        assert placed == {"PC-0142": PlacementStatus.VERIFIED, "PC-0143": PlacementStatus.WAITING}
        assert (lab.pc.preferences[ADDRESSES], next_lab.pc.preferences[ADDRESSES]) == ([IP[1]], [])
        assert (writes_under_way(), writes_sent(next_lab)) == (0, [])
        lift()
        worked()
        assert (present(exclusion).status, next_lab.pc.preferences[ADDRESSES]) == (ExclusionStatus.VERIFIED, [IP[1]])


def test_the_next_step_of_a_visit_under_way_is_halted():
    with GatedLab(healthy_windows_11()) as lab:
        exclusion = approved(asked(checked_case(device_at(lab, owner=person(EMMA)))))
        worked()
        lab.pc.faults.add(Fault.SETTINGS_REFUSED)  # so that the removal would be tried a second time
        revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
        lab.steps.clear()
        with held_at(lab, CHANGE, lambda: worked(rounds=1)):
            assert lab.steps[-1] == "Remove-MpPreference"
            stop()

        assert lab.steps.count("Remove-MpPreference") == 1
        assert (Placement.objects.get().status, Placement.objects.get().error_code) == ("removing", "emergency_stopped")
        lab.pc.faults.discard(Fault.SETTINGS_REFUSED)
        lift()
        worked()
        assert (present(exclusion).status, lab.pc.preferences[ADDRESSES]) == (ExclusionStatus.REMOVED, [])


# --- Audit-mode tests -------------------------------------------------------------------------------------------------


def begun(lab: GatedLab, *, portal_visits: bool = False) -> AuditModeTest:
    return ask_for_test(
        checked_case(device_at(lab, owner=person(EMMA))).pk,
        by=person(EMMA),
        length=timedelta(minutes=15),
        portal_visits=portal_visits,
        needs_approval=False,
        now=timezone.now(),
    )


def tended(test: AuditModeTest) -> AuditModeTest:
    run_lease(test.lease_id, plan=quick_plan())
    return AuditModeTest.objects.select_related("lease").get(pk=test.pk)


def now_at(test: AuditModeTest) -> tuple[str, str, str]:
    test = AuditModeTest.objects.select_related("lease").get(pk=test.pk)
    assert test.lease is not None
    return test.status, test.lease.status, test.lease.outcome


def test_a_lease_that_was_asked_for_before_the_stop_is_not_begun():
    with GatedLab(healthy_windows_11()) as lab:
        test = begun(lab)
        stop()

        tended(test)

        assert now_at(test) == (TestStatus.NOT_DONE, LeaseStatus.NOT_APPLIED, Outcome.EMERGENCY_STOPPED)
        assert (writes_sent(lab), lab.pc.tasks, lab.pc.preferences[MODE]) == ([], {}, 1)
        assert SettingLease.objects.get().started_at is None


def test_a_stop_before_the_first_change_of_a_visit_leaves_the_pc_untouched():
    with GatedLab(healthy_windows_11()) as lab:
        test = begun(lab)
        with held_at(lab, LOOK_FOR_TASK, lambda: run_lease(test.lease_id, plan=quick_plan())):
            stop()
            assert writes_under_way() == 0

        assert now_at(test) == (TestStatus.NOT_DONE, LeaseStatus.NOT_APPLIED, Outcome.EMERGENCY_STOPPED)
        assert (writes_sent(lab), lab.pc.tasks, lab.pc.preferences[MODE]) == ([], {}, 1)


def test_a_stop_after_the_restore_task_turns_the_lease_back_at_once():
    with GatedLab(healthy_windows_11()) as lab:
        test = begun(lab)
        with held_at(lab, REGISTER, lambda: run_lease(test.lease_id, plan=quick_plan())):
            stop()
            assert writes_under_way() == 1

        assert now_at(test) == (TestStatus.NOT_DONE, LeaseStatus.REFUSED, Outcome.EMERGENCY_STOPPED)
        assert not any("AuditMode" in command for command in writes_sent(lab)), "the mode is never lowered"
        assert (lab.pc.tasks, lab.pc.preferences[MODE]) == ({}, 1)


@pytest.mark.parametrize("portal_visits", [True, False])
def test_a_stop_while_the_mode_is_being_set_lets_the_test_end_and_put_it_back(portal_visits):
    with GatedLab(healthy_windows_11()) as lab:
        test = begun(lab, portal_visits=portal_visits)
        with held_at(lab, SET, lambda: run_lease(test.lease_id, plan=quick_plan())):
            stop()
        if not portal_visits:
            assert now_at(test)[:2] == (TestStatus.OPEN, LeaseStatus.ACTIVE)
            say_visited(test.pk, by=person(EMMA), now=timezone.now())
            tended(test)

        assert now_at(test) == (TestStatus.DONE, LeaseStatus.RESTORED, "")
        assert (lab.pc.tasks, lab.pc.preferences[MODE]) == ({}, 1)


def test_a_pc_that_was_away_gets_its_mode_back_while_all_is_stopped():
    with GatedLab(healthy_windows_11()) as lab:
        test = tended(begun(lab))
        say_visited(test.pk, by=person(EMMA), now=timezone.now())
        lab.pc.faults.add(Fault.REFUSED)
        stop()
        tended(test)
        assert (now_at(test)[1], lab.pc.preferences[MODE]) == (LeaseStatus.RESTORING, 2)

        lab.pc.faults.discard(Fault.REFUSED)
        tended(test)

        assert now_at(test)[:2] == (TestStatus.DONE, LeaseStatus.RESTORED)
        assert (lab.pc.tasks, lab.pc.preferences[MODE]) == ({}, 1)
