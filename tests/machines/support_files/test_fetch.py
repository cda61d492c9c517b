"""Collecting the support files on a PC and bringing the CAB over, by the real protocol."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.rules import SUPPORT_CAB
from tests.machines.speaking import CREDENTIAL, LIMITS, address_of, now, speak_to
from tests.support.restricted_pc import restricted_pc
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines import collecting
from troubleshooting.machines.base import USUAL_ENDPOINT
from troubleshooting.machines.catalogue import READING_ENDPOINT
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import connect
from troubleshooting.machines.support_files.fetch import Changed, Facts, TooLarge, fetch, read_sha256, read_size

MOST = 500_000_000
LINES_OF_A_COLLECTION = 6


@pytest.fixture
def with_cab(lab_server):
    """Return ``make(size)``: a PC with the portal's module, and a CAB of that many bytes."""

    def make(size: int):
        pc = restricted_pc()
        pc.endpoints = frozenset({USUAL_ENDPOINT})
        pc.files[SUPPORT_CAB] = random.Random(15).randbytes(size)
        return lab_server(pc)

    return make


def facts_of(machine) -> Facts:
    facts = read_size(machine, most=MOST)
    assert facts is not None
    return replace(facts, sha256=read_sha256(machine))


def offsets_asked(server) -> list[int]:
    asked = re.compile(r"Read-PortalSupportFiles -Offset (\d+)")
    return [int(found[1]) for command in server.commands if (found := asked.match(command))]


@pytest.mark.parametrize("endpoint", [READING_ENDPOINT, USUAL_ENDPOINT])
def test_the_bytes_are_those_of_the_pc(with_cab, tmp_path, endpoint):
    server, came = with_cab(collecting.PART_BYTES + 300_000), []
    file = tmp_path / "part"

    with speak_to(server, configuration_name=endpoint) as machine:
        fetch(machine, facts_of(machine), file, on_progress=came.append)

    assert file.read_bytes() == server.pc.files[SUPPORT_CAB]
    assert file.stat().st_mode & 0o077 == 0
    assert came == sorted(set(came))
    assert len(came) > 16
    assert came[-1] == len(server.pc.files[SUPPORT_CAB])


def test_a_cut_loses_what_was_on_its_way_and_no_more(with_cab, tmp_path):
    server, file, came = with_cab(2_000_000), tmp_path / "part", []
    with speak_to(server, configuration_name=READING_ENDPOINT) as machine:
        facts = facts_of(machine)
    server.pc.fault_settings.after_answers = 3
    server.pc.faults = [Fault.CUT_IN_ANSWER]

    with (
        pytest.raises(MachineError) as lost,
        speak_to(server, configuration_name=READING_ENDPOINT) as machine,
    ):
        fetch(machine, facts, file, on_progress=came.append)
    arrived = file.stat().st_size
    server.pc.faults = []
    with speak_to(server, configuration_name=READING_ENDPOINT) as machine:
        fetch(machine, facts, file, on_progress=came.append)

    assert lost.value.code in {Code.CONNECTION_CUT, Code.SESSION_LOST}
    assert 0 < arrived < 2_000_000
    assert offsets_asked(server) == [0, arrived]
    assert came == sorted(set(came))
    assert file.read_bytes() == server.pc.files[SUPPORT_CAB]


def test_a_cab_that_is_written_anew_meanwhile_is_not_taken_for_the_one_that_was_announced(with_cab, tmp_path):
    server, file = with_cab(400_000), tmp_path / "part"

    with speak_to(server, configuration_name=READING_ENDPOINT) as machine:
        facts = facts_of(machine)
        for anew in (bytes(400_000), bytes(1_000)):
            server.pc.files[SUPPORT_CAB] = anew
            with pytest.raises(Changed):
                fetch(machine, facts, file, on_progress=lambda arrived: None)
            file.unlink(missing_ok=True)


def test_size_and_presence_are_known_before_a_byte_is_read(with_cab):
    server = with_cab(1_001)

    with speak_to(server, configuration_name=READING_ENDPOINT) as machine:
        with pytest.raises(TooLarge):
            read_size(machine, most=1_000)
        del server.pc.files[SUPPORT_CAB]
        assert read_size(machine, most=1_000) is None

    assert offsets_asked(server) == []


def test_a_pc_without_the_module_says_so(lab_server, tmp_path):
    pc = healthy_windows_11()
    pc.files[SUPPORT_CAB] = b"MSCF"

    with speak_to(lab_server(pc)) as machine, pytest.raises(MachineError) as refused:
        fetch(machine, facts_of(machine), tmp_path / "part", on_progress=lambda arrived: None)

    assert refused.value.code == Code.COMMAND_MISSING


@pytest.mark.parametrize(("offset", "count"), [(-1, 1), (0, 0), (0, collecting.PART_BYTES + 1), (2**30 + 1, 1)])
def test_no_part_is_asked_for_that_no_cab_has(offset, count):
    with pytest.raises(ValueError, match="Not within"):
        collecting.read_support_files(offset, count)


@pytest.mark.parametrize("endpoint", [READING_ENDPOINT, USUAL_ENDPOINT])
def test_the_lines_of_a_collection_come_while_it_runs_and_an_earlier_cab_is_overwritten(with_cab, endpoint):
    server, seen = with_cab(10), []

    def on_line(line: object) -> None:
        seen.append((line, len(server.pc.files[SUPPORT_CAB]) == 10))

    with speak_to(server, configuration_name=endpoint) as machine:
        answer = machine.follow(collecting.COLLECT, on_output=on_line)

    assert (answer.reading.state, answer.content) == (ReadState.ANSWERED, [])
    assert len(seen) == LINES_OF_A_COLLECTION
    assert seen[0][1], "the first line came when the earlier CAB was still there"
    assert server.pc.files[SUPPORT_CAB].startswith(b"MSCF")


def test_cancelling_stops_the_program_and_leaves_the_earlier_cab(with_cab):
    server, seen = with_cab(10), []
    server.pc.fault_settings.collecting_step_s = 20.0
    limits = replace(LIMITS, cancel_poll=LIMITS.cancel_poll / 4)

    with (
        pytest.raises(MachineError) as ended,
        connect(
            address_of(server, configuration_name=READING_ENDPOINT),
            CREDENTIAL,
            limits=limits,
            clock=now,
            should_stop=lambda: bool(seen),
        ) as machine,
    ):
        machine.follow(collecting.COLLECT, on_output=seen.append)

    assert ended.value.code == Code.CANCELLED
    assert len(server.pc.files[SUPPORT_CAB]) == 10
