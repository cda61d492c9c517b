"""What a real PowerShell sent, played to the portal's own code: everything but the network is as in a visit."""

from __future__ import annotations

import json
import struct
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pypsrp.messages import MessageType
from pypsrp.wsman import NAMESPACES

from tests.machines.speaking import LIMITS, now
from troubleshooting.machines.base import Address, Answer, Credential
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.psrp import Machine
from troubleshooting.machines.session import Session

FOLDER = Path(__file__).parent / "recordings"
CREDENTIAL = Credential("replayed", "nobody", "nothing")

Message = tuple[str, str]


@dataclass(frozen=True)
class Recorded:
    """One pipeline that was played to PowerShell, and its messages: (type, CLIXML)."""

    label: str
    statements: tuple[str, ...]
    messages: tuple[Message, ...]

    @property
    def weight(self) -> int:
        """Return how many characters its messages have."""
        return sum(len(text) for _, text in self.messages)


def recorded(name: str) -> dict[str, Recorded]:
    """Return the pipelines of a file by label; of a label that comes again, the later ones as ``label 2``."""
    found: dict[str, Recorded] = {}
    for one in json.loads((FOLDER / f"{name}.json").read_text())["pipelines"]:
        label, number = one["label"], 1
        while label in found:
            number += 1
            label = f"{one['label']} {number}"
        messages = tuple((kind, text) for kind, text in one["messages"])
        found[label] = Recorded(label, tuple(one["statements"]), messages)
    return found


def fragments(number: int, message: Message, sizes: Iterable[int]) -> list[bytes]:
    """Return a message as PSRP fragments (MS-PSRP 2.2.4, 2.2.1) of these sizes; the last one takes the rest."""
    kind, text = message
    head = struct.pack("<II", 1, getattr(MessageType, kind)) + uuid.UUID(int=1).bytes_le + uuid.UUID(int=2).bytes_le
    left, pieces = head + b"\xef\xbb\xbf" + text.encode(), []
    for size in sizes:
        pieces.append(left[:size])
        left = left[size:]
    pieces += [left] if left else []
    last = len(pieces) - 1
    return [
        struct.pack(">QQBI", number, place, (place == 0) | (place == last) << 1, len(piece)) + piece
        for place, piece in enumerate(pieces)
    ]


def even(message: Message, size: int) -> list[int]:
    """Return the sizes that cut a message into even fragments."""
    return [size] * ((len(message[1].encode()) + 43) // size)


@dataclass
class ReplayedShell:
    """The other end of the shell: answers each command with the next recording."""

    answers: list[list[bytes]]
    asked: list[str] = field(default_factory=list)
    opened: bool = True
    _waiting: list[bytes] = field(default_factory=list)

    def command(self, _executable: str, *, arguments: Sequence[str], command_id: str) -> ET.Element:
        """Begin a pipeline."""
        self.asked.append(command_id)
        if not self.answers:
            raise ConnectionResetError("nothing more was recorded")
        self._waiting = self.answers.pop(0)
        said = f'<a xmlns:rsp="{NAMESPACES["rsp"]}"><rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId>'
        return ET.fromstring(f"{said}</rsp:CommandResponse></a>")

    def send(self, *_arguments: Any, **_named: Any) -> None:
        """Take the rest of a long pipeline."""

    def receive(self, *_arguments: Any, **_named: Any) -> tuple[str, None, dict[str, bytes]]:
        """Return the next fragment."""
        if not self._waiting:
            raise ConnectionResetError("the recording has ended before the pipeline did")
        return "Running", None, {"stdout": self._waiting.pop(0)}

    def signal(self, *_arguments: Any, **_named: Any) -> None:
        """Stop the pipeline."""
        self._waiting = []

    def close(self) -> None:
        """End the shell."""


@dataclass
class Replay:
    """What came of it: the answers, and how many statements the next pipeline had that was not recorded any more."""

    answers: dict[str, Answer]
    asked_again: int = 0


def replay(
    entries: Sequence[Entry], messages: Sequence[Message], *, cut: Callable[[Message], Iterable[int]] = lambda _: ()
) -> Replay:
    """Let a machine read entries of which the first pipeline answers with these messages; ``cut`` gives the sizes.

    The entries need not be the catalogue's: what was recorded goes further than that. The endpoint is one of which only
    its answers are known, which may show less than the PC has.
    """
    pieces = [piece for number, one in enumerate(messages) for piece in fragments(number + 1, one, cut(one))]
    session = Session(
        Address("pc.example", configuration_name="Recorded"), CREDENTIAL, limits=LIMITS, should_stop=lambda: False
    )
    pool: Any = session._pool
    pool.protocol_version = "2.3"
    pool.shell = ReplayedShell([pieces])
    answers: dict[str, Answer] = {}

    def keep(came: Sequence[Answer]) -> None:
        for answer in came:
            assert answer.name not in answers
            answers[answer.name] = answer

    try:
        machine = Machine(session, limits=LIMITS, clock=now)
        for entry in machine._read_together(entries, keep):
            keep([machine._read_alone(entry)])
    except MachineError as error:
        if "nothing more was recorded" not in error.detail:
            raise
        return Replay(answers, asked_again=len(pool.pipelines[pool.shell.asked[-1]].entries))
    return Replay(answers)
