"""What a lease says to a PC, each answer kept as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from troubleshooting.actions.visits.device_visit import DeviceVisit
from troubleshooting.domain.evidence.events import CHANGE_REFUSED, clock_skew
from troubleshooting.domain.evidence.policies import LOCAL, mode_policy
from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot
from troubleshooting.domain.leases.lease import Outcome
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.changing import ProtectionMode


@dataclass(frozen=True, slots=True)
class State:
    """What is read before anything is changed."""

    mode: int | None
    is_managed: bool | None
    shows_tasks: bool
    skew_s: float


# What has to get through, or the PC would be blamed for its endpoint.
NEEDED: Mapping[Outcome, frozenset[str]] = {
    Outcome.VALUE_UNREADABLE: frozenset({"preferences", "policy_values"}),
    Outcome.TASK_NOT_SET: frozenset({"restore_task", "set_restore_task"}),
    Outcome.NOT_TAKEN: frozenset({"set_protection_mode"}),
}


class LeaseVisit(DeviceVisit):
    """A visit that lends the mode of network protection and gives it back."""

    def read_lease_state(self, lease_id: int) -> State:
        """Read mode, origin and clock, and whether the PC shows its tasks."""
        snapshot = self.read(
            catalogue.CLOCK, catalogue.OPERATING_SYSTEM, catalogue.PREFERENCES, *catalogue.POLICY_VALUES.values()
        )
        shows_tasks = self._task_is_there(lease_id) is not None
        return State(
            mode=_mode_of(snapshot),
            is_managed=_is_managed(snapshot),
            shows_tasks=shows_tasks,
            skew_s=snapshot.clock.skew_s if snapshot.clock else 0.0,
        )

    def named(self, outcome: Outcome) -> Outcome:
        """Return the outcome, or that the endpoint is to blame, where it did not let through what this one needs."""
        refused = {name.partition(":")[0] for name in self.refused}
        return Outcome.ENDPOINT_REFUSED if refused & NEEDED.get(outcome, frozenset()) else outcome

    def read_mode(self) -> int | None:
        """Read the mode in force, None where the PC does not say."""
        return _mode_of(self.read(catalogue.PREFERENCES))

    def set_mode(self, mode: ProtectionMode) -> None:
        """Ask for a mode; only what is read back counts."""
        self.send(changing.set_protection_mode(mode))

    def set_restore_task(self, lease_id: int, *, back_to: ProtectionMode, at: datetime) -> bool:
        """Give the PC its own way back; True when the task was read back."""
        self.send(changing.set_restore_task(lease_id, back_to=back_to, at=at))
        return self._task_is_there(lease_id) is True

    def remove_restore_task(self, lease_id: int) -> bool:
        """Take the task away; True when it was read back that there is none."""
        self.send(changing.remove_restore_task(lease_id))
        return self._task_is_there(lease_id) is False

    def was_refused(self, *, since: datetime) -> bool:
        """Tell whether Windows logged a refused change (5013) since then, by the PC's own clock."""
        snapshot = self.read_events(since=since)
        begun = since + clock_skew(snapshot)
        return any(event.event_id == CHANGE_REFUSED and event.recorded_at >= begun for event in snapshot.events or ())

    def _task_is_there(self, lease_id: int) -> bool | None:
        answer = self.ask(changing.restore_task_state(lease_id))
        if answer.content:
            return True
        return False if answer.reading.state is ReadState.ABSENT else None


def _mode_of(snapshot: Snapshot) -> int | None:
    mode = snapshot.preferences.network_protection if snapshot.preferences else None
    return mode if mode in set(ProtectionMode) else None


def _is_managed(snapshot: Snapshot) -> bool | None:
    """Tell whether policy decides the mode; None where the keys could not be read."""
    origin = mode_policy(snapshot).origin
    return None if origin is None else origin != LOCAL
