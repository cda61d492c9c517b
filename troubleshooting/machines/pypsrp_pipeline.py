"""pypsrp's pipeline, with what came in the order it came, and an end after which nothing counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pypsrp.complex_objects import Command, PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.messages import Message, MessageType
from pypsrp.powershell import PowerShell, RunspacePool

from troubleshooting.machines.batch import End
from troubleshooting.machines.pipeline import Entry, Value

OPERATION_TIMED_OUT = 0x80338029  # of one Receive: the pipeline still runs

_ENDS = {
    PSInvocationState.COMPLETED: End.COMPLETED,
    PSInvocationState.FAILED: End.FAILED,
    PSInvocationState.STOPPED: End.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One output or error record, as pypsrp read it."""

    value: object
    is_error: bool


class Pipeline(PowerShell):
    """One pipeline on its way."""

    def __init__(self, pool: RunspacePool) -> None:
        """Start without a command."""
        super().__init__(pool)
        self._replies: list[Reply] = []
        self.end: End | None = None
        self.ended_by: object = None  # the error record of the final state

    def poll_invoke(self, timeout: Any = None) -> None:
        """Receive once and keep what came; the time limit of the Receive itself is no error."""
        try:
            received = self.runspace_pool._receive(self.id, timeout=timeout)  # noqa: SLF001  as pypsrp's own does
        except WSManFaultError as error:
            if error.code != OPERATION_TIMED_OUT:
                raise
            return
        self._keep(received)

    def taken(self) -> list[Reply]:
        """Return what came since the last look, and forget it."""
        new, self._replies = self._replies, []
        return new

    def _keep(self, received: Sequence[tuple[int, Any]]) -> None:
        for kind, value in received:
            if self.end is not None:  # PowerShell may say more, even another state; the first one counts
                return
            if kind == MessageType.PIPELINE_OUTPUT:
                self._replies.append(Reply(value.data.data, is_error=False))
            elif kind == MessageType.ERROR_RECORD:
                self._replies.append(Reply(value, is_error=True))
            elif kind == MessageType.PIPELINE_STATE and value.state in _ENDS:
                self.end, self.ended_by, self.state = _ENDS[value.state], value.error_record, value.state

    def _process_error_record(self, message: Message) -> Any:
        return message.data

    def _process_pipeline_state(self, message: Message) -> Any:
        return message.data


class SharedCommand(Command):
    """A command that is written from where it stands.

    pypsrp copies every command twice in depth before it writes a pipeline, for the sake of values that are lxml
    elements (``Pipeline._get_statements``). Here all values are plain, and copying was a third of the client's CPU.
    """

    def __init__(self, name: str, *, protocol_version: str) -> None:
        """Name a cmdlet; script text is not possible."""
        super().__init__(name, protocol_version=protocol_version, is_script=False)

    def __deepcopy__(self, memo: object) -> SharedCommand:
        """Return the command itself."""
        return self


def add_statement(pipeline: PowerShell, entry: Entry) -> None:
    """Add an entry as the next statement."""
    if pipeline.commands:
        pipeline.add_statement()
    for part in entry.pipeline:
        pipeline.add_command(SharedCommand(part.name, protocol_version=pipeline.runspace_pool.protocol_version or ""))
        for parameter in part.parameters:
            _add_parameter(pipeline, parameter.name, parameter.value)


def _add_parameter(pipeline: PowerShell, name: str | None, value: Value) -> None:
    typed = list(value) if isinstance(value, tuple) else value
    if name is None:
        pipeline.add_argument(typed)
    else:
        pipeline.add_parameter(name, typed)
