"""What the endpoint does not let through is told as that, and never as a failure of the PC."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LabServer
from tests.support.exclusion_world import IP, approved, asked, checked_case, present, quick_plan, worked
from tests.support.world import EMMA, device_at, person
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.domain.leases.lease import LeaseStatus, Outcome
from troubleshooting.models import Device, DeviceAnswer, DeviceGroup, Placement

pytestmark = pytest.mark.django_db(transaction=True)

LIMITED = "Company.Limited"  # a session configuration that may show less than the PC has
LIST, MODE = "ExclusionIpAddress", "EnableNetworkProtection"


def limited_device(server: LabServer) -> Device:
    device = device_at(server, owner=person(EMMA))
    DeviceGroup.objects.filter(pk=device.group_id).update(configuration_name=LIMITED)
    device.refresh_from_db()
    return device


def test_an_exclusion_that_the_endpoint_does_not_let_through_is_rejected_for_that_reason(lab_server):
    pc = healthy_windows_11()
    pc.hidden_commands = frozenset({"Add-MpPreference"})

    exclusion = approved(asked(checked_case(limited_device(lab_server(pc))), IP))
    worked()

    placement = exclusion.placements.get()
    assert (placement.status, placement.outcome) == (PlacementStatus.REJECTED, PlacementOutcome.ENDPOINT_REFUSED)
    assert pc.preferences[LIST] == []
    assert "Add-MpPreference" in DeviceAnswer.objects.get(name="add_ip_exclusion").detail


def test_an_exclusion_that_the_endpoint_does_not_let_go_stays_due_and_names_the_command(lab_server):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(limited_device(lab_server(pc))), IP))
    worked()
    pc.hidden_commands = frozenset({"Remove-MpPreference"})

    expire_exclusions(now=exclusion.expires_at)
    worked()
    kept = exclusion.placements.get()
    pc.hidden_commands = frozenset()
    Placement.objects.update(next_attempt_at=timezone.now())
    worked()

    assert (kept.status, kept.error_code) == (PlacementStatus.REMOVING, "command_refused")
    assert "Remove-MpPreference" in kept.error_detail
    assert (present(exclusion).status, pc.preferences[LIST]) == (ExclusionStatus.REMOVED, [])


def test_a_pc_whose_endpoint_hides_the_lists_is_tried_again_for_that_reason(lab_server):
    pc = healthy_windows_11()
    pc.hidden_commands = frozenset({"Get-MpPreference"})

    exclusion = approved(asked(checked_case(limited_device(lab_server(pc))), IP))
    worked()

    placement = exclusion.placements.get()
    assert (placement.status, placement.error_code) == (PlacementStatus.APPLYING, "command_refused")
    assert "Get-MpPreference" in placement.error_detail


def test_a_pc_that_lacks_the_command_is_told_as_that_where_the_endpoint_shows_everything(lab_server):
    pc = healthy_windows_11()
    pc.hidden_commands = frozenset({"Get-MpPreference"})

    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA))), IP))
    worked()

    placement = exclusion.placements.get()
    assert (placement.status, placement.error_code) == (PlacementStatus.APPLYING, "command_missing")
    assert "does not have the command Get-MpPreference" in placement.error_detail


@pytest.mark.parametrize(
    ("hidden", "status"),
    [
        ("Get-MpPreference", LeaseStatus.NOT_APPLIED),
        ("Get-ItemProperty", LeaseStatus.NOT_APPLIED),
        ("Get-ScheduledTask", LeaseStatus.NOT_APPLIED),
        ("Register-ScheduledTask", LeaseStatus.REFUSED),
        ("Set-MpPreference", LeaseStatus.REFUSED),
    ],
)
def test_a_test_that_the_endpoint_does_not_let_begin_changes_nothing_and_says_so(lab_server, hidden, status):
    pc = healthy_windows_11()
    pc.hidden_commands = frozenset({hidden})
    case = checked_case(limited_device(lab_server(pc)))
    agreed = {"length": timedelta(minutes=15), "portal_visits": False, "needs_approval": False}

    test = ask_for_test(case.pk, by=person(EMMA), now=timezone.now(), **agreed)
    run_lease(test.lease_id, plan=quick_plan())

    test.lease.refresh_from_db()
    assert (test.lease.status, test.lease.outcome) == (status, Outcome.ENDPOINT_REFUSED)
    assert (pc.preferences[MODE], pc.tasks) == (1, {})
