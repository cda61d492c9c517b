"""pypsrp's runspace pool with the portal's own way in: what a device sends is put together and read within bounds.

pypsrp keeps what it is good at: WS-Management, sign-in, encryption, and all that is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pypsrp.exceptions import InvalidPSRPOperation
from pypsrp.messages import Destination, MessageType, RunspacePoolStateMessage, SessionCapability
from pypsrp.messages import Message as PypsrpMessage
from pypsrp.powershell import RunspacePool
from pypsrp.wsman import WSMan

from troubleshooting.machines import clixml
from troubleshooting.machines.clixml import Look, Thing, Value, do_not_look
from troubleshooting.machines.clixml_texts import Unreadable
from troubleshooting.machines.create_pipeline import KeepingSerializer
from troubleshooting.machines.fragments import Defragmenter, Message

OF_PIPELINES = frozenset({MessageType.PIPELINE_OUTPUT, MessageType.ERROR_RECORD, MessageType.PIPELINE_STATE})


class Pool(RunspacePool):
    """A runspace pool. ``look`` is called while messages are read, and may raise."""

    def __init__(self, connection: WSMan, *, configuration_name: str, idle_timeout: int) -> None:
        """Prepare a pool of one runspace."""
        super().__init__(connection, configuration_name=configuration_name, idle_timeout=idle_timeout)
        self.look: Look = do_not_look
        self.taken_bytes = 0
        self._defragmenter = Defragmenter()
        self._serializer = self._fragmenter.serializer = KeepingSerializer()

    def received(self, command_id: str, timeout: Any) -> list[Message]:
        """Receive once, and return what is of interest for a pipeline, not yet read."""
        received: Any = self._receive(command_id, timeout=timeout)  # what _parse_responses returns
        messages: list[Message] = received
        return messages

    def _parse_responses(self, responses: bytes, pipeline: object = None) -> Any:
        """Take the pool's own messages, which pypsrp's does with its own reader; return those of pipelines.

        Nothing is done with the other kinds: progress, warnings, events, calls to a host.
        """
        own: dict[int, Callable[[Value], None]] = {
            MessageType.SESSION_CAPABILITY: self._take_capability,
            MessageType.RUNSPACEPOOL_STATE: self._take_state,
        }
        of_pipelines: list[Message] = []
        self.taken_bytes += len(responses)
        for message in self._defragmenter.messages(responses):
            if message.kind in OF_PIPELINES:
                of_pipelines.append(message)
            elif (take := own.get(message.kind)) is not None:
                take(read(message, look=self.look))
        return of_pipelines

    def _take_capability(self, told: Value) -> None:
        capability = SessionCapability(
            _text(told, "protocolversion"), _text(told, "PSVersion"), _text(told, "SerializationVersion")
        )
        self._process_session_capability(self._as_pypsrp(capability))

    def _take_state(self, told: Value) -> None:
        state = extended(told, "RunspaceState")
        if not isinstance(state, int):
            raise InvalidPSRPOperation("The device told a state of its runspace pool that is none.")
        error = extended(told, "ExceptionAsErrorRecord")
        text = error.to_string if isinstance(error, Thing) else None
        message: Any = RunspacePoolStateMessage
        self._process_runspacepool_state(self._as_pypsrp(message(state=state, error_record=text)))

    def _as_pypsrp(self, data: Any) -> PypsrpMessage:
        return PypsrpMessage(Destination.CLIENT, None, None, data, self._serializer)


def read(message: Message, *, look: Look) -> Value:
    """Return what a message holds. Raises Unreadable."""
    if message.body is None:
        raise Unreadable(f"It has more than {clixml.MOST_MESSAGE_BYTES} bytes.")
    return clixml.read(message.body, look=look)


def extended(told: Value, name: str) -> Value:
    """Return an extended property of what was read, or None."""
    return told.extended.get(name) if isinstance(told, Thing) else None


def _text(told: Value, name: str) -> str:
    value = extended(told, name)
    return value if isinstance(value, str) else ""
