"""Defender's settings of a simulated PC: what is in force, and how changes go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from portal.demo.lab import events, registry
from portal.demo.lab.defender_classes import NEWER_PREFERENCES, PREFERENCE
from portal.demo.lab.faults import Fault

if TYPE_CHECKING:
    from portal.demo.lab.pc import SimulatedPC

HIDDEN = "N/A: Must be and administrator to view exclusions"
EXCLUSIONS = ("ExclusionExtension", "ExclusionIpAddress", "ExclusionPath", "ExclusionProcess")
MODES = {"disabled": 0, "enabled": 1, "auditmode": 2}
LOCKED_BY_TAMPER_PROTECTION = ("DisableRealtimeMonitoring", "DisableBehaviorMonitoring", "MAPSReporting")


class NoSuchEntry(Exception):
    """A list preference does not hold the value that is to be removed."""


def in_force(pc: SimulatedPC) -> dict[str, Any]:
    """Return the settings that count: the local ones, over them what policy decides."""
    decided = registry.policies(pc.registry)
    return {**pc.preferences, **{name: _as_local(name, value) for name, value in decided.items()}}


def _as_local(name: str, value: Any) -> Any:
    return bool(value) if PREFERENCE.types[name] == "boolean" else value


def readable(pc: SimulatedPC) -> dict[str, Any]:
    """Return what Get-MpPreference shows: without what the platform lacks, exclusions hidden where a fault says so."""
    shown = in_force(pc)
    if Fault.EXCLUSIONS_HIDDEN in pc.faults:
        shown |= {name: [HIDDEN] for name in EXCLUSIONS}
    lacking = NEWER_PREFERENCES if Fault.OLD_PLATFORM in pc.faults else frozenset()
    return {name: value for name, value in shown.items() if name not in lacking}


def set_values(pc: SimulatedPC, values: Mapping[str, Any]) -> None:
    """Set scalars, and replace lists."""
    for name, value in values.items():
        change(pc, name, plain(name, value))


def plain(name: str, value: Any) -> Any:
    """Return the plain value of an argument: names of modes become numbers, one entry becomes a list."""
    if name == "EnableNetworkProtection":
        return MODES.get(str(value).casefold(), value)
    type_name = PREFERENCE.types[name]
    if type_name.endswith("[]"):
        return list(value) if isinstance(value, list) else [value]
    return bool(value) if type_name == "boolean" else value


def add_entries(pc: SimulatedPC, name: str, entries: list[str]) -> None:
    """Add entries to a list; those that are there already change nothing."""
    present: list[str] = pc.preferences[name]
    for entry in entries:
        if entry.casefold() not in {known.casefold() for known in present}:
            present = [*present, entry]
    change(pc, name, present)


def remove_entries(pc: SimulatedPC, name: str, entries: list[str]) -> None:
    """Remove entries from a list; raises NoSuchEntry."""
    present: list[str] = pc.preferences[name]
    gone = {entry.casefold() for entry in entries}
    if not gone <= {known.casefold() for known in present}:
        raise NoSuchEntry(name)
    change(pc, name, [entry for entry in present if entry.casefold() not in gone])


def reset(pc: SimulatedPC, name: str) -> None:
    """Set a scalar to its default (``Remove-MpPreference -ProxyServer``)."""
    default = 0 if name == "EnableNetworkProtection" else PREFERENCE.defaults[name]
    change(pc, name, default)


def change(pc: SimulatedPC, name: str, value: Any) -> None:
    """Change one setting, unless tamper protection or policy is against it, and log what happened."""
    with pc.lock:
        before = pc.preferences[name]
        if before == value:
            return
        if _is_refused(pc, name):
            pc.log.add(events.refusal_event(at=pc.now(), version=pc.platform, value=_text(name, value)))
            return
        _write(pc, name, before, value)
        if Fault.POLICY_PUTS_BACK in pc.faults:
            _write(pc, name, value, before)


def _is_refused(pc: SimulatedPC, name: str) -> bool:
    is_locked = bool(pc.status["IsTamperProtected"]) and name in LOCKED_BY_TAMPER_PROTECTION
    return is_locked or Fault.SETTINGS_REFUSED in pc.faults


def _write(pc: SimulatedPC, name: str, before: Any, value: Any) -> None:
    pc.preferences[name] = value
    registry.mirror(pc.registry, pc.preferences)
    if isinstance(value, list):
        _log_entries(pc, name, before, value)
        return
    pc.log.add(events.change_event(at=pc.now(), version=pc.platform, old=_text(name, before), new=_text(name, value)))


def _log_entries(pc: SimulatedPC, name: str, before: list[str], after: list[str]) -> None:
    for entry in before:
        if entry not in after:
            old = rf"{registry.place(name)}\{entry} = 0x0"
            pc.log.add(events.change_event(at=pc.now(), version=pc.platform, old=old, new=""))
    for entry in after:
        if entry not in before:
            new = rf"{registry.place(name)}\{entry} = 0x0"
            pc.log.add(events.change_event(at=pc.now(), version=pc.platform, old="", new=new))


def _text(name: str, value: Any) -> str:
    """Return the text of a value as event 5007 writes it; "" where there is none."""
    if value in (None, "", []):
        return ""
    shown = f"0x{int(value):x}" if isinstance(value, int) else value
    return f"{registry.place(name)} = {shown}"
