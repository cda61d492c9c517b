"""What the endpoint of a simulated PC says of itself: the commands that it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from portal.demo.lab.call import Call
from portal.demo.lab.objects import Thing
from portal.demo.lab.rules import RULES
from portal.demo.lab.run import Run

ALWAYS = ("ForEach-Object", r"Microsoft.PowerShell.Utility\Select-Object")
WHOLE = ("Invoke-Expression",)  # where everything may be done, this is shown as well


def get_command(run: Run, call: Call) -> Iterator[Thing]:
    """Tell of each name whether it is shown; what is not is left out, as PowerShell does beside its error."""
    shown = _shown(run) - run.pc.hidden_commands
    by_name = {name.casefold(): name for name in shown}
    asked = call.get("Name")
    for name in asked if isinstance(asked, list) else [asked]:
        found = by_name.get(str(name).casefold())
        if found is not None:
            module, _, plain = found.rpartition("\\")
            facts = {"Name": plain, "CommandType": "Application" if plain.endswith(".exe") else "Cmdlet"}
            yield Thing("System.Management.Automation.CommandInfo", {**facts, "Source": module})


def _shown(run: Run) -> set[str]:
    if run.endpoint is not None:
        return {command.name for command in run.endpoint.commands.values()}
    lacking = set() if run.pc.restricted else {"Read-PortalSupportFiles"}  # comes with the module
    return {*RULES, *ALWAYS, *(WHOLE if run.pc.full_language else ())} - lacking


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {"Get-Command": get_command}
