"""PCs and the tenant compared with the register, by the real task code over the real protocols."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab import events
from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    PROCESS,
    TENANT_GROUP,
    approved,
    asked,
    case_in_tenant,
    checked_case,
    no_tenant,
    present,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.roles import as_owner
from tests.support.world import ADA, ADAM, EMMA, IVO, case_on, device_at, person
from troubleshooting.actions.drift import NoLongerSo, apply_again, remove_again, request_scan
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.runs.drift_scan import devices_to_scan, run_drift_scan, run_tenant_reading
from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import (
    ActivityEntry,
    Device,
    DriftFinding,
    DriftScan,
    Exclusion,
    Placement,
    SeenIndicator,
    TenantReading,
)
from troubleshooting.permissions import NotAllowed
from troubleshooting.queries.exclusions.tenant_state import read_tenant_state

pytestmark = pytest.mark.django_db(transaction=True)

DAY, NOTHING = timedelta(days=1), timedelta(0)
FOREIGN = "198.51.100.9"


def looked(device: Device) -> DriftScan:
    """Have a PC looked at, as Ivo asks for it."""
    request_scan(device.pk, by=person(IVO), now=timezone.now())
    run_drift_scan(device.pk, plan=quick_plan(), every=NOTHING)
    return DriftScan.objects.filter(device=device).latest("pk")


def read(tenant: TenantPlan) -> TenantReading:
    """Have the tenant read, an hour from now: what was settled just now is not judged."""
    request_scan(None, by=person(IVO), now=timezone.now())
    later = TenantPlan(clock=lambda: timezone.now() + timedelta(hours=1), connect=tenant.connect)
    run_tenant_reading(plan=later, every=NOTHING)
    return TenantReading.objects.latest("pk")


def differences() -> list[tuple[str, str, int | None]]:
    found = DriftFinding.objects.present().order_by("code", "value")
    return list(found.values_list("code", "value", "exclusion_id"))


def in_force_on(pc: SimulatedPC, lab_server, what=IP, people=(IVO,)) -> Exclusion:
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA))), what), *people)
    worked()
    return present(exclusion)


def ended(exclusion: Exclusion, tenant: TenantPlan | None = None) -> Exclusion:
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked(tenant=tenant)
    return present(exclusion)


@contextmanager
def nothing_can_be_kept() -> Iterator[None]:
    """Have the database refuse every new difference, as a fault of ours would."""
    table = "ALTER TABLE troubleshooting_driftfinding"
    with as_owner() as cursor:
        cursor.execute(f"{table} ADD CONSTRAINT none_at_all CHECK (false) NOT VALID")
    try:
        yield
    finally:
        with as_owner() as cursor:
            cursor.execute(f"{table} DROP CONSTRAINT none_at_all")


# --- PCs --------------------------------------------------------------------------------------------------------------


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


def approved_and_worked(beside: Exclusion, what) -> Exclusion:
    exclusion = approved(asked(beside.case, what))
    worked()
    return present(exclusion)


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


# --- The tenant -------------------------------------------------------------------------------------------------------


def in_force_in_tenant(tenant: TenantPlan) -> Exclusion:
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant)
    return present(exclusion)


def test_each_of_the_four_differences_is_found_in_the_tenant(defender_api):
    tenant = tenant_of(defender_api)
    kept = in_force_in_tenant(tenant)
    over, missing = (
        approved(asked(kept.case, (INDICATOR[0], host))) for host in ("over.contoso.example", "gone.contoso.example")
    )
    worked(tenant=tenant)
    ended(over, tenant)
    ours = {entity["indicatorValue"]: entity["id"] for entity in defender_api.tenant.indicators()}
    defender_api.tenant.delete(ours["gone.contoso.example"])
    marks = defender_api.tenant.application_marks() | {"application": "Network protection portal"}
    body = {"indicatorType": "DomainName", "action": "Allowed", "title": "", "description": ""}
    defender_api.tenant.put({**body, "indicatorValue": "over.contoso.example"}, by=marks)
    put = defender_api.tenant.put_by_person
    put("contoso-partner.example", "DomainName", "Allowed", rbacGroupNames=[TENANT_GROUP])
    put("alone.example", "DomainName", "Allowed")
    put("blocked.example", "DomainName", "Block")

    reading = read(tenant)

    assert differences() == [
        ("approved_but_missing", "gone.contoso.example", missing.pk),
        ("broader_than_approved", "contoso-partner.example", kept.pk),
        ("ended_but_present", "over.contoso.example", over.pk),
        ("not_approved", "alone.example", None),
    ]
    assert (reading.active, reading.error_code, SeenIndicator.objects.count()) == (5, "", 5)
    alone = DriftFinding.objects.get(value="alone.example")
    assert alone.changed_by == "sec.admin@contoso.example"
    assert alone.changed_at is not None


def test_an_indicator_that_somebody_widened_is_broader_than_approved(defender_api):
    tenant = tenant_of(defender_api)
    exclusion = in_force_in_tenant(tenant)
    read(tenant)
    assert differences() == []

    defender_api.tenant.put_by_person(INDICATOR[1], "DomainName", "Allowed", rbacGroupNames=[], expirationTime=None)
    read(tenant)

    assert differences() == [("broader_than_approved", INDICATOR[1], exclusion.pk)]


def test_missing_in_the_tenant_is_put_there_again(defender_api):
    tenant = tenant_of(defender_api)
    exclusion = in_force_in_tenant(tenant)
    (ours,) = defender_api.tenant.indicators()
    defender_api.tenant.delete(ours["id"])
    read(tenant)

    apply_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    worked(tenant=tenant)
    read(tenant)

    assert differences() == []
    assert [entity["indicatorValue"] for entity in defender_api.tenant.indicators()] == [INDICATOR[1]]
    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_what_came_back_into_the_tenant_is_taken_off_again(defender_api):
    tenant = tenant_of(defender_api)
    exclusion = ended(in_force_in_tenant(tenant), tenant)
    marks = defender_api.tenant.application_marks() | {"application": "Network protection portal"}
    body = {"indicatorValue": INDICATOR[1], "indicatorType": "DomainName", "action": "Allowed", "title": "x"}
    defender_api.tenant.put({**body, "description": "x"}, by=marks)
    read(tenant)

    remove_again(DriftFinding.objects.get().pk, by=person(IVO), now=timezone.now())
    worked(tenant=tenant)
    read(tenant)

    assert (defender_api.tenant.indicators(), differences()) == ([], [])
    assert present(exclusion).status == ExclusionStatus.REMOVED


def test_fifteen_thousand_are_read_with_sixteen_calls_and_the_next_reading_replaces_them(defender_api):
    tenant = tenant_of(defender_api)
    defender_api.tenant.fill(15_000)

    reading = read(tenant)

    assert (reading.active, SeenIndicator.objects.count()) == (15_000, 15_000)
    assert len(defender_api.api_requests) == 16  # a thousand each; the last, empty one says that this was all
    defender_api.tenant._indicators.clear()
    assert (read(tenant).active, SeenIndicator.objects.count()) == (0, 0)


def test_a_reading_that_fails_says_why_and_leaves_the_earlier_list(defender_api):
    tenant = tenant_of(defender_api)
    defender_api.tenant.put_by_person("alone.example", "DomainName", "Allowed")
    read(tenant)
    defender_api.faults.add(ApiFault.FORBIDDEN)

    reading = read(tenant)

    assert (reading.error_code, reading.active) == ("not_permitted", None)
    assert reading.correlation_id == defender_api.correlation_ids[-1]
    assert SeenIndicator.objects.count() == 1
    assert differences() == [("not_approved", "alone.example", None)]
    assert DriftScan.objects.latest("pk").error_code == "not_permitted"


def test_a_list_that_cannot_be_kept_leaves_the_earlier_one_and_says_so(defender_api):
    tenant = tenant_of(defender_api)
    read(tenant)
    defender_api.tenant.put_by_person("alone.example", "DomainName", "Allowed")

    with nothing_can_be_kept():
        reading = read(tenant)

    assert (reading.active, SeenIndicator.objects.count()) == (0, 0)
    assert "none_at_all" in read_tenant_state(is_set_up=True).fault


def test_without_a_tenant_the_reading_says_that_none_is_set_up():
    request_scan(None, by=person(IVO), now=timezone.now())

    run_tenant_reading(plan=no_tenant(), every=NOTHING)

    assert TenantReading.objects.get().error_code == "not_set_up"
