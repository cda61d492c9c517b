"""Support files from nothing to a whole CAB, through whatever happens to the PC meanwhile."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command

from portal.demo.lab.faults import Fault
from portal.demo.lab.rules import SUPPORT_CAB
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME, LabServer
from tests.machines.speaking import CREDENTIAL, LIMITS, address_of, now
from tests.support.restricted_pc import restricted_pc
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.catalogue import READING_ENDPOINT
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import connect
from troubleshooting.machines.support_files.collect import NotCollected, Order, collect
from troubleshooting.machines.support_files.fetch import TooLarge

COLLECTIONS = "New-PortalSupportFiles"


@pytest.fixture
def server():
    """Return a PC with the portal's endpoints. How a batch ends matters nowhere here, so one reading is enough."""
    with LabServer(restricted_pc()) as started:
        yield started


def order_for(server, into, *, should_stop=lambda: False, pause=lambda: None, limits=LIMITS, **wanted) -> Order:
    address = address_of(server, configuration_name=READING_ENDPOINT)
    speak = partial(connect, address, CREDENTIAL, limits=limits, clock=now, should_stop=should_stop)
    told = {"on_line": lambda line: None, "on_progress": lambda arrived, size: None}
    settings = {"most_bytes": 500_000_000, "may_be_young": False, **told, **wanted}
    return Order(connect=speak, into=into, pause=pause, **settings)


def young_cab(server, content: bytes, *, age: timedelta) -> None:
    server.pc.files[SUPPORT_CAB] = content
    server.pc.written_at[SUPPORT_CAB] = server.pc.now() - age


def test_a_pc_that_goes_away_in_the_middle_is_taken_up_again_where_it_was(server, tmp_path):
    content = random.Random(15).randbytes(2_500_000)
    young_cab(server, content, age=timedelta(minutes=5))
    server.pc.fault_settings.after_answers = 5
    server.pc.faults = [Fault.CUT_IN_ANSWER]
    arrived, cuts = [], []

    facts = collect(
        order_for(
            server,
            tmp_path / "cab",
            may_be_young=True,
            on_progress=lambda came, size: arrived.append(came),
            pause=lambda: cuts.append(arrived[-1] if arrived else 0),
        )
    )

    assert (tmp_path / "cab").read_bytes() == content
    assert facts.size == len(content) == arrived[-1]
    assert len(cuts) > 1
    assert arrived == sorted(set(arrived)), "nothing was fetched twice"
    assert not any(COLLECTIONS in command for command in server.commands)


@pytest.mark.parametrize(
    ("age", "may_be_young", "is_collected"),
    [
        (timedelta(minutes=59), True, False),
        (timedelta(minutes=59), False, True),
        (timedelta(minutes=61), True, True),
        (timedelta(minutes=-1), True, True),
    ],
)
def test_a_cab_of_the_last_hour_is_taken_only_where_that_is_wanted(server, tmp_path, age, may_be_young, is_collected):
    young_cab(server, b"MSCF of before", age=age)
    lines = []

    collect(order_for(server, tmp_path / "cab", may_be_young=may_be_young, on_line=lines.append))

    taken = (tmp_path / "cab").read_bytes()
    assert (taken != b"MSCF of before") == is_collected == bool(lines)
    assert taken == server.pc.files[SUPPORT_CAB]


def test_a_cancel_while_bytes_arrive_leaves_nothing_here_and_the_cab_there(server, tmp_path):
    young_cab(server, random.Random(15).randbytes(3_000_000), age=timedelta(minutes=5))
    arrived = []

    with pytest.raises(MachineError) as ended:
        collect(
            order_for(
                server,
                tmp_path / "cab",
                may_be_young=True,
                limits=replace(LIMITS, cancel_poll=LIMITS.cancel_poll / 20),
                should_stop=lambda: len(arrived) > 2,
                on_progress=lambda came, size: arrived.append(came),
            )
        )

    assert ended.value.code == Code.CANCELLED
    assert list(tmp_path.iterdir()) == []
    assert len(server.pc.files[SUPPORT_CAB]) == 3_000_000


def test_what_cannot_be_kept_or_was_not_written_is_told_and_leaves_nothing(server, tmp_path):
    with pytest.raises(TooLarge):
        collect(order_for(server, tmp_path / "cab", most_bytes=100))

    server.pc.faults = [Fault.ACCESS_DENIED_FOR_COMMAND]
    server.pc.fault_settings.denied_command = COLLECTIONS
    with pytest.raises(MachineError) as denied:
        collect(order_for(server, tmp_path / "cab"))

    server.pc.faults = [Fault.NO_NEW_CAB]
    with pytest.raises(NotCollected) as unwritten:
        collect(order_for(server, tmp_path / "cab"))

    assert denied.value.code == Code.ACCESS_DENIED
    assert len(unwritten.value.lines) > 1
    assert list(tmp_path.iterdir()) == []


def test_a_pc_that_stays_away_is_given_up(server, tmp_path):
    server.pc.faults = [Fault.REFUSED]
    pauses = []

    with pytest.raises(MachineError) as gone:
        collect(order_for(server, tmp_path / "cab", pause=lambda: pauses.append(1)))

    assert gone.value.code == Code.UNREACHABLE
    assert len(pauses) == 4


def run_command(server, file, *options) -> None:
    where = (f"--port={server.port}", "--http", f"--username={LAB_USERNAME}", f"--endpoint={READING_ENDPOINT}")
    call_command("fetch_support_files", "localhost", str(file), *where, *options)


def test_the_command_writes_the_cab_and_says_what_it_is(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PORTAL_DEVICE_PASSWORD", LAB_PASSWORD)
    file = tmp_path / "pc.cab"

    run_command(server, file)

    said = capsys.readouterr()
    assert file.read_bytes() == server.pc.files[SUPPORT_CAB]
    assert [path.name for path in tmp_path.iterdir()] == ["pc.cab"]
    assert f"{len(file.read_bytes())} bytes, SHA-256 " in said.out
    assert "Collecting events" in said.err
    assert LAB_PASSWORD not in said.out + said.err


def test_the_command_overwrites_nothing_and_says_why_it_failed(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DEVICE_PASSWORD", LAB_PASSWORD)
    file = tmp_path / "pc.cab"
    file.write_bytes(b"mine")

    with pytest.raises(CommandError) as there:
        run_command(server, file)
    server.pc.faults = [Fault.UNAUTHORIZED]
    with pytest.raises(CommandError) as refused:
        run_command(server, tmp_path / "other.cab")

    assert (there.value.returncode, refused.value.returncode) == (2, 1)
    assert Code.WRONG_CREDENTIALS in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["pc.cab"]
    assert file.read_bytes() == b"mine"
