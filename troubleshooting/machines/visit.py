"""One visit to a device: everything the checks need, in one session."""

from __future__ import annotations

from datetime import timedelta

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.machines.base import Address, Answer, Clock, Credential, Limits, OnAnswers, ShouldStop
from troubleshooting.machines.catalogue import prerequisite_visit
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.psrp import Machine, connect

LAST_DAY = timedelta(hours=24)


def visit(
    address: Address,
    credential: Credential,
    *,
    on_answers: OnAnswers,
    should_stop: ShouldStop,
    limits: Limits,
    clock: Clock,
    since: timedelta = LAST_DAY,
    also: tuple[Entry, ...] = (),
) -> tuple[Answer, ...]:
    """Read a device and return the answers in the order they came; they were handed to ``on_answers`` at once.

    Raises MachineError when the device could not be read, was lost on the way, or the run was cancelled
    (``should_stop``); what was handed over before stays good. A command that failed is an answer, not an exception.
    """
    with connect(address, credential, limits=limits, clock=clock, should_stop=should_stop) as machine:
        return read_prerequisites(machine, on_answers=on_answers, since=since, of=address, also=also)


def read_prerequisites(
    machine: Machine, *, on_answers: OnAnswers, since: timedelta, of: Address, also: tuple[Entry, ...] = ()
) -> tuple[Answer, ...]:
    """Read over an open connection what the checks need; raises MachineError also where nothing was answered."""
    asked = (*prerequisite_visit(since, configuration_name=of.configuration_name), *also)
    answers = machine.read(asked, on_answers=on_answers)
    if all(answer.reading.error_code == DeviceErrorCode.TIMED_OUT for answer in answers):
        raise MachineError(DeviceErrorCode.NO_ANSWER, "The device opened a session and answered no command in it.")
    return answers
