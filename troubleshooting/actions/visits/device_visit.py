"""One visit of a worker to a PC, each answer kept as evidence as it comes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Max

from troubleshooting.actions.visits.evidence import store_answer
from troubleshooting.actions.visits.plan import VisitPlan, address_of
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.psrp import Machine, connect
from troubleshooting.models import Device, DeviceSnapshot

EVENTS_SLACK = timedelta(minutes=2)


class DeviceVisit:
    """A machine, and the snapshot that keeps what it says."""

    def __init__(self, machine: Machine, snapshot: DeviceSnapshot, plan: VisitPlan) -> None:
        """Speak over an open connection."""
        self.now = plan.clock
        self.log_lag = plan.log_lag
        self.is_settled = True  # every change that was sent was answered; else one may still be on its way
        self._machine = machine
        self._snapshot = snapshot
        self._count = 0

    def read_state(self) -> Snapshot:
        """Read what decides about exclusions: the lists, policy, tamper protection and troubleshooting mode."""
        policies = catalogue.POLICY_VALUES.values()
        return self.read(catalogue.PREFERENCES, catalogue.COMPUTER_STATUS, *policies)

    def read_events(self, *, since: datetime) -> Snapshot:
        """Read the protection events since then, and the clock to compare them with."""
        period = min(self.now() - since + EVENTS_SLACK, catalogue.LONGEST_PERIOD)
        return self.read(catalogue.CLOCK, catalogue.protection_events(period))

    def request_page(self, url: str) -> Answer:
        """Let the PC ask for a page; never for a site that is reported as dangerous."""
        (answer,) = self._machine.read([catalogue.request_page(url)], on_answer=self._keep)
        return answer

    def read(self, *entries: Entry) -> Snapshot:
        """Read entries and give what they say."""
        return build_snapshot(self._machine.read(entries, on_answer=self._keep), collected_at=self.now())

    def send(self, change: Entry) -> None:
        """Ask for a change; only what is read back counts."""
        (answer,) = self._machine.read([change], on_answer=self._keep)
        self.is_settled = self.is_settled and answer.reading.error_code != DeviceErrorCode.TIMED_OUT

    def _keep(self, answer: Answer) -> None:
        with transaction.atomic():
            store_answer(self._snapshot, self._count, answer)
        self._count += 1


@contextlib.contextmanager
def visiting(device: Device, plan: VisitPlan, *, changes: bool, **what_for: models.Model) -> Iterator[DeviceVisit]:
    """Connect for one thing (``placement=…``, ``retest=…``, ``drift_scan=…``, ``lease=…``); raises MachineError.

    No transaction is open meanwhile.
    """
    group = device.group
    address = address_of(device, ca_file=plan.ca_file, changes=changes)
    snapshot = DeviceSnapshot.objects.create(
        **what_for,
        attempt=_next_attempt(**what_for),
        endpoint=address.shown,
        credential_profile=group.credential_profile,
        started_at=plan.clock(),
    )
    credential = plan.credential(group.credential_profile)
    DeviceSnapshot.objects.filter(pk=snapshot.pk).update(account=credential.username or "")
    with connect(address, credential, limits=plan.limits, clock=plan.clock) as machine:
        yield DeviceVisit(machine, snapshot, plan)


def visit_beside(machine: Machine, snapshot: DeviceSnapshot, plan: VisitPlan, **what_for: models.Model) -> DeviceVisit:
    """Return a visit for something else over a connection that is open, with evidence of its own."""
    own = DeviceSnapshot.objects.create(
        **what_for,
        attempt=_next_attempt(**what_for),
        endpoint=snapshot.endpoint,
        credential_profile=snapshot.credential_profile,
        account=snapshot.account,
        started_at=plan.clock(),
    )
    return DeviceVisit(machine, own, plan)


def _next_attempt(**what_for: models.Model) -> int:
    last = DeviceSnapshot.objects.filter(**what_for).aggregate(last=Max("attempt"))["last"]
    return 1 + (last or 0)
