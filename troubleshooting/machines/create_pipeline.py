"""The message that begins a pipeline (MS-PSRP 2.2.2.10), written once for the same statements.

pypsrp writes it anew for each pipeline, which is a third of what a visit costs the portal. The text holds no id of a
pipeline or a pool, and a visit sends mostly what every visit sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from pypsrp.complex_objects import (
    ApartmentState,
    Command,
    CommandParameter,
    ComplexObject,
    HostInfo,
    Pipeline,
    RemoteStreamOptions,
)
from pypsrp.messages import CreatePipeline, MessageType
from pypsrp.serializer import Serializer

from troubleshooting.machines.pipeline import Cmdlet, Entry

# Asked for, it is nearly half of every error record, and nothing in it tells more than the rest of the record.
NO_INVOCATION_INFO = 0
MOST_KEPT = 64  # texts of at most 60,000 bytes: a page's address or an exclusion's value makes one of its own


class Written(ComplexObject):
    """A message whose text is there already."""

    MESSAGE_TYPE = MessageType.CREATE_PIPELINE

    def __init__(self, body: bytes) -> None:
        """Take the text in CLIXML."""
        super().__init__()
        self.body = body


class KeepingSerializer(Serializer):
    """pypsrp's serializer, which takes what is written already as it is."""

    def serialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        """Return the element of a value, or the text that was written of it before."""
        return value.body if isinstance(value, Written) else super().serialize(value, *rest, **named)


@dataclass(frozen=True, slots=True)
class _Statements:
    text: str  # tells them apart: True and 1 are equal, and not the same on the wire
    entries: tuple[Entry, ...] = field(compare=False)


def create_pipeline(entries: tuple[Entry, ...], *, protocol_version: str) -> Written:
    """Return the message that begins a pipeline with these entries as its statements."""
    return Written(_written(_Statements(repr(entries), entries), protocol_version))


@lru_cache(maxsize=MOST_KEPT)
def _written(statements: _Statements, protocol_version: str) -> bytes:
    commands: list[Command] = []
    for entry in statements.entries:
        commands += [_command(part, protocol_version) for part in entry.pipeline]
        commands[-1].end_of_statement = True
    commands[-1].end_of_statement = False  # it marks where another statement begins
    pipeline = Pipeline(is_nested=False, cmds=commands, history=None, redirect_err_to_out=False)
    message: Any = CreatePipeline  # its types know no untyped parameters
    told = message(
        no_input=True,
        apartment_state=ApartmentState(value=ApartmentState.UNKNOWN),
        remote_stream_options=RemoteStreamOptions(value=NO_INVOCATION_INFO),
        add_to_history=False,
        host_info=HostInfo(host=None),
        pipeline=pipeline,
        is_nested=False,
    )
    element: Any = Serializer().serialize(told)
    body: bytes = ElementTree.tostring(element, encoding="utf-8", method="xml")
    return body


def _command(part: Cmdlet, protocol_version: str) -> Command:
    """Return a named cmdlet with its parameters; script text is not possible."""
    command = Command(part.name, protocol_version=protocol_version, is_script=False)
    for parameter in part.parameters:
        value = list(parameter.value) if isinstance(parameter.value, tuple) else parameter.value
        command.args.append(CommandParameter(name=parameter.name, value=value))
    return command
