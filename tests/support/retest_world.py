"""Exclusions that are in force on a lab PC, for re-tests over the real protocol."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from portal.demo.lab.pc import SimulatedPC
from tests.support.exclusion_world import approved, asked, checked_case, no_tenant, present, quick_plan, worked
from tests.support.roles import as_owner
from tests.support.world import EMMA, device_at, person
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.actions.exclusions.warnings import warn_of_ends
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.actions.runs.retest import run_retest
from troubleshooting.actions.runs.sweep import leases_to_tend
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.retests.retest import RetestPurpose
from troubleshooting.models import Exclusion, Retest

ADDRESS = "203.0.113.25"  # of the site that the lab blocks wrongly
HOST = "invoices.contoso-partner.example"
OWN_IP = (ExclusionKind.IP_ADDRESS, ADDRESS)
MODE, LIST = "EnableNetworkProtection", "ExclusionIpAddress"


def in_force(server, what=OWN_IP, *, days: int = 20, people=()) -> Exclusion:
    """Return an exclusion for the reported address that was read back on its PC."""
    case = checked_case(device_at(server, owner=person(EMMA)))
    exclusion = approved(asked(case, what, days=days), *people)
    worked()
    return present(exclusion)


def works_of(exclusion: Exclusion) -> Retest:
    """Return the newest re-test of whether it works."""
    return exclusion.retests.filter(purpose=RetestPurpose.WORKS).first()


def needed_of(exclusion: Exclusion) -> Retest:
    """Return the newest re-test of whether it is still needed."""
    return exclusion.retests.filter(purpose=RetestPurpose.STILL_NEEDED).first()


def warned(exclusion: Exclusion, *, days: int = 7) -> Retest:
    """Let so many days be left, let the sweep warn, and give the re-test that comes with the warning."""
    now = timezone.now()
    with as_owner(past_triggers=True):
        Exclusion.objects.filter(pk=exclusion.pk).update(approved_at=now - timedelta(days=20))
    warn_of_ends(now=exclusion.expires_at - timedelta(days=days), may_retest=True)
    retest = needed_of(exclusion)
    Retest.objects.filter(pk=retest.pk, ended_at=None).update(due_at=now)
    return Retest.objects.get(pk=retest.pk)


def retested() -> None:
    """Let a worker make every re-test that is due now."""
    for pk in list(Retest.objects.wanting_a_visit(now=timezone.now()).values_list("pk", flat=True)):
        run_retest(pk, plan=quick_plan())


def swept(*, now: datetime | None = None) -> None:
    """Let workers do everything that the sweep would send for now: leases, placements and re-tests."""
    moment = now or timezone.now()
    for pk in leases_to_tend(now=moment):
        run_lease(pk, plan=quick_plan())
    for pk in list(due_placements(now=moment).values_list("pk", flat=True)):
        run_placement(pk, plan=quick_plan(), tenant=no_tenant())
    retested()


def state_of(pc: SimulatedPC) -> tuple[int, list[str]]:
    """Return the mode and the list of addresses."""
    return int(pc.preferences[MODE]), list(pc.preferences[LIST])
