"""The lab as a process of its own, with its tenant beside the PCs and a door to switch its faults."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.demo.lab.defender_api.sign_in import SCOPE
from portal.demo.lab.defender_api.tenant import SimulatedTenant
from portal.demo.load import lab_ports
from troubleshooting.tenant.base import TenantSettings
from troubleshooting.tenant.client import close_clients
from troubleshooting.tenant.connection import connect
from troubleshooting.tenant.errors import TenantError


@dataclass(frozen=True)
class Lab:
    ports: dict[str, int]
    ca_file: Path

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['control']}{path}", data, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    ca_file = tmp_path / "api-ca.pem"
    options = [
        "--pcs",
        "1",
        "--base-port",
        "0",
        "--control-port",
        "0",
        "--api-port",
        "0",
        "--api-ca-file",
        str(ca_file),
    ]
    command = [sys.executable, "-m", "portal.demo.lab", *options, "--api-ca-file", str(ca_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Lab(dict(lab_ports(process.stdout.readline())), ca_file)
        finally:
            close_clients()
            process.terminate()


@pytest.mark.slow
def test_the_portal_speaks_to_the_lab_s_tenant_and_the_door_switches_its_faults(lab: Lab):
    known = SimulatedTenant()
    url = f"https://127.0.0.1:{lab.ports['api']}"
    settings = TenantSettings(
        known.tenant_id, known.client_id, known.client_secret, host=url, authority=url, scope=SCOPE, ca_file=lab.ca_file
    )
    tenant = connect(settings)
    machine = tenant.lookups.machine_by_name("pc-0142.lab.example")
    changed = lab.ask("/tenant", {"faults": ["forbidden"], "settings": {"forbidden_code": "DisabledFeature"}})
    with pytest.raises(TenantError) as caught:
        tenant.indicators.list_all()

    assert machine is not None
    assert (changed["faults"], changed["url"]) == (["forbidden"], url)
    assert caught.value.microsoft_code == "DisabledFeature"
    assert lab.ask("/tenant", {"faults": []})["faults"] == lab.ask("/tenant")["faults"] == []
