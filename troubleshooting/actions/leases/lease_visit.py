"""What a lease says to a PC, each answer kept as evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction

from troubleshooting.actions.visits.device_visit import DeviceVisit, visit_beside
from troubleshooting.actions.visits.evidence import store_answer
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.events import CHANGE_REFUSED, clock_skew
from troubleshooting.domain.evidence.readings import LOCAL, mode_policy
from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.base import Answer
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.psrp import Machine
from troubleshooting.models import DeviceSnapshot, SettingLease

EVENTS_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class State:
    """What is read before anything is changed."""

    mode: int | None
    is_managed: bool | None
    shows_tasks: bool
    skew_s: float


class LeaseVisit:
    """One visit for a lease: a machine, and the snapshot that keeps what was said."""

    def __init__(
        self, lease: SettingLease, machine: Machine, snapshot: DeviceSnapshot, *, clock: Callable[[], datetime]
    ):
        """Speak over an open connection."""
        self.now = clock
        self._lease = lease
        self._machine = machine
        self._snapshot = snapshot
        self._count = 0
        self.is_settled = True  # every change that was sent was answered; else one may still be on its way

    def read_state(self) -> State:
        """Read mode, origin and clock, and whether the PC shows its tasks."""
        answers = self._read(
            catalogue.CLOCK, catalogue.OPERATING_SYSTEM, catalogue.PREFERENCES, *catalogue.POLICY_VALUES.values()
        )
        snapshot = build_snapshot(answers, collected_at=self.now())
        shows_tasks = self._task_is_there(self._lease.pk) is not None
        return State(
            mode=_mode_of(snapshot),
            is_managed=_is_managed(snapshot),
            shows_tasks=shows_tasks,
            skew_s=snapshot.clock.skew_s if snapshot.clock else 0.0,
        )

    def read_mode(self) -> int | None:
        """Read the mode in force, None where the PC does not say."""
        return _mode_of(build_snapshot(self._read(catalogue.PREFERENCES), collected_at=self.now()))

    def set_mode(self, mode: ProtectionMode) -> None:
        """Ask for a mode; only what is read back counts."""
        self._change(changing.set_protection_mode(mode))

    def set_restore_task(self, lease_id: int, *, back_to: ProtectionMode, at: datetime) -> bool:
        """Return the PC its own way back; True when the task was read back."""
        self._change(changing.set_restore_task(lease_id, back_to=back_to, at=at))
        return self._task_is_there(lease_id) is True

    def remove_restore_task(self, lease_id: int) -> bool:
        """Take the task away; True when it was read back that there is none."""
        self._change(changing.remove_restore_task(lease_id))
        return self._task_is_there(lease_id) is False

    def was_refused(self, *, since: datetime) -> bool:
        """Tell whether Windows logged a refused change (5013) since then, by the PC's own clock."""
        snapshot = self.read_events(since=since)
        begun = since + clock_skew(snapshot)
        return any(event.event_id == CHANGE_REFUSED and event.recorded_at >= begun for event in snapshot.events or ())

    def read_events(self, *, since: datetime) -> Snapshot:
        """Read the protection events since then, and the clock to compare them with."""
        period = min(self.now() - since + EVENTS_SLACK, catalogue.LONGEST_PERIOD)
        answers = self._read(catalogue.CLOCK, catalogue.protection_events(period))
        return build_snapshot(answers, collected_at=self.now())

    def request_page(self, url: str) -> Answer:
        """Let the PC ask for a page; never for a site that is reported as dangerous."""
        return self._read(catalogue.request_page(url))[0]

    def beside(self, plan: VisitPlan, **what_for: models.Model) -> DeviceVisit:
        """Return a visit for something else (``retest=…``) over the same connection."""
        self._snapshot.refresh_from_db(fields=["account"])
        return visit_beside(self._machine, self._snapshot, plan, **what_for)

    def _task_is_there(self, lease_id: int) -> bool | None:
        answer = self._read(changing.restore_task_state(lease_id))[0]
        if answer.content:
            return True
        return False if answer.reading.state is ReadState.ABSENT else None

    def _change(self, entry: Entry) -> None:
        (answer,) = self._read(entry)
        self.is_settled = self.is_settled and answer.reading.error_code != DeviceErrorCode.TIMED_OUT

    def _read(self, *entries: Entry) -> tuple[Answer, ...]:
        return self._machine.read(entries, on_answer=self._keep)

    def _keep(self, answer: Answer) -> None:
        with transaction.atomic():
            store_answer(self._snapshot, self._count, answer)
        self._count += 1


def _mode_of(snapshot: Snapshot) -> int | None:
    mode = snapshot.preferences.network_protection if snapshot.preferences else None
    return mode if mode in set(ProtectionMode) else None


def _is_managed(snapshot: Snapshot) -> bool | None:
    """Tell whether policy decides the mode; None where the keys could not be read."""
    origin = mode_policy(snapshot).origin
    return None if origin is None else origin != LOCAL
