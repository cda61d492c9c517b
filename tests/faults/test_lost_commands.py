"""Commands that take effect late, and other courses of a lease in which nothing may be believed too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.gate import LateLab
from tests.support.world import EMMA, checked_case_on, device_at, person, plan
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.runs.sweep import leases_to_tend
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import SETTLES_AFTER, LeaseStatus, Outcome
from troubleshooting.models import AuditModeTest, SettingLease

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER, SET = 1, 2  # the changing commands of a beginning, by their order


@pytest.fixture
def lab():
    with LateLab(healthy_windows_11()) as server:
        yield server


def asked(lab: LateLab) -> AuditModeTest:
    emma = person(EMMA)
    case = checked_case_on(device_at(lab, owner=emma), by=emma)
    wanted = {"length": timedelta(minutes=15), "portal_visits": False, "needs_approval": False}
    return ask_for_test(case.pk, by=emma, now=timezone.now(), **wanted)


def tended(test: AuditModeTest, *, later: timedelta = timedelta(0)) -> SettingLease:
    limits = {"connect": 2, "opening": 4, "silence": 4, "cancel_poll": 1, "visit": 30, "closing": 2}
    visit_plan = plan(**{name: timedelta(seconds=number) for name, number in limits.items()})
    run_lease(
        test.lease_id,
        plan=replace(visit_plan, clock=lambda: timezone.now() + later, log_lag=timedelta(0)),
    )
    return SettingLease.objects.get(pk=test.lease_id)


@pytest.mark.parametrize("number", [REGISTER, SET])
def test_a_change_that_takes_effect_after_its_visit_was_lost_is_still_put_back(lab, number):
    pc, test = lab.pc, asked(lab)
    lab.lose_network_at(number, lambda: pc.faults.add(Fault.REFUSED))
    tended(test)
    pc.faults.discard(Fault.REFUSED)

    early = tended(test)  # reads the value before, and must not believe it yet
    lab.carry_out_late()
    tended(test)
    late = tended(test, later=SETTLES_AFTER)

    assert early.status == LeaseStatus.RESTORING
    assert late.status == LeaseStatus.RESTORED
    assert (pc.preferences["EnableNetworkProtection"], pc.tasks) == (1, {})


def test_nothing_is_changed_on_a_pc_that_does_not_show_its_tasks(lab):
    lab.pc.fault_settings.denied_command = "Get-ScheduledTask"
    lab.pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)

    lease = tended(asked(lab))

    assert (lease.status, lease.outcome) == (LeaseStatus.NOT_APPLIED, Outcome.TASK_NOT_SET)
    assert not [command for command in lab.commands if command.startswith(("Set-", "Register-"))]


@pytest.mark.parametrize("ahead", [timedelta(minutes=-30), timedelta(minutes=30)], ids=str)
def test_a_refusal_is_recognised_however_wrong_the_pcs_clock_is(lab, ahead):
    lab.pc.clock_offset = ahead
    lab.pc.faults.add(Fault.SETTINGS_REFUSED)

    assert tended(asked(lab)).outcome == Outcome.TAMPER_PROTECTION


def test_a_test_whose_worker_was_lost_before_it_was_told_is_told_by_the_sweep(lab):
    test = asked(lab)
    tended(test)
    AuditModeTest.objects.update(status=TestStatus.STARTING)  # as if the worker had died before its last statement

    assert leases_to_tend(now=timezone.now()) == {test.lease_id}
    tended(test)

    assert AuditModeTest.objects.get().status == TestStatus.OPEN
    assert leases_to_tend(now=timezone.now()) == set()
