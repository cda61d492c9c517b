"""The audit-mode test by the real task code, against simulated PCs over NTLM with encryption."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.lease_world import MINUTES, MODE, begun, checked_case, mode_of, quick_plan, tended
from tests.support.roles import as_owner
from tests.support.world import BLOCKED_SITE, EMMA, case_on, person
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test, say_visited
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.models import ActivityEntry, SettingLease

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_employee_visits_and_the_pc_is_back_in_block_mode(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.OPEN, LeaseStatus.ACTIVE, 2)
    assert len(pc.tasks) == 1

    pc.visit(BLOCKED_SITE)
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == "would_be_blocked"
    assert pc.tasks == {}


def test_every_step_of_the_lease_is_in_the_audit(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    tended(test)

    actions = list(ActivityEntry.objects.filter(case=test.case).values_list("action", flat=True))
    assert [action for action in actions if action.startswith(("lease", "test", "verdict"))] == [
        "test_consented",
        "lease_requested",
        "lease_active",
        "test_visited",
        "lease_end_requested",
        "lease_restored",
        "verdict_reached",
    ]


def test_a_pc_that_was_away_for_months_is_put_back_and_the_test_ends(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    long_ago = timezone.now() - timedelta(days=90)
    with as_owner():
        SettingLease.objects.filter(pk=test.lease_id).update(
            requested_at=long_ago, started_at=long_ago, ends_at=long_ago + MINUTES, unsettled_until=None
        )

    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)


def test_another_cases_check_waits_until_the_setting_is_back(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    test = begun(checked_case(server))
    run = case_on(test.case.device, by=person(EMMA)).check_runs.get()
    server.reset_counters()

    run_checks(run.pk, plan=quick_plan())
    run.refresh_from_db()
    assert (run.status, server.requests) == ("queued", 0)
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    tended(test)
    run_checks(run.pk, plan=quick_plan())

    run.refresh_from_db()
    assert run.status == "finished"


def test_a_pc_out_of_reach_is_tried_again_until_it_is_back(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    pc.faults.add(Fault.REFUSED)

    test = tended(test)
    assert (test.lease.status, test.lease.error_code) == (LeaseStatus.RESTORING, "unreachable")
    assert SettingLease.objects.not_yet_restored(now=timezone.now()).get() == test.lease
    pc.faults.discard(Fault.REFUSED)
    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)


def test_a_reboot_puts_the_mode_back(lab_server):
    pc = healthy_windows_11()
    begun(checked_case(lab_server(pc)))

    pc.reboot()

    assert mode_of(pc) == 1


def test_a_pc_that_was_off_before_is_off_after(lab_server):
    pc = healthy_windows_11()
    pc.preferences[MODE] = 0
    test = begun(checked_case(lab_server(pc)))
    assert mode_of(pc) == 2

    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    tended(test)

    assert mode_of(pc) == 0


def test_a_test_that_waited_past_its_time_is_not_begun(lab_server):
    pc = healthy_windows_11()
    case = checked_case(lab_server(pc))
    asked_at = timezone.now() - MINUTES - timedelta(seconds=1)
    test = ask_for_test(
        case.pk, by=person(EMMA), length=MINUTES, portal_visits=False, needs_approval=False, now=asked_at
    )

    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.NOT_DONE, LeaseStatus.NOT_APPLIED, 1)
