"""Re-tests by the real task code, against simulated PCs over NTLM with encryption."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11, stuck_in_audit
from portal.demo.lab.sites import Site
from tests.support.exclusion_world import IP, PROCESS, approved, asked, checked_case, present, quick_plan, worked
from tests.support.retest_world import (
    ADDRESS,
    HOST,
    LIST,
    OWN_IP,
    in_force,
    needed_of,
    retested,
    state_of,
    swept,
    warned,
    works_of,
)
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, device_at, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import CannotRetest, ask_whether_it_works, say_still_blocked
from troubleshooting.actions.leases.leases import request_lease
from troubleshooting.actions.runs.retest import run_retest
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus, Scope, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.lease import LeaseStatus, Outcome
from troubleshooting.domain.retests.retest import GIVE_UP_AFTER, RetestOutcome, RetestStatus
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import ActivityEntry, Case, EmergencyStop, Placement, Retest, SettingLease
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)


def requests_of(server) -> list[str]:
    return [command for command in server.commands if "Invoke-WebRequest" in command]


# --- Does it work? ----------------------------------------------------------------------------------------------------


def test_an_exclusion_that_was_read_back_is_tried_by_itself_and_works(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    exclusion = in_force(server)

    retested()

    retest = works_of(exclusion)
    assert (retest.status, retest.outcome) == (RetestStatus.DONE, RetestOutcome.WORKS)
    assert (retest.content["was_reached"], retest.content["log_read"]) == (True, True)
    assert [HOST in command for command in requests_of(server)] == [True]
    assert [answer.name for answer in retest.snapshots.get().answers.all()] == [
        *("clock", "protection_events"),
        "request_page",
        *("clock", "protection_events") * 2,
    ]
    actions = ActivityEntry.objects.filter(subject_type="retest").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["retest_asked", "retest_done"]


def test_an_exclusion_for_another_address_leaves_the_site_blocked(lab_server):
    exclusion = in_force(lab_server(healthy_windows_11()), IP)

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.BLOCKED
    assert works_of(exclusion).content["events"][0]["event_id"] == 1126


def test_what_was_blocked_before_the_try_does_not_count(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.clock_offset = timedelta(hours=2)
    pc.preferences[LIST] = []
    pc.visit(f"https://{HOST}", at=pc.now() - timedelta(seconds=30))
    pc.preferences[LIST] = [ADDRESS]

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.WORKS


def test_a_site_that_does_not_answer_and_is_not_blocked_is_something_else(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.sites.clear()

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.NOT_REACHED


def test_a_log_that_cannot_be_read_tells_nothing(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.fault_settings.denied_command = "Get-WinEvent"
    pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.CANNOT_TELL


def test_a_program_can_only_be_tried_by_a_person(lab_server):
    server = lab_server(healthy_windows_11())
    exclusion = in_force(server, PROCESS, people=(IVO, ADAM))

    retested()

    retest = works_of(exclusion)
    assert (retest.status, retest.outcome) == (RetestStatus.NOT_DONE, RetestOutcome.ONLY_A_PERSON)
    assert requests_of(server) == []


def test_a_dangerous_site_is_never_requested(lab_server):
    server = lab_server(healthy_windows_11())
    exclusion = in_force(server)
    Case.objects.filter(pk=exclusion.case_id).update(kind=ProblemKind.DANGEROUS_SITE_MISSED)

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.DANGEROUS_SITE
    assert requests_of(server) == []


def test_a_pc_that_is_not_the_cases_own_is_not_tried(lab_server):
    case = checked_case(device_at(lab_server(), owner=person(EMMA)))
    device_at(lab_server(healthy_windows_11(hostname="PC-0143")), owner=person(EMMA), hostname="PC-0143")
    exclusion = approved(asked(case, OWN_IP, scope=Scope(ScopeKind.GROUP, case.device.group_id)))

    worked()

    assert (exclusion.placements.filter(status="verified").count(), exclusion.retests.count()) == (2, 1)
    assert works_of(exclusion).device == case.device


def test_a_pc_out_of_reach_is_tried_again_with_growing_pauses_and_given_up_after_a_day(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.faults.add(Fault.REFUSED)

    retested()
    first = works_of(exclusion)
    assert (first.status, first.attempts, first.error_code) == (RetestStatus.ASKED, 1, "unreachable")
    Retest.objects.filter(pk=first.pk).update(due_at=timezone.now())
    retested()
    second = works_of(exclusion)
    assert second.due_at - timezone.now() > first.due_at - first.asked_at - timedelta(seconds=30)
    a_day_later = replace(quick_plan(), clock=lambda: timezone.now() + GIVE_UP_AFTER)
    run_retest(second.pk, plan=a_day_later)

    assert (works_of(exclusion).status, works_of(exclusion).outcome) == ("not_done", RetestOutcome.PC_NOT_REACHED)


def test_a_pc_that_is_back_is_tried_at_last(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    pc.faults.add(Fault.REFUSED)
    retested()

    pc.faults.discard(Fault.REFUSED)
    Retest.objects.update(due_at=timezone.now())
    retested()

    assert (works_of(exclusion).outcome, works_of(exclusion).error_code) == (RetestOutcome.WORKS, "")


def test_what_ended_meanwhile_is_not_tried(lab_server):
    server = lab_server(healthy_windows_11())
    exclusion = in_force(server)
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    retested()

    assert works_of(exclusion).outcome == RetestOutcome.EXCLUSION_ENDED
    assert requests_of(server) == []


def test_a_pc_on_loan_for_a_test_is_tried_later(lab_server):
    exclusion = in_force(lab_server(healthy_windows_11()))
    request_lease(
        exclusion.case,
        value_during=ProtectionMode.AUDIT,
        length=timedelta(minutes=5),
        by=person(EMMA),
        reason="audit-mode test",
        now=timezone.now(),
    )

    retested()

    assert (works_of(exclusion).status, works_of(exclusion).attempts) == (RetestStatus.ASKED, 0)
    assert works_of(exclusion).due_at > timezone.now()


@pytest.mark.parametrize("who", [EMMA, IVO, ADAM])
def test_it_and_the_people_of_the_case_have_it_tried_again(lab_server, who):
    exclusion = in_force(lab_server(healthy_windows_11()))
    retested()

    asked_for = ask_whether_it_works(exclusion.pk, by=person(who), now=timezone.now())
    again = ask_whether_it_works(exclusion.pk, by=person(who), now=timezone.now())
    retested()

    assert asked_for == again
    assert [r.outcome for r in exclusion.retests.all()] == [RetestOutcome.WORKS, RetestOutcome.WORKS]


@pytest.mark.parametrize("who", [SARA, ADA])
def test_strangers_and_auditors_have_nothing_tried_and_say_nothing(lab_server, who):
    exclusion = in_force(lab_server())

    with pytest.raises(NotAllowed):
        ask_whether_it_works(exclusion.pk, by=person(who), now=timezone.now())
    with pytest.raises(NotAllowed):
        say_still_blocked(exclusion.pk, by=person(who), now=timezone.now())


def test_what_is_not_in_force_cannot_be_tried_and_the_reason_is_given(lab_server):
    exclusion = in_force(lab_server())
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    for action in (ask_whether_it_works, say_still_blocked):
        with pytest.raises(CannotRetest) as refusal:
            action(exclusion.pk, by=person(EMMA), now=timezone.now())
        assert refusal.value.outcome is RetestOutcome.EXCLUSION_ENDED


# --- Is it still needed? ----------------------------------------------------------------------------------------------


def test_without_the_exclusion_it_would_still_be_blocked_and_everything_is_as_before(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    exclusion = in_force(server)
    retested()
    retest = warned(exclusion)
    server.reset_counters()

    retested()
    swept()

    retest.refresh_from_db()
    assert works_of(exclusion).outcome == RetestOutcome.WORKS  # tried once more, as it was put back
    assert (retest.status, retest.outcome) == (RetestStatus.DONE, RetestOutcome.STILL_NEEDED)
    assert retest.content["events"][0]["event_id"] == 1125
    assert (state_of(pc), pc.tasks) == ((1, [ADDRESS]), {})
    assert (retest.lease.status, retest.lease.requested_by) == (LeaseStatus.RESTORED, person(IVO))
    assert Placement.objects.get().status == PlacementStatus.VERIFIED
    assert present(exclusion).status == ExclusionStatus.VERIFIED
    changes = [c.split()[0] for c in server.commands if c.startswith(("Set-", "Add-", "Remove-", "Invoke-", "Unreg"))]
    assert changes == [
        "Set-MpPreference",  # audit mode first, so that nobody is blocked
        "Remove-MpPreference",
        "Invoke-WebRequest",
        "Add-MpPreference",
        "Set-MpPreference",
        "Unregister-ScheduledTask",
        "Invoke-WebRequest",  # put back, so it is tried once more whether it works
    ]


def test_every_step_of_it_is_in_the_audit(lab_server):
    exclusion = in_force(lab_server())
    retested()
    warned(exclusion)
    before = ActivityEntry.objects.order_by("pk").last().pk

    retested()
    swept()

    actions = ActivityEntry.objects.filter(pk__gt=before).order_by("pk").values_list("action", flat=True)
    assert list(actions)[:8] == [
        "lease_requested",
        "lease_active",
        "retest_taken_off",
        "placement_verified",
        "retest_asked",
        "lease_end_requested",
        "lease_restored",
        "retest_done",
    ]


def test_a_site_that_microsoft_has_unblocked_is_not_needed_any_more(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    retested()
    pc.sites[HOST] = Site(ADDRESS)
    retest = warned(exclusion)

    retested()
    swept()

    retest.refresh_from_db()
    assert (retest.outcome, state_of(pc)) == (RetestOutcome.NOT_NEEDED, (1, [ADDRESS]))


def refuse_changes(pc) -> None:
    pc.faults.add(Fault.SETTINGS_REFUSED)


def decide_by_policy(pc) -> None:
    pc.registry.update(stuck_in_audit().registry)


@pytest.mark.parametrize(
    ("break_it", "outcome", "lease_outcome"),
    [
        (refuse_changes, RetestOutcome.LEASE_NOT_POSSIBLE, Outcome.TAMPER_PROTECTION),
        (decide_by_policy, RetestOutcome.LEASE_NOT_POSSIBLE, Outcome.MANAGED_BY_POLICY),
    ],
)
def test_a_pc_that_cannot_be_lent_is_left_alone(lab_server, break_it, outcome, lease_outcome):
    pc = healthy_windows_11()
    server = lab_server(pc)
    exclusion = in_force(server)
    retested()
    break_it(pc)
    retest = warned(exclusion)

    retested()
    swept()

    retest.refresh_from_db()
    assert (retest.outcome, retest.content["lease_outcome"]) == (outcome, lease_outcome)
    assert pc.preferences[LIST] == [ADDRESS]
    assert not [command for command in server.commands if command.startswith("Remove-MpPreference")]


def test_a_pc_out_of_reach_is_lent_again_later(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    retested()
    retest = warned(exclusion)
    pc.faults.add(Fault.REFUSED)
    retested()
    swept()
    retest.refresh_from_db()
    assert (retest.status, retest.attempts, retest.error_code) == (RetestStatus.ASKED, 1, "unreachable")

    pc.faults.discard(Fault.REFUSED)
    Retest.objects.filter(pk=retest.pk).update(due_at=timezone.now())
    retested()
    swept()

    retest.refresh_from_db()
    assert (retest.outcome, len(retest.content["leases"])) == (RetestOutcome.STILL_NEEDED, 2)
    assert state_of(pc) == (1, [ADDRESS])


def test_an_entry_that_was_there_before_is_not_taken_off(lab_server):
    pc = healthy_windows_11()
    pc.preferences[LIST] = [ADDRESS]
    exclusion = in_force(lab_server(pc))

    assert warned(exclusion).outcome == RetestOutcome.NOT_THE_PORTALS


def test_an_entry_that_another_exclusion_needs_is_not_taken_off(lab_server):
    exclusion = in_force(lab_server())
    approved(asked(exclusion.case, OWN_IP, scope=group_of(exclusion)))
    worked()

    assert warned(exclusion).outcome == RetestOutcome.NOT_THE_PORTALS


def group_of(exclusion) -> Scope:
    return Scope(ScopeKind.GROUP, exclusion.case.device.group_id)


def test_an_exclusion_that_was_revoked_while_the_pc_was_lent_stays_off(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force(lab_server(pc))
    retested()
    retest = warned(exclusion)
    retested()
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())

    swept()
    worked()

    retest.refresh_from_db()
    assert (retest.outcome, state_of(pc)) == (RetestOutcome.EXCLUSION_ENDED, (1, []))
    assert present(exclusion).status == ExclusionStatus.REMOVED


def test_while_writes_are_stopped_nothing_is_taken_off(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    exclusion = in_force(server)
    retested()
    retest = warned(exclusion)
    retested()
    EmergencyStop.objects.create(begun_at=timezone.now(), begun_by=person(ADAM), reason="looking into something")

    swept()

    retest.refresh_from_db()
    assert (retest.outcome, state_of(pc)) == (RetestOutcome.EMERGENCY_STOPPED, (1, [ADDRESS]))
    assert not [command for command in server.commands if command.startswith("Remove-MpPreference")]


def test_a_case_that_is_being_checked_waits_with_its_retest(lab_server):
    exclusion = in_force(lab_server())
    retested()
    retest = warned(exclusion)
    exclusion.case.check_runs.create(
        device=exclusion.case.device,
        requested_by=person(EMMA),
        requested_at=timezone.now(),
        queued_at=timezone.now(),
        deadline_at=timezone.now() + timedelta(days=1),
    )

    retested()

    assert not SettingLease.objects.exists()
    assert needed_of(exclusion).status == retest.status == RetestStatus.ASKED
