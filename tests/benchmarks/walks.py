"""How many SQL statements the portal's three main journeys take, from a click to what stands on the PC.

Run by ``make bench``, which prints them, and by ``make test``, which fails when one takes more than its table says.
People click through the views; workers run the task code against a simulated PC over the real protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.demo.lab.server import LabServer
from tests.benchmarks.statements import KINDS, Statements
from tests.support.exclusion_world import IP, no_tenant, quick_plan, seen
from tests.support.world import BLOCKED_SITE, EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.runs.lease import run_lease
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.forms.leases.audit_mode_test import MYSELF
from troubleshooting.machines.base import Limits
from troubleshooting.models import AuditModeTest, Case, Device, Exclusion
from troubleshooting.models.choices import Role

MODE = "EnableNetworkProtection"
ADDRESSES = "ExclusionIpAddress"


@dataclass(frozen=True)
class Walk:
    """A journey: ``go`` walks it on a PC's server and returns what was sent to the database from its first click on."""

    name: str
    go: Callable[[LabServer], Statements]
    most: Mapping[str, int]  # by what is counted; a figure that went down goes down here as well

    def grown(self, statements: Statements) -> str:
        """Return a sentence about each figure that is above the table, nothing where none is."""
        figures = counted(statements)
        above = [(what, figures[what], most) for what, most in self.most.items() if figures[what] > most]
        return " ".join(f"{self.name}: {now} {what}, {now - most} more than {most}." for what, now, most in above)


def counted(statements: Statements) -> dict[str, int]:
    """Return the figures that the tables speak of."""
    return {
        "statements": statements.total,
        "statements that store answers": statements.saving_answers,
        "transactions": statements.transactions,
        "savepoint statements": statements.savepoints,
    }


def from_report_to_verdict(server: LabServer) -> Statements:
    """Emma reports an address; a worker checks her PC; the case has its verdict."""
    statements = Statements()
    device = device_at(server, owner=person(EMMA))
    emma = signed_in(EMMA)
    with statements.recorded():
        report_from(emma, device)
    case = Case.objects.get()
    run = case.check_runs.get()
    with statements.recorded():
        run_checks(run.pk, plan=patient_plan())
    case.refresh_from_db()
    assert case.verdict_code == "blocked_by_network_protection"
    return statements


def from_consent_to_restored(server: LabServer) -> Statements:
    """Emma agrees to an audit-mode test, opens the site and says so; the PC has its earlier mode back."""
    statements = Statements()
    case, emma = checked_case(server)
    with statements.recorded():
        clicked(emma, "test-ask", case.number, visit=MYSELF)
    test = AuditModeTest.objects.select_related("lease").get()
    with statements.recorded():
        run_lease(test.lease_id, plan=patient_plan())
    assert server.pc.preferences[MODE] == 2
    server.pc.visit(BLOCKED_SITE)
    with statements.recorded():
        clicked(emma, "test-visited", test.pk)
        run_lease(test.lease_id, plan=patient_plan())
    test.lease.refresh_from_db()
    assert (test.lease.status, server.pc.preferences[MODE]) == (LeaseStatus.RESTORED, 1)
    return statements


def from_request_to_removed(server: LabServer) -> Statements:
    """Emma asks for an exclusion on her PC, Ivo approves it; it is put there, proved, ends, and is gone."""
    statements = Statements()
    case, emma = checked_case(server)
    ivo = signed_in(IVO)
    with statements.recorded():
        clicked(emma, "exclusion-ask", case.number, **wish())
    exclusion = Exclusion.objects.get()
    digest = seen(exclusion)
    with statements.recorded():
        clicked(ivo, "exclusion-approve", exclusion.pk, digest=digest)
    place = exclusion.placements.get()
    with statements.recorded():
        run_placement(place.pk, plan=patient_plan(), tenant=no_tenant())
    exclusion.refresh_from_db()
    assert (exclusion.status, server.pc.preferences[ADDRESSES]) == (ExclusionStatus.VERIFIED, [IP[1]])
    with statements.recorded():
        expire_exclusions(now=exclusion.expires_at)
        run_placement(place.pk, plan=patient_plan(), tenant=no_tenant())
    exclusion.refresh_from_db()
    assert (exclusion.status, server.pc.preferences[ADDRESSES]) == (ExclusionStatus.REMOVED, [])
    return statements


WALKS = (
    Walk(
        "An address from the report to the verdict",
        from_report_to_verdict,
        # Four of them lock and count what the person and the PC have under way; one asks whether the tenant was read.
        {"statements": 45, "statements that store answers": 8, "transactions": 8, "savepoint statements": 4},
    ),
    Walk(
        "A lease from consent to restored",
        from_consent_to_restored,
        {"statements": 82, "statements that store answers": 13, "transactions": 12, "savepoint statements": 2},
    ),
    Walk(
        "An exclusion on one PC from request to removed",
        from_request_to_removed,
        {"statements": 99, "statements that store answers": 7, "transactions": 11, "savepoint statements": 0},
    ),
)


def show(walk: Walk, statements: Statements) -> None:
    """Print what it took, and what was sent again and again."""
    print(f"\n{walk.name}")
    for what, number in counted(statements).items():
        print(f"  {number:4d}  {what} (at most {walk.most[what]})")
    kinds = statements.by_kind()
    print("        by kind: " + ", ".join(f"{kinds[kind]} {kind}" for kind in (*KINDS, "other")))
    print("  sent more than once (in brackets: with the very same values):")
    for shape in statements.repeated():
        print(f"  {shape.times:4d} ({shape.times_the_same})  {shape.text[:140]}")


# --- Small steps ------------------------------------------------------------------------------------------------------


def signed_in(who: tuple[str, Role]) -> Client:
    client = Client()
    client.force_login(person(who))
    return client


def clicked(client: Client, page: str, about: object, /, **fields: str) -> None:
    """Send a form; it has to be taken."""
    response = client.post(reverse(page, args=[about] if about else []), fields)
    assert response.status_code == 302, response.content.decode()


def report_from(client: Client, device: Device) -> None:
    fields = {
        "token": "a-token",
        "kind": "safe_site_blocked",
        "program": "chrome",
        "address": BLOCKED_SITE,
        "device": str(device.pk),
        "happened_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "saw": "Connection blocked",
        "reason": "Supplier invoices",
    }
    clicked(client, "report", None, **fields)


def wish() -> dict[str, str]:
    return {
        "kind": "ip_address",
        "value": IP[1],
        "scope": "device",
        "ends_on": (timezone.now() + timedelta(days=5)).date().isoformat(),
        "reason_code": "partner_portal",
        "reason": "Supplier invoices",
        "confirmed": "address_for_name,effect_unknown,wide_scope",
    }


def checked_case(server: LabServer) -> tuple[Case, Client]:
    """Return Emma's case, checked on her PC, and Emma signed in."""
    device = device_at(server, owner=person(EMMA))
    emma = signed_in(EMMA)
    report_from(emma, device)
    case = Case.objects.get()
    run_checks(case.check_runs.get().pk, plan=patient_plan())
    return case, emma


def patient_plan() -> VisitPlan:
    """Return a plan whose visits never look whether they are to stop; how often they would depends on the time."""
    return replace(quick_plan(), limits=Limits(cancel_poll=timedelta(minutes=10), may_be_local=True))
