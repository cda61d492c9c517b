"""Commands of a lost connection that a PC carries out later, and PCs that do not say: nothing is settled too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import approved, asked, checked_case, no_tenant, present, quick_plan, worked
from tests.support.gate import LateLab
from tests.support.world import EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion, Placement

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "ExclusionIpAddress"
SETTLED = timedelta(minutes=5)  # a little more than a lost command may still be carried out


def stands(exclusion: Exclusion) -> tuple[str, str]:
    return present(exclusion).status, Placement.objects.get(exclusion=exclusion).status


def revoked(exclusion: Exclusion) -> None:
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())


def asked_on(lab) -> Exclusion:
    return approved(asked(checked_case(device_at(lab, owner=person(EMMA)))))


def test_what_is_carried_out_after_the_end_is_taken_off_before_it_is_called_gone():
    with LateLab(healthy_windows_11()) as lab:
        lab.changing = ("Add-MpPreference",)
        exclusion = asked_on(lab)
        lab.lose_network_at(1, lambda: lab.pc.faults.add(Fault.REFUSED))
        worked(rounds=1)
        lab.pc.faults.discard(Fault.REFUSED)
        revoked(exclusion)
        worked(rounds=1)
        assert stands(exclusion) == (ExclusionStatus.REVOKED, PlacementStatus.REMOVING)

        lab.carry_out_late()
        worked(later=SETTLED)

        assert (stands(exclusion), lab.pc.preferences[LIST]) == ((ExclusionStatus.REMOVED, PlacementStatus.REMOVED), [])


def test_nothing_left_to_come_ends_it_when_it_no_longer_can():
    with LateLab(healthy_windows_11()) as lab:
        lab.changing = ("Add-MpPreference",)
        exclusion = asked_on(lab)
        lab.lose_network_at(1, lambda: lab.pc.faults.add(Fault.REFUSED))
        worked(rounds=1)
        lab.pc.faults.discard(Fault.REFUSED)
        revoked(exclusion)

        worked(later=SETTLED)

        assert stands(exclusion) == (ExclusionStatus.REMOVED, PlacementStatus.REMOVED)


def test_a_lost_put_is_put_again_at_once_for_that_does_no_harm():
    with LateLab(healthy_windows_11()) as lab:
        lab.changing = ("Add-MpPreference",)
        exclusion = asked_on(lab)
        lab.lose_network_at(1, lambda: lab.pc.faults.add(Fault.REFUSED))
        worked(rounds=1)
        lab.pc.faults.discard(Fault.REFUSED)

        worked()

        assert stands(exclusion) == (ExclusionStatus.VERIFIED, PlacementStatus.VERIFIED)


@pytest.mark.parametrize(
    ("command", "fault"), [("Get-MpPreference", Fault.HANGING_COMMAND), ("Get-ItemProperty", None)]
)
def test_a_pc_that_does_not_say_is_asked_again_and_nothing_is_decided(lab_server, command, fault):
    pc = healthy_windows_11()
    if fault is None:
        pc.fault_settings.denied_command = command
        pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)
    else:
        pc.fault_settings.hanging_command = command
        pc.faults.add(fault)
    exclusion = asked_on(lab_server(pc))

    hasty = quick_plan()
    hasty = replace(hasty, limits=replace(hasty.limits, command=timedelta(seconds=2)))
    run_placement(Placement.objects.get().pk, plan=hasty, tenant=no_tenant())
    silent = (stands(exclusion), pc.preferences[LIST])
    pc.faults.clear()
    worked()

    assert silent == ((ExclusionStatus.APPLYING, PlacementStatus.APPLYING), [])
    assert stands(exclusion) == (ExclusionStatus.VERIFIED, PlacementStatus.VERIFIED)
