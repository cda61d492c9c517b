"""The commands that change a device: the Changing table of docs/reference/device-commands.md.

Values come from closed lists; nothing that a person typed becomes part of a command or of a task's XML.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from xml.sax.saxutils import escape

from troubleshooting.domain.base import powershell
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import InvalidExclusionValue, ValueRefusal, parse_value
from troubleshooting.machines.pipeline import Cmdlet, Entry, Shape, cmdlet, select

TASK_PREFIX = "NetworkProtectionPortal-"
TASK_LIVES = timedelta(days=7)  # a task that the portal never came back for ends by itself and stops acting at start-up
# Defender may not answer at the first try (an update, a start-up): the task tries again for an hour.
_AGAIN = "<Repetition><Interval>PT5M</Interval><Duration>PT1H</Duration></Repetition>"
_STATE = ("TaskName", "State")
_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"


class ProtectionMode(IntEnum):
    """EnableNetworkProtection as it is read back; the member's title is what Set-MpPreference takes."""

    DISABLED = 0
    ENABLED = 1
    AUDIT = 2

    @property
    def argument(self) -> str:
        """Return the word of ``Set-MpPreference -EnableNetworkProtection``."""
        return _ARGUMENTS[self]


_ARGUMENTS = {
    ProtectionMode.DISABLED: "Disabled",
    ProtectionMode.ENABLED: "Enabled",
    ProtectionMode.AUDIT: "AuditMode",
}


def set_protection_mode(mode: ProtectionMode) -> Entry:
    """Set network protection's mode; read back with ``preferences``."""
    change = cmdlet("Set-MpPreference", EnableNetworkProtection=mode.argument)
    return _change("set_protection_mode", change)


def set_restore_task(lease_id: int, *, back_to: ProtectionMode, at: datetime) -> Entry:
    """Set up the device's own way back: a task that sets the mode again at ``at`` and at each start-up until then."""
    register = cmdlet(
        "Register-ScheduledTask",
        TaskName=task_name(lease_id),
        Xml=_task_xml(back_to, at=at),
        User="SYSTEM",
        Force=None,
    )
    return _change("set_restore_task", register)


def remove_restore_task(lease_id: int) -> Entry:
    """Take the task away; its absence is an answer as well."""
    return _change(
        "remove_restore_task", cmdlet("Unregister-ScheduledTask", TaskName=task_name(lease_id), Confirm=False)
    )


def restore_task_state(lease_id: int) -> Entry:
    """Read whether the task is there."""
    read = cmdlet("Get-ScheduledTask", TaskName=task_name(lease_id))
    return Entry("restore_task", (read, select(*_STATE)), timedelta(seconds=30), required=False, properties=_STATE)


def task_name(lease_id: int) -> str:
    """Return the task's name on the device."""
    return f"{TASK_PREFIX}{int(lease_id)}"


def _change(name: str, change: Cmdlet) -> Entry:
    return Entry(name, (change,), timedelta(seconds=45), shape=Shape.OBJECTS, required=False)


def _task_xml(back_to: ProtectionMode, *, at: datetime) -> str:
    """Return the task: once at ``at`` (made up for if the device slept) and at start-up, as SYSTEM, on battery too."""
    starts, ends = (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (at, at + TASK_LIVES))
    restore = powershell.command("Set-MpPreference", [("EnableNetworkProtection", back_to.argument)])
    return task_xml(starts=starts, ends=ends, arguments=escape(powershell.program_arguments(restore)))


def task_xml(*, starts: str, ends: str, arguments: str) -> str:
    """Return the task with its moments and the arguments of its program put in as they are."""
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.3" xmlns="{_NAMESPACE}">
  <RegistrationInfo><Description>Sets network protection back after a test.</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger><StartBoundary>{starts}</StartBoundary><EndBoundary>{ends}</EndBoundary>{_AGAIN}</TimeTrigger>
    <BootTrigger><EndBoundary>{ends}</EndBoundary><Delay>PT1M</Delay></BootTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <WakeToRun>true</WakeToRun>
    <DeleteExpiredTaskAfter>PT0S</DeleteExpiredTaskAfter>
    <ExecutionTimeLimit>PT5M</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>powershell.exe</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>"""


def add_exclusion(kind: ExclusionKind, value: str) -> Entry:
    """Add an IP address or a program to the local list; read back with ``preferences``."""
    return _change(f"add_{_SHORT[kind]}_exclusion", cmdlet("Add-MpPreference", **{_LISTS[kind]: _checked(kind, value)}))


def remove_exclusion(kind: ExclusionKind, value: str) -> Entry:
    """Take an entry off the local list; its absence raises an error on the device, so it is read first."""
    change = cmdlet("Remove-MpPreference", **{_LISTS[kind]: _checked(kind, value)})
    return _change(f"remove_{_SHORT[kind]}_exclusion", change)


_LISTS = {ExclusionKind.IP_ADDRESS: "ExclusionIpAddress", ExclusionKind.PROCESS: "ExclusionProcess"}
_NOT_NORMAL = {ExclusionKind.IP_ADDRESS: ValueRefusal.NOT_AN_IPV4, ExclusionKind.PROCESS: ValueRefusal.BAD_CHARACTERS}
_SHORT = {ExclusionKind.IP_ADDRESS: "ip", ExclusionKind.PROCESS: "process"}


def _checked(kind: ExclusionKind, value: str) -> str:
    """Return the value if it is in its normal form. Raises InvalidExclusionValue for anything else."""
    if parse_value(kind, value).value != value:
        raise InvalidExclusionValue(_NOT_NORMAL[kind])
    return value
