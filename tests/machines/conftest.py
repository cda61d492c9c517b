"""Every test that speaks to a PC runs with both readings of how PowerShell ends a batch."""

from __future__ import annotations

from typing import Any

import pytest

from portal.demo.lab.engine import Engine
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LabServer
from tests.support.lab_fixtures import MakeLabServer


@pytest.fixture(params=Engine, ids=str)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return the reading."""
    return Engine(request.param)


@pytest.fixture
def lab_server(lab_server: MakeLabServer, engine: Engine) -> MakeLabServer:
    """Return ``make(pc=None, **settings)``, for PCs with that reading."""

    def make(pc: SimulatedPC | None = None, **settings: Any) -> LabServer:
        pc = pc or healthy_windows_11()
        pc.engine = engine
        return lab_server(pc, **settings)

    return make
