"""pypsrp's pipeline, with what came in the order it came, and an end after which nothing counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.messages import MessageType
from pypsrp.powershell import PowerShell

from troubleshooting.machines.batch import End
from troubleshooting.machines.clixml_texts import Unreadable
from troubleshooting.machines.create_pipeline import create_pipeline
from troubleshooting.machines.fragments import Message
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.plain import DeviceError, Json, device_error, plain, unreadable, weight
from troubleshooting.machines.pool import Pool, extended, read

MOST_BYTES = 16_000_000  # that one pipeline sends; a visit's sends 80,000
MOST_WRITTEN = 8_000_000  # of what it put out, written down: few bytes can stand for many
OPERATION_TIMED_OUT = 0x80338029  # of one Receive: the pipeline still runs

_ENDS = {
    PSInvocationState.COMPLETED: End.COMPLETED,
    PSInvocationState.FAILED: End.FAILED,
    PSInvocationState.STOPPED: End.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One output, or one error record."""

    output: Json = None
    error: DeviceError | None = None


class HadEnough(Exception):
    """A pipeline is not to be followed any longer: its time is up, a person ended it, or it has brought too much."""


class Pipeline(PowerShell):
    """One pipeline on its way."""

    def __init__(self, pool: Pool) -> None:
        """Start without a statement."""
        super().__init__(pool)
        self._pool = pool
        self.entries: tuple[Entry, ...] = ()
        self._replies: list[Reply] = []
        self._begins_at = pool.taken_bytes
        self._written = 0
        self.end: End | None = None
        self.ended_by: DeviceError | None = None  # the error record of the final state
        self.overflow: DeviceError | None = None  # it brought more than any answer is

    def begin(self, entries: tuple[Entry, ...]) -> None:
        """Send entries as the statements of this pipeline."""
        self.entries = entries
        message: Any = create_pipeline(entries, protocol_version=self._pool.protocol_version or "")
        self._invoke(message)

    def poll_invoke(self, timeout: Any = None) -> None:
        """Receive once and keep what came; the time limit of the Receive itself is no error.

        Raises HadEnough where it has brought more than any answer is; what came before is kept.
        """
        try:
            received = self._pool.received(self.id, timeout)
        except WSManFaultError as error:
            if error.code != OPERATION_TIMED_OUT:
                raise
            return
        self._keep(received)

    def taken(self) -> list[Reply]:
        """Return what came since the last look, and forget it."""
        new, self._replies = self._replies, []
        return new

    def _keep(self, received: Iterable[Message]) -> None:
        for message in received:
            if self.end is not None:  # PowerShell may say more, even another state; the first one counts
                return
            if message.kind == MessageType.PIPELINE_STATE:
                self._keep_state(message)
            else:
                self._keep_reply(self._reply(message))
        if self._pool.taken_bytes - self._begins_at > MOST_BYTES:
            self._overflow(MOST_BYTES)

    def _keep_reply(self, reply: Reply) -> None:
        self._written += weight(reply.output)
        if self._written > MOST_WRITTEN:
            self._overflow(MOST_WRITTEN)
        self._replies.append(reply)

    def _overflow(self, most: int) -> None:
        self.overflow = unreadable(Unreadable(f"There is more than {most} bytes of it."))
        self._replies.append(Reply(error=self.overflow))
        raise HadEnough

    def _reply(self, message: Message) -> Reply:
        """Read one message; what cannot be read costs this one and is told as an error."""
        look = self._pool.look
        try:
            value = read(message, look=look)
            if message.kind == MessageType.ERROR_RECORD:
                return Reply(error=device_error(value))
            return Reply(output=plain(value, look=look))
        except Unreadable as error:
            return Reply(error=unreadable(error))

    def _keep_state(self, message: Message) -> None:
        try:
            told = read(message, look=self._pool.look)
            state, error = extended(told, "PipelineState"), extended(told, "ExceptionAsErrorRecord")
            ended_by = None if error is None else device_error(error)
        except Unreadable as error:
            state, ended_by = PSInvocationState.FAILED, unreadable(error)
        if state in _ENDS:
            self.end, self.ended_by, self.state = _ENDS[state], ended_by, state
