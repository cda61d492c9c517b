"""The main job at endpoints made of the generated files, and what is told where they are not what they should be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.engine import Engine
from tests.support.exclusion_world import IP, approved, asked, present, quick_plan, worked
from tests.support.restricted_pc import restricted_pc, without
from tests.support.world import BLOCKED_SITE, EMMA, case_on, device_at, person
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test, say_visited
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.machines.catalogue import CHANGING_ENDPOINT, READING_ENDPOINT
from troubleshooting.models import AuditModeTest, Case, DeviceAnswer, DeviceGroup

pytestmark = pytest.mark.django_db(transaction=True)

PERIOD = timedelta(minutes=15)
UPDATE = "manage.py device_endpoint"


def case_at(server, *, changing: str = CHANGING_ENDPOINT) -> Case:
    device = device_at(server, owner=person(EMMA))
    DeviceGroup.objects.update(configuration_name=READING_ENDPOINT, changing_configuration_name=changing)
    device.group.refresh_from_db()
    return case_on(device, by=person(EMMA))


def checked(case: Case) -> Case:
    run_checks(case.check_runs.get().pk, plan=quick_plan())
    case.refresh_from_db()
    return case


def begun(case: Case) -> AuditModeTest:
    now = timezone.now()
    test = ask_for_test(case.pk, by=person(EMMA), length=PERIOD, portal_visits=False, needs_approval=False, now=now)
    run_lease(test.lease_id, plan=quick_plan())
    test.refresh_from_db()
    test.lease.refresh_from_db()
    return test


def refused() -> dict[str, str]:
    """Return the refusals that were stored as evidence, by the name of what was asked."""
    answers = DeviceAnswer.objects.filter(error_code="command_refused")
    return dict(answers.values_list("name", "detail"))


@pytest.mark.parametrize("engine", Engine)
def test_report_visit_test_and_exclusion_on_and_off(lab_server, engine):
    pc = restricted_pc()
    pc.engine = engine
    pc.visit(BLOCKED_SITE)
    case = checked(case_at(lab_server(pc)))
    assert (case.verdict_code, case.check_runs.get().status) == ("blocked_by_network_protection", "finished")

    test = begun(case)
    assert (test.lease.status, pc.protection_mode, len(pc.tasks)) == (LeaseStatus.ACTIVE, 2, 1)
    pc.visit(BLOCKED_SITE)
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    run_lease(test.lease_id, plan=quick_plan())
    test.lease.refresh_from_db()
    assert (test.lease.status, pc.protection_mode, pc.tasks) == (LeaseStatus.RESTORED, 1, {})

    exclusion = approved(asked(case, IP))
    worked()
    assert (present(exclusion).status, pc.preferences["ExclusionIpAddress"]) == (ExclusionStatus.VERIFIED, [IP[1]])
    expire_exclusions(now=exclusion.expires_at)
    worked()
    assert (present(exclusion).status, pc.preferences["ExclusionIpAddress"]) == (ExclusionStatus.REMOVED, [])
    assert refused() == {}


def test_with_the_reading_role_only_nothing_is_changed_and_it_is_told(lab_server):
    pc = restricted_pc()
    case = checked(case_at(lab_server(pc), changing=READING_ENDPOINT))

    exclusion = approved(asked(case, IP))
    worked()

    assert present(exclusion).status != ExclusionStatus.VERIFIED
    assert pc.preferences["ExclusionIpAddress"] == []
    assert "does not show the command Add-MpPreference" in refused()["add_ip_exclusion"]
    assert UPDATE in refused()["add_ip_exclusion"]


BLOCKED = "blocked_by_network_protection"
OLDER = {
    r"ModuleVersion = '[\d.]+'": "ModuleVersion = '0.9.0'",
    r"'HKLM:\\SOFTWARE\\Policies\\Google\\Chrome', ": "",
}


@pytest.mark.parametrize(
    ("edits", "lost", "told", "unknown", "verdict"),
    [
        (without("Get-Date"), "clock", "does not show the command Get-Date", set(), BLOCKED),
        (
            {"'FileSystem', 'Registry'": "'FileSystem'"},
            "policy_values:spynet",
            "does not show the provider Registry, which Get-ItemProperty needs",
            {"mode_origin", "exclusions_in_force"},
            BLOCKED,
        ),
        (
            without("ForEach-Object"),
            "protection_events",
            "does not show the command ForEach-Object",
            set(),
            "cannot_tell",
        ),
        (
            OLDER,
            "browser_policies:chrome",
            r"value for -Path of Get-ItemProperty: HKLM:\SOFTWARE\Policies\Google\Chrome",
            set(),
            BLOCKED,
        ),
    ],
    ids=["no clock", "no registry", "no ForEach-Object", "one version old"],
)
def test_what_cannot_be_read_there_is_told_and_counts_as_not_known(lab_server, edits, lost, told, unknown, verdict):
    pc = restricted_pc(edits)
    pc.visit(BLOCKED_SITE)

    case = checked(case_at(lab_server(pc)))

    run = case.check_runs.get()
    assert (run.status, case.verdict_code) == ("finished", verdict)
    assert lost in refused()
    assert all(told in detail and UPDATE in detail for name, detail in refused().items() if name == lost)
    assert set(run.findings.filter(status="unknown").values_list("check_id", flat=True)) == unknown
    assert not run.findings.filter(status="fail").exists()


def test_the_check_says_that_the_endpoint_does_not_allow_it_and_how_to_allow_it(lab_server):
    case = checked(case_at(lab_server(restricted_pc({"'FileSystem', 'Registry'": "'FileSystem'"}))))

    texts = case.check_runs.get().findings.get(check_id="mode_origin").content

    assert "endpoint" in texts["summary"]["message"]
    assert UPDATE in texts["remedy"]["it"]["message"]
