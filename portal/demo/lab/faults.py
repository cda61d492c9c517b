"""What can be wrong with a simulated PC, switched on and off while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableSet
from dataclasses import dataclass
from enum import StrEnum

from portal.demo.lab.hostile import Hostile


class Fault(StrEnum):
    """One thing that is wrong. Those marked * take their figures from :class:`FaultSettings`."""

    REFUSED = "refused"  # nobody listens on the port
    NO_ANSWER = "no_answer"  # connections are accepted and never answered
    UNAUTHORIZED = "unauthorized"  # 401 to every request
    WSMAN_FAULT = "wsman_fault"  # * a WSManFault to every request
    ACCESS_DENIED_ON_CREATE = "access_denied_on_create"  # the account may not open a shell
    ACCESS_DENIED_FOR_COMMAND = "access_denied_for_command"  # * one cmdlet is denied
    QUOTA_REACHED = "quota_reached"  # too many shells of this account
    SHELL_LOST = "shell_lost"  # * a shell is gone after some answers
    CUT_IN_ANSWER = "cut_in_answer"  # * TCP reset in the middle of an answer
    GARBAGE = "garbage"  # * an answer that is not XML
    BROKEN_ENCRYPTION = "broken_encryption"  # * an answer whose encrypted payload was changed on the way
    SLOW = "slow"  # * a delay for each request and each command
    HANGING_COMMAND = "hanging_command"  # * a command that never ends until it is stopped
    DEFENDER_STOPPED = "defender_stopped"  # 0x800106ba
    NO_NEW_CAB = "no_new_cab"  # MpCmdRun.exe -GetFiles ends without having written one
    SETTINGS_REFUSED = "settings_refused"  # tamper protection: no error, no change, event 5013
    POLICY_PUTS_BACK = "policy_puts_back"  # a change is made and undone by policy at once
    LATE_MESSAGES = "late_messages"  # messages of a pipeline follow its Failed state
    GERMAN = "german"  # messages and lines of programs in German
    OLD_PLATFORM = "old_platform"  # fields that an older platform lacks
    EXCLUSIONS_HIDDEN = "exclusions_hidden"  # the account may not read exclusion lists
    HOSTILE = "hostile"  # * a command is answered with what means harm to the reader
    REBOOT = "reboot"  # * all connections and sessions gone, back after some seconds


@dataclass
class FaultSettings:
    """The figures that some faults need; they may be changed at any time."""

    fault_code: int = 2150858752  # WSMAN_FAULT
    after_answers: int = (
        0  # SHELL_LOST, CUT_IN_ANSWER, GARBAGE, BROKEN_ENCRYPTION, HOSTILE, REBOOT: answers given first
    )
    denied_command: str = "Get-MpPreference"  # ACCESS_DENIED_FOR_COMMAND
    hanging_command: str = ""  # HANGING_COMMAND; "" = every command
    request_delay_ms: int = 0  # SLOW
    command_delay_s: float = 0.0  # SLOW
    reboot_s: float = 2.0  # REBOOT
    collecting_step_s: float = 0.02  # between two lines of a collection of support files; no fault
    hostile: Hostile = Hostile.SHARED_REFERENCES  # HOSTILE: which kind of harm
    hostile_command: str = "Get-MpPreference"  # HOSTILE


class FaultSet(MutableSet[Fault]):
    """A set of faults that tells its watchers after every change."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Start with these faults."""
        self._faults = set(faults)
        self._watchers: list[Callable[[], None]] = []

    def __contains__(self, fault: object) -> bool:
        """Tell whether the fault is on."""
        return fault in self._faults

    def __iter__(self) -> Iterator[Fault]:
        """Go through the faults that are on."""
        return iter(tuple(self._faults))

    def __len__(self) -> int:
        """Count the faults that are on."""
        return len(self._faults)

    def __repr__(self) -> str:
        """Show the codes."""
        return f"FaultSet({sorted(self._faults)})"

    def add(self, value: Fault) -> None:
        """Switch a fault on."""
        self._faults.add(Fault(value))
        self._tell()

    def discard(self, value: Fault) -> None:
        """Switch a fault off."""
        self._faults.discard(value)
        self._tell()

    def replace(self, faults: Iterable[Fault]) -> None:
        """Have exactly these faults on."""
        self._faults = {Fault(fault) for fault in faults}
        self._tell()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after every change."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Stop calling ``watcher``."""
        self._watchers.remove(watcher)

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()
