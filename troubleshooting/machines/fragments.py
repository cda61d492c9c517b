"""PSRP's fragments put together to messages (MS-PSRP 2.2.4, 2.2.1), and never more of them held than fits.

pypsrp collects whatever comes. Here a message that grows past its limit is dropped on the way and told as such when it
ends; the ones around it are not touched.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pypsrp.exceptions import FragmentError

from troubleshooting.machines.clixml import MOST_MESSAGE_BYTES

_FRAGMENT = struct.Struct(">QQBI")  # number of the message, number of the fragment in it, first and last, bytes
_HEAD_BYTES = 40  # of a message: destination, type, ids of pool and pipeline
_FIRST, _LAST = 1, 2
MOST_OPEN = 20  # messages on their way at once; PowerShell sends one after another


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a device; ``body`` is None where it was longer than the portal takes."""

    kind: int
    body: bytes | None


@dataclass(slots=True)
class _Growing:
    """A message on its way."""

    pieces: list[bytes]
    number: int = 0  # of the next fragment
    kept: int = 0  # bytes
    is_overlong: bool = False


class Defragmenter:
    """Collects the fragments of one pool."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._growing: dict[int, _Growing] = {}

    @property
    def kept_bytes(self) -> int:
        """Return how many bytes of unfinished messages are held."""
        return sum(growing.kept for growing in self._growing.values())

    def messages(self, data: bytes) -> Iterator[Message]:
        """Return the messages that these fragments complete. Raises FragmentError where it is no row of fragments."""
        place = 0
        while place < len(data):
            if len(data) - place < _FRAGMENT.size:
                raise FragmentError("A fragment ends within its head.")
            number, part, marks, length = _FRAGMENT.unpack_from(data, place)
            place += _FRAGMENT.size
            if length > len(data) - place:
                raise FragmentError(f"A fragment of {length} bytes brought {len(data) - place}.")
            growing = self._of(number, part, is_first=bool(marks & _FIRST))
            self._add(growing, data[place : place + length])
            place += length
            if marks & _LAST:
                yield _message(self._growing.pop(number))

    def _of(self, number: int, part: int, *, is_first: bool) -> _Growing:
        growing = self._growing.get(number)
        if growing is None:
            if len(self._growing) == MOST_OPEN:
                raise FragmentError(f"More than {MOST_OPEN} messages are on their way at once.")
            growing = self._growing[number] = _Growing([])
        if part != growing.number or is_first != (part == 0):
            raise FragmentError(f"Fragment {part} came where {growing.number} was due.")
        growing.number += 1
        return growing

    def _add(self, growing: _Growing, piece: bytes) -> None:
        if not growing.is_overlong and self.kept_bytes + len(piece) > MOST_MESSAGE_BYTES + _HEAD_BYTES:
            growing.is_overlong = True
            kept = b"".join(growing.pieces)[:_HEAD_BYTES]
            growing.pieces, growing.kept = [kept], len(kept)
        if not growing.is_overlong or growing.kept < _HEAD_BYTES:
            piece = piece[: _HEAD_BYTES - growing.kept] if growing.is_overlong else piece
            growing.pieces.append(piece)
            growing.kept += len(piece)


def _message(growing: _Growing) -> Message:
    data = b"".join(growing.pieces)
    if len(data) < _HEAD_BYTES:
        raise FragmentError("A message ends within its head.")
    (kind,) = struct.unpack_from("<I", data, 4)
    return Message(kind, None if growing.is_overlong else data[_HEAD_BYTES:])
