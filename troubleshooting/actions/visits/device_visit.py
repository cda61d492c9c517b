"""One visit of a worker to a PC, each answer kept as evidence as it comes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models
from django.db.models import Max

from troubleshooting.actions.visits.evidence import open_snapshot, store_answers
from troubleshooting.actions.visits.plan import Access, VisitPlan, access_to
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer, ShouldStop
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.psrp import Machine, connect
from troubleshooting.machines.visit import read_prerequisites
from troubleshooting.models import Device, DeviceSnapshot

EVENTS_SLACK = timedelta(minutes=2)

Keep = Callable[[Sequence[Answer]], None]


class DeviceVisit:
    """A machine, and the snapshot that keeps what it says."""

    def __init__(self, machine: Machine, access: Access, plan: VisitPlan, *, keep: Keep) -> None:
        """Speak over an open connection; answers go to ``keep``, those of one arrival together."""
        self.now = plan.clock
        self.log_lag = plan.log_lag
        self.is_settled = True  # every change that was sent was answered; else one may still be on its way
        self.refused: dict[str, str] = {}  # what the endpoint did not let through: by entry, what was said about it
        self.missing: dict[str, str] = {}  # what the PC does not have
        self._machine = machine
        self._access = access
        self._plan = plan
        self._store = keep

    def read_prerequisites(self) -> None:
        """Read all that the checks need; raises MachineError also where nothing was answered."""
        since, of = self._plan.events_since, self._access.address
        read_prerequisites(self._machine, on_answers=self._keep, since=since, of=of)

    def read_state(self) -> Snapshot:
        """Read what decides about exclusions: the lists, policy, tamper protection and troubleshooting mode."""
        policies = catalogue.POLICY_VALUES.values()
        return self.read(catalogue.PREFERENCES, catalogue.COMPUTER_STATUS, *policies)

    def read_events(self, *, since: datetime) -> Snapshot:
        """Read the protection events since then, and the clock to compare them with."""
        period = min(self.now() - since + EVENTS_SLACK, catalogue.LONGEST_PERIOD)
        return self.read(catalogue.CLOCK, catalogue.protection_events(period))

    def read_events_again(self) -> None:
        """Read the events of the checks once more, a little later: the log lags."""
        time.sleep(self.log_lag.total_seconds())
        self.ask(catalogue.protection_events(self._plan.events_since))

    def request_page(self, url: str) -> Answer:
        """Let the PC ask for a page; never for a site that is reported as dangerous."""
        return self.ask(catalogue.request_page(url))

    def read(self, *entries: Entry) -> Snapshot:
        """Read entries and return what they say."""
        return build_snapshot(self._read(entries), collected_at=self.now())

    def ask(self, entry: Entry) -> Answer:
        """Read one entry and return its answer as it came."""
        (answer,) = self._read([entry])
        return answer

    def failure(self, otherwise: str) -> tuple[DeviceErrorCode, str]:
        """Return why something did not come about: not let through, not on the PC, else as is said."""
        if self.refused:
            return DeviceErrorCode.COMMAND_REFUSED, "; ".join(self.refused.values())
        if self.missing:
            return DeviceErrorCode.COMMAND_MISSING, "; ".join(self.missing.values())
        return DeviceErrorCode.COMMAND_FAILED, otherwise

    def _keep(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.reading.error_code == DeviceErrorCode.COMMAND_REFUSED:
                self.refused[answer.name] = answer.reading.detail
            if answer.reading.error_code == DeviceErrorCode.COMMAND_MISSING:
                self.missing[answer.name] = answer.reading.detail
        self._store(answers)

    def send(self, change: Entry) -> None:
        """Ask for a change; only what is read back counts."""
        answer = self.ask(change)
        self.is_settled = self.is_settled and answer.reading.error_code != DeviceErrorCode.TIMED_OUT

    def _read(self, entries: Sequence[Entry]) -> Sequence[Answer]:
        """Read entries and store what came, also where the connection was lost in the middle of it.

        Nothing is concluded from a batch, and no change is sent after it, before its answers are stored.
        """
        came: list[Answer] = []
        try:
            return self._machine.read(entries, on_answers=came.extend)
        finally:
            self._keep(came)

    def beside(self, **what_for: models.Model) -> DeviceVisit:
        """Return a visit for something else over the same connection, with evidence of its own."""
        snapshot = _next_snapshot(self._access, self._plan, **what_for)
        return DeviceVisit(self._machine, self._access, self._plan, keep=keeping(snapshot))


Visit = TypeVar("Visit", bound=DeviceVisit)


def visiting(
    device: Device, plan: VisitPlan, *, changes: bool, **what_for: models.Model
) -> contextlib.AbstractContextManager[DeviceVisit]:
    """Connect for one thing (``placement=…``, ``retest=…``, ``drift_scan=…``); raises MachineError.

    No transaction is open meanwhile.
    """
    return visiting_as(DeviceVisit, device, plan, changes=changes, **what_for)


@contextlib.contextmanager
def visiting_as(
    kind: type[Visit], device: Device, plan: VisitPlan, *, changes: bool, **what_for: models.Model
) -> Iterator[Visit]:
    """Connect with what a kind of visit knows besides; raises MachineError."""
    access = access_to(device, plan, changes=changes)
    snapshot = _next_snapshot(access, plan, **what_for)
    with connected(kind, access, plan, keep=keeping(snapshot)) as visit:
        yield visit


@contextlib.contextmanager
def connected(
    kind: type[Visit],
    access: Access,
    plan: VisitPlan,
    *,
    keep: Keep,
    should_stop: ShouldStop = lambda: False,
) -> Iterator[Visit]:
    """Connect where the evidence is open already; raises MachineError."""
    credential = access.credential()
    limits, clock = plan.limits, plan.clock
    with connect(access.address, credential, limits=limits, clock=clock, should_stop=should_stop) as machine:
        yield kind(machine, access, plan, keep=keep)


def keeping(snapshot: DeviceSnapshot) -> Keep:
    """Return what stores the answers of a visit in the order in which they came."""
    count = 0

    def keep(answers: Sequence[Answer]) -> None:
        nonlocal count
        store_answers(snapshot, answers, first=count)
        count += len(answers)

    return keep


def _next_snapshot(access: Access, plan: VisitPlan, **what_for: models.Model) -> DeviceSnapshot:
    last = DeviceSnapshot.objects.filter(**what_for).aggregate(last=Max("attempt"))["last"]
    return open_snapshot(access, attempt=1 + (last or 0), now=plan.clock(), **what_for)
