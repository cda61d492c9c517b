"""The audit-mode test by the real task code, against simulated PCs over NTLM with encryption."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11, stuck_in_audit
from portal.demo.lab.registry import POLICY_NP
from portal.demo.lab.sites import Site
from tests.support.world import BLOCKED_SITE, EMMA, case_on, checked_case_on, device_at, person, plan
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test, cancel_test, say_visited
from troubleshooting.actions.leases.leases import LeaseHeld
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LeaseStatus, Outcome
from troubleshooting.models import ActivityEntry, AuditModeTest, Case, SettingLease

pytestmark = pytest.mark.django_db(transaction=True)

MINUTES = timedelta(minutes=15)
MODE = "EnableNetworkProtection"


def quick_plan():
    limits = {"connect": 2, "opening": 4, "silence": 4, "cancel_poll": 1, "visit": 30, "closing": 2}
    return replace(plan(**{k: timedelta(seconds=v) for k, v in limits.items()}), log_lag=timedelta(seconds=0.1))


def checked_case(server, **changes: object) -> Case:
    emma = person(EMMA)
    return checked_case_on(device_at(server, owner=emma), by=emma, **changes)


def begun(case: Case, *, portal_visits: bool = False) -> AuditModeTest:
    """Agree to the test and let a worker begin it."""
    test = ask_for_test(
        case.pk,
        by=person(EMMA),
        length=MINUTES,
        portal_visits=portal_visits,
        needs_approval=False,
        now=timezone.now(),
    )
    return tended(test)


def tended(test: AuditModeTest) -> AuditModeTest:
    run_lease(test.lease_id, plan=quick_plan())
    return AuditModeTest.objects.select_related("lease", "case").get(pk=test.pk)


def mode_of(pc) -> int:
    return int(pc.preferences[MODE])


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


def test_the_portal_lets_the_pc_request_a_site_that_is_reported_as_safe(lab_server):
    pc = healthy_windows_11()

    test = begun(checked_case(lab_server(pc)), portal_visits=True)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == "would_be_blocked"


def test_a_dangerous_site_is_never_requested_but_the_test_page_is(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)

    test = begun(checked_case(server, kind=ProblemKind.DANGEROUS_SITE_MISSED))

    requested = [command for command in server.commands if "Invoke-WebRequest" in command]
    assert len(requested) == 1
    assert "smartscreentestratings2.net" in requested[0]
    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "not_reproduced")


def test_a_test_page_that_is_not_caught_says_that_protection_does_not_work(lab_server):
    pc = healthy_windows_11()
    pc.sites["smartscreentestratings2.net"] = Site()  # it answers, and nobody minds

    test = begun(checked_case(lab_server(pc), kind=ProblemKind.DANGEROUS_SITE_MISSED))

    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "protection_not_working")


@pytest.mark.parametrize("kind", ProblemKind)
def test_a_connection_that_could_not_be_made_shows_nothing(lab_server, kind):
    pc = healthy_windows_11()
    pc.sites.clear()  # no such name

    test = begun(checked_case(lab_server(pc), kind=kind), portal_visits=True)

    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "cannot_tell")


def test_an_address_longer_than_the_pc_may_be_asked_for_is_tried_by_its_host(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    long = parse_indicator(BLOCKED_SITE + "/" + "x" * 1980)

    test = begun(checked_case(server, indicator=long), portal_visits=True)

    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "would_be_blocked")


def test_a_policy_that_came_during_the_test_does_not_hide_audit_mode_underneath(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    pc.registry[POLICY_NP] = {MODE: 1}

    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.lease.status, mode_of(pc)) == (LeaseStatus.RESTORED, 1)


def test_a_pc_that_was_away_for_months_is_put_back_and_the_test_ends(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    long_ago = timezone.now() - timedelta(days=90)
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


def test_a_visit_without_an_event_is_not_network_protections_doing(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))

    say_visited(test.pk, by=person(EMMA), now=timezone.now())

    assert tended(test).case.verdict_code == "not_blocked_by_network_protection"


def test_time_over_puts_the_mode_back_and_says_that_nothing_happened(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    past = timezone.now() - timedelta(minutes=1)
    SettingLease.objects.filter(pk=test.lease_id).update(ends_at=past)

    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == "nothing_happened"


def test_ending_early_puts_the_mode_back_without_a_verdict(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))

    cancel_test(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.CANCELLED, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == ""


@pytest.mark.parametrize(
    ("make", "fault", "outcome"),
    [
        (healthy_windows_11, Fault.SETTINGS_REFUSED, Outcome.TAMPER_PROTECTION),
        (stuck_in_audit, None, Outcome.MANAGED_BY_POLICY),
        (healthy_windows_11, Fault.POLICY_PUTS_BACK, Outcome.NOT_TAKEN),
        (healthy_windows_11, Fault.DEFENDER_STOPPED, Outcome.VALUE_UNREADABLE),
        (healthy_windows_11, Fault.REFUSED, Outcome.NOT_REACHED),
    ],
)
def test_a_change_that_cannot_be_made_says_why_and_leaves_the_pc_as_it_was(lab_server, make, fault, outcome):
    pc = make()
    before = mode_of(pc)
    case = checked_case(lab_server(pc))
    if fault:
        pc.faults.add(fault)

    test = begun(case)

    assert (test.status, test.lease.outcome) == (TestStatus.NOT_DONE, outcome)
    assert (mode_of(pc), pc.tasks) == (before, {})


def test_another_persons_value_stays(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    pc.preferences[MODE] = 0  # an administrator switched it off meanwhile

    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.lease.status, test.lease.value_seen, mode_of(pc)) == (LeaseStatus.SUPERSEDED, 0, 0)
    assert pc.tasks == {}


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


def test_the_pcs_own_task_puts_the_mode_back_when_the_portal_is_gone(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))

    pc.tick(test.lease.ends_at - timedelta(minutes=1))
    assert mode_of(pc) == 2
    pc.tick(test.lease.task_fires_at + timedelta(seconds=10))

    assert mode_of(pc) == 1
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    assert tended(test).lease.status == LeaseStatus.RESTORED
    assert pc.tasks == {}


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


def test_a_second_person_is_told_who_holds_the_pc_and_until_when(lab_server):
    pc = healthy_windows_11()
    case = checked_case(lab_server(pc))
    first = begun(case)
    other = checked_case_on(case.device, by=person(EMMA))

    with pytest.raises(LeaseHeld) as held:
        begun(other)

    assert held.value.lease == first.lease
    assert held.value.lease.requested_by == person(EMMA)
    assert not other.audit_mode_tests.exists()
