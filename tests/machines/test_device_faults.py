"""Every fault of a device has its name, nothing hangs, no shell is left, and what came before is kept."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.machines.speaking import IMPATIENT, LIMITS, Visited, call_on
from troubleshooting.domain.evidence.device_errors import PASSING
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines.catalogue import prerequisite_visit

ASKED = [entry.name for entry in prerequisite_visit(timedelta(hours=24))]
LONG_S = 15.0  # no fault below may take longer


def faulty(fault, **figures):
    pc = healthy_windows_11()
    for name, value in figures.items():
        setattr(pc.fault_settings, name, value)
    pc.faults.add(fault)
    return pc


def running_pipelines():
    return [thread for thread in threading.enumerate() if thread.name == "lab-pipeline"]


def wait_until(is_so, within_s=5.0):
    until = time.monotonic() + within_s
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)
    return is_so()


@pytest.mark.parametrize(
    ("fault", "figures", "code"),
    [
        (Fault.REFUSED, {}, Code.UNREACHABLE),
        (Fault.NO_ANSWER, {}, Code.NO_ANSWER),
        (Fault.UNAUTHORIZED, {}, Code.WRONG_CREDENTIALS),
        (Fault.ACCESS_DENIED_ON_CREATE, {}, Code.ACCESS_DENIED),
        (Fault.QUOTA_REACHED, {}, Code.QUOTA_REACHED),
        (Fault.WSMAN_FAULT, {"fault_code": 2150858752}, Code.ENDPOINT_MISSING),
        (Fault.WSMAN_FAULT, {"fault_code": 2150859180}, Code.REMOTING_DISABLED),
        (Fault.WSMAN_FAULT, {"fault_code": 2150859175}, Code.QUOTA_REACHED),
        (Fault.WSMAN_FAULT, {"fault_code": 2152991685}, Code.PROTOCOL_BROKEN),
        (Fault.WSMAN_FAULT, {"fault_code": 12345}, Code.SERVICE_FAULT),
        (Fault.SHELL_LOST, {}, Code.SESSION_LOST),
        (Fault.CUT_IN_ANSWER, {}, Code.CONNECTION_CUT),
        (Fault.GARBAGE, {}, Code.PROTOCOL_BROKEN),
        (Fault.BROKEN_ENCRYPTION, {}, Code.PROTOCOL_BROKEN),
        (Fault.REBOOT, {}, Code.UNREACHABLE),
    ],
    ids=str,
)
def test_a_fault_has_its_name_and_leaves_no_shell(lab_server, fault, figures, code):
    server, began = lab_server(faulty(fault, **figures)), time.monotonic()

    visited = call_on(server, limits=IMPATIENT)

    assert visited.error.code is code
    assert visited.error.detail
    assert visited.answers == []
    assert server.sessions_open == 0
    assert time.monotonic() - began < LONG_S


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        (Fault.SHELL_LOST, {Code.SESSION_LOST}),
        (Fault.CUT_IN_ANSWER, {Code.CONNECTION_CUT}),
        (Fault.GARBAGE, {Code.PROTOCOL_BROKEN}),
        (Fault.BROKEN_ENCRYPTION, {Code.PROTOCOL_BROKEN}),
        (Fault.REBOOT, {Code.CONNECTION_CUT, Code.UNREACHABLE, Code.SESSION_LOST}),
    ],
)
@pytest.mark.parametrize("after_answers", [1, 2])
def test_what_came_before_a_loss_is_kept(lab_server, fault, codes, after_answers):
    server = lab_server(faulty(fault, after_answers=after_answers, reboot_s=0.5))

    visited = call_on(server, limits=IMPATIENT)

    assert visited.error.code in codes
    assert visited.states["clock"] == ReadState.ANSWERED
    assert visited.states["operating_system"] == ReadState.ANSWERED
    assert visited.codes == {}
    assert wait_until(lambda: server.sessions_open == 0)  # a PC that reboots ends its shells itself


def test_the_cut_of_an_https_answer_is_named(lab_server):
    server = lab_server(faulty(Fault.CUT_IN_ANSWER), https=True)

    assert call_on(server, limits=IMPATIENT).error.code is Code.CONNECTION_CUT
    assert server.sessions_open == 0


def test_a_command_of_its_own_that_hangs_is_stopped_and_the_visit_goes_on(lab_server):
    server = lab_server(faulty(Fault.HANGING_COMMAND, hanging_command="MpCmdRun.exe"))

    visited = call_on(server, limits=IMPATIENT)

    assert visited.error is None
    assert visited.codes == {"cloud_connectivity": Code.TIMED_OUT}
    assert visited.states["protection_events"] == ReadState.ANSWERED
    assert server.sessions_open == 0


def test_a_statement_that_hangs_costs_only_itself(lab_server):
    server = lab_server(faulty(Fault.HANGING_COMMAND, hanging_command="Get-MpComputerStatus"))

    visited = call_on(server, limits=IMPATIENT)

    assert visited.error is None
    assert visited.codes == {"computer_status": Code.TIMED_OUT}
    assert visited.states["preferences"] == ReadState.ANSWERED
    assert visited.states["protection_events"] == ReadState.ANSWERED
    assert server.sessions_open == 0
    assert wait_until(lambda: not running_pipelines())


def test_reads_that_hang_alike_do_not_each_wait_out_their_deadline(lab_server):
    server = lab_server(faulty(Fault.HANGING_COMMAND, hanging_command="Get-CimInstance"))

    visited = call_on(server, limits=replace(LIMITS, command=timedelta(seconds=4), after_hang=timedelta(seconds=0.5)))

    waited = {answer.name: answer.seconds for answer in visited.answers if answer.name in visited.codes}
    assert visited.error is None
    assert visited.codes == dict.fromkeys(("operating_system", "computer", "antivirus_products"), Code.TIMED_OUT)
    assert 2 * (waited["computer"] + waited["antivirus_products"]) < waited["operating_system"] + 4
    assert sorted(visited.states) == sorted(ASKED)
    assert server.sessions_open == 0


def test_what_follows_a_failed_state_counts_for_nothing(lab_server):
    pc = faulty(Fault.LATE_MESSAGES)
    pc.hidden_commands = frozenset({"Get-MpPreference"})

    visited = call_on(lab_server(pc))

    (refused,) = [answer for answer in visited.answers if answer.name == "preferences"]
    assert visited.codes == {"preferences": Code.COMMAND_MISSING}
    assert len(refused.errors) == 1


def test_a_pc_on_which_everything_hangs_ends_with_the_visits_deadline(lab_server):
    server, began = lab_server(faulty(Fault.HANGING_COMMAND)), time.monotonic()

    visited = call_on(server, limits=replace(IMPATIENT, visit=IMPATIENT.command * 2))

    assert visited.error.code is Code.NO_ANSWER
    assert set(visited.codes.values()) == {Code.TIMED_OUT}
    assert time.monotonic() - began < LONG_S
    assert server.sessions_open == 0


def test_a_visit_that_takes_too_long_keeps_what_came_and_says_what_is_missing(lab_server):
    server = lab_server(faulty(Fault.HANGING_COMMAND, hanging_command="Get-MpComputerStatus"))

    visited = call_on(server, limits=replace(LIMITS, visit=timedelta(seconds=2)))

    assert visited.error is None
    assert visited.states["operating_system"] == ReadState.ANSWERED
    assert {"computer_status", "preferences", "cloud_connectivity"} <= visited.codes.keys()
    assert set(visited.codes.values()) == {Code.TIMED_OUT}
    assert server.sessions_open == 0


@pytest.mark.parametrize("hanging", ["Get-MpPreference", "MpCmdRun.exe"])
def test_cancel_really_stops_the_pipeline(lab_server, hanging):
    server, began = lab_server(faulty(Fault.HANGING_COMMAND, hanging_command=hanging)), time.monotonic()
    stopped_before_closing = []
    shell_close = server._service._actions["Delete"]

    def close(request, user):
        stopped_before_closing.append(wait_until(lambda: not running_pipelines()))
        return shell_close(request, user)

    server._service._actions["Delete"] = close

    visited = Visited()

    def should_stop():
        return "clock" in visited.states and any(hanging in command for command in server.commands)

    call_on(server, limits=LIMITS, should_stop=should_stop, visited=visited)

    assert visited.error.code is Code.CANCELLED
    assert visited.states["clock"] == ReadState.ANSWERED
    assert stopped_before_closing == [True]
    assert server.sessions_open == 0
    assert time.monotonic() - began < LONG_S


def test_a_slow_pc_is_read_in_full(lab_server):
    server = lab_server(faulty(Fault.SLOW, request_delay_ms=100, command_delay_s=0.05))

    visited = call_on(server)

    assert visited.error is None
    assert visited.codes == {}


def test_what_time_heals_is_marked_so():
    assert {Code.UNREACHABLE, Code.NO_ANSWER, Code.SESSION_LOST, Code.CONNECTION_CUT, Code.QUOTA_REACHED} <= PASSING
