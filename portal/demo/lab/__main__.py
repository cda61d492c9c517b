"""Run the lab's PCs, and its tenant if wanted, in one process: ``python -m portal.demo.lab``."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from portal.demo.lab.control import ControlServer
from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.defender_api.tenant import demo_tenant
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import DEMO_PCS, FIRST_PORT, healthy_windows_11
from portal.demo.lab.server import LabServer

TICK_S = 1.0  # how often the PCs look whether a scheduled task is due


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    options = parser().parse_args(arguments)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    serve(options, ending)
    return 0


def serve(options: argparse.Namespace, ending: threading.Event) -> None:
    """Run the PCs that the options ask for until ``ending`` is set."""
    with ExitStack() as stack:
        servers = {server.pc.hostname: stack.enter_context(server) for server in _servers(options)}
        ready = " ".join(f"{name}={server.host}:{server.port}" for name, server in servers.items())
        api = _open_api(stack, options)
        if api is not None:
            for server in servers.values():
                server.pc.tenant_allows = partial(api.tenant.allows, on=server.pc.full_name)
            ready += f" api=127.0.0.1:{api.port}"
        if options.control_port is not None:
            ready += f" control={_open_door(stack, servers, options.control_port, api)}"
        _tell_ready(f"lab ready: {ready}", options.ready_file)
        while not ending.wait(TICK_S):
            for server in servers.values():
                server.pc.tick(server.pc.now())


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo.lab", description=__doc__)
    parser.add_argument("--base-port", type=int, default=FIRST_PORT, help="port of the first PC; 0 = any free ports")
    parser.add_argument("--pcs", default="demo", help="'demo', or a number of healthy PCs")
    parser.add_argument("--delay-ms", type=int, default=0, help="delay of every HTTP request")
    parser.add_argument("--https", action="store_true", help="serve HTTPS")
    parser.add_argument("--full-language", action="store_true", help="allow whole objects")
    parser.add_argument("--control-port", type=int, help="loopback port for switching faults and playing visits")
    parser.add_argument(
        "--api-port", type=int, help="port of the simulated Defender for Endpoint API; 0 = any free one"
    )
    parser.add_argument("--api-ca-file", type=Path, help="where to write the authority of the API's certificate")
    parser.add_argument("--ready-file", type=Path, help="written when all PCs listen")
    return parser


def _servers(options: argparse.Namespace) -> list[LabServer]:
    if options.pcs == "demo":
        made = [demo.make() for demo in DEMO_PCS]
    else:
        made = [healthy_windows_11(hostname=f"PC-{number:04d}") for number in range(1, int(options.pcs) + 1)]
    for pc in made:
        pc.full_language = options.full_language
        if options.delay_ms:
            pc.fault_settings.request_delay_ms = options.delay_ms
            pc.faults.add(Fault.SLOW)
    ports = range(options.base_port, options.base_port + len(made)) if options.base_port else [0] * len(made)
    return [LabServer(pc, port=port, https=options.https) for pc, port in zip(made, ports, strict=True)]


def _open_api(stack: ExitStack, options: argparse.Namespace) -> DefenderApi | None:
    if options.api_port is None:
        return None
    api = stack.enter_context(DefenderApi(demo_tenant([demo.hostname for demo in DEMO_PCS]), port=options.api_port))
    if options.api_ca_file is not None:
        options.api_ca_file.write_bytes(api.ca_file.read_bytes())
    return api


def _open_door(stack: ExitStack, servers: dict[str, LabServer], port: int, api: DefenderApi | None) -> str:
    door = stack.enter_context(ControlServer(servers, api=api, port=port))
    thread = threading.Thread(target=door.serve_forever, daemon=True, name="lab-control")
    thread.start()
    stack.callback(thread.join)
    stack.callback(door.shutdown)
    return f"127.0.0.1:{door.server_address[1]}"


def _tell_ready(line: str, ready_file: Path | None) -> None:
    print(line, flush=True)
    if ready_file is not None:
        ready_file.write_text(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
