"""Every fault, as pypsrp meets it."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from spnego.exceptions import BadMICError

from portal.demo.lab import registry
from portal.demo.lab.faults import Fault, FaultSet
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.server import LabServer
from tests.lab.talk import (
    DATE,
    PREFERENCE,
    STATUS,
    cim,
    errors,
    events,
    key,
    left_open,
    only,
    opened,
    read,
    run,
    select,
)

MODE = [PREFERENCE, select("EnableNetworkProtection")]


def with_fault(fault, **settings):
    pc = SimulatedPC()
    for name, value in settings.items():
        setattr(pc.fault_settings, name, value)
    pc.faults.add(fault)
    return pc


def test_a_pc_that_is_off_refuses_and_answers_on_the_same_port_once_it_is_on(lab_server):
    pc = with_fault(Fault.REFUSED)
    server = lab_server(pc)

    with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
        read(server, DATE)
    pc.faults.discard(Fault.REFUSED)

    assert only(read(server, DATE))


def test_a_pc_that_goes_off_drops_its_connections_and_refuses_at_once(lab_server, lab_pc):
    server = lab_server(lab_pc)

    with left_open(server) as pool:
        lab_pc.faults.add(Fault.REFUSED)
        with pytest.raises(requests.exceptions.ConnectionError):
            run(pool, [DATE])
        with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
            read(server, DATE)


@pytest.mark.parametrize("https", [False, True])
def test_a_pc_that_does_not_answer_lets_the_client_wait(lab_server, https):
    server = lab_server(with_fault(Fault.NO_ANSWER), https=https)

    with pytest.raises((requests.exceptions.ReadTimeout, requests.exceptions.ConnectTimeout)):
        read(server, DATE, read_timeout=0.5, connection_timeout=0.5)


def test_every_request_can_be_answered_with_401(lab_server):
    with pytest.raises(AuthenticationError):
        read(lab_server(with_fault(Fault.UNAUTHORIZED)), DATE)


@pytest.mark.parametrize("code", [5, 2150859173, 2150858752, 2150859180])
def test_every_request_can_be_answered_with_a_fault(lab_server, code):
    with pytest.raises(WSManFaultError) as caught:
        read(lab_server(with_fault(Fault.WSMAN_FAULT, fault_code=code)), DATE)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.ACCESS_DENIED_ON_CREATE, 5), (Fault.QUOTA_REACHED, 2150859173)], ids=str
)
def test_a_shell_can_be_refused(lab_server, fault, code):
    with pytest.raises(WSManFaultError) as caught:
        read(lab_server(with_fault(fault)), DATE)
    assert caught.value.code == code


def test_the_quota_counts_shells_that_are_open(lab_server):
    server = lab_server(SimulatedPC(max_shells=1))

    with opened(server), pytest.raises(WSManFaultError) as caught, opened(server):
        pass
    assert caught.value.code == 2150859173
    assert only(read(server, DATE))


@pytest.mark.parametrize(
    ("statement", "identifier"),
    [
        (MODE, "HRESULT 0x80041003,Get-MpPreference"),
        (events(), "System.UnauthorizedAccessException,Microsoft.PowerShell.Commands.GetWinEventCommand"),
        (
            [key(registry.POLICY_NP)],
            "System.Security.SecurityException,Microsoft.PowerShell.Commands.GetItemPropertyCommand",
        ),
        ([("Set-MpPreference", {"EnableNetworkProtection": "Disabled"})], "HRESULT 0xc0000142,Set-MpPreference"),
    ],
    ids=str,
)
def test_one_command_can_be_denied(lab_server, statement, identifier):
    server = lab_server(with_fault(Fault.ACCESS_DENIED_FOR_COMMAND, denied_command=statement[0][0]))

    shell = read(server, *statement)

    assert (errors(shell), shell.output) == ([identifier], [])
    assert only(read(server, cim("Win32_OperatingSystem"), select("Caption")))


def test_a_shell_can_be_lost_after_some_answers(lab_server):
    server = lab_server(with_fault(Fault.SHELL_LOST, after_answers=2))

    with left_open(server) as pool:
        assert only(run(pool, [DATE]))
        assert only(run(pool, [DATE]))
        with pytest.raises(WSManFaultError) as caught:
            run(pool, [DATE])
    assert caught.value.code == 2150858843
    assert server.sessions_open == 0


def test_a_shell_can_be_lost_before_its_first_answer(lab_server):
    with left_open(lab_server(with_fault(Fault.SHELL_LOST))) as pool, pytest.raises(WSManFaultError) as caught:
        run(pool, [DATE])
    assert caught.value.code == 2150858843


@pytest.mark.parametrize("https", [False, True])
def test_an_answer_can_be_cut_in_the_middle(lab_server, https):
    server = lab_server(with_fault(Fault.CUT_IN_ANSWER, after_answers=1), https=https)

    with left_open(server) as pool:
        assert only(run(pool, [DATE]))
        with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            run(pool, [DATE])


@pytest.mark.parametrize("https", [False, True])
def test_an_answer_can_be_garbage(lab_server, https):
    with left_open(lab_server(with_fault(Fault.GARBAGE), https=https)) as pool, pytest.raises(ElementTree.ParseError):
        run(pool, [DATE])


def test_an_answer_can_be_changed_on_its_way(lab_server):
    with left_open(lab_server(with_fault(Fault.BROKEN_ENCRYPTION))) as pool, pytest.raises(BadMICError):
        run(pool, [DATE])


def test_a_slow_pc_takes_its_time_for_requests_and_commands(lab_server):
    server = lab_server(with_fault(Fault.SLOW, request_delay_ms=50, command_delay_s=0.3))

    started = time.monotonic()
    read(server, DATE)

    assert time.monotonic() - started > 8 * 0.05 + 0.3 - 0.05


def test_settings_can_be_refused_without_an_error(lab_server):
    pc = with_fault(Fault.SETTINGS_REFUSED)
    server = lab_server(pc)

    shell = read(server, ("Set-MpPreference", {"EnableNetworkProtection": "AuditMode"}))

    assert (errors(shell), pc.protection_mode) == ([], 1)
    assert [record.event_id for record in pc.log.records] == [5013]


def test_policy_can_put_a_setting_back(lab_server):
    pc = with_fault(Fault.POLICY_PUTS_BACK)
    server = lab_server(pc)

    shell = read(server, ("Set-MpPreference", {"EnableNetworkProtection": "AuditMode"}))

    assert (errors(shell), pc.protection_mode) == ([], 1)
    assert [record.event_id for record in pc.log.records] == [5007, 5007]


def test_a_reboot_drops_sessions_and_the_pc_comes_back(lab_server, lab_pc):
    lab_pc.fault_settings.reboot_s = 0.4
    booted = lab_pc.booted_at
    server = lab_server(lab_pc)

    with left_open(server) as pool:
        lab_pc.faults.add(Fault.REBOOT)
        with pytest.raises(requests.exceptions.ConnectionError):
            run(pool, [DATE])
        with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
            read(server, DATE)
    assert server.sessions_open == 0
    _wait_until(lambda: Fault.REBOOT not in lab_pc.faults)

    assert only(read(server, DATE))
    assert lab_pc.booted_at > booted


def test_a_reboot_can_come_in_the_middle_of_a_run(lab_server):
    server = lab_server(with_fault(Fault.REBOOT, after_answers=1, reboot_s=0.3))

    with left_open(server) as pool:
        assert only(run(pool, [DATE]))
        with pytest.raises(requests.exceptions.ConnectionError):
            run(pool, [DATE])
    _wait_until(lambda: Fault.REBOOT not in server.pc.faults)

    assert only(read(server, DATE))


def _wait_until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.02)


def test_a_server_that_stops_leaves_nothing_behind(lab_pc):
    with LabServer(lab_pc) as server, left_open(server) as pool:
        port = server.port
        server.stop()
        with pytest.raises(requests.exceptions.ConnectionError):
            run(pool, [DATE])

    with LabServer(lab_pc, port=port) as again:
        assert only(read(again, STATUS, select("AMRunningMode")))


def test_faults_are_a_set_that_tells_of_changes():
    told = []
    faults = FaultSet({Fault.GERMAN})
    faults.watch(lambda: told.append(sorted(faults)))

    faults.add(Fault.SLOW)
    faults.remove(Fault.GERMAN)
    faults.replace([])

    assert told == [["german", "slow"], ["slow"], []]
    assert repr(FaultSet({Fault.SLOW})) == "FaultSet([<Fault.SLOW: 'slow'>])"


def test_the_faults_of_a_pc_can_be_assigned():
    pc = SimulatedPC()

    pc.faults = {Fault.GERMAN}

    assert set(pc.faults) == {Fault.GERMAN}
