"""What somebody may change after an approval, in every table that it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.server import LabServer
from tests.support.exclusion_world import INDICATOR, IP, PROCESS, TENANT_GROUP, checked_case, present, seen
from tests.support.world import EMMA, IVO, SARA, device_at, person
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.domain.exclusions.exclusion import EVERYONE, Scope, ScopeKind
from troubleshooting.models import DeviceGroup, Exclusion, ExclusionDecision

CHANGING = ("Add-", "Set-", "Remove-")
KINDS = {"ip": IP, "process": PROCESS, "indicator": INDICATOR}


@dataclass(frozen=True, slots=True)
class World:
    """A lab PC in a group of the lab's tenant, another group, and one approved exclusion of which nothing was sent."""

    exclusion: Exclusion
    server: LabServer
    api: DefenderApi
    other_group: DeviceGroup

    def rows(self) -> Any:
        """Return the exclusion's own row, to be changed."""
        return Exclusion.objects.filter(pk=self.exclusion.pk)

    def writes(self) -> list[str]:
        """Return every change that was asked of the PC or the tenant."""
        on_pc = [command for command in self.server.commands if command.startswith(CHANGING)]
        asked_of_api = [line for line in self.api.api_requests if line.startswith(("POST", "DELETE"))]
        return on_pc + asked_of_api


def group_of(case: Any) -> Scope:
    return Scope(ScopeKind.GROUP, case.device.group_id)


def everyone(_case: Any) -> Scope:
    return EVERYONE


def device_of(case: Any) -> Scope:
    return Scope(ScopeKind.DEVICE, case.device_id)


OTHER_VALUES = {"ip": "203.0.113.11", "process": r"C:\Program Files\Other\other.exe", "indicator": "evil.example"}


def changed_value(world: World, kind: str) -> None:
    world.rows().update(value=OTHER_VALUES[kind], value_key=OTHER_VALUES[kind].lower())


def changed_value_alone(world: World, kind: str) -> None:
    world.rows().update(value=OTHER_VALUES[kind])


def changed_key(world: World, kind: str) -> None:
    world.rows().update(value_key=OTHER_VALUES[kind].lower())


def no_value(world: World, _kind: str) -> None:
    world.rows().update(value="*", value_key="*")


def other_kind(world: World, kind: str) -> None:
    others = {"ip": "process", "process": "ip_address", "indicator": "ip_address"}
    world.rows().update(kind=others[kind], approvals_needed=2)


def changed_spelling(world: World, _kind: str) -> None:
    world.rows().update(value=world.exclusion.value.swapcase() + " ")


def longer(world: World, _kind: str) -> None:
    world.rows().update(expires_at=F("expires_at") + timedelta(days=365))


def shorter_by_a_blink(world: World, _kind: str) -> None:
    world.rows().update(expires_at=F("expires_at") - timedelta(microseconds=1))


def other_evidence(world: World, _kind: str) -> None:
    world.rows().update(evidence={**world.exclusion.evidence, "case": "NP-2026-99999"})


def other_reason(world: World, _kind: str) -> None:
    world.rows().update(reason="Because")


def other_number_of_people(world: World, _kind: str) -> None:
    world.rows().update(approvals_needed=F("approvals_needed") + 1)


def other_round(world: World, _kind: str) -> None:
    world.rows().update(round=F("round") + 1)


def everybody(world: World, _kind: str) -> None:
    world.rows().update(scope_kind="everyone", scope_device=None, scope_group=None, approvals_needed=2)


def other_group(world: World, _kind: str) -> None:
    world.rows().update(scope_kind="group", scope_device=None, scope_group=world.other_group)


def one_pc(world: World, _kind: str) -> None:
    world.rows().update(scope_kind="device", scope_device=world.exclusion.case.device, scope_group=None)


def other_pc(world: World, _kind: str) -> None:
    elsewhere = device_at(None, owner=None, hostname="PC-9999")
    world.rows().update(scope_kind="device", scope_device=elsewhere, scope_group=None)


def other_case(world: World, _kind: str) -> None:
    world.rows().update(case=checked_case(device_at(None, owner=person(EMMA), hostname="PC-9998")))


def other_digest(world: World, _kind: str) -> None:
    world.rows().update(digest="0" * 64)


def other_form(world: World, _kind: str) -> None:
    world.rows().update(approved_change={**present(world.exclusion).approved_change, "reason": "Because"})


def no_form(world: World, _kind: str) -> None:
    world.rows().update(approved_change={})


def more_than_the_form(world: World, _kind: str) -> None:
    world.rows().update(approved_change={**present(world.exclusion).approved_change, "also": "this"})


def signed_anew(world: World, _kind: str) -> None:
    """Change the reason and make digest and form fit, as somebody would who knows how."""
    world.rows().update(reason="Because")
    _fit(world)


def renamed_and_signed_anew(world: World, _kind: str) -> None:
    """Give the group another name in the tenant, and make digest and form fit."""
    DeviceGroup.objects.filter(tenant_name=TENANT_GROUP).update(tenant_name="Simulated PCs")
    _fit(world)


def _fit(world: World) -> None:
    change = change_of(Exclusion.objects.select_related("case", "scope_group").get(pk=world.exclusion.pk))
    world.rows().update(digest=seen(world.exclusion), approved_change=change.as_json())


def renamed_group(_world: World, _kind: str) -> None:
    DeviceGroup.objects.filter(tenant_name=TENANT_GROUP).update(tenant_name="Sales")


def nameless_group(_world: World, _kind: str) -> None:
    DeviceGroup.objects.filter(tenant_name=TENANT_GROUP).update(tenant_name="")


def no_decisions(world: World, _kind: str) -> None:
    decisions = ExclusionDecision.objects.filter(exclusion=world.exclusion)
    decisions._raw_delete(decisions.db)


def decisions_of_another_round(world: World, _kind: str) -> None:
    ExclusionDecision.objects.filter(exclusion=world.exclusion).update(round=7)


def decisions_of_something_else(world: World, _kind: str) -> None:
    ExclusionDecision.objects.filter(exclusion=world.exclusion).update(digest="0" * 64)


def decisions_of_the_requester(world: World, _kind: str) -> None:
    ExclusionDecision.objects.filter(exclusion=world.exclusion, by=person(IVO)).update(by=person(EMMA))


def decisions_that_said_no(world: World, _kind: str) -> None:
    ExclusionDecision.objects.filter(exclusion=world.exclusion).update(decision="reject")


def other_requester(world: World, _kind: str) -> None:
    """The requester's own approval would count, were it another's request."""
    ExclusionDecision.objects.filter(exclusion=world.exclusion, by=person(IVO)).update(by=person(SARA))
    world.rows().update(requested_by=person(SARA))


Change = Callable[[World, str], None]

# For each change the trigger that refuses it to the owner of the tables; "" where none is against it.
RESETS = "exclusion_change_resets_approvals"
KEPT = "exclusion_keeps_approval"
APPEND_ONLY = "append-only"
ON_EVERY_KIND: dict[Change, str] = {
    changed_value: RESETS,
    changed_value_alone: RESETS,
    changed_key: "exclusion_key_follows_value",
    changed_spelling: RESETS,
    no_value: RESETS,
    other_kind: RESETS,
    longer: RESETS,
    shorter_by_a_blink: RESETS,
    other_evidence: RESETS,
    other_reason: RESETS,
    other_number_of_people: RESETS,
    signed_anew: RESETS,
    other_round: "exclusion_round_starts_as_request",
    other_digest: KEPT,
    other_form: KEPT,
    no_form: KEPT,
    more_than_the_form: KEPT,
    no_decisions: APPEND_ONLY,
    decisions_of_another_round: APPEND_ONLY,
    decisions_of_something_else: APPEND_ONLY,
    decisions_of_the_requester: APPEND_ONLY,
    decisions_that_said_no: APPEND_ONLY,
    other_requester: APPEND_ONLY,
}
ONLY_INDICATORS: dict[Change, str] = {
    other_case: "",  # its number stands in the indicator's title
    renamed_group: "",
    nameless_group: "",
    renamed_and_signed_anew: KEPT,
}
BY_ADMINISTRATORS = {renamed_group, nameless_group}  # the portal itself makes them; the worker refuses what follows
SCOPES: list[tuple[str, Callable[[Any], Scope], Change]] = [
    ("ip", device_of, everybody),
    ("ip", device_of, other_group),
    ("ip", device_of, other_pc),
    ("ip", group_of, everybody),
    ("ip", group_of, other_group),
    ("ip", group_of, one_pc),
    ("ip", everyone, one_pc),
    ("ip", everyone, other_group),
    ("process", device_of, everybody),
    ("process", device_of, other_pc),
    ("process", group_of, one_pc),
    ("process", everyone, other_group),
    ("indicator", group_of, everybody),
    ("indicator", group_of, other_group),
    ("indicator", everyone, other_group),
]


def plain(table: dict[Change, str], *, kinds: list[str]) -> list[Any]:
    return [
        pytest.param(kind, change, refusal, id=f"{kind}-{change.__name__}")
        for kind in kinds
        for change, refusal in table.items()
    ]


EVERY_CHANGE = plain(ON_EVERY_KIND, kinds=list(KINDS)) + plain(ONLY_INDICATORS, kinds=["indicator"])
REFUSED_CHANGES = [param for param in EVERY_CHANGE if param.values[2]]
NOT_GRANTED = [param for param in EVERY_CHANGE if param.values[1] not in BY_ADMINISTRATORS]
EVERY_SCOPE = [pytest.param(*row, id=f"{row[0]}-{row[1].__name__}-{row[2].__name__}") for row in SCOPES]
