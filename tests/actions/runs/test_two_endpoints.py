"""A PC with one endpoint for reading and one for changing: which visits open which."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import IP, approved, asked, present, quick_plan, worked
from tests.support.retest_world import retested
from tests.support.world import EMMA, IVO, case_on, device_at, person
from troubleshooting.actions.drift import request_scan
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test, say_visited
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.runs.drift_scan import run_drift_scan
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.visits.plan import address_of
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.models import Case, DeviceAnswer, DeviceGroup, DeviceSnapshot

pytestmark = pytest.mark.django_db(transaction=True)

READING, CHANGING = "Contoso.Reading", "Contoso.Changing"
CHANGES = ("Set-", "Add-", "Remove-", "Register-", "Unregister-")
WHAT_FOR = ("check_run", "drift_scan", "retest", "placement", "lease")


def case_at(server) -> Case:
    device = device_at(server, owner=person(EMMA))
    DeviceGroup.objects.update(configuration_name=READING, changing_configuration_name=CHANGING)
    device.group.refresh_from_db()
    return case_on(device, by=person(EMMA))


def visits() -> dict[str, set[str]]:
    """Return the endpoints that were opened, by what the visit was for."""
    opened: dict[str, set[str]] = {}
    for snapshot in DeviceSnapshot.objects.all():
        what_for = next(name for name in WHAT_FOR if getattr(snapshot, f"{name}_id") is not None)
        opened.setdefault(what_for, set()).add(snapshot.endpoint.rpartition(" ")[2])
    return opened


def test_only_changes_and_their_undoing_open_the_endpoint_for_changing(lab_server):
    pc = healthy_windows_11()
    pc.endpoints = frozenset({READING, CHANGING})
    case = case_at(lab_server(pc))

    run_checks(case.check_runs.get().pk, plan=quick_plan())
    exclusion = approved(asked(case, IP))
    worked()
    retested()
    request_scan(case.device_id, by=person(IVO), now=timezone.now())
    run_drift_scan(case.device_id, plan=quick_plan(), every=timedelta(0))
    expire_exclusions(now=exclusion.expires_at)
    worked()
    test = ask_for_test(
        case.pk,
        by=person(EMMA),
        length=timedelta(minutes=15),
        portal_visits=False,
        needs_approval=False,
        now=timezone.now(),
    )
    run_lease(test.lease_id, plan=quick_plan())
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    run_lease(test.lease_id, plan=quick_plan())

    test.lease.refresh_from_db()
    assert (present(exclusion).status, test.lease.status) == (ExclusionStatus.REMOVED, LeaseStatus.RESTORED)
    assert visits() == {
        "check_run": {READING},
        "drift_scan": {READING},
        "retest": {READING},
        "placement": {CHANGING},
        "lease": {CHANGING},
    }
    sent = DeviceAnswer.objects.filter(snapshot__endpoint__endswith=READING).values_list("pipeline", flat=True)
    assert [pipeline for pipeline in sent if pipeline.startswith(CHANGES)] == []


def test_a_pc_with_the_endpoint_for_reading_only_is_checked_and_never_changed(lab_server):
    pc = healthy_windows_11()
    pc.endpoints = frozenset({READING})
    case = case_at(lab_server(pc))

    run_checks(case.check_runs.get().pk, plan=quick_plan())
    exclusion = approved(asked(case, IP))
    worked()

    assert case.check_runs.get().status == "finished"
    assert present(exclusion).status != ExclusionStatus.VERIFIED
    assert present(exclusion).placements.get().error_code == "endpoint_missing"
    assert pc.preferences["ExclusionIpAddress"] == []


def test_without_a_second_endpoint_the_one_that_is_there_is_used_for_all():
    device = device_at(None, owner=None)
    device.group.configuration_name = READING

    names = {address_of(device, ca_file=None, changes=changes).configuration_name for changes in (True, False)}

    assert names == {READING}
