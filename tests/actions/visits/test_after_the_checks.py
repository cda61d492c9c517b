"""What a visit asks once the checks are answered, on the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import HARMLESS, RIGHTLY_BLOCKED, healthy_windows_11
from tests.support.check_world import QUICK, visited
from tests.support.restricted_pc import restricted_pc
from tests.support.world import EMMA, case_on, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.machines.catalogue import READING_ENDPOINT
from troubleshooting.models import Case, CheckRun, DeviceAnswer, DeviceGroup
from troubleshooting.queries.checks.checklist import read_checklist

pytestmark = pytest.mark.django_db(transaction=True)

TRIES = ["resolve_name", "test_port", "request_page"]


def asked_after(case: Case) -> list[str]:
    """Return what was asked after the checks, in order."""
    names = list(DeviceAnswer.objects.filter(snapshot__check_run__case=case).values_list("name", flat=True))
    return names[names.index("protection_events") + 1 :]


def about(address: str) -> dict[str, object]:
    return {"indicator": parse_indicator(address)}


@pytest.mark.parametrize("make", [healthy_windows_11, restricted_pc])
def test_a_site_that_something_else_blocks_is_tried_from_the_pc(lab_server, make):
    device = device_at(lab_server(make()), owner=person(EMMA))
    if make is restricted_pc:
        DeviceGroup.objects.update(configuration_name=READING_ENDPOINT)
    case = case_on(device, by=person(EMMA), **about(f"{HARMLESS}/orders?token=c2VjcmV0LXNlY3JldA"))

    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))

    case.refresh_from_db()
    assert (case.verdict_code, asked_after(case)) == ("not_reproduced", ["log_start", *TRIES])
    tries = read_checklist(case.check_runs.get(), reader=case.reporter).tries
    assert [(one.name, one.status) for one in tries] == [(name, "pass") for name in TRIES]
    assert str(tries[2].said).endswith(f"Requested: {HARMLESS}/orders")
    hints = [str(hint["message"]) for hint in case.verdicts.get().content["hints"]]
    assert any("answered when the PC requested it" in hint for hint in hints)
    assert not any("Not tried" in hint for hint in hints)


def test_a_request_that_network_protection_blocks_is_seen_and_told(lab_server):
    case = visited(lab_server(healthy_windows_11()), **about(RIGHTLY_BLOCKED))

    assert asked_after(case) == ["log_start", *TRIES, "protection_events"]
    notes = [note["message"] for note in case.verdicts.get().content["notes"]]
    assert any("when the PC requested it" in note for note in notes)


def test_a_dangerous_site_is_never_tried(lab_server):
    case = visited(lab_server(healthy_windows_11()), **about(HARMLESS), kind=ProblemKind.DANGEROUS_SITE_MISSED)

    assert asked_after(case) == ["log_start"]


def test_a_log_that_was_cleared_is_no_record_of_nothing(lab_server):
    pc = healthy_windows_11()
    pc.log.records.clear()
    pc.log_begins = None

    case = visited(lab_server(pc), **about(HARMLESS))

    assert (case.verdict_code, asked_after(case)) == ("cannot_tell", ["log_start"])
    assert "begins after" in case.verdicts.get().content["employee"]["message"]


class LostAtFirstSight(dict):
    """The internet of a PC whose connection is lost when it first looks for a site."""

    pc: SimulatedPC

    def get(self, host, default=None):
        self.pc.faults.add(Fault.SHELL_LOST)
        return super().get(host, default)


def test_a_pc_that_is_lost_during_the_tries_costs_only_the_tries(lab_server):
    pc = healthy_windows_11()
    pc.sites = LostAtFirstSight(pc.sites)
    pc.sites.pc = pc

    case = visited(lab_server(pc), **about(HARMLESS))

    run = case.check_runs.get()
    assert (run.status, case.verdict_code) == ("finished", "not_reproduced")
    assert "request_page" not in asked_after(case)
    assert not run.findings.filter(status="waiting").exists()


def test_somebody_may_stop_the_check_during_the_tries(lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.hanging_command = "Resolve-DnsName"
    pc.faults.add(Fault.HANGING_COMMAND)
    case = case_on(device_at(lab_server(pc), owner=person(EMMA)), by=person(EMMA), **about(HARMLESS))

    def clock():
        if DeviceAnswer.objects.filter(name="log_start").exists():
            CheckRun.objects.update(cancel_requested_at=timezone.now())
        return timezone.now()

    run_checks(case.check_runs.get().pk, plan=replace(plan(**QUICK), clock=clock))

    assert (case.check_runs.get().status, asked_after(case)) == ("cancelled", ["log_start"])
