"""An audit-mode test on a lab PC: agreed to, and looked after as a worker does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.server import LabServer
from tests.support.world import EMMA, checked_case_on, device_at, person, plan
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.models import AuditModeTest, Case

MINUTES = timedelta(minutes=15)
MODE = "EnableNetworkProtection"


def quick_plan() -> VisitPlan:
    limits = {"connect": 2, "opening": 4, "silence": 4, "cancel_poll": 1, "visit": 30, "closing": 2}
    return replace(plan(**{k: timedelta(seconds=v) for k, v in limits.items()}), log_lag=timedelta(seconds=0.1))


def checked_case(server: LabServer | None, **changes: object) -> Case:
    emma = person(EMMA)
    return checked_case_on(device_at(server, owner=emma), by=emma, **changes)


def begun(case: Case, *, portal_visits: bool = False) -> AuditModeTest:
    """Agree to the test and let a worker begin it."""
    test = ask_for_test(
        case.pk,
        by=person(EMMA),
        length=MINUTES,
        portal_visits=portal_visits,
        needs_approval=False,
        now=timezone.now(),
    )
    return tended(test)


def tended(test: AuditModeTest) -> AuditModeTest:
    """Let a worker look after the test's lease."""
    assert test.lease_id is not None
    run_lease(test.lease_id, plan=quick_plan())
    return AuditModeTest.objects.select_related("lease", "case").get(pk=test.pk)


def mode_of(pc: SimulatedPC) -> int:
    return int(pc.preferences[MODE])
