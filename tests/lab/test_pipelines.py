"""Several statements in one pipeline, answers that come as they are ready, and stopping."""

from __future__ import annotations

import threading
import time

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.shell import SignalCode

from portal.demo.lab import registry
from portal.demo.lab.engine import Engine
from portal.demo.lab.faults import Fault
from tests.lab.talk import DATE, PREFERENCE, STATUS, build, errors, key, left_open, only, opened, read, run, select

HANG = "Get-MpComputerStatus"


NONSENSE = bytes([0] * 7 + [99] + [0] * 8 + [3, 0, 0, 0, 1, 0])  # a whole fragment that holds no message


def hanging(pc):
    pc.fault_settings.hanging_command = HANG
    pc.faults.add(Fault.HANGING_COMMAND)
    return pc


NOT_THERE = [key(registry.POLICY_MANAGER)]
UNKNOWN = [("Get-Process", {})]
AFTERWARDS = [STATUS, select("AMRunningMode")]
MAPS = [PREFERENCE, select("MAPSReporting")]
OUTPUTS = {"MAPSReporting": 2, "AMRunningMode": "Normal"}


@pytest.mark.parametrize(
    ("engine", "statements", "outputs", "identifiers", "state"),
    [
        ("recorded", [MAPS, NOT_THERE, AFTERWARDS], 2, ["PathNotFound"], "COMPLETED"),
        ("recorded", [MAPS, UNKNOWN, AFTERWARDS], 1, ["CommandNotFoundException"], "FAILED"),
        ("recorded", [UNKNOWN, MAPS, AFTERWARDS], 1, ["CommandNotFoundException"], "COMPLETED"),
        ("recorded", [UNKNOWN, UNKNOWN, AFTERWARDS], 0, ["CommandNotFoundException"] * 2, "FAILED"),
        ("recorded", [UNKNOWN], 0, ["CommandNotFoundException"], "FAILED"),
        ("goes_on", [UNKNOWN, MAPS, UNKNOWN, AFTERWARDS], 2, ["CommandNotFoundException"] * 2, "COMPLETED"),
        ("goes_on", [UNKNOWN], 0, ["CommandNotFoundException"], "FAILED"),
    ],
)
def test_what_an_error_does_to_the_statements_after_it(
    lab_server, lab_pc, engine, statements, outputs, identifiers, state
):
    lab_pc.engine = Engine(engine)

    with opened(lab_server(lab_pc)) as pool:
        shell = run(pool, *statements)

    found = [value for each in shell.output for value in each.extended_properties.items()]
    assert found == list(OUTPUTS.items())[:outputs]
    assert [error.partition(",")[0] for error in errors(shell)] == identifiers
    assert shell.state == getattr(PSInvocationState, state)


def test_a_stop_takes_the_shell_along_only_with_the_other_engine(lab_server, lab_pc):
    lab_pc.engine = Engine.GOES_ON
    server = lab_server(hanging(lab_pc))

    with left_open(server) as pool:
        batch = build(pool, [DATE], [STATUS, select("AMRunningMode")])
        batch.begin_invoke()
        batch.stop()

        with pytest.raises(WSManFaultError) as caught:
            run(pool, [DATE])
        assert caught.value.code == 2150858843
        assert server.sessions_open == 0


@pytest.mark.parametrize(("asked", "is_there"), [(0, False), (15, True)])
def test_invocation_info_comes_where_it_is_asked_for(lab_server, asked, is_there):
    with opened(lab_server()) as pool:
        shell = build(pool, NOT_THERE)
        shell.begin_invoke(remote_stream_options=asked)
        shell.end_invoke()

    (error,) = shell.streams.error
    assert (error.invocation_name is not None) is is_there


def test_messages_may_follow_a_failed_state(lab_server, lab_pc):
    lab_pc.faults.add(Fault.LATE_MESSAGES)

    with opened(lab_server(lab_pc)) as pool:
        shell = run(pool, UNKNOWN)

    assert errors(shell) == ["CommandNotFoundException"] * 3


def test_one_pipeline_of_many_statements_takes_two_requests(lab_server):
    server = lab_server()

    with opened(server) as pool:
        before = server.requests
        run(pool, *([DATE] for _ in range(7)))

        assert server.requests - before == 2


def test_answers_come_before_the_whole_pipeline_has_ended(lab_server, lab_pc):
    with opened(lab_server(hanging(lab_pc))) as pool:
        shell = build(pool, [DATE], [STATUS, select("AMRunningMode")])
        shell.begin_invoke()
        shell.poll_invoke(timeout=2)

        assert (len(shell.output), shell.state) == (1, PSInvocationState.RUNNING)
        shell.stop()


def test_waiting_for_a_long_command_ends_with_the_operation_timeout(lab_server, lab_pc):
    with opened(lab_server(hanging(lab_pc))) as pool:
        shell = build(pool, [STATUS, select("AMRunningMode")])
        shell.begin_invoke()

        with pytest.raises(WSManFaultError) as caught:
            pool.shell.receive("stdout", command_id=shell._command_id, timeout=1)
        shell.poll_invoke(timeout=1)

        assert caught.value.code == 2150858793
        assert shell.state == PSInvocationState.RUNNING
        shell.stop()


def test_a_command_may_take_longer_than_the_operation_timeout(lab_server, lab_pc):
    lab_pc.fault_settings.command_delay_s = 1.5
    lab_pc.faults.add(Fault.SLOW)

    with opened(lab_server(lab_pc), operation_timeout=1) as pool:
        assert only(run(pool, [PREFERENCE, select("MAPSReporting")]))


def test_stopping_ends_a_hanging_command_and_the_pipeline_says_so(lab_server, lab_pc):
    with opened(lab_server(hanging(lab_pc))) as pool:
        shell = build(pool, [STATUS, select("AMRunningMode")])
        shell.begin_invoke()
        started = time.monotonic()
        shell.stop()
        state, _, streams = pool.shell.receive("stdout", command_id=shell.id)
        pool._parse_responses(streams["stdout"], shell)

        assert time.monotonic() - started < 2
        assert state.endswith("/Done")
        assert (shell.state, errors(shell)) == (PSInvocationState.STOPPED, ["PipelineStopped"])
        assert only(run(pool, [PREFERENCE, select("MAPSReporting")]))


def test_a_slow_command_can_be_stopped_too(lab_server, lab_pc):
    lab_pc.fault_settings.command_delay_s = 30
    lab_pc.faults.add(Fault.SLOW)

    with opened(lab_server(lab_pc)) as pool:
        shell = build(pool, [PREFERENCE, select("MAPSReporting")])
        shell.begin_invoke()
        started = time.monotonic()
        shell.stop()

    assert time.monotonic() - started < 2


def test_a_lab_that_breaks_does_not_let_the_client_wait(lab_server, lab_pc):
    lab_pc.status.clear()

    shell = read(lab_server(lab_pc), STATUS, select("AMRunningMode"))

    assert (shell.had_errors, errors(shell)) == (True, ["LabBroke"])


def test_a_terminate_signal_drops_the_command(lab_server, lab_pc):
    with opened(lab_server(hanging(lab_pc))) as pool:
        shell = build(pool, [STATUS, select("AMRunningMode")])
        shell.begin_invoke()
        pool.shell.signal(SignalCode.TERMINATE, shell.id)

        with pytest.raises(WSManFaultError) as caught:
            pool.shell.receive("stdout", command_id=shell.id)
        assert caught.value.code == 2150858843


def test_a_finished_pipeline_can_be_closed(lab_server):
    with opened(lab_server()) as pool:
        shell = run(pool, [DATE])

        shell.close()

        assert shell.state == PSInvocationState.COMPLETED


def test_stopping_a_batch_keeps_the_later_statements_from_running(lab_server, lab_pc):
    server = lab_server(hanging(lab_pc))

    with opened(server) as pool:
        shell = build(
            pool, [STATUS, select("AMRunningMode")], [("Set-MpPreference", {"EnableNetworkProtection": "Disabled"})]
        )
        shell.begin_invoke()
        shell.stop()

    assert lab_pc.protection_mode == 1


def test_closing_the_session_ends_what_still_runs(lab_server, lab_pc):
    with opened(lab_server(hanging(lab_pc))) as pool:
        build(pool, [STATUS, select("AMRunningMode")]).begin_invoke()

    assert "lab-pipeline" not in {thread.name for thread in threading.enumerate()}


def test_two_pipelines_of_one_pool_run_at_the_same_time(lab_server, lab_pc):
    with opened(lab_server(hanging(lab_pc)), operation_timeout=5) as pool:
        first = build(pool, [STATUS, select("AMRunningMode")])
        first.begin_invoke()
        second = run(pool, [PREFERENCE, select("MAPSReporting")])
        first.stop()

    assert only(second)


def test_a_message_that_the_service_does_not_understand_is_answered_with_a_fault(lab_server):
    with opened(lab_server()) as pool:
        with pytest.raises(WSManFaultError) as caught:
            pool.shell.send("stdin", NONSENSE)

        assert caught.value.code == 1359


def test_the_endpoint_does_not_tell_which_commands_it_has(lab_server):
    server = lab_server()

    with opened(server) as pool, pytest.raises(IndexError):
        pool.get_command_metadata("Get-*")

    assert server.commands == ["Get-Command"]
