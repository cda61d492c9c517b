"""The state of the simulated tenant: its application, indicators, machines and alerts."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from portal.demo.lab.defender_api.problem import Problem

MOST_INDICATORS = 15_000
LAB_API_SECRET = os.environ.get("PORTAL_LAB_API_SECRET", "lab-api-secret")  # guards nothing but this simulation
ALL_ROLES = frozenset({"Ti.ReadWrite.All", "Machine.Read.All", "Alert.Read.All"})
KEPT_BY_AN_UPDATE = ("id", "application", "source", "sourceType", "createdBy", "createdBySource", "externalID")

Entity = dict[str, Any]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SimulatedTenant:
    """A tenant with one registered application."""

    tenant_id: str = "6b9c4f0e-0000-4000-8000-00000000a0a0"
    client_id: str = "3f1d2c7a-0000-4000-8000-00000000b0b0"
    client_secret: str = LAB_API_SECRET
    certificate_pem: bytes | None = None  # of the application; instead of the secret
    roles: frozenset[str] = ALL_ROLES  # application permissions that have been consented to
    device_groups: frozenset[str] = frozenset({"Simulated PCs", "Finance", "Sales"})
    most_indicators: int = MOST_INDICATORS
    token_lifetime_s: int = 3599
    now: Callable[[], datetime] = _now
    machines: list[Entity] = field(default_factory=list)
    alerts: list[Entity] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin without indicators."""
        self._indicators: dict[str, Entity] = {}
        self._before_write: list[Entity] = []
        self._ids = itertools.count(995)
        self._lag_left = 0
        self._lock = threading.RLock()

    def indicators(self, *, is_lagging: bool = False) -> list[Entity]:
        """Return the indicators that have not expired; a lagging read gives those before the last write."""
        with self._lock:
            if is_lagging and self._lag_left > 0:
                self._lag_left -= 1
                return list(self._before_write)
            return [entity for entity in self._indicators.values() if not self._is_over(entity)]

    def put(self, body: Mapping[str, Any], *, by: Mapping[str, Any] | None = None, lag_reads: int = 0) -> Entity:
        """Create or update by value and type; ``by`` are the marks of whoever does it (the application, if None)."""
        with self._lock:
            self._begin_write(lag_reads)
            present = self._same(body)
            if present is None and len(self.indicators()) >= self.most_indicators:
                # No documented code says it; portal/tenant therefore counts for itself.
                raise Problem(400, "BadRequest", "Max number of indicators reached.")
            entity = self._entity(body, present, by or self.application_marks())
            self._indicators[entity["id"]] = entity
            return entity

    def delete(self, indicator_id: str, *, lag_reads: int = 0) -> None:
        """Delete; raises Problem 404."""
        with self._lock:
            if indicator_id not in self._indicators or self._is_over(self._indicators[indicator_id]):
                raise Problem(404, "NotFound", f"Indicator {indicator_id} was not found.")
            self._begin_write(lag_reads)
            del self._indicators[indicator_id]

    def put_by_person(self, value: str, kind: str, action: str, **further: Any) -> Entity:
        """Do what an administrator does in the Defender portal."""
        person = {"sourceType": "User", "source": "sec.admin@contoso.example", "application": None}
        marks = {**person, "createdBy": "8a1e0001-0000-4000-8000-00000000c0c0", "createdBySource": "User"}
        body = {"indicatorValue": value, "indicatorType": kind, "action": action, "title": "By hand"}
        return self.put({**body, "description": "Made in the Defender portal", **further}, by=marks)

    def allows(self, host: str, *, on: str) -> bool:
        """Tell whether an indicator lets a host pass on a PC: the host itself or a domain above it, for its group."""
        machine = next((m for m in self.machines if m["computerDnsName"].casefold() == on.casefold()), None)
        group = machine["rbacGroupName"] if machine else None
        for entity in self.indicators():
            named, groups = str(entity["indicatorValue"]).casefold(), entity["rbacGroupNames"]
            is_for_it = not groups or group in groups
            if entity["action"] == "Allowed" and is_for_it and (host == named or host.endswith(f".{named}")):
                return True
        return False

    def fill(self, count: int) -> None:
        """Have so many indicators of others."""
        marks = self.application_marks() | {"sourceType": "User", "source": "sec.admin@contoso.example"}
        with self._lock:
            for number in range(len(self._indicators), count):
                body = {
                    "indicatorValue": hashlib.sha256(str(number).encode()).hexdigest(),
                    "title": "",
                    "action": "Block",
                }
                entity = self._entity({**body, "indicatorType": "FileSha256", "description": ""}, None, marks)
                self._indicators[entity["id"]] = entity

    def machine(self, machine_id: str) -> Entity | None:
        """Return the machine of that id, or None."""
        return next((machine for machine in self.machines if machine["id"] == machine_id), None)

    def add_machine(self, name: str, **further: Any) -> Entity:
        """Onboard a PC."""
        machine = {
            "id": hashlib.sha1(f"{name}{len(self.machines)}".encode(), usedforsecurity=False).hexdigest(),
            "computerDnsName": name,
            "osPlatform": "Windows11",
            "lastSeen": self.now().isoformat(),
            "healthStatus": "Active",
            "onboardingStatus": "onboarded",
            "rbacGroupName": "Simulated PCs",
            "machineTags": [],
            **further,
        }
        self.machines.append(machine)
        return machine

    def add_alert(self, machine_id: str, **further: Any) -> Entity:
        """Raise an alert for a PC."""
        alert = {
            "id": f"da{len(self.alerts):018d}_1",
            "title": "Connection to a custom network indicator",
            "severity": "Informational",
            "status": "New",
            "category": "CommandAndControl",
            "detectionSource": "CustomerTI",
            "machineId": machine_id,
            "lastEventTime": self.now().isoformat(),
            "evidence": [],
            **further,
        }
        self.alerts.append(alert)
        return alert

    def application_marks(self) -> Entity:
        """Return the marks of what the application makes."""
        return {"sourceType": "AadApp", "source": "Portal", "createdBy": self.client_id, "createdBySource": "PublicApi"}

    def _begin_write(self, lag_reads: int) -> None:
        self._before_write, self._lag_left = self.indicators(), lag_reads

    def _is_over(self, entity: Entity) -> bool:
        """Tell whether it has expired; that it is then no longer listed is a guess."""
        end = entity["expirationTime"]
        return bool(end) and datetime.fromisoformat(end) <= self.now()

    def _same(self, body: Mapping[str, Any]) -> Entity | None:
        key = (body["indicatorValue"], body["indicatorType"])
        return next((e for e in self.indicators() if (e["indicatorValue"], e["indicatorType"]) == key), None)

    def _entity(self, body: Mapping[str, Any], present: Entity | None, marks: Mapping[str, Any]) -> Entity:
        moment = self.now().isoformat()
        kept: Entity = {name: present[name] for name in KEPT_BY_AN_UPDATE} if present else {}
        return {
            "id": str(next(self._ids)),
            "externalID": None,
            "application": None,
            "creationTimeDateTimeUtc": present["creationTimeDateTimeUtc"] if present else moment,
            "severity": "Informational",
            "expirationTime": None,
            "generateAlert": False,
            "rbacGroupNames": [],
            "rbacGroupIds": [],
            **body,
            **marks,
            **kept,
            "lastUpdateTime": moment,
            "lastUpdatedBy": marks["createdBy"],
        }


def demo_tenant(hostnames: Sequence[str]) -> SimulatedTenant:
    """Make the tenant of the demo, with its PCs, an alert for the first of them and a block that somebody made."""
    tenant = SimulatedTenant()
    machines = [tenant.add_machine(f"{hostname.lower()}.lab.example") for hostname in hostnames]
    if machines:
        evidence = [{"entityType": "Url", "url": "https://invoices.contoso-partner.example/"}]
        tenant.add_alert(machines[0]["id"], id=f"da{uuid.UUID(int=1).hex}_1", evidence=evidence)
    tenant.put_by_person("malware-drop.example", "DomainName", "Block", title="Seen in an incident")
    return tenant
