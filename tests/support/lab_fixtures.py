"""Fixtures that give tests simulated PCs, and a simulated tenant, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LabServer
from tests.tenant.speaking import Speaker

MakeLabServer = Callable[..., LabServer]


@pytest.fixture
def lab_pc() -> SimulatedPC:
    """Return a healthy PC; what a test changes on it counts for the servers made with it."""
    return healthy_windows_11()


@pytest.fixture
def lab_server() -> Iterator[MakeLabServer]:
    """Return ``make(pc=None, **settings)``: a started LabServer (of a healthy PC, unless told otherwise)."""
    with ExitStack() as stack:

        def make(pc: SimulatedPC | None = None, **settings: Any) -> LabServer:
            return stack.enter_context(LabServer(pc or healthy_windows_11(), **settings))

        yield make


@pytest.fixture
def defender_api() -> Iterator[DefenderApi]:
    """Return a started DefenderApi with an empty tenant; clients that the test made are closed."""
    with DefenderApi() as api:
        yield api
        Speaker.close_all()
