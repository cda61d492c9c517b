"""The functions of the portal's own module, on a PC where its endpoint is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from portal.demo.lab import errors, native
from portal.demo.lab.call import Call
from portal.demo.lab.errors import CommandError
from portal.demo.lab.objects import Thing
from portal.demo.lab.rules import MPCMDRUN, SUPPORT_CAB
from portal.demo.lab.run import Run

PIECE_BYTES = 262_144
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


def _no_such_file(command: str) -> CommandError:
    return CommandError(
        f"Could not find file '{SUPPORT_CAB}'.",
        f"FileNotFoundException,{command}",
        reason="FileNotFoundException",
        terminating=True,
    )


def read_support_files(run: Run, call: Call) -> Iterator[bytes]:
    """Answer with a part of the CAB, in pieces."""
    if not run.pc.restricted:  # the module is installed with the endpoints, and found by every session then
        raise errors.not_recognized(call.name)
    content = run.pc.files.get(SUPPORT_CAB)
    if content is None:
        raise _no_such_file(call.name)
    offset, count = int(call.get("Offset")), int(call.get("Count"))
    end = min(offset + count, len(content))
    for begin in range(offset, end, PIECE_BYTES):
        yield content[begin : min(begin + PIECE_BYTES, end)]


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {
    "Get-PortalEndpoint": endpoint,
    "Read-PortalSupportFiles": read_support_files,
    "New-PortalSupportFiles": _program(MPCMDRUN, "-GetFiles"),
    "Get-PortalWinHttpProxy": _program("netsh.exe", "winhttp", "show", "proxy"),
    "Test-PortalCloudConnection": _program(MPCMDRUN, "-ValidateMapsConnection"),
}
