"""Exclusions for tests that cross floors: asked for by Emma, approved by IT, done by a worker that speaks for real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from portal.demo.lab.defender_api.server import DefenderApi
from tests.support.world import EMMA, IVO, checked_case_on, device_at, person, plan
from tests.tenant.speaking import Speaker
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.actions.exclusions.decisions import approve_exclusion
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.actions.exclusions.requests import ExclusionRules, request_exclusion
from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.domain.exclusions.approval import USUAL_POLICY
from troubleshooting.domain.exclusions.digest import digest
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope, ScopeKind
from troubleshooting.domain.exclusions.request import ExclusionRequest
from troubleshooting.domain.exclusions.values import parse_value
from troubleshooting.models import Case, Device, DeviceGroup, Exclusion
from troubleshooting.tenant.base import TenantSettings
from troubleshooting.tenant.connection import Tenant, connect

RULES = ExclusionRules(policy=USUAL_POLICY, longest=timedelta(days=30), has_tenant=True)
IP = (ExclusionKind.IP_ADDRESS, "203.0.113.10")
PROCESS = (ExclusionKind.PROCESS, r"C:\Program Files\Contoso\Invoices\invoices.exe")
INDICATOR = (ExclusionKind.ALLOW_INDICATOR, "invoices.contoso-partner.example")
LISTS = {ExclusionKind.IP_ADDRESS: "ExclusionIpAddress", ExclusionKind.PROCESS: "ExclusionProcess"}
TENANT_GROUP = "Finance"  # a device group of the lab's tenant


def quick_plan() -> VisitPlan:
    """Return the plan of a visit with short limits."""
    limits = {"connect": 2, "opening": 4, "silence": 4, "cancel_poll": 1, "visit": 30, "closing": 2}
    return replace(plan(**{k: timedelta(seconds=v) for k, v in limits.items()}), log_lag=timedelta(seconds=0.1))


def no_tenant() -> TenantPlan:
    """Return the plan of a portal without a tenant."""
    return TenantPlan(clock=timezone.now, connect=lambda: connect(TenantSettings()))


def tenant_of(api: DefenderApi) -> TenantPlan:
    """Return the plan of a portal with the lab's tenant: the real client, with a clock that moves by being slept on."""
    speaker = Speaker(api)  # closed with the fixture ``defender_api``
    return TenantPlan(clock=timezone.now, connect=lambda: Tenant(speaker.indicators, speaker.lookups))


def checked_case(device: Device) -> Case:
    """Return Emma's case about a PC, its check ended."""
    return checked_case_on(device, by=person(EMMA))


def case_in_tenant() -> Case:
    """Return Emma's case about a PC whose group the tenant knows."""
    case = checked_case(device_at(None, owner=person(EMMA)))
    DeviceGroup.objects.filter(pk=case.device.group_id).update(tenant_name=TENANT_GROUP)
    return case


def asked(case: Case, what=IP, *, scope: Scope | None = None, days: int = 5, by=EMMA) -> Exclusion:
    """Ask for an exclusion with the narrowest scope of its kind."""
    kind, value = what
    narrowest = Scope(ScopeKind.DEVICE, case.device_id)
    if kind is ExclusionKind.ALLOW_INDICATOR:
        narrowest = Scope(ScopeKind.GROUP, case.device.group_id)
    request = ExclusionRequest(
        value=parse_value(kind, value),
        scope=scope or narrowest,
        expires_at=timezone.now() + timedelta(days=days),
        reason_code="business",
        reason="Supplier invoices",
    )
    return request_exclusion(case.pk, request, by=person(by), rules=RULES, now=timezone.now())


def approved(exclusion: Exclusion, *people) -> Exclusion:
    """Approve it as these people, Ivo where none is named."""
    for who in people or (IVO,):
        exclusion = approve_exclusion(
            exclusion.pk, by=person(who), note="", seen=seen(exclusion), rules=RULES, now=timezone.now()
        )
    return exclusion


def seen(exclusion: Exclusion) -> str:
    """Return the digest of what a reviewer reads now."""
    return digest(change_of(present(exclusion)))


def worked(
    *,
    rounds: int = 3,
    tenant: TenantPlan | None = None,
    look: Callable[[], None] = lambda: None,
    later: timedelta = timedelta(0),
) -> None:
    """Let a worker do everything that is due, a day from now at the latest; by its clock it comes so much later."""
    plan_then = replace(quick_plan(), clock=lambda: timezone.now() + later)
    for _ in range(rounds):
        due = due_placements(now=timezone.now() + timedelta(days=1))
        for pk in list(due.values_list("pk", flat=True)):
            run_placement(pk, plan=plan_then, tenant=tenant or no_tenant())
            look()


def present(exclusion: Exclusion) -> Exclusion:
    """Read an exclusion again."""
    return Exclusion.objects.get(pk=exclusion.pk)
