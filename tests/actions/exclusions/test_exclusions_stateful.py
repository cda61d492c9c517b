"""Exclusions under everything that can happen to them, in any order: PCs and tenant end equal to the register.

The action code is the real one; it speaks to four lab PCs over WS-Man and to the lab's tenant over HTTPS. The clock is
the test's. A worker dies at any look at the clock and at any database statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.demo.lab.defender_api.faults import ApiFault
from tests.actions.exclusions.exclusion_lab import API_FAULTS, PC_TROUBLES, WRITE_FAULTS, Lab, Trouble, entry_of
from tests.actions.exclusions.exclusion_register import Register
from tests.support.dying import Died, Life
from tests.support.emptying import empty_tables
from tests.support.exclusion_world import INDICATOR, IP, PROCESS, RULES, TENANT_GROUP, seen
from tests.support.roles import as_owner
from tests.support.world import ADAM, EMMA, IVO, person
from troubleshooting.actions.emergency_stop.stop import lift_stop, stop_writes
from troubleshooting.actions.emergency_stop.undo import NothingToUndo, undo_since
from troubleshooting.actions.exclusions.decisions import approve_exclusion, ask_question, reject_exclusion
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.actions.exclusions.requests import (
    AlreadyAsked,
    answer_back,
    new_request,
    request_exclusion,
    revoke_exclusion,
    withdraw_exclusion,
)
from troubleshooting.actions.gate import is_stopped
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.domain.exclusions.exclusion import (
    ENDING,
    EVERYONE,
    IN_FORCE,
    ExclusionKind,
    ExclusionStatus,
    InvalidLifetime,
    Scope,
    ScopeKind,
)
from troubleshooting.domain.exclusions.placement import OPEN, PlacementStatus
from troubleshooting.domain.exclusions.request import ExclusionRequest
from troubleshooting.domain.exclusions.values import parse_value
from troubleshooting.models import Case, DeviceGroup, Exclusion, Placement
from troubleshooting.models.choices import Role
from troubleshooting.permissions import NotAllowed
from troubleshooting.queries.emergency_stop.undo import preview_undo

EXAMPLES = 16  # half a minute to a minute; set it higher by hand to look for more
NORA = ("nora", Role.REVIEWER)
REVIEWERS = (IVO, ADAM, NORA)
FORESEEN = (NotAllowed, DecidedAlready, InvalidTransition, InvalidLifetime)
What = tuple[ExclusionKind, str]
Place = int | str  # the number of a PC, or a wider scope
WHAT = st.sampled_from([IP, IP, PROCESS, INDICATOR, INDICATOR])
PLACE = st.sampled_from([0, 0, 1, 3, "group", "group", "everyone"])
ANY = st.integers(0, 11)  # of the exclusions, counted from the newest
TAMPERING: dict[str, object] = {"digest": "0" * 64, "round": 77, "approved_change": {}}
A_PC = st.sampled_from([0, 0, 1, 2, 3])
LATER = ("Sales", TENANT_GROUP)  # names that the tenant has
TROUBLE = st.sampled_from(PC_TROUBLES)


class ExclusionMachine(Register):
    """People, PCs, a tenant, workers, and whatever comes."""

    def __init__(self) -> None:
        empty_tables(restart_ids=True)
        self.stack = ExitStack()
        super().__init__(Lab(self.stack))

    # --- what people do -----------------------------------------------------------------------------------------------

    @initialize(
        asked=st.lists(st.tuples(WHAT, PLACE), min_size=1, max_size=3),
        troubles=st.lists(st.tuples(A_PC, TROUBLE), max_size=3),
        is_worked=st.booleans(),
    )
    def begin(self, asked: list[tuple[What, Place]], troubles: list[tuple[int, Trouble]], is_worked: bool) -> None:
        for pc, trouble in troubles:
            self.something_is_wrong_with_a_pc(pc, trouble, answers=20)
        for what, place in asked:
            self.somebody_asks(what, place, days=3, by=EMMA, people=3, is_worked=is_worked)

    @rule(
        what=WHAT,
        place=PLACE,
        days=st.sampled_from([1, 3, 9]),
        by=st.sampled_from([EMMA, EMMA, IVO]),
        people=st.sampled_from([0, 1, 2, 3, 3, 3]),
        is_worked=st.sampled_from([False, False, True]),
    )
    def somebody_asks(
        self, what: What, place: Place, days: int, by: tuple[str, Role], people: int, is_worked: bool
    ) -> None:
        pc = self.lab.pcs[place if isinstance(place, int) else 0]
        wish = self._request(what, self._scope(what, place), days)
        try:
            exclusion = request_exclusion(pc.case.pk, wish, by=person(by), rules=RULES, now=self.lab.now())
        except (IntegrityError, AlreadyAsked):  # there is one
            return
        self._approve(exclusion, people)
        if is_worked:
            self.workers_come()

    def _scope(self, what: What, place: Place) -> Scope:
        if place == "everyone":
            return EVERYONE
        if place == "group" or what is INDICATOR:
            return Scope(ScopeKind.GROUP, self.lab.group.pk)
        return Scope(ScopeKind.DEVICE, self.lab.pcs[int(place)].case.device_id)

    def _request(self, what: What, scope: Scope, days: int) -> ExclusionRequest:
        ends_at = self.lab.moment + timedelta(days=days)
        return ExclusionRequest(parse_value(*what), scope, ends_at, reason_code="business", reason="Supplier invoices")

    @rule(number=ANY, people=st.sampled_from([1, 3]), shorter=st.booleans(), narrower=st.booleans())
    def reviewers_approve(self, number: int, people: int, shorter: bool, narrower: bool) -> None:
        for exclusion in self._pick(number, ExclusionStatus.REQUESTED):
            self._approve(exclusion, people, shorter=shorter, narrower=narrower)

    def _approve(self, exclusion: Exclusion, people: int, *, shorter: bool = False, narrower: bool = False) -> None:
        for who in REVIEWERS[:people]:
            exclusion.refresh_from_db()
            narrow = {}
            if shorter:
                narrow["expires_at"] = exclusion.expires_at - timedelta(hours=1)
            if narrower and exclusion.scope == EVERYONE:
                narrow["scope"] = Scope(ScopeKind.GROUP, self.lab.group.pk)
            try:
                by, now = person(who), self.lab.now()
                approve_exclusion(exclusion.pk, by=by, note="", seen=seen(exclusion), rules=RULES, now=now, **narrow)
            except FORESEEN:
                continue
            shorter = narrower = False
        self.note_grant(Exclusion.objects.select_related("scope_group").get(pk=exclusion.pk))

    @rule(number=ANY, action=st.sampled_from([reject_exclusion, ask_question, ask_question]))
    def a_reviewer_says_no_or_asks(self, number: int, action: Callable[..., Exclusion]) -> None:
        for exclusion in self._pick(number, ExclusionStatus.REQUESTED):
            self._try(lambda found: action(found.pk, by=person(NORA), note="?", now=self.lab.now()), exclusion)

    @precondition(lambda self: self.granted)
    @rule(number=ANY, action=st.sampled_from([withdraw_exclusion, answer_back, answer_back]))
    def the_requester_answers_or_withdraws(self, number: int, action: Callable[..., Exclusion]) -> None:
        more = {"reason": "Because"} if action is answer_back else {}
        for exclusion in self._pick(number, *ExclusionStatus):
            self._try(lambda found: action(found.pk, by=found.requested_by, now=self.lab.now(), **more), exclusion)

    @rule(number=ANY)
    def it_revokes(self, number: int) -> None:
        for exclusion in self._pick(number, *IN_FORCE, ExclusionStatus.APPROVED):
            revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=self.lab.now())

    @precondition(lambda self: self.granted)
    @rule(number=ANY, days=st.sampled_from([1, 9]), people=st.sampled_from([1, 3, 3]), is_worked=st.booleans())
    def somebody_renews(self, number: int, days: int, people: int, is_worked: bool) -> None:
        for renewed in self._pick(number, *IN_FORCE):
            wish = self._request((ExclusionKind(renewed.kind), renewed.value), renewed.scope, days)
            try:
                with transaction.atomic():
                    case = Case.objects.locked().select_related("device").get(pk=renewed.case_id)
                    by, now = person(EMMA), self.lab.now()
                    renewal = new_request(case, wish, by=by, rules=RULES, now=now, renews=renewed)
            except IntegrityError:  # there is one
                continue
            self._approve(renewal, people)
            if is_worked:
                self.workers_come()

    @staticmethod
    def _pick(number: int, *statuses: ExclusionStatus) -> Iterator[Exclusion]:
        found = Exclusion.objects.filter(status__in=statuses).select_related("requested_by", "scope_group")
        newest = list(found.order_by("-pk"))
        if newest:
            yield newest[number % len(newest)]

    @staticmethod
    def _try(action: Callable[[Exclusion], object], exclusion: Exclusion) -> None:
        try:
            action(exclusion)
        except FORESEEN:
            return

    # --- the emergency stop, and somebody who reaches into the tables -------------------------------------------------

    @precondition(lambda self: self.granted)
    @rule(really=st.sampled_from([False, False, True]))
    def the_administrator_stops_or_lifts(self, really: bool) -> None:
        if is_stopped():
            lift_stop(by=person(ADAM), note="", now=self.lab.now())
        elif really:
            stop_writes(by=person(ADAM), reason="alarm", now=self.lab.now())

    @precondition(lambda self: self.granted)
    @rule(hours=st.sampled_from([1, 30]))
    def the_administrator_undoes(self, hours: int) -> None:
        since = self.lab.moment - timedelta(hours=hours)
        seen_by_them = preview_undo(since).digest
        try:
            undo_since(since, by=person(ADAM), reason="alarm", seen=seen_by_them, now=self.lab.now())
        except NothingToUndo:
            return

    @precondition(lambda self: self.granted)
    @rule(number=ANY, field=st.sampled_from(sorted(TAMPERING)), is_worked=st.booleans())
    def somebody_changes_an_approval(self, number: int, field: str, is_worked: bool) -> None:
        unsent = self._pick(number, ExclusionStatus.APPROVED)
        for exclusion in [*unsent] or self._pick(number, *IN_FORCE):
            with as_owner(past_triggers=True):
                Exclusion.objects.filter(pk=exclusion.pk).update(**{field: TAMPERING[field]})
            self.tampered.setdefault(exclusion.pk, self.lab.now())
        if is_worked:
            self.workers_come()

    @precondition(lambda self: self.granted)
    @rule(name=st.sampled_from(LATER))
    def somebody_renames_the_group_in_the_tenant(self, name: str) -> None:
        DeviceGroup.objects.filter(pk=self.lab.group.pk).update(tenant_name=name)

    # --- what happens on PCs and in the tenant ------------------------------------------------------------------------

    @rule(pc=A_PC, trouble=TROUBLE, answers=st.integers(0, 30))
    def something_is_wrong_with_a_pc(self, pc: int, trouble: Trouble, answers: int) -> None:
        self.lab.pcs[pc].trouble(trouble, answers=answers)

    @precondition(lambda self: self.granted)
    @rule(only=st.sampled_from([None, None, 0, 1, 2, 3]))
    def it_is_well_again(self, only: int | None) -> None:
        if only is None:
            self.lab.heal()
        else:
            self.lab.pcs[only].heal()

    @rule(pc=A_PC, what=st.sampled_from([IP, IP, PROCESS]), is_there=st.booleans())
    def somebody_changes_a_list_by_hand(self, pc: int, what: What, is_there: bool) -> None:
        lab_pc, entry = self.lab.pcs[pc], entry_of(what[0], what[1].lower())
        if (entry in lab_pc.entries()) is is_there or not lab_pc.pc.faults.isdisjoint(WRITE_FAULTS):
            return
        lab_pc.set_by_hand(entry, is_there=is_there)

    @rule(action=st.sampled_from([Lab.block_by_hand, Lab.delete_by_hand]))
    def somebody_changes_the_tenant_by_hand(self, action: Callable[[Lab], None]) -> None:
        action(self.lab)

    @precondition(lambda self: self.granted)
    @rule(fault=st.sampled_from(API_FAULTS), times=st.sampled_from([1, 1, 2, None]), figure=st.integers(0, 2))
    def something_is_wrong_with_the_tenant(self, fault: ApiFault, times: int | None, figure: int) -> None:
        self.lab.api.fault_settings.retry_after = ("1", "20", "3600")[figure]
        self.lab.api.fault_settings.lag_reads = (1, 3, 6)[figure]
        self.lab.api.faults.add(fault, times=None if fault is ApiFault.READ_LAG else times)

    # --- time and workers ---------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 2, 2, 24]), is_worked=st.booleans())
    def time_passes(self, hours: int, is_worked: bool) -> None:
        self.lab.moment += timedelta(hours=hours, minutes=1)
        expire_exclusions(now=self.lab.now())
        if is_worked:
            self.workers_come()

    @rule()
    def workers_come(self) -> None:
        self._do_what_is_due(Life())

    @rule(steps=st.integers(0, 200))
    def a_worker_dies_on_the_way(self, steps: int) -> None:
        self._do_what_is_due(Life(steps))

    @rule(number=ANY, steps=st.sampled_from([None, 5, 60]))
    def a_message_comes_late_or_twice(self, number: int, steps: int | None) -> None:
        found = list(Placement.objects.order_by("-pk").values_list("pk", flat=True))
        if found:
            self._run(found[number % len(found)], Life(steps))

    def _do_what_is_due(self, life: Life) -> None:
        for pk in list(due_placements(now=self.lab.now()).values_list("pk", flat=True)):
            if not self._run(pk, life):
                return

    def _run(self, pk: int, life: Life) -> bool:
        """Let a worker look after one place; False where it died."""

        def clock() -> datetime:
            life.live_on()
            return self.lab.now()

        begun, writes = self.lab.moment, len(self.lab.writes())
        may_write = not is_stopped() or Placement.objects.filter(pk=pk, exclusion__undos__isnull=False).exists()
        visits, tenant = self.lab.plans(clock)
        try:
            with connection.execute_wrapper(life):
                run_placement(pk, plan=visits, tenant=tenant)
        except Died:
            connection.close()  # and with it the locks on PC and value
            return False
        finally:
            assert may_write or len(self.lab.writes()) == writes, "written while all writes are stopped"
        self.check_what_was_said(Placement.objects.select_related("exclusion").get(pk=pk), begun)
        return True

    # --- and in the end -----------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Whatever happened: with everything within reach, register, PCs and tenant come to say the same."""
        try:
            self._come_to_rest()
        finally:
            self.stack.close()
            connection.close()

    def _come_to_rest(self) -> None:
        self.lab.heal()
        if is_stopped():
            self.the_administrator_stops_or_lifts(really=True)
        self._work_until_quiet()
        self.check_register()
        for number in range(Exclusion.objects.in_force().count() // 2):
            self.it_revokes(number)
        self.time_passes(hours=10 * 24, is_worked=False)
        self._work_until_quiet()
        assert not Exclusion.objects.filter(status__in=[*IN_FORCE, *ENDING, ExclusionStatus.APPROVED]).exists()
        for lab_pc in self.lab.pcs:
            assert lab_pc.entries() - lab_pc.doubtful == lab_pc.by_hand
        assert self.lab.allows() == []

    def _work_until_quiet(self) -> None:
        for _ in range(6):
            self.time_passes(hours=1, is_worked=True)
            self.check_everything()
        unsettled = Placement.objects.filter(status__in=OPEN).exclude(status=PlacementStatus.VERIFIED)
        assert list(unsettled) == [], "something is never done"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_whatever_happens_pcs_and_tenant_end_equal_to_the_register():
    run_state_machine_as_test(
        ExclusionMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking over real protocols takes too long
            report_multiple_bugs=False,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
