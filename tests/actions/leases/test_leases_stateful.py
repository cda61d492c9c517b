"""Leases under everything that can happen to them, in any order: each PC ends with its earlier value, no lease is lost.

The action code is the real one and speaks the real protocol to a lab PC. The clock is the test's; the PC's follows it.
A worker dies at any look at the clock and at any database statement: from there on nothing of it runs, and its
connection is gone, as after ``kill -9``.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.dying import Died, Life
from tests.support.emptying import empty_tables
from tests.support.gate import LateLab
from tests.support.world import ADAM, BLOCKED_SITE, EMMA, IVO, case_on, device_at, person, plan
from troubleshooting.actions.cases.cases import solve_case, withdraw_case
from troubleshooting.actions.checks.check_runs import cancel_check_run
from troubleshooting.actions.emergency_stop.stop import lift_stop, stop_writes
from troubleshooting.actions.gate import EmergencyStopped, is_stopped
from troubleshooting.actions.leases.audit_mode_tests import TestUnderWay, ask_for_test, cancel_test, say_visited
from troubleshooting.actions.leases.leases import LeaseHeld
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.runs.sweep import leases_to_tend
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.leases.lease import TASK_GRACE, LeaseStatus, Outcome
from troubleshooting.models import AuditModeTest, SettingLease
from troubleshooting.models.lease import ENDED_CODES, OPEN_CODES
from troubleshooting.permissions import NotAllowed

MODE = "EnableNetworkProtection"
AUDIT = 2
WORDS = {0: "Disabled", 1: "Enabled", 2: "AuditMode"}
WRITE_FAULTS = (Fault.SETTINGS_REFUSED, Fault.POLICY_PUTS_BACK, Fault.DEFENDER_STOPPED)
SHELL_LIVES = timedelta(minutes=3)  # what a lost worker sent is carried out within this time, or never
LENGTH = timedelta(minutes=15)
EXAMPLES = 80  # about a minute; set it higher by hand to look for more
SELDOM = st.sampled_from([False, False, False, True])
KINDS = st.sampled_from([ProblemKind.SAFE_SITE_BLOCKED] * 3 + [ProblemKind.DANGEROUS_SITE_MISSED])


class LeaseMachine(RuleBasedStateMachine):
    """One PC, two cases about it, and whatever comes."""

    def __init__(self) -> None:
        super().__init__()
        empty_tables(restart_ids=True)
        self.moment = timezone.now()
        self.stack = ExitStack()
        self.pc = healthy_windows_11()
        self.pc.clock = lambda: self.moment
        self.server = self.stack.enter_context(LateLab(self.pc))
        self.late_since: datetime | None = None
        self.is_blurred = False  # somebody chose audit mode themselves: from outside it is not told from the lease's
        self._plan = replace(plan(**{name: timedelta(seconds=s) for name, s in LIMITS_S.items()}), log_lag=timedelta(0))

    @initialize(
        before=st.sampled_from([1, 1, 0]),
        skew=st.sampled_from([0, 9, 4, -9]),
        kinds=st.tuples(*[KINDS] * 2),
    )
    def begin(self, before: int, skew: int, kinds: tuple[ProblemKind, ProblemKind]) -> None:
        self.pc.preferences[MODE] = before
        self.allowed = {before}
        self.pc.clock_offset = timedelta(minutes=skew)
        self.people = [person(EMMA), person(IVO)]
        device = device_at(self.server, owner=self.people[0])
        self.cases = []
        for somebody, kind in zip(self.people, kinds, strict=True):
            case = case_on(device, by=somebody, now=self.moment, kind=kind)
            cancel_check_run(case.check_runs.get().pk, by=somebody, now=self.moment)
            self.cases.append(case)

    # --- what people do -----------------------------------------------------------------------------------------------

    @rule(number=st.integers(0, 1), portal_visits=SELDOM, begins=st.booleans())
    def somebody_asks_for_a_test(self, number: int, portal_visits: bool, begins: bool) -> None:
        held, told = SettingLease.objects.open().first(), None
        try:
            ask_for_test(
                self.cases[number].pk,
                by=self.people[number],
                length=LENGTH,
                portal_visits=portal_visits,
                needs_approval=False,
                now=self.moment,
            )
        except LeaseHeld as error:
            told = error.lease
        except (TestUnderWay, NotAllowed):
            return
        except EmergencyStopped:
            assert is_stopped()
            return
        assert told == held
        if begins:
            self.a_worker_comes(1)

    @precondition(lambda self: AuditModeTest.objects.open().exists())
    @rule(really=st.booleans())
    def the_employee_says_that_the_site_was_visited(self, really: bool) -> None:
        if really:
            self.pc.visit(BLOCKED_SITE)
        for test in AuditModeTest.objects.open().select_related("case__reporter"):
            try:
                say_visited(test.pk, by=test.case.reporter, now=self.moment)
            except InvalidTransition:
                assert test.status == "ending"

    @precondition(lambda self: AuditModeTest.objects.open().exists())
    @rule()
    def somebody_ends_the_test_early(self) -> None:
        for test in AuditModeTest.objects.open():
            cancel_test(test.pk, by=self.people[1], now=self.moment)

    @rule()
    def an_administrator_stops_all_changes_or_lets_them_go_on(self) -> None:
        """Left on until the end as often as not: what gives a PC its mode back is never stopped."""
        if is_stopped():
            lift_stop(by=person(ADAM), note="", now=self.moment)
        else:
            stop_writes(by=person(ADAM), reason="who knows", now=self.moment)

    @precondition(lambda self: AuditModeTest.objects.open().exists())
    @rule(number=st.integers(0, 1), solved=st.booleans())
    def somebody_closes_a_case(self, number: int, solved: bool) -> None:
        case, by = self.cases[number], self.people[number]
        try:
            if solved:
                solve_case(case.pk, by=by, note="", now=self.moment)
            else:
                withdraw_case(case.pk, by=by, now=self.moment)
        except NotAllowed:
            return

    @precondition(lambda self: self.pc.faults.isdisjoint(WRITE_FAULTS))
    @rule(value=st.sampled_from([0, 1, 0, 1, 2]))
    def another_person_sets_the_mode(self, value: int) -> None:
        lent = SettingLease.objects.open().exclude(value_before=None).first()
        self.pc.set_preferences({MODE: WORDS[value]})
        if lent is None:
            self.allowed = {value}
        elif value == AUDIT:
            self.is_blurred = True
        else:
            self.allowed = {value, lent.value_before}  # the PC's own task may still set the latter

    # --- what happens to PC and network -------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 2, 5, 14, 14, 20]))
    def time_passes(self, minutes: int) -> None:
        for _ in range(minutes):
            self._a_minute_passes()

    def _a_minute_passes(self) -> None:
        self.moment += timedelta(minutes=1)
        if self.late_since is not None and self.moment >= self.late_since + SHELL_LIVES:
            self.a_late_command_is_carried_out()
        self.pc.tick(self.pc.now())

    @rule()
    def the_pc_cannot_be_reached(self) -> None:
        self.pc.faults.add(Fault.REFUSED)

    @rule(answers=st.integers(0, 9))
    def the_shell_is_lost_after_some_answers(self, answers: int) -> None:
        self.pc.fault_settings.after_answers = answers
        self.pc.faults.add(Fault.SHELL_LOST)

    @rule(fault=st.sampled_from(WRITE_FAULTS))
    def changes_are_refused(self, fault: Fault) -> None:
        self.pc.faults.add(fault)

    @precondition(lambda self: self.pc.faults)
    @rule()
    def everything_is_well_again(self) -> None:
        self.pc.faults = set()

    @rule()
    def the_pc_starts_again(self) -> None:
        self.pc.reboot()

    @precondition(lambda self: SettingLease.objects.exists())
    @rule(number=st.integers(1, 3), dies=st.booleans())
    def the_network_is_lost_while_a_change_is_on_its_way(self, number: int, dies: bool) -> None:
        life = Life()

        def lose() -> None:
            self.pc.faults.add(Fault.REFUSED)
            self.late_since = self.moment
            if dies:
                life.end()

        self.server.lose_network_at(number, lose)
        self._tend(life)
        self.server.lose_network_at(0, lambda: None)

    @precondition(lambda self: self.server.late)
    @rule()
    def a_late_command_is_carried_out(self) -> None:
        self.server.carry_out_late()
        self.late_since = None

    # --- workers ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: SettingLease.objects.exists())
    @rule(times=st.sampled_from([1, 1, 1, 2]))
    def a_worker_comes(self, times: int) -> None:
        for _ in range(times):
            self._tend(Life())

    @precondition(lambda self: SettingLease.objects.exists())
    @rule(steps=st.integers(0, 90))
    def a_worker_comes_and_dies_on_the_way(self, steps: int) -> None:
        self._tend(Life(steps))

    @rule()
    def the_sweep_comes(self) -> None:
        for pk in leases_to_tend(now=self.moment):
            self._run(pk, Life())

    def _tend(self, life: Life) -> None:
        """Do what a message does, be it late or doubled: the newest lease is looked at, whatever its state."""
        newest = SettingLease.objects.order_by("-pk").first()
        if newest is not None:
            self._run(newest.pk, life)

    def _run(self, pk: int, life: Life) -> None:
        def clock() -> datetime:
            life.live_on()
            return self.moment

        try:
            with connection.execute_wrapper(life):
                run_lease(pk, plan=replace(self._plan, clock=clock))
        except Died:
            connection.close()  # and with it the lock on the PC

    # --- what holds at every moment -----------------------------------------------------------------------------------

    @invariant()
    def there_is_one_open_lease_at_most(self) -> None:
        assert SettingLease.objects.open().count() <= 1
        assert AuditModeTest.objects.open().filter(lease=None).count() == 0

    @invariant()
    def no_lease_is_lost(self) -> None:
        for lease in SettingLease.objects.all():
            assert lease.status in OPEN_CODES + ENDED_CODES
            if lease.outcome == Outcome.EMERGENCY_STOPPED:
                assert lease.status not in (LeaseStatus.ACTIVE, LeaseStatus.RESTORED), "it never began"
            if lease.status == LeaseStatus.NOT_APPLIED:
                assert lease.started_at is None, "something was sent, and nothing read back"
            elif lease.status in (LeaseStatus.RESTORED, LeaseStatus.REFUSED):
                assert lease.value_seen == lease.value_before
            elif lease.status == LeaseStatus.SUPERSEDED:
                assert lease.value_seen not in (None, lease.value_before, lease.value_during)

    @invariant()
    def audit_mode_is_always_somebodys(self) -> None:
        """A PC in audit mode by a lease has that lease open and its own way back; when it is over, IT sees it."""
        if self._mode() != AUDIT or AUDIT in self.allowed or self.is_blurred:
            return
        lease = SettingLease.objects.open().get()
        assert lease.may_have_changed
        assert lease.ends_at > self.moment or lease in SettingLease.objects.not_yet_restored(now=self.moment)
        assert self.pc.tasks

    @invariant()
    def the_pcs_own_task_comes_in_time(self) -> None:
        """By the portal's clock, however wrong the PC's is; unless the PC takes no change."""
        lease = SettingLease.objects.open().first()
        if lease is None or self.is_blurred or not self.pc.faults.isdisjoint(WRITE_FAULTS):
            return
        has_run = any(task.has_run for task in self.pc.tasks.values())
        if has_run and lease.status != LeaseStatus.REQUESTED:
            assert self.moment >= lease.ends_at, "the test was cut short"
        is_over = self.moment > lease.ends_at + TASK_GRACE + timedelta(minutes=1)
        if is_over and self.pc.tasks:
            assert has_run, "the task is late"

    def _mode(self) -> int:
        return int(self.pc.preferences[MODE])

    # --- and in the end -----------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Whatever happened: with the PC within reach and a sweep a minute, everything is as it was."""
        try:
            if hasattr(self, "cases"):
                self._come_to_rest()
        finally:
            self.stack.close()
            connection.close()

    def _come_to_rest(self) -> None:
        self.pc.faults = set()
        for _ in range(2):
            self._a_minute_with_a_sweep()
        self.time_passes(20)
        for _ in range(8):
            self._a_minute_with_a_sweep()
        assert not SettingLease.objects.open().exists()
        assert not AuditModeTest.objects.open().exists()
        assert self.pc.tasks == {}
        assert self._mode() in self.allowed | ({AUDIT} if self.is_blurred else set())

    def _a_minute_with_a_sweep(self) -> None:
        self._a_minute_passes()
        self.the_sweep_comes()
        self.no_lease_is_lost()
        self.audit_mode_is_always_somebodys()


LIMITS_S = {"connect": 2, "opening": 5, "silence": 5, "cancel_poll": 1, "visit": 30, "closing": 2}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_whatever_happens_each_pc_ends_with_its_earlier_value_and_no_lease_is_lost():
    run_state_machine_as_test(
        LeaseMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking over a real protocol takes too long
            report_multiple_bugs=False,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
