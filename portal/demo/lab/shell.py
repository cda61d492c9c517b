"""A remote shell: one runspace pool on the server side of PSRP, and the pipelines in it."""

from __future__ import annotations

import base64
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psrpcore import (
    CreatePipelineEvent,
    GetCommandMetadataEvent,
    PSRPEvent,
    PSRPPayload,
    ServerPipeline,
    ServerRunspacePool,
    StreamType,
)
from psrpcore.types import (
    ErrorRecord,
    PipelineState,
    PSInvocationState,
    PSRPMessageType,
    PSVersion,
    RemoteStreamOptions,
)

from portal.demo.lab import wsman
from portal.demo.lab.call import Call, statements_of

FRAGMENT_SIZE = 32768  # what Windows PowerShell sends at once
MOST_WAITING = 200  # fragments that a pipeline without end puts out in advance
LINGER_S = 0.05  # how long an answer waits for the end of a command that is about to end
STOP_S = 10.0
ERRORS_WITH_INVOCATION_INFO = RemoteStreamOptions.AddInvocationInfoToErrorRecord
VERSION_TABLE = {
    "PSVersion": PSVersion("5.1.26100.2161"),
    "PSEdition": "Desktop",
    "BuildVersion": PSVersion("10.0.26100.2161"),
    "CLRVersion": PSVersion("4.0.30319.42000"),
    "WSManStackVersion": PSVersion("3.0"),
}

Statement = Sequence[Call]


@dataclass
class Outbox:
    """What waits for a Receive: fragments of one pipeline, or of the pool itself."""

    fragments: deque[bytes] = field(default_factory=deque)
    ended: bool = False


class Job:
    """One pipeline on its way; the runner writes to it, Signal stops it."""

    def __init__(self, shell: Shell, command_id: str, pipeline: ServerPipeline) -> None:
        """Take a pipeline that has not started."""
        self.shell = shell
        self.command_id = command_id
        self.pipeline = pipeline
        self.outbox = Outbox()
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None
        self.wants_invocation_info = False
        self.is_batch = False

    def write(self, value: Any) -> None:
        """Put a value on the output stream."""
        self.shell.tell(self, lambda: self.pipeline.write_output(value))

    def write_error(self, record: ErrorRecord) -> None:
        """Put a record on the error stream."""
        self.shell.tell(self, lambda: self.pipeline.prepare_message(record, PSRPMessageType.ErrorRecord))

    def write_raw(self, fragment: bytes) -> None:
        """Put a fragment out as it is."""
        self.shell.tell(self, lambda: self.outbox.fragments.append(fragment))

    def is_ahead(self) -> bool:
        """Tell whether much waits to be read."""
        return len(self.outbox.fragments) > MOST_WAITING

    def complete(self) -> None:
        """Report the end of the pipeline."""
        self.shell.tell(self, self.pipeline.complete, ends=True)

    def stop(self) -> None:
        """Report that the pipeline was stopped."""
        self.shell.tell(self, self.pipeline.stop, ends=True)

    def fail(self, record: ErrorRecord, *, says_more: bool = False) -> None:
        """Report that an error ended the pipeline, and with ``says_more`` say it again afterwards."""
        message = PipelineState(PipelineState=int(PSInvocationState.Failed), ExceptionAsErrorRecord=record)
        self.pipeline.state = PSInvocationState.Failed

        def say() -> None:
            self.pipeline.prepare_message(message)
            if says_more:
                self.pipeline.prepare_message(record, PSRPMessageType.ErrorRecord)
                self.pipeline.prepare_message(message)

        self.shell.tell(self, say, ends=True)


Runner = Callable[[Sequence[Statement], Job], None]


class Shell:
    """One open shell of one account."""

    def __init__(self, shell_id: str, owner: str, runner: Runner, *, endpoint: str) -> None:
        """Start empty; ``runner`` runs the statements of a pipeline, ``endpoint`` is the session configuration."""
        self.endpoint = endpoint
        self.shell_id = shell_id
        self.owner = owner
        self.answers = 0  # Receive answers that carried something of a pipeline
        self.is_open = False  # the client has read that the pool is open
        self._is_closed = False
        self._runner = runner
        self._pool = ServerRunspacePool(application_private_data={"PSVersionTable": dict(VERSION_TABLE)})
        self._own = Outbox()
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()

    def open(self, creation: bytes) -> None:
        """Take the client's first messages and queue the answers."""
        self._take(creation, None)

    def command(self, command_id: str, data: bytes) -> None:
        """Begin a pipeline with its first fragment."""
        with self._changed:
            job = Job(self, command_id, ServerPipeline(self._pool, uuid.UUID(command_id)))
            self._jobs[command_id] = job
        self._take(data, job)

    def send(self, command_id: str | None, data: bytes) -> None:
        """Take further fragments of the pool or of one pipeline."""
        self._take(data, self._job(command_id) if command_id else None)

    def _take(self, data: bytes, job: Job | None) -> None:
        with self._changed:
            self._pool.receive_data(PSRPPayload(data, StreamType.default, job.pipeline.pipeline_id if job else None))
            while (event := self._pool.next_event()) is not None:
                self._follow(event, job)
            self._sort()
            self._changed.notify_all()

    def _follow(self, event: PSRPEvent[Any, Any], job: Job | None) -> None:
        if isinstance(event, CreatePipelineEvent) and job:
            asked = event.pipeline
            job.wants_invocation_info = bool(asked.remote_stream_options & ERRORS_WITH_INVOCATION_INFO)
            self._start(job, statements_of(asked.commands))
        elif isinstance(event, GetCommandMetadataEvent) and job:
            self._start(job, [[Call("Get-Command")]])

    def _start(self, job: Job, statements: Sequence[Statement]) -> None:
        self._sort()
        job.is_batch = len(statements) > 1
        job.pipeline.start()
        self._pool.data_to_send()  # Windows does not report that a pipeline runs, only how it ended
        job.thread = threading.Thread(target=self._runner, args=(statements, job), daemon=True, name="lab-pipeline")
        job.thread.start()

    def tell(self, job: Job, say: Callable[[], None], *, ends: bool = False) -> None:
        """Let a pipeline say something and wake whoever waits for it."""
        with self._changed:
            say()
            self._sort()
            job.outbox.ended = job.outbox.ended or ends
            self._changed.notify_all()

    def _sort(self) -> None:
        """Put what the pool wants to send into the outbox it belongs to."""
        jobs: dict[uuid.UUID | None, Outbox] = {job.pipeline.pipeline_id: job.outbox for job in self._jobs.values()}
        while (payload := self._pool.data_to_send(FRAGMENT_SIZE)) is not None:
            jobs.get(payload.pipeline_id, self._own).fragments.append(payload.data)

    def receive(self, command_id: str | None, *, timeout_s: float, room: int) -> tuple[list[str], bool]:
        """Wait for output; gives Base64 streams and whether the command has ended.

        Raises the fault OPERATION_TIMED_OUT when there is nothing within the time.
        """
        outbox = self._job(command_id).outbox if command_id else self._own
        with self._changed:
            if not self._changed.wait_for(lambda: outbox.fragments or outbox.ended or self._is_closed, timeout_s):
                raise wsman.WSManFault(wsman.OPERATION_TIMED_OUT)
            if self._is_closed:
                raise wsman.WSManFault(wsman.UNEXPECTED_SELECTORS)
            self._changed.wait_for(lambda: outbox.ended or not command_id, LINGER_S)
            streams = _fill(outbox.fragments, room)
            self.is_open = True
            self.answers += 1 if command_id else 0
            return streams, outbox.ended and not outbox.fragments

    def stop(self, command_id: str) -> bool:
        """Stop a pipeline and wait until it has ended; returns whether it ran, as a batch, until then."""
        job = self._job(command_id)
        was_running = job.thread is not None and job.thread.is_alive()
        job.stopping.set()
        if job.thread:
            job.thread.join(STOP_S)
        return job.is_batch and was_running

    def forget(self, command_id: str) -> None:
        """Drop a pipeline that the client is done with, stopping it if it still runs."""
        self.stop(command_id)
        with self._changed:
            self._jobs.pop(command_id)

    def close(self) -> None:
        """Stop everything, and whoever waits here."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for job in tuple(self._jobs.values()):
            job.stopping.set()
        for job in tuple(self._jobs.values()):
            if job.thread:
                job.thread.join(STOP_S)

    def _job(self, command_id: str) -> Job:
        try:
            return self._jobs[command_id]
        except KeyError:
            raise wsman.WSManFault(wsman.UNEXPECTED_SELECTORS) from None


def _fill(fragments: deque[bytes], room: int) -> list[str]:
    streams: list[str] = []
    left = room
    while fragments and (not streams or len(fragments[0]) * 4 // 3 < left):
        stream = base64.b64encode(fragments.popleft()).decode()
        streams.append(stream)
        left -= len(stream)
    return streams
