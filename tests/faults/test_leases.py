"""Temporary changes when real processes die between any two commands: the PC comes back to its earlier value."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.support.gate import GatedLab
from tests.support.servers import CeleryWorkerProcess
from tests.support.waiting import wait_until
from tests.support.world import BLOCKED_SITE, EMMA, checked_case_on, device_at, person
from troubleshooting import dispatch
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test, cancel_test, say_visited
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.models import AuditModeTest, SettingLease

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MODE = "EnableNetworkProtection"
ENDED = {LeaseStatus.RESTORED, LeaseStatus.SUPERSEDED, LeaseStatus.REFUSED, LeaseStatus.NOT_APPLIED}

# Every pipeline of a whole test in which the PC requests the page itself, in order; a test below keeps it true.
STEPS = (
    "Get-Date",  # with preferences and policies
    "Get-ScheduledTask",
    "Register-ScheduledTask",
    "Get-ScheduledTask",
    "Set-MpPreference",
    "Get-MpPreference",
    "Invoke-WebRequest",
    "Get-MpPreference",
    "Set-MpPreference",
    "Get-MpPreference",
    "Unregister-ScheduledTask",
    "Get-ScheduledTask",
    "Get-Date",
    "Get-WinEvent",
    "Get-Date",
    "Get-WinEvent",
)
SET, SET_BACK = 4, 8
CHANGES = frozenset(number for number, name in enumerate(STEPS) if name.partition("-")[0] not in {"Get", "Invoke"})
# A command that only reads leaves the same PC behind, whether it was carried out or not.
KILLS = [(number, done) for number in range(len(STEPS)) for done in (True, False) if done or number in CHANGES]


def name_of(number: int) -> str:
    return f"{number}-{STEPS[number]}"


def asked(lab: GatedLab, *, portal_visits: bool = True) -> AuditModeTest:
    """Agree to a test; the message goes to the worker."""
    emma = person(EMMA)
    case = checked_case_on(device_at(lab, owner=emma), by=emma)
    return ask_for_test(
        case.pk,
        by=emma,
        length=timedelta(minutes=15),
        portal_visits=portal_visits,
        needs_approval=False,
        now=timezone.now(),
    )


def held(lab: GatedLab, number: int, worker: CeleryWorkerProcess) -> AuditModeTest:
    """Agree to a test and wait until the worker has sent the command of that number, which is held."""
    lab.close_gate_at(number)
    test = asked(lab)
    wait_until(lab.arrived.is_set, worker)
    return test


def mode_of(lab: GatedLab) -> int:
    return int(lab.pc.preferences[MODE])


def is_over(test: AuditModeTest) -> bool:
    test.refresh_from_db()
    return test.lease.status in ENDED and test.ended_at is not None


def let_minutes_pass() -> None:
    """Let the moments pass that a worker has to wait for; its clock cannot be moved from here."""
    past = timezone.now() - timedelta(seconds=1)
    SettingLease.objects.exclude(unsettled_until=None).update(unsettled_until=past)
    SettingLease.objects.exclude(next_attempt_at=None).update(next_attempt_at=past)


def sweep_until_over(test: AuditModeTest, worker: CeleryWorkerProcess) -> None:
    """Sweep as beat would, again and again, until the test has ended."""

    def is_over_after_a_sweep() -> bool:
        let_minutes_pass()
        sweep(now=timezone.now(), lost_after=settings.CHECK_RUN_LOST_AFTER)
        test.refresh_from_db()
        test.lease.refresh_from_db()
        return is_over(test)

    wait_until(is_over_after_a_sweep, worker)


def test_a_whole_test_sends_the_steps_that_the_kills_strike(lasting_worker, gated_lab):
    test = asked(gated_lab)

    wait_until(lambda: is_over(AuditModeTest.objects.get(pk=test.pk)), lasting_worker)

    assert tuple(gated_lab.steps) == STEPS
    assert (AuditModeTest.objects.get().status, mode_of(gated_lab), gated_lab.pc.tasks) == (TestStatus.DONE, 1, {})


@pytest.mark.parametrize(("number", "carried_out"), KILLS, ids=str)
def test_after_a_kill_at_any_command_a_new_worker_puts_the_mode_back(lasting_worker, gated_lab, number, carried_out):
    test = held(gated_lab, number, lasting_worker)

    lasting_worker.kill()
    gated_lab.open_gate(carry_out=carried_out)
    lasting_worker.start()
    sweep_until_over(test, lasting_worker)

    assert (mode_of(gated_lab), gated_lab.pc.tasks) == (1, {})
    assert test.status == TestStatus.DONE
    assert test.lease.status == LeaseStatus.RESTORED


@pytest.mark.parametrize("number", [SET, SET + 1, SET_BACK], ids=name_of)
def test_a_test_that_was_ended_while_its_worker_was_dead_ends_the_same_way(lasting_worker, gated_lab, number):
    test = held(gated_lab, number, lasting_worker)

    lasting_worker.kill()
    gated_lab.open_gate(carry_out=True)
    cancel_test(test.pk, by=person(EMMA), now=timezone.now())
    lasting_worker.start()
    sweep_until_over(test, lasting_worker)

    assert (test.status, mode_of(gated_lab), gated_lab.pc.tasks) == (TestStatus.CANCELLED, 1, {})


@pytest.mark.parametrize(
    ("number", "ahead"),
    [(SET + 1, timedelta(0)), (SET + 2, timedelta(minutes=4)), (SET_BACK, timedelta(hours=-3))],
    ids=str,
)
def test_with_the_portal_dead_the_pcs_own_clock_puts_the_mode_back(lasting_worker, gated_lab, number, ahead):
    pc = gated_lab.pc
    pc.clock_offset = ahead
    test = held(gated_lab, number, lasting_worker)
    lasting_worker.kill()
    gated_lab.open_gate(carry_out=False)
    lease = SettingLease.objects.get(pk=test.lease_id)
    assert mode_of(gated_lab) == 2

    pc.tick(lease.ends_at + ahead)
    while_lent = mode_of(gated_lab)
    pc.tick(lease.ends_at + ahead + timedelta(minutes=2, seconds=10))

    assert (while_lent, mode_of(gated_lab)) == (2, 1)
    lasting_worker.start()  # for the next test


@pytest.mark.parametrize("number", [SET + 1, SET_BACK], ids=name_of)
def test_with_the_portal_dead_a_restart_of_the_pc_puts_the_mode_back(lasting_worker, gated_lab, number):
    held(gated_lab, number, lasting_worker)
    lasting_worker.kill()
    gated_lab.open_gate(carry_out=False)
    assert mode_of(gated_lab) == 2

    gated_lab.pc.reboot()

    assert mode_of(gated_lab) == 1
    lasting_worker.start()  # for the next test


@pytest.mark.parametrize("number", sorted(CHANGES | {SET + 1}), ids=name_of)
def test_a_worker_whose_database_connection_is_cut_leaves_the_rest_to_the_next_visit(lasting_worker, gated_lab, number):
    test = held(gated_lab, number, lasting_worker)

    cut_database_connections_of_others()
    gated_lab.open_gate(carry_out=True)
    sweep_until_over(test, lasting_worker)

    assert (test.status, test.lease.status) == (TestStatus.DONE, LeaseStatus.RESTORED)
    assert (mode_of(gated_lab), gated_lab.pc.tasks) == (1, {})


def cut_database_connections_of_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def test_a_second_worker_leaves_a_pc_alone_that_is_being_visited(lasting_worker, gated_lab, celery_worker_process):
    test = held(gated_lab, SET + 1, lasting_worker)
    refused_before = celery_worker_process.log_text().count("device_is_being_visited")

    for _ in range(6):  # two workers are there, the one that visits has free threads too
        current_app.send_task(dispatch.RUN_LEASE, kwargs={"lease_id": test.lease_id})
    wait_until(
        lambda: celery_worker_process.log_text().count("device_is_being_visited") >= refused_before + 6,
        celery_worker_process,
    )

    assert (len(gated_lab.steps), gated_lab.sessions_open) == (SET + 2, 1)
    gated_lab.open_gate(carry_out=True)
    sweep_until_over(test, lasting_worker)
    assert (test.status, mode_of(gated_lab), gated_lab.pc.tasks) == (TestStatus.DONE, 1, {})


def has_ended(worker: CeleryWorkerProcess) -> bool:
    return worker._child is None or worker._child.exit_code() is not None


def supervise(worker: CeleryWorkerProcess) -> None:
    """Start the worker again where it has ended: kombu breaks when a visit ends while the broker is away."""
    wait_until(lambda: has_ended(worker) or worker.answers(), worker)
    if has_ended(worker):
        worker.stop()
        worker.start()


@pytest.mark.usefixtures("portal_on_own_broker")
@pytest.mark.parametrize("number", [SET, SET_BACK], ids=name_of)
def test_a_broker_that_dies_during_the_visit_costs_a_sweep_at_most(own_broker, worker_of_own_broker, gated_lab, number):
    test = held(gated_lab, number, worker_of_own_broker)

    own_broker.child.kill()
    gated_lab.open_gate(carry_out=True)
    own_broker.start()
    supervise(worker_of_own_broker)
    sweep_until_over(test, worker_of_own_broker)

    assert (test.lease.status, mode_of(gated_lab), gated_lab.pc.tasks) == (LeaseStatus.RESTORED, 1, {})


@pytest.mark.usefixtures("portal_on_own_broker")
def test_what_the_employee_says_while_the_broker_is_away_is_found_by_the_sweep(
    own_broker, worker_of_own_broker, gated_lab, client
):
    test = asked(gated_lab, portal_visits=False)
    wait_until(lambda: AuditModeTest.objects.get().status == TestStatus.OPEN, worker_of_own_broker)
    gated_lab.pc.visit(BLOCKED_SITE)

    own_broker.child.kill()
    say_visited(test.pk, by=person(EMMA), now=timezone.now())  # its message goes nowhere
    client.force_login(person(EMMA))
    page = client.get(reverse("case", args=[test.case.number]))
    assert (page.status_code, mode_of(gated_lab)) == (200, 2)
    own_broker.start()
    wait_until(worker_of_own_broker.answers, worker_of_own_broker)
    sweep_until_over(test, worker_of_own_broker)

    assert (test.status, mode_of(gated_lab), gated_lab.pc.tasks) == (TestStatus.DONE, 1, {})
    assert test.case.__class__.objects.get().verdict_code == "would_be_blocked"
