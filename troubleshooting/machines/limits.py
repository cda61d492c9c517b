"""What the portal's own endpoint lets through: each command of the catalogue, each parameter with its values.

Sources: docs/reference/powershell-answers.md, facts 10 to 17.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from troubleshooting.domain.base import powershell
from troubleshooting.machines import catalogue, changing, patterns
from troubleshooting.machines.pipeline import SELECT_OBJECT, Cmdlet, Entry, Parameter

# Allowed everywhere without being named; named, they make the command unusable (fact 12).
_COMMON = frozenset({"Confirm", "WarningAction"})
# What comes down the pipeline needs its parameter (fact 11). It may be anything.
_PIPED_INTO: Mapping[str, str] = {"ForEach-Object": "InputObject"}
# A command that is sent without parameters is limited to one that fits nothing: without a list it would take all.
_UNUSED: Mapping[str, str] = {
    "Get-Date": "Format",
    "Get-MpComputerStatus": "ThrottleLimit",
    "Get-MpPreference": "ThrottleLimit",
    "Test-ComputerSecureChannel": "Server",
}
_MODES = tuple(mode.argument for mode in changing.ProtectionMode)
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_RESTORE = powershell.program_arguments(powershell.command("Set-MpPreference", [("EnableNetworkProtection", None)]))
_TASK_NAME = patterns.around(changing.TASK_PREFIX + "{lease}", lease="[0-9]{1,19}")
_EVENT_FILTERS = "|".join(
    patterns.around(catalogue.event_filter(condition, "{milliseconds}"), milliseconds="[0-9]{1,10}")
    for condition in (catalogue.PROTECTION_EVENTS, catalogue.NETLOGON_EVENTS)
)
# The parameters whose values come from an argument. All others take what the catalogue's entries have, and no more.
_SETS: Mapping[tuple[str, str], tuple[str, ...]] = {("Set-MpPreference", "EnableNetworkProtection"): _MODES}
_PATTERNS: Mapping[tuple[str, str], str] = {
    ("Get-WinEvent", "FilterXPath"): _EVENT_FILTERS,
    ("Resolve-DnsName", "Name"): patterns.HOST,
    ("Test-NetConnection", "ComputerName"): patterns.HOST,
    ("Test-NetConnection", "Port"): patterns.PORT,
    ("Invoke-WebRequest", "Uri"): patterns.WEB_ADDRESS,
    ("Get-Item", "LiteralPath"): patterns.LOCAL_PATH,
    ("Get-FileHash", "LiteralPath"): patterns.LOCAL_PATH,
    ("Read-PortalSupportFiles", "Offset"): patterns.FILE_OFFSET,
    ("Read-PortalSupportFiles", "Count"): patterns.PART_SIZE,
    ("Add-MpPreference", "ExclusionIpAddress"): patterns.IPV4,
    ("Add-MpPreference", "ExclusionProcess"): patterns.PROGRAM,
    ("Remove-MpPreference", "ExclusionIpAddress"): patterns.IPV4,
    ("Remove-MpPreference", "ExclusionProcess"): patterns.PROGRAM,
    ("Get-ScheduledTask", "TaskName"): _TASK_NAME,
    ("Unregister-ScheduledTask", "TaskName"): _TASK_NAME,
    ("Register-ScheduledTask", "TaskName"): _TASK_NAME,
    ("Register-ScheduledTask", "Xml"): patterns.around(
        changing.task_xml(starts="{starts}", ends="{ends}", arguments=_RESTORE + " {mode}"),
        starts=_MOMENT,
        ends=_MOMENT,
        mode="|".join(_MODES),
    ),
}


@dataclass(slots=True)
class Limit:
    """What one parameter takes: a value of the set, a value of the pattern's form, or with neither any value."""

    values: set[str] = field(default_factory=set)
    pattern: str = ""


@dataclass(slots=True)
class Shown:
    """One command that an endpoint shows: limited to these parameters, or with None as it is."""

    name: str
    parameters: dict[str, Limit] | None = field(default_factory=dict)


def shown(entries: Iterable[Entry]) -> tuple[Shown, ...]:
    """Return the commands of entries with all that they are sent with, by name.

    ``Select-Object`` stays whole: only so is it found by the name that it is sent by (facts 10 and 14), and it puts out
    what came in. The endpoint's own functions take no arguments, but for the one that reads a part of a file.
    """
    found: dict[str, Shown] = {}
    for part in (part for entry in entries for part in entry.pipeline):
        command = found.setdefault(part.name, Shown(part.name))
        for parameter in part.parameters:
            _add(command, part, parameter)
    for command in found.values():
        _complete(command)
    return tuple(found[name] for name in sorted(found))


def _add(command: Shown, part: Cmdlet, parameter: Parameter) -> None:
    assert command.parameters is not None
    if parameter.name is None:
        raise ValueError(f"{part.name} has an argument without a name, which an endpoint cannot limit.")
    if parameter.name in _COMMON:
        return
    limit = command.parameters.setdefault(parameter.name, Limit())
    limit.pattern = _PATTERNS.get((part.name, parameter.name), "")
    if parameter.value is not None and not limit.pattern:
        limit.values.update(_SETS.get((part.name, parameter.name), (str(parameter.value),)))


def _complete(command: Shown) -> None:
    assert command.parameters is not None
    if command.name == SELECT_OBJECT or (command.name in catalogue.OWN_FUNCTIONS and not command.parameters):
        command.parameters = None
    elif command.name in _PIPED_INTO:
        command.parameters[_PIPED_INTO[command.name]] = Limit()
    elif not command.parameters:
        command.parameters[_UNUSED[command.name]] = Limit(pattern=patterns.NOTHING)
