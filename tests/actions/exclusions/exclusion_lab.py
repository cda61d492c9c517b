"""Four lab PCs and the lab's tenant, on one clock, and what people besides the portal did there."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.defender_api.tenant import SimulatedTenant
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.registry import POLICY
from portal.demo.lab.server import LabServer
from tests.support.exclusion_world import INDICATOR, IP, LISTS, PROCESS, TENANT_GROUP, quick_plan
from tests.support.world import EMMA, checked_case_on, device_at, moved, person
from tests.tenant.speaking import LIMITS, settings_for
from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Case, DeviceGroup, Placement
from troubleshooting.models.placement import PlacementQuerySet
from troubleshooting.tenant.client import TenantClient
from troubleshooting.tenant.connection import Tenant
from troubleshooting.tenant.indicators import Indicators
from troubleshooting.tenant.lookups import Lookups
from troubleshooting.tenant.wire import Timing

PCS = 4  # one more than get an exclusion first; three of them in one group
WRITES = ("Add-", "Remove-", "Set-")
WRITE_FAULTS = (Fault.SETTINGS_REFUSED, Fault.POLICY_PUTS_BACK, Fault.DEFENDER_STOPPED)
POLICIES = ("DisableLocalAdminMerge", "HideExclusionsFromLocalAdmins")
LOST_AFTER_A_CHANGE = "lost after a change"
PC_TROUBLES = (
    LOST_AFTER_A_CHANGE,
    LOST_AFTER_A_CHANGE,
    Fault.REFUSED,
    Fault.SHELL_LOST,
    Fault.CUT_IN_ANSWER,
    Fault.EXCLUSIONS_HIDDEN,
    *WRITE_FAULTS,
    *POLICIES,
)
API_FAULTS = (
    ApiFault.SERVER_FAULT,  # what was asked is done, and the answer says that it was not
    ApiFault.CUT_AFTER_WRITE,
    ApiFault.CUT_BEFORE,
    ApiFault.THROTTLED,
    ApiFault.UNAUTHORIZED,
    ApiFault.FORBIDDEN,
    ApiFault.GARBAGE,
    ApiFault.SIGN_IN_FAULT,
    ApiFault.READ_LAG,
)
LIVE = (PlacementStatus.APPLYING, PlacementStatus.VERIFIED, PlacementStatus.REMOVING)
KIND_OF = {name: kind for kind, name in LISTS.items()}

Trouble = Fault | str
Entry = tuple[str, str]  # list and value, for comparison
FormRead = tuple[str, tuple[str, ...]]  # end and device groups of an allow


class LosesItsNetwork(LabServer):
    """Carries a change out when armed, and is out of reach from then on, so that nobody hears of it."""

    def __init__(self, pc: SimulatedPC) -> None:
        super().__init__(pc)
        self.is_armed = False

    def _run(self, statements: Any, job: Any) -> None:
        super()._run(statements, job)
        if self.is_armed and statements[0][0].name.startswith(WRITES):
            self.is_armed = False
            self.pc.faults.add(Fault.REFUSED)


@dataclass
class LabPC:
    """A PC, and the entries that the portal has to leave alone."""

    pc: SimulatedPC
    server: LosesItsNetwork
    case: Case
    by_hand: set[Entry] = field(default_factory=set)
    doubtful: set[Entry] = field(default_factory=set)  # put by hand while the portal took it for its own
    taken_off: set[Entry] = field(default_factory=set)  # by hand, and not put there since

    def entries(self) -> set[Entry]:
        """Return what stands in the lists of the three that were tried."""
        return {(name, entry.lower()) for name in LISTS.values() for entry in self.pc.preferences[name]}

    def placements(self, entry: Entry) -> PlacementQuerySet:
        """Return the portal's placements of an entry on this PC."""
        name, key = entry
        return Placement.objects.filter(
            device=self.case.device_id, exclusion__kind=KIND_OF[name], exclusion__value_key=key
        )

    def set_by_hand(self, entry: Entry, *, is_there: bool) -> None:
        """Do what an administrator at the PC does."""
        taken_for_ours = self.placements(entry).filter(status__in=LIVE, was_there_before=False).exists()
        for known in (self.by_hand, self.doubtful, self.taken_off):
            known.discard(entry)
        if is_there:
            (self.doubtful if taken_for_ours else self.by_hand).add(entry)
        else:
            self.taken_off.add(entry)
        name, key = entry
        value = next(value for kind, value in (IP, PROCESS) if LISTS[kind] == name)
        kept = [known for known in self.pc.preferences[name] if known.lower() != key]
        self.pc.set_preferences({name: [*kept, value] if is_there else kept})

    def trouble(self, trouble: Trouble, *, answers: int) -> None:
        """Have something wrong; some faults strike after so many answers."""
        if isinstance(trouble, Fault):
            self.pc.fault_settings.after_answers = answers
            self.pc.faults.add(trouble)
        elif trouble == LOST_AFTER_A_CHANGE:
            self.server.is_armed = True
        else:
            self.pc.registry.setdefault(POLICY, {})[trouble] = 1

    def heal(self) -> None:
        """Have nothing wrong any more."""
        self.server.is_armed = False
        self.pc.faults = set()
        for name in POLICIES:
            self.pc.registry.get(POLICY, {}).pop(name, None)


class Lab:
    """Everything that is outside the portal, with one clock."""

    def __init__(self, stack: ExitStack) -> None:
        self.moment = self.begun = timezone.now().replace(microsecond=0)
        self._slept_s = 0.0
        self.is_blocked = False  # by hand, in the tenant
        self.changed_by_hand_at = self.begun  # in the tenant
        self.api = stack.enter_context(DefenderApi(SimulatedTenant(now=lambda: self.moment)))
        timing = Timing(self._monotonic, self._sleep)
        self._client = TenantClient(settings_for(self.api), limits=LIMITS, timing=timing)
        stack.callback(self._client.close)
        self.pcs = [self._pc(stack, number) for number in range(PCS)]
        self.group = self.pcs[0].case.device.group
        elsewhere = DeviceGroup.objects.create(name="Other", credential_profile="lab", https=False, auth="ntlm")
        moved(self.pcs[-1].case.device, group_id=elsewhere.pk)
        DeviceGroup.objects.filter(pk=self.group.pk).update(tenant_name=TENANT_GROUP)

    def _pc(self, stack: ExitStack, number: int) -> LabPC:
        pc = healthy_windows_11()
        pc.clock = lambda: self.moment
        server = stack.enter_context(LosesItsNetwork(pc))
        device = device_at(server, owner=person(EMMA), hostname=f"PC-{number}")
        return LabPC(pc, server, checked_case_on(device, by=person(EMMA), now=self.moment))

    def now(self) -> datetime:
        """Return the moment; no two looks at a clock give the same."""
        self.moment += timedelta(microseconds=1)
        return self.moment

    def plans(self, clock: Any) -> tuple[VisitPlan, TenantPlan]:
        """Return the plans of a worker with this clock."""
        tenant = Tenant(Indicators(self._client), Lookups(self._client))
        return replace(quick_plan(), clock=clock, log_lag=timedelta(0)), TenantPlan(clock, lambda: tenant)

    def _monotonic(self) -> float:
        return 1_000.0 + (self.moment - self.begun).total_seconds() + self._slept_s

    def _sleep(self, seconds: float) -> None:
        self._slept_s += seconds

    @property
    def is_lagging(self) -> bool:
        """Tell whether reads of the tenant may show what was there before."""
        return ApiFault.READ_LAG in self.api.faults

    def writes(self) -> list[str]:
        """Return every change that was asked for anywhere."""
        on_pcs = [line for pc in self.pcs for line in pc.server.commands if line.startswith(WRITES)]
        return on_pcs + [line for line in self.api.api_requests if line.startswith(("POST", "DELETE"))]

    def allows(self) -> list[FormRead]:
        """Return the allows of the tenant."""
        found = [entity for entity in self.api.tenant.indicators() if entity["action"] == "Allowed"]
        return [(entity["expirationTime"], tuple(entity["rbacGroupNames"])) for entity in found]

    def blocks(self) -> int:
        """Count the blocks of the tenant."""
        return sum(entity["action"] == "Block" for entity in self.api.tenant.indicators())

    def block_by_hand(self) -> None:
        """Do what an administrator does in the Defender portal; what allows the value becomes theirs."""
        end = (self.moment + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.api.tenant.put_by_person(INDICATOR[1], "DomainName", "Block", expirationTime=end)
        self.is_blocked, self.changed_by_hand_at = True, self.now()

    def delete_by_hand(self) -> None:
        """Take everything out of the tenant."""
        for entity in self.api.tenant.indicators():
            self.api.tenant.delete(entity["id"])
        self.is_blocked, self.changed_by_hand_at = False, self.now()

    def heal(self) -> None:
        """Have nothing wrong any more, on PCs and in the tenant."""
        self.api.faults.replace([])
        for pc in self.pcs:
            pc.heal()


def entry_of(kind: ExclusionKind, value_key: str) -> Entry:
    """Return how an exclusion stands in a PC's lists."""
    return LISTS[kind], value_key
