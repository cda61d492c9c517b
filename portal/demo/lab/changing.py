"""Commands that change Defender's settings and scheduled tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from psrpcore.types import ErrorCategory

from portal.demo.lab import errors, preferences, tasks
from portal.demo.lab.call import Call
from portal.demo.lab.defender_classes import PREFERENCE
from portal.demo.lab.errors import CommandError
from portal.demo.lab.faults import Fault
from portal.demo.lab.objects import CIM_INSTANCE, TaskState, Thing
from portal.demo.lab.run import Run

NOT_RUNNING = (
    "Operation failed with the following error: 0x800106ba. Operation: MpPreference. Target: ConfigListExtension."
)
NO_ENTRY = "Operation failed with the following error: 0x80070490. Operation: Remove. Target: {name}."


def _check_defender_runs(run: Run, command: str) -> None:
    if Fault.DEFENDER_STOPPED in run.pc.faults:
        raise errors.defender_error("0x800106ba", command, NOT_RUNNING)


def _settings(call: Call) -> Iterator[tuple[str, Any]]:
    names = {name.casefold(): name for name in PREFERENCE.types}
    for name, value in call.named:
        yield names[name.casefold()], value


def set_mp_preference(run: Run, call: Call) -> Iterator[Any]:
    """Set settings; nothing is put out."""
    _check_defender_runs(run, "Set-MpPreference")
    preferences.set_values(run.pc, dict(_settings(call)))
    yield from ()


def add_mp_preference(run: Run, call: Call) -> Iterator[Any]:
    """Add entries to lists; nothing is put out."""
    _check_defender_runs(run, "Add-MpPreference")
    for name, value in _settings(call):
        preferences.add_entries(run.pc, name, preferences.plain(name, value))
    yield from ()


def remove_mp_preference(run: Run, call: Call) -> Iterator[Any]:
    """Remove entries from lists, reset scalars; nothing is put out."""
    _check_defender_runs(run, "Remove-MpPreference")
    for name, value in _settings(call):
        if not PREFERENCE.types[name].endswith("[]"):
            preferences.reset(run.pc, name)
            continue
        try:
            preferences.remove_entries(run.pc, name, preferences.plain(name, value))
        except preferences.NoSuchEntry:
            message = NO_ENTRY.format(name=name)
            raise errors.defender_error("0x80070490", "Remove-MpPreference", message) from None
    yield from ()


def register_task(run: Run, call: Call) -> Iterator[Thing]:
    """Keep a task, in place of one of the same name."""
    name = str(call.get("TaskName"))
    task = tasks.ScheduledTask(name, str(call.get("Xml")), str(call.get("User")))
    run.pc.tasks[name.casefold()] = task
    yield _task(run, task)


def unregister_task(run: Run, call: Call) -> Iterator[Any]:
    """Remove a task; nothing is put out."""
    name = str(call.get("TaskName"))
    if run.pc.tasks.pop(name.casefold(), None) is None:
        raise _no_task(name, "Unregister-ScheduledTask")
    yield from ()


def get_task(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with one task."""
    name = str(call.get("TaskName"))
    task = run.pc.tasks.get(name.casefold())
    if task is None:
        raise _no_task(name, "Get-ScheduledTask")
    yield _task(run, task)


def _task(run: Run, task: tasks.ScheduledTask) -> Thing:
    facts = {"State": TaskState.Ready, "TaskName": task.name, "TaskPath": "\\", "Author": None, "Version": None}
    return Thing(
        CIM_INSTANCE,
        facts,
        class_name="MSFT_ScheduledTask",
        namespace="Root/Microsoft/Windows/TaskScheduler",
        computer=run.pc.hostname,
    )


def _no_task(name: str, command: str) -> CommandError:
    return CommandError(
        f"No MSFT_ScheduledTask objects found with property 'TaskName' equal to '{name}'.  Verify the value of the "
        "property and retry.",
        f"CmdletizationQuery_NotFound_TaskName,{command}",
        category=ErrorCategory.ObjectNotFound,
        reason="CimJobException",
        target=name,
    )


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {
    "Set-MpPreference": set_mp_preference,
    "Add-MpPreference": add_mp_preference,
    "Remove-MpPreference": remove_mp_preference,
    "Register-ScheduledTask": register_task,
    "Unregister-ScheduledTask": unregister_task,
    "Get-ScheduledTask": get_task,
}
