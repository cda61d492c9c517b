"""A PC that means harm: it costs its own answer, at most its own visit, and never the memory of who reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from portal.demo.lab.engine import Engine
from portal.demo.lab.faults import Fault
from portal.demo.lab.hostile import Hostile
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LabServer
from tests.machines.speaking import LIMITS, call_on, seconds
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines.catalogue import prerequisite_visit
from troubleshooting.machines.visit import LAST_DAY

pytestmark = pytest.mark.slow

MOST_GROWTH_MB = 200
STRUCK = "preferences"  # the entry whose command the lab answers with harm
ASKED = {entry.name for entry in prerequisite_visit(LAST_DAY)}
HARMLESS = {
    Hostile.LONE_SURROGATE: ["a\ufffdb"],
    Hostile.NUL: ["a\ufffdb"],
    Hostile.NOT_A_NUMBER: ["nan"],
    Hostile.CYCLE: [{"self": "…"}],
    Hostile.NO_BYTES: [None],
}
# What a whole pipeline or connection is lost by, since nothing after it can be told apart.
BROKEN = {
    Hostile.MANY_MESSAGES_AT_ONCE: "messages are on their way at once",
    Hostile.FRAGMENTS_OUT_OF_ORDER: "Fragment 5 came where 0 was due",
    Hostile.CUT_FRAGMENT: " bytes brought ",
    Hostile.CUT_MESSAGE: "ends within its head",
    Hostile.ENVELOPE_ENTITIES: "document type",
    Hostile.ENVELOPE_ELEMENTS: "elements",
    Hostile.ENVELOPE_ATTRIBUTES: "a tag of more than",
}
SAYS = {
    Hostile.SHARED_REFERENCES: "Written out",
    Hostile.SHARED_OBJECTS: "Written out",
    Hostile.MANY_SHARED: "There is more than",
    Hostile.ENTITIES: "document type",
    Hostile.NESTED_ENTITIES: "document type",
    Hostile.EXTERNAL_ENTITY: "document type",
    Hostile.DEEP_NESTING: "nested more than",
    Hostile.MANY_ELEMENTS: "more than 200000 elements",
    Hostile.MANY_ATTRIBUTES: "a tag of more than",
    Hostile.LONG_TEXT: "more than 4000000 bytes",
    Hostile.HUGE_INTEGER: "an integer of 5000 characters",
    Hostile.HUGE_NUMBER: "a number of 500000 characters",
    Hostile.WRONG_CHARACTER: "a character with the number",
    Hostile.WRONG_GUID: "a G that is none",
    Hostile.WRONG_BYTES: "a BA that is none",
    Hostile.UNKNOWN_REFERENCE: "refers to an object '7'",
    Hostile.NAMELESS_PROPERTY: "a property without a name",
    Hostile.ELEMENT_IN_TEXT: "where a text was due",
    Hostile.NO_XML: "no XML",
    Hostile.NO_UTF_8: "no XML",
    Hostile.WRONG_ERROR: "a I32 that is none",
    Hostile.WRONG_STATE: "no XML",
    Hostile.HUGE_TEXT: "There is more than",
    Hostile.ENDLESS_FRAGMENTS: "There is more than",
    Hostile.ENDLESS_OUTPUTS: "There is more than",
    Hostile.ENDLESS_ERRORS: "There is more than",
    Hostile.ENDLESS_PROGRESS: "There is more than",
    Hostile.DRIP: "There is more than",
}
# Here the limit on time may act before that on bytes, on a busy machine.
FLOODS = {
    Hostile.MANY_SHARED,
    Hostile.MANY_ELEMENTS,
    Hostile.MANY_ATTRIBUTES,
    Hostile.LONG_TEXT,
    Hostile.HUGE_TEXT,
    Hostile.ENTITIES,
    Hostile.ENDLESS_FRAGMENTS,
    Hostile.ENDLESS_OUTPUTS,
    Hostile.ENDLESS_ERRORS,
    Hostile.ENDLESS_PROGRESS,
    Hostile.DRIP,
}
Visit = Callable[[int], dict[str, Any]]


@pytest.fixture(params=[Engine.RECORDED], ids=str)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Harm is the same in both readings of how a batch ends."""
    return Engine(request.param)


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visit]:
    """Return a visitor in its own process."""
    command = [sys.executable, "-m", "tests.machines.visitor"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def visit(port: int) -> dict[str, Any]:
            process.stdin.write(f"{port}\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield visit
        process.stdin.close()


@pytest.fixture(scope="module")
def idle_mb(visitor: Visit) -> float:
    """Return the peak of a process that has visited a PC that means well."""
    with LabServer(healthy_windows_11()) as server:
        return float(visitor(server.port)["peak_mb"])


@pytest.mark.parametrize("kind", [Hostile.ENDLESS_FRAGMENTS, Hostile.MANY_SHARED, Hostile.DRIP], ids=str)
def test_a_person_can_end_a_visit_to_such_a_pc(lab_server, kind):
    server, asked = lab_server(hostile(kind)), count()

    visited = call_on(server, should_stop=lambda: next(asked) > 1)

    assert visited.error is not None
    assert visited.error.code is Code.CANCELLED
    assert visited.states["clock"] == ReadState.ANSWERED
    assert server.sessions_open == 0


def test_a_cancel_is_looked_for_while_what_came_is_read(lab_server):
    """The visit waits for its PC some 20 times, so whoever is asked 300 times is asked in the middle of an answer."""
    server, asked = lab_server(hostile(Hostile.MANY_SHARED)), count()
    often = replace(LIMITS, cancel_poll=seconds(0.0001))

    visited = call_on(server, limits=often, should_stop=lambda: next(asked) >= 300)

    assert visited.error is not None
    assert visited.error.code is Code.CANCELLED
    assert STRUCK not in visited.states
    assert server.sessions_open == 0


def hostile(kind: Hostile):
    pc = healthy_windows_11()
    pc.fault_settings.hostile = kind
    pc.fault_settings.after_answers = 1
    pc.faults.add(Fault.HOSTILE)
    return pc


@pytest.mark.parametrize("kind", Hostile, ids=str)
def test_harm_costs_its_own_answer_and_no_memory(lab_server, visitor, idle_mb, kind):
    pc = hostile(kind)
    server = lab_server(pc)

    found = visitor(server.port)

    if kind in BROKEN:
        assert found["error"] == Code.PROTOCOL_BROKEN
        assert BROKEN[kind] in found["detail"]
    else:
        assert found["error"] is None
        assert set(found["states"]) == ASKED
        assert found["codes"].keys() <= {STRUCK}
    if kind in HARMLESS:
        assert found["contents"][STRUCK] == HARMLESS[kind]
    elif kind in FLOODS and found["codes"] == {STRUCK: Code.TIMED_OUT}:
        assert "no answer before the deadline" in found["details"][STRUCK]
    elif kind in SAYS:
        assert found["codes"] == {STRUCK: Code.PROTOCOL_BROKEN}
        assert SAYS[kind] in found["details"][STRUCK]
    assert found["peak_mb"] - idle_mb < MOST_GROWTH_MB

    pc.faults.discard(Fault.HOSTILE)
    after = visitor(server.port)

    assert (after["error"], after["codes"]) == (None, {})
    assert set(after["states"]) == ASKED
