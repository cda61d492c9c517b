"""PCs compared with the register, by the real task code over the real protocol."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab import events
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.drift_world import (
    FOREIGN,
    NOTHING,
    approved_and_worked,
    differences,
    ended,
    in_force_on,
    looked,
    nothing_can_be_kept,
)
from tests.support.exclusion_world import (
    IP,
    PROCESS,
    present,
    quick_plan,
    worked,
)
from tests.support.world import ADA, ADAM, EMMA, IVO, case_on, device_at, person
from troubleshooting.actions.drift import NoLongerSo, apply_again, remove_again, request_scan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.runs.drift_scan import devices_to_scan, run_drift_scan
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import (
    ActivityEntry,
    DriftFinding,
    DriftScan,
    Placement,
)
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


def test_each_of_the_four_differences_is_found_on_a_pc(lab_server):
    pc = healthy_windows_11()
    kept = in_force_on(pc, lab_server, PROCESS, (IVO, ADAM))
    over = ended(approved_and_worked(kept, IP))
    missing = approved_and_worked(kept, (IP[0], "203.0.113.77"))
    pc.set_preferences(
        {"ExclusionIpAddress": [FOREIGN, IP[1]], "ExclusionProcess": [PROCESS[1].upper(), "invoices.exe"]}
    )

    looked(kept.case.device)

    assert differences() == [
        ("approved_but_missing", "203.0.113.77", missing.pk),
        ("broader_than_approved", "invoices.exe", kept.pk),
        ("ended_but_present", IP[1], over.pk),
        ("not_approved", FOREIGN, None),
    ]


def test_a_pc_that_is_as_approved_differs_in_nothing(lab_server):
    exclusion = in_force_on(healthy_windows_11(), lab_server)

    scan = looked(exclusion.case.device)

    assert (differences(), scan.error_code) == ([], "")
    assert scan.ended_at is not None
    assert list(scan.snapshots.get().answers.values_list("name", flat=True)[:1]) == ["preferences"]


def test_event_5007_tells_when_it_was_changed_and_names_no_account(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.set_preferences({"ExclusionIpAddress": [FOREIGN]})

    looked(device)

    finding = DriftFinding.objects.get()
    logged = pc.log.with_id(events.SETTING_CHANGED)[-1].recorded_at
    assert finding.changed_at is not None
    assert (abs(finding.changed_at - logged) < timedelta(milliseconds=1), finding.changed_by) == (True, "")


def test_what_a_policy_put_on_the_list_is_told_apart(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.preferences["ExclusionIpAddress"] = [FOREIGN]
    place = rf"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions\IpAddresses\{FOREIGN} = 0x0"
    pc.log.add(events.change_event(at=pc.now(), version=pc.platform, old="", new=place))

    looked(device)

    assert DriftFinding.objects.get().changed_by == "policy"


def test_when_the_log_has_forgotten_the_date_stays(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.set_preferences({"ExclusionIpAddress": [FOREIGN]})
    looked(device)
    told = DriftFinding.objects.get().changed_at
    pc.log.records.clear()

    looked(device)

    again = DriftFinding.objects.get()
    assert (again.changed_at, again.last_seen_at > again.found_at) == (told, True)


def test_what_was_put_right_by_hand_is_gone_at_the_next_look_and_may_come_back(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    for entries in ([FOREIGN], [], [FOREIGN]):
        pc.set_preferences({"ExclusionIpAddress": entries})
        looked(device)

    assert [finding.gone_at is None for finding in DriftFinding.objects.order_by("pk")] == [False, True]


@pytest.mark.parametrize("fault", [Fault.EXCLUSIONS_HIDDEN, Fault.DEFENDER_STOPPED])
def test_a_list_that_cannot_be_read_makes_nothing_appear_or_disappear(lab_server, fault):
    pc = healthy_windows_11()
    exclusion = in_force_on(pc, lab_server)
    pc.set_preferences({"ExclusionIpAddress": [IP[1], FOREIGN]})
    looked(exclusion.case.device)
    before = differences()
    pc.set_preferences({"ExclusionIpAddress": []})
    pc.faults.add(fault)

    scan = looked(exclusion.case.device)

    assert differences() == before == [("not_approved", FOREIGN, None)]
    assert scan.error_code == "cannot_be_read"


def test_a_pc_out_of_reach_says_why_and_is_not_tried_again_before_its_time(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.faults.add(Fault.REFUSED)

    scan = looked(device)

    assert (scan.error_code, scan.ended_at is not None) == ("unreachable", True)
    assert devices_to_scan(now=timezone.now(), every=DAY) == []
    assert devices_to_scan(now=timezone.now() + DAY, every=DAY) == [device.pk]


def test_missing_is_put_there_again_exactly_as_approved(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force_on(pc, lab_server)
    pc.set_preferences({"ExclusionIpAddress": []})
    looked(exclusion.case.device)

    apply_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    worked()
    looked(exclusion.case.device)

    assert (pc.preferences["ExclusionIpAddress"], differences()) == ([IP[1]], [])
    assert (present(exclusion).status, Placement.objects.get().status) == (
        ExclusionStatus.VERIFIED,
        PlacementStatus.VERIFIED,
    )
    assert ActivityEntry.objects.filter(action="drift_apply_again", case=exclusion.case).count() == 1


def test_what_came_back_is_taken_off_again_and_the_exclusion_stays_removed(lab_server):
    pc = healthy_windows_11()
    exclusion = ended(in_force_on(pc, lab_server))
    ended_at = exclusion.ended_at
    pc.set_preferences({"ExclusionIpAddress": [IP[1]]})
    looked(exclusion.case.device)

    remove_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    assert (Placement.objects.get().status, Placement.objects.get().ended_at) == (PlacementStatus.REMOVING, None)
    worked()
    looked(exclusion.case.device)

    assert (pc.preferences["ExclusionIpAddress"], differences()) == ([], [])
    after = present(exclusion)
    assert (after.status, after.ended_at, Placement.objects.get().status) == (
        ExclusionStatus.REMOVED,
        ended_at,
        PlacementStatus.REMOVED,
    )


def test_taking_off_again_leaves_what_another_exclusion_needs_meanwhile(lab_server):
    pc = healthy_windows_11()
    exclusion = ended(in_force_on(pc, lab_server))
    pc.set_preferences({"ExclusionIpAddress": [IP[1]]})
    looked(exclusion.case.device)
    approved_and_worked(exclusion, IP)

    remove_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    worked()

    assert pc.preferences["ExclusionIpAddress"] == [IP[1]]


def test_actions_are_its_alone_and_only_while_it_is_so(lab_server):
    pc = healthy_windows_11()
    exclusion = in_force_on(pc, lab_server)
    pc.set_preferences({"ExclusionIpAddress": []})
    looked(exclusion.case.device)
    finding, now = DriftFinding.objects.get(), timezone.now()

    for who in (EMMA, ADA):
        for action in (apply_again, remove_again, request_scan):
            with pytest.raises(NotAllowed):
                action(finding.pk, by=person(who), now=now)
    with pytest.raises(NoLongerSo):
        remove_again(finding.pk, by=person(IVO), now=now)  # it is missing, not left behind
    with pytest.raises(NoLongerSo):
        apply_again(finding.pk, by=person(IVO), now=exclusion.expires_at)  # its time is over
    apply_again(finding.pk, by=person(IVO), now=now)
    with pytest.raises(NoLongerSo):
        apply_again(finding.pk, by=person(IVO), now=now)  # it is being put already


def test_a_check_of_a_pc_compares_it_as_well(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.set_preferences({"ExclusionIpAddress": [FOREIGN]})
    run = case_on(device, by=person(EMMA)).check_runs.get()

    run_checks(run.pk, plan=quick_plan())

    assert differences() == [("not_approved", FOREIGN, None)]
    assert devices_to_scan(now=timezone.now(), every=DAY) == []


def test_a_comparison_that_cannot_be_kept_does_not_harm_the_check(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.set_preferences({"ExclusionIpAddress": [FOREIGN]})
    run = case_on(device, by=person(EMMA)).check_runs.get()
    with nothing_can_be_kept():
        run_checks(run.pk, plan=quick_plan())

    run.refresh_from_db()
    assert (run.status, DriftScan.objects.count()) == ("finished", 0)


def test_a_fault_of_the_portal_ends_the_look_with_its_name(lab_server):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    pc.set_preferences({"ExclusionIpAddress": [FOREIGN]})

    with nothing_can_be_kept():
        scan = looked(device)

    assert (scan.error_code, "none_at_all" in scan.error_detail, differences()) == ("portal_fault", True, [])


def test_a_look_that_a_lost_worker_left_is_taken_up(lab_server):
    device = device_at(lab_server(), owner=person(EMMA))
    left = DriftScan.objects.create(device=device, at=timezone.now() - timedelta(minutes=2))
    assert devices_to_scan(now=timezone.now(), every=NOTHING) == [device.pk]

    run_drift_scan(device.pk, plan=quick_plan(), every=DAY)

    left.refresh_from_db()
    assert left.ended_at is not None
    assert DriftScan.objects.count() == 1


def test_a_message_that_comes_twice_is_as_one(lab_server):
    device = device_at(lab_server(), owner=person(EMMA))

    for _ in range(2):
        run_drift_scan(device.pk, plan=quick_plan(), every=DAY)
    run_drift_scan(4711, plan=quick_plan(), every=DAY)

    assert DriftScan.objects.count() == 1
