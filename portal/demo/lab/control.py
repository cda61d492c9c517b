"""A small door on loopback for people and other processes: look at the lab's PCs, switch faults, play visits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from portal.demo.lab.defender_api.faults import ApiFault, ApiFaultSettings
from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.faults import Fault, FaultSettings
from portal.demo.lab.pc import CHROME
from portal.demo.lab.server import LabServer

LONGEST_BODY = 64 * 1024
SETTINGS = {name: type(value) for name, value in asdict(FaultSettings()).items()}
API_SETTINGS = {name: type(value) for name, value in asdict(ApiFaultSettings()).items()}


class ControlServer(ThreadingHTTPServer):
    """Serves ``GET /pcs``, ``POST /pcs/NAME``, and ``GET`` and ``POST /tenant`` where the lab has one."""

    daemon_threads = True

    def __init__(self, servers: Mapping[str, LabServer], *, api: DefenderApi | None = None, port: int = 0) -> None:
        """Take the lab's servers by host name, and its tenant."""
        super().__init__(("127.0.0.1", port), ControlHandler)
        self.servers = servers
        self.api = api


class ControlHandler(BaseHTTPRequestHandler):
    """One request to the door."""

    server: ControlServer

    def do_GET(self) -> None:
        """Return the state of every PC, or of the tenant."""
        if self.path == "/tenant" and self.server.api is not None:
            self._answer(200, tenant_state(self.server.api))
            return
        if self.path != "/pcs":
            self._answer(404, {"error": "ask for /pcs"})
            return
        self._answer(200, {name: state(server) for name, server in self.server.servers.items()})

    def do_POST(self) -> None:
        """Change one PC: ``{"faults": […], "settings": {…}, "visit": {"url": …}, "reboot": true}``, each optional.

        The tenant takes ``{"faults": […], "settings": {…}}``.
        """
        server = self.server.servers.get(unquote(self.path.removeprefix("/pcs/")))
        api = self.server.api if self.path == "/tenant" else None
        if server is None and api is None:
            self._answer(404, {"error": "no such PC"})
            return
        try:
            wanted = json.loads(self.rfile.read(min(int(self.headers["Content-Length"] or 0), LONGEST_BODY)) or b"{}")
            if server is not None:
                self._answer(200, change(server, wanted))
            elif api is not None:
                self._answer(200, change_tenant(api, wanted))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._answer(400, {"error": str(error)})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content, indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that http.server gives it
        """Say nothing."""


def state(server: LabServer) -> dict[str, Any]:
    """Return what a person wants to see of a PC."""
    pc = server.pc
    return {
        "port": server.port,
        "faults": sorted(pc.faults),
        "protection_mode": pc.protection_mode,
        "events": len(pc.log.records),
        "requests": server.requests,
        "commands": len(server.commands),
        "sessions_open": server.sessions_open,
    }


def change(server: LabServer, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Do what is wanted and give the state afterwards; raises ValueError or TypeError for nonsense."""
    answer: dict[str, Any] = {}
    for name, value in wanted.get("settings", {}).items():
        setattr(server.pc.fault_settings, name, SETTINGS[name](value))
    if "faults" in wanted:
        server.pc.faults.replace(Fault(code) for code in wanted["faults"])
    if "visit" in wanted:
        visit = wanted["visit"]
        answer["visit"] = server.pc.visit(visit["url"], program=visit.get("program", CHROME), user=visit.get("user"))
    if wanted.get("reboot"):
        server.pc.faults.add(Fault.REBOOT)
    return {**state(server), **answer}


def tenant_state(api: DefenderApi) -> dict[str, Any]:
    """Return what a person wants to see of the tenant."""
    return {
        "url": api.url,
        "faults": sorted(api.faults),
        "requests": len(api.requests),
        "indicators": api.tenant.indicators(),
        "machines": len(api.tenant.machines),
    }


def change_tenant(api: DefenderApi, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Switch the tenant's faults and give its state afterwards; raises ValueError or TypeError for nonsense."""
    for name, value in wanted.get("settings", {}).items():
        setattr(api.fault_settings, name, API_SETTINGS[name](value))
    if "faults" in wanted:
        api.faults.replace(ApiFault(code) for code in wanted["faults"])
    return tenant_state(api)
