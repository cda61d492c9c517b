"""The functions of the portal's own module, on a PC where its endpoint is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from portal.demo.lab import errors, native
from portal.demo.lab.call import Call
from portal.demo.lab.objects import Thing
from portal.demo.lab.rules import MPCMDRUN
from portal.demo.lab.run import Run

VIRTUAL_ACCOUNT = r"WinRM Virtual Users\WinRM VA_1_LAB_portal"


def endpoint(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with what the session is."""
    if run.endpoint is None:
        raise errors.not_recognized(call.name)
    facts = {
        "Version": run.endpoint.version,
        "Roles": ", ".join(run.endpoint.roles),
        "Account": VIRTUAL_ACCOUNT,
        "Caller": r"LAB\portal",
    }
    yield Thing("System.Management.Automation.PSCustomObject", facts)


def _program(name: str, *arguments: str) -> Callable[[Run, Call], Iterable[Any]]:
    def run_it(run: Run, call: Call) -> Iterable[Any]:
        if run.endpoint is None:
            raise errors.not_recognized(call.name)
        return native.HANDLERS[name](run, Call(name, tuple((None, argument) for argument in arguments)))

    return run_it


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {
    "Get-PortalEndpoint": endpoint,
    "Get-PortalWinHttpProxy": _program("netsh.exe", "winhttp", "show", "proxy"),
    "Test-PortalCloudConnection": _program(MPCMDRUN, "-ValidateMapsConnection"),
}
