"""Re-tests without the exclusion: taken off in audit mode, tried, and put back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11, stuck_in_audit
from portal.demo.lab.sites import Site
from tests.support.exclusion_world import approved, asked, present, worked
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
from tests.support.world import ADAM, EMMA, IVO, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus, Scope, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.lease import LeaseStatus, Outcome
from troubleshooting.domain.retests.retest import RetestOutcome, RetestStatus
from troubleshooting.models import ActivityEntry, EmergencyStop, Placement, Retest, SettingLease

pytestmark = pytest.mark.django_db(transaction=True)


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
