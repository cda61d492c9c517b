"""Programs that a session runs, and pypsrp's file fetch."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from psrpcore.types import ErrorCategory

from portal.demo.lab import errors
from portal.demo.lab.call import Call
from portal.demo.lab.errors import CommandError
from portal.demo.lab.faults import Fault
from portal.demo.lab.german import MAPS_FAILED, MAPS_REACHED, PROXY_LINES
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.rules import MPCMDRUN, SUPPORT_CAB
from portal.demo.lab.run import Run
from portal.demo.lab.support_files.files import support_cab


def _language(pc: SimulatedPC) -> str:
    return "de" if Fault.GERMAN in pc.faults else "en"


def mpcmdrun(run: Run, call: Call) -> Iterator[str]:
    """Run MpCmdRun.exe with the one argument that the endpoint allows."""
    return _validate_maps(run) if call.positional == ("-ValidateMapsConnection",) else _get_files(run)


def _validate_maps(run: Run) -> Iterator[str]:
    failure = run.pc.cloud_failure
    if failure is None:
        yield MAPS_REACHED[_language(run.pc)]
        return
    code = f" httpcode={failure.http_code}" if failure.http_code else ""
    for error in errors.native_errors([f"MpCmdRun.exe: hr = {failure.hresult}"]):  # they overtake the output
        run.report(error)
    yield MAPS_FAILED[_language(run.pc)].format(details=f"hr={failure.hresult}{code}")


def _get_files(run: Run) -> Iterator[str]:
    """Collect the support files; the lines are the progress. An earlier CAB is overwritten at the end."""
    step_s = run.pc.fault_settings.collecting_step_s
    platform = rf"C:\ProgramData\Microsoft\Windows Defender\Platform\{run.pc.platform}-0\MpCmdRun.exe"
    yield f'Launching "{platform}" -GetFiles -Reinvoke...'
    for line in _validate_maps(run):
        run.pause(step_s)
        yield line
    for line in ("Collecting events...", "Collecting registry...", "Creating CAB file..."):
        run.pause(step_s)
        yield line
    if Fault.NO_NEW_CAB in run.pc.faults:
        return
    run.pc.files[SUPPORT_CAB] = support_cab(run.pc)
    run.pc.written_at[SUPPORT_CAB] = run.pc.now()
    yield f"Files successfully created in {SUPPORT_CAB}"


def netsh(run: Run, call: Call) -> Iterator[str]:
    """Run netsh winhttp show proxy."""
    head, direct, server, bypass = PROXY_LINES[_language(run.pc)]
    proxy = run.pc.winhttp_proxy
    body = [f"    {direct}"] if proxy is None else [f"    {server}  {proxy}", f"    {bypass}"]
    yield from ["", head, "", *body, ""]


def fetch_file(run: Run, call: Call) -> Iterator[str]:
    """Answer pypsrp's file fetch: the content as Base64, then its SHA-1."""
    path = str(call.positional[0])
    content = run.pc.files.get(path)
    if content is None:
        raise CommandError(
            f"The path at '{path}' does not exist",
            f"The path at '{path}' does not exist",
            category=ErrorCategory.OperationStopped,
            reason="RuntimeException",
            target=f"The path at '{path}' does not exist",
            terminating=True,
        )
    yield base64.b64encode(content).decode()
    yield hashlib.sha1(content, usedforsecurity=False).hexdigest()


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {MPCMDRUN: mpcmdrun, "netsh.exe": netsh}
