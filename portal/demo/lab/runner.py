"""Runs the statements of a pipeline on a simulated PC, one after another, in the thread of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import structlog

from portal.demo.lab import (
    changing,
    commands,
    errors,
    german,
    language,
    native,
    network,
    objects,
    own_functions,
    reading,
)
from portal.demo.lab.call import Call
from portal.demo.lab.errors import CommandError, Stopped
from portal.demo.lab.events import EventRecord, to_xml
from portal.demo.lab.faults import Fault
from portal.demo.lab.hostile import Hostile, fragments_of, pause_s
from portal.demo.lab.language import SELECT_NAMES, selected_names
from portal.demo.lab.objects import Thing
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.run import Run
from portal.demo.lab.shell import Job

log = structlog.get_logger(__name__)

Handler = Callable[[Run, Call], Iterable[Any]]
HANDLERS: dict[str, Handler] = {
    **reading.HANDLERS,
    **network.HANDLERS,
    **native.HANDLERS,
    **changing.HANDLERS,
    **commands.HANDLERS,
    **own_functions.HANDLERS,
}


def run_statements(pc: SimulatedPC, statements: Sequence[Sequence[Call]], job: Job) -> None:
    """Run them all and report how the pipeline ended (``engine``: what an error does to the statements after it)."""
    try:
        _run_all(pc, statements, job)
    except Stopped:
        job.stop()
    except Exception as error:
        log.exception("lab_command_broke", pc=pc.hostname)
        broken = CommandError(f"The lab broke: {error!r}", "LabBroke", reason="InvalidOperationException")
        job.fail(_record(pc, broken, statements[0], job))


def _run_all(pc: SimulatedPC, statements: Sequence[Sequence[Call]], job: Job) -> None:
    number, last = 0, len(statements) - 1
    while number <= last:
        statement = statements[number]
        error = _run_statement(pc, statement, job)
        if error and (last == 0 or number > 0) and not (pc.engine.goes_on and last > 0):
            job.fail(_record(pc, error, statement, job), says_more=Fault.LATE_MESSAGES in pc.faults)
            return
        if error:
            job.write_error(_record(pc, errors.wrapped(error), statement, job))
            last = last if pc.engine.goes_on else 1  # of a first statement that failed only the next one runs
        number += 1
    job.complete()


def _run_statement(pc: SimulatedPC, statement: Sequence[Call], job: Job) -> CommandError | None:
    """Run one statement; returns the error that ended it, or None."""
    run = Run(
        pc,
        job.stopping,
        endpoint=pc.restricted.get(job.shell.endpoint.casefold()),
        report=lambda error: job.write_error(_record(pc, error, statement, job)),
    )
    try:
        _check(pc, statement, job)
        if Fault.HOSTILE in pc.faults and _is_meant(pc.fault_settings.hostile_command, statement[0].name):
            _mean_harm(pc.fault_settings.hostile, run, job)
            return None
        for value in _values(run, statement):
            run.check_stopped()
            job.write(value)
    except CommandError as error:
        if error.terminating:
            return error
        run.report(error)
    return None


def _check(pc: SimulatedPC, statement: Sequence[Call], job: Job) -> None:
    language.check_hidden(statement, pc.hidden_commands)
    endpoint = pc.restricted.get(job.shell.endpoint.casefold())
    if endpoint is not None:
        endpoint.check(statement)
    else:
        language.check(statement, full_language=pc.full_language)


def _record(pc: SimulatedPC, error: CommandError, statement: Sequence[Call], job: Job) -> Any:
    endpoint = pc.restricted.get(job.shell.endpoint.casefold())
    error = endpoint.wrapped(error, statement[0]) if endpoint is not None else error
    if Fault.GERMAN in pc.faults:
        error = german.translated(error)
    name = statement[0].name
    invocation = errors.invocation(name, position=1, length=len(statement)) if job.wants_invocation_info else None
    return errors.error_record(error, command=name, invocation=invocation)


def _values(run: Run, statement: Sequence[Call]) -> Iterator[Any]:
    first = statement[0]
    if first.is_script:
        yield from native.fetch_file(run, first)
        return
    tail = statement[1] if len(statement) > 1 else None
    for value in answers(run, first):
        yield _on_the_wire(run, value, tail)


def answers(run: Run, call: Call) -> Iterator[Any]:
    """Return what a command puts out, before another one takes it; the PC's faults strike first."""
    name, handler = _handler(call.name)
    _suffer(run, name)
    yield from handler(run, call)


def _mean_harm(kind: Hostile, run: Run, job: Job) -> None:
    for fragment in fragments_of(kind):
        job.write_raw(fragment)
        run.pause(pause_s(kind))
        while job.is_ahead():  # of who reads: what has no end must not fill the lab's own memory
            run.pause(0.01)
        run.check_stopped()


def _handler(name: str) -> tuple[str, Handler]:
    known = next((each for each in HANDLERS if each.casefold() == name.casefold()), None)
    if known is None:
        raise errors.not_recognized(name)
    return known, HANDLERS[known]


def _suffer(run: Run, name: str) -> None:
    """Let the faults strike that concern every command."""
    faults, settings = run.pc.faults, run.pc.fault_settings
    if Fault.SLOW in faults:
        run.pause(settings.command_delay_s)
    if Fault.HANGING_COMMAND in faults and _is_meant(settings.hanging_command, name):
        run.hang()
    if Fault.ACCESS_DENIED_FOR_COMMAND in faults and _is_meant(settings.denied_command, name):
        raise errors.access_denied(name)


def _is_meant(wanted: str, name: str) -> bool:
    return not wanted or wanted.casefold() in {name.casefold(), name.rpartition("\\")[2].casefold()}


def _on_the_wire(run: Run, value: Any, tail: Call | None) -> Any:
    if isinstance(value, EventRecord):
        return to_xml(value, run.pc.full_name)
    if not isinstance(value, Thing):
        return value
    is_selected = tail is not None and tail.name.casefold() in SELECT_NAMES
    return objects.select(value, selected_names(tail)) if tail and is_selected else objects.whole(value)
