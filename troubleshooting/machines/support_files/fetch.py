"""The CAB of a PC, brought over in parts: each is on the disk before the next is asked for, so a cut loses one part.

What arrived is compared with the size and the SHA-256 that the PC says. One part is in memory at a time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines import catalogue, readers
from troubleshooting.machines.base import Answer
from troubleshooting.machines.collecting import PART_BYTES, SUPPORT_FILES, read_support_files
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.plain import Json
from troubleshooting.machines.psrp import Machine

_READ_BYTES = 1_048_576


class TooLarge(Exception):
    """The CAB is larger than the portal keeps."""


class Changed(Exception):
    """What arrived is not what the PC has: the CAB was written anew meanwhile, or bytes were lost."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the PC says of its CAB."""

    size: int
    written_at: str  # as the PC told it; compared, never computed with
    sha256: str = ""


def read_size(machine: Machine, *, most: int) -> Facts | None:
    """Return size and time of the CAB, None where the PC has none; raises TooLarge before a byte of it is read."""
    item, _ = catalogue.file_facts(SUPPORT_FILES)
    (answer,) = machine.read([item], on_answers=lambda answers: None)
    if answer.reading.state is ReadState.ABSENT:
        return None
    told = _only_object(answer)
    size, written = readers.number(told.get("Length")), readers.text(told.get("LastWriteTimeUtc"))
    if size is None or size < 0 or written is None:
        raise MachineError(Code.PROTOCOL_BROKEN, "The PC did not say how large the file is.")
    if size > most:
        raise TooLarge
    return Facts(size, written)


def read_sha256(machine: Machine) -> str:
    """Return the SHA-256 of the CAB in lower case, as the PC computes it."""
    _, hashed = catalogue.file_facts(SUPPORT_FILES)
    (answer,) = machine.read([hashed], on_answers=lambda answers: None)
    told = (readers.text(_only_object(answer).get("Hash")) or "").casefold()
    if len(told) != 64 or not set(told) <= set("0123456789abcdef"):
        raise MachineError(Code.PROTOCOL_BROKEN, "The PC did not say the hash of the file.")
    return told


def fetch(machine: Machine, facts: Facts, into: Path, *, on_progress: Callable[[int], None]) -> None:
    """Bring the bytes of the CAB that ``into`` does not have yet, and compare the whole with ``facts``.

    Raises MachineError where the PC is lost, and what arrived stays for the next try; Changed where the whole is
    another file, and then nothing stays.
    """
    into.touch(mode=0o600)
    with into.open("r+b") as file:
        arrived = file.seek(0, os.SEEK_END)
        while arrived < facts.size:
            arrived += _bring_part(machine, file, arrived, min(PART_BYTES, facts.size - arrived), on_progress)
    if into.stat().st_size != facts.size or sha256_of(into) != facts.sha256:
        into.unlink()
        raise Changed


def _bring_part(machine: Machine, file: BinaryIO, offset: int, count: int, on_progress: Callable[[int], None]) -> int:
    """Write one part and return its length; what came before a cut stays written."""
    arrived = 0

    def write(output: Json) -> None:
        nonlocal arrived
        piece = _bytes(output)
        arrived += len(piece)
        if arrived > count:
            raise MachineError(Code.PROTOCOL_BROKEN, "The PC sent more of the file than was asked for.")
        file.write(piece)
        on_progress(offset + arrived)

    answer = machine.follow(read_support_files(offset, count), on_output=write)
    if answer.reading.state is not ReadState.ANSWERED:
        raise MachineError(Code(answer.reading.error_code or Code.COMMAND_FAILED), answer.reading.detail)
    if arrived < count:
        raise Changed
    return arrived


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, of which little is in memory at once."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _bytes(output: Json) -> bytes:
    try:
        return base64.b64decode(output, validate=True) if isinstance(output, str) else b""
    except binascii.Error as error:
        raise MachineError(Code.PROTOCOL_BROKEN, "The PC sent something else than the bytes of the file.") from error


def _only_object(answer: Answer) -> dict[str, object]:
    if answer.reading.state is not ReadState.ANSWERED:
        raise MachineError(Code(answer.reading.error_code or Code.COMMAND_FAILED), answer.reading.detail)
    return answer.content[0] if answer.content and isinstance(answer.content[0], dict) else {}
