"""Re-tests without the exclusion, under everything that can happen to them: mode and exclusion always come back.

The action code is the real one and speaks the real protocol to a lab PC. A worker dies at any look at the clock and at
any database statement, as in ``test_leases_stateful``; the PC carries out what was on its way for three minutes more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.actions.leases.test_leases_stateful import SHELL_LIVES
from tests.support.dying import Died, Life
from tests.support.emptying import empty_tables
from tests.support.exclusion_world import no_tenant, present, quick_plan
from tests.support.gate import LateLab
from tests.support.retest_world import ADDRESS, LIST, in_force, state_of
from tests.support.world import IVO, person
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import ask_retest
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.actions.runs.retest import run_retest
from troubleshooting.actions.runs.sweep import leases_to_tend
from troubleshooting.domain.exclusions.exclusion import IN_FORCE, ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.retests.retest import RetestPurpose
from troubleshooting.models import Placement, Retest, SettingLease

EXAMPLES = 24  # about half a minute; set it higher by hand to look for more
AUDIT = 2


class LosingLab(LateLab):
    """Loses what takes something off or changes the mode."""

    changing = ("Set-MpPreference", "Remove-MpPreference", "Register-ScheduledTask", "Unregister-ScheduledTask")


class RetestMachine(RuleBasedStateMachine):
    """One PC with one exclusion in force, and whatever comes."""

    def __init__(self) -> None:
        super().__init__()
        empty_tables(restart_ids=True)
        self.moment = timezone.now()
        self.stack = ExitStack()
        self.pc = healthy_windows_11()
        self.pc.clock = lambda: self.moment
        self.server = self.stack.enter_context(LosingLab(self.pc))
        self.late_since: datetime | None = None
        self.exclusion = in_force(self.server)
        self.plan = replace(quick_plan(), log_lag=timedelta(0))
        assert self.pc.preferences[LIST] == [ADDRESS]

    # --- what people and the clock do ---------------------------------------------------------------------------------

    @rule(begins=st.booleans())
    def it_is_to_be_tried_without(self, begins: bool) -> None:
        with transaction.atomic():
            if present(self.exclusion).status not in IN_FORCE:
                return
            kept = lock(self.exclusion.pk)
            ask_retest(kept, RetestPurpose.STILL_NEEDED, by=None, due_at=self.moment, now=self.moment)
        if begins:
            self._run_due_retests(Life())
            self._run_leases(Life())

    @precondition(lambda self: SettingLease.objects.open().exists())
    @rule(by_time=st.booleans())
    def the_exclusion_ends(self, by_time: bool) -> None:
        if present(self.exclusion).status not in IN_FORCE:
            return
        if by_time:
            expire_exclusions(now=self.exclusion.expires_at)
        else:
            revoke_exclusion(self.exclusion.pk, by=person(IVO), note="", now=self.moment)

    @rule(minutes=st.sampled_from([1, 1, 2, 5, 20]))
    def time_passes(self, minutes: int) -> None:
        for _ in range(minutes):
            self._a_minute_passes()

    def _a_minute_passes(self) -> None:
        self.moment += timedelta(minutes=1)
        if self.late_since is not None and self.moment >= self.late_since + SHELL_LIVES:
            self.a_late_command_is_carried_out()
        self.pc.tick(self.pc.now())

    # --- what happens to PC and network -------------------------------------------------------------------------------

    @rule()
    def the_pc_cannot_be_reached(self) -> None:
        self.pc.faults.add(Fault.REFUSED)

    @rule(answers=st.integers(0, 20))
    def the_shell_is_lost_after_some_answers(self, answers: int) -> None:
        self.pc.fault_settings.after_answers = answers
        self.pc.faults.add(Fault.SHELL_LOST)

    @precondition(lambda self: self.pc.faults)
    @rule()
    def everything_is_well_again(self) -> None:
        self.pc.faults = set()

    @rule()
    def the_pc_starts_again(self) -> None:
        self.pc.reboot()

    @precondition(lambda self: SettingLease.objects.open().exists())
    @rule(number=st.integers(1, 4), dies=st.booleans())
    def the_network_is_lost_while_a_change_is_on_its_way(self, number: int, dies: bool) -> None:
        life = Life()

        def lose() -> None:
            self.pc.faults.add(Fault.REFUSED)
            self.late_since = self.moment
            if dies:
                life.end()

        self.server.lose_network_at(number, lose)
        self._run_leases(life)
        self.server.lose_network_at(0, lambda: None)

    @precondition(lambda self: self.server.late)
    @rule()
    def a_late_command_is_carried_out(self) -> None:
        self.server.carry_out_late()
        self.late_since = None

    # --- workers ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: SettingLease.objects.open().exists())
    @rule(steps=st.integers(0, 160))
    def a_worker_comes_for_the_lease_and_dies_on_the_way(self, steps: int) -> None:
        self._run_leases(Life(steps))

    @precondition(lambda self: due_placements(now=self.moment).exists())
    @rule(steps=st.integers(0, 40))
    def a_worker_comes_for_the_exclusion_and_dies_on_the_way(self, steps: int) -> None:
        self._run_placements(Life(steps))

    @rule()
    def the_sweep_comes(self) -> None:
        self._run_leases(Life())
        self._run_placements(Life())
        self._run_due_retests(Life())

    def _run_leases(self, life: Life) -> None:
        for pk in sorted(leases_to_tend(now=self.moment)):
            self._run(lambda plan, pk=pk: run_lease(pk, plan=plan), life)

    def _run_placements(self, life: Life) -> None:
        for pk in list(due_placements(now=self.moment).values_list("pk", flat=True)):
            self._run(lambda plan, pk=pk: run_placement(pk, plan=plan, tenant=no_tenant()), life)

    def _run_due_retests(self, life: Life) -> None:
        for pk in list(Retest.objects.wanting_a_visit(now=self.moment).values_list("pk", flat=True)):
            self._run(lambda plan, pk=pk: run_retest(pk, plan=plan), life)

    def _run(self, action: Callable[..., None], life: Life) -> None:
        def clock() -> datetime:
            life.live_on()
            return self.moment

        try:
            with connection.execute_wrapper(life):
                action(replace(self.plan, clock=clock))
        except Died:
            connection.close()  # and with it the lock on the PC

    # --- what holds at every moment -----------------------------------------------------------------------------------

    @invariant()
    def what_is_said_to_be_there_is_there(self) -> None:
        if Placement.objects.get().status == PlacementStatus.VERIFIED:
            assert self.pc.preferences[LIST] == [ADDRESS]

    @invariant()
    def what_is_missing_is_somebodys_move(self) -> None:
        if self.pc.preferences[LIST] == [] and present(self.exclusion).status in IN_FORCE:
            assert Placement.objects.get().status == PlacementStatus.APPLYING

    @invariant()
    def audit_mode_is_a_leases(self) -> None:
        if self.pc.preferences["EnableNetworkProtection"] == AUDIT:
            assert SettingLease.objects.open().get().may_have_changed
            assert self.pc.tasks

    # --- and in the end -----------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Whatever happened: with the PC within reach and a sweep a minute, all is as it should be."""
        try:
            self._come_to_rest()
        finally:
            self.stack.close()
            connection.close()

    def _come_to_rest(self) -> None:
        self.pc.faults = set()
        for _ in range(40):
            self._a_minute_passes()
            self.the_sweep_comes()
            self.what_is_said_to_be_there_is_there()
            self.what_is_missing_is_somebodys_move()
            self.audit_mode_is_a_leases()
            if self._is_at_rest():
                break
        assert self._is_at_rest()
        is_in_force = present(self.exclusion).status in IN_FORCE
        assert (state_of(self.pc), self.pc.tasks) == ((1, [ADDRESS] if is_in_force else []), {})
        wanted = ExclusionStatus.VERIFIED if is_in_force else ExclusionStatus.REMOVED
        assert present(self.exclusion).status == wanted

    def _is_at_rest(self) -> bool:
        is_moving = Placement.objects.filter(status__in=[PlacementStatus.APPLYING, PlacementStatus.REMOVING]).exists()
        open_rows = SettingLease.objects.open().exists() or Retest.objects.open().exists()
        return not (is_moving or open_rows or self.server.late)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_whatever_happens_to_a_retest_mode_and_exclusion_come_back():
    run_state_machine_as_test(
        RetestMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking over a real protocol takes too long
            report_multiple_bugs=False,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dies", [True, False])
def test_a_removal_that_the_pc_carries_out_late_is_found_and_made_good(dies):
    machine = RetestMachine()
    machine.server.changing = ("Remove-MpPreference",)
    try:
        machine.it_is_to_be_tried_without(begins=False)
        machine._run_due_retests(Life())
        machine.the_network_is_lost_while_a_change_is_on_its_way(number=1, dies=dies)
        assert machine.server.late
        machine.everything_is_well_again()
        assert state_of(machine.pc) == (AUDIT, [ADDRESS])
        for _ in range(12):
            machine.time_passes(1)
            machine.the_sweep_comes()
            machine.what_is_said_to_be_there_is_there()
            machine.what_is_missing_is_somebodys_move()
    finally:
        machine.teardown()
    assert state_of(machine.pc) == (1, [ADDRESS])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("steps", range(0, 150, 10))
def test_after_a_worker_died_anywhere_the_next_ones_bring_mode_and_exclusion_back(steps):
    machine = RetestMachine()
    try:
        machine.it_is_to_be_tried_without(begins=False)
        machine._run_due_retests(Life())
        machine._run_leases(Life(steps))
        is_in_audit = state_of(machine.pc)[0] == AUDIT
        machine.audit_mode_is_a_leases()
        machine.what_is_missing_is_somebodys_move()
        assert machine.pc.preferences[LIST] == [ADDRESS] or is_in_audit, "nobody is blocked meanwhile"
    finally:
        machine.teardown()
    assert state_of(machine.pc) == (1, [ADDRESS])
