"""A CAB of support files, read: the list of its files, and the content of those that the portal knows.

Nothing is ever written to a disk, so a file's name leads nowhere. The content comes from a process of its own
(``unpack.py``, docs/adr/0011-support-files.md), whose memory, time and output are limited here too.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from troubleshooting.machines.support_files.errors import CabFault, UnreadableCab
from troubleshooting.machines.support_files.header import CabLimits, CabList, CabMember, read_list, shown
from troubleshooting.machines.support_files.names import is_defenders, is_known, is_log
from troubleshooting.machines.support_files.parts import parts_of

_UNPACK = Path(__file__).with_name("unpack.py")
_LONGEST_LINE = 1_000  # bytes
_MOST_LOGS = 5
_LOG_END_BYTES = 262_144  # of a service log only the end is read


@dataclass(frozen=True, slots=True)
class Cab:
    """What a CAB holds; ``contents`` are the files that were read, by place in ``members``."""

    members: tuple[CabMember, ...]
    contents: Mapping[int, bytes] = field(repr=False)
    fault: UnreadableCab | None = None  # why something that should have been read is missing

    def files(self) -> list[tuple[CabMember, bytes]]:
        """Return the files that were read, in the CAB's order."""
        return [(self.members[place], content) for place, content in sorted(self.contents.items())]


def read_cab(cab: BinaryIO, *, limits: CabLimits = CabLimits()) -> Cab:  # noqa: B008  frozen
    """Return what a CAB holds; raises UnreadableCab. It has to be a file of the operating system, open for reading."""
    size = cab.seek(0, os.SEEK_END)
    cab.seek(0)
    found = read_list(cab, size=size, limits=limits)
    wanted = _wanted(found.members, limits)
    contents = _unpacked(cab, wanted, parts_of(found, wanted), limits)
    fault = _fault(found, [found.members[place].name for place in wanted if place not in contents])
    if fault is not None and not contents:
        raise fault
    return Cab(found.members, contents, fault)


def _fault(found: CabList, lost: Sequence[str]) -> UnreadableCab | None:
    """Return why files are missing, or None."""
    if found.is_truncated:
        return UnreadableCab(CabFault.TRUNCATED)
    return UnreadableCab(CabFault.DAMAGED, what=shown(", ".join(lost))) if lost else None


def _wanted(members: Sequence[CabMember], limits: CabLimits) -> dict[int, int]:
    """Return the places of the files to read, each with the bytes to read of it; raises UnreadableCab."""
    wanted = {
        place: min(members[place].size, _LOG_END_BYTES) if is_log(name) else members[place].size
        for name, place in _known(members).items()
    }
    for place, length in wanted.items():
        if length > limits.member_bytes:
            what = shown(members[place].name)
            raise UnreadableCab(CabFault.TOO_LARGE_INSIDE, what=what, size=length, most=limits.member_bytes)
    together = sum(wanted.values())
    if together > limits.read_bytes:
        raise UnreadableCab(CabFault.TOO_LARGE_INSIDE, what="the text files", size=together, most=limits.read_bytes)
    return wanted


def _known(members: Sequence[CabMember]) -> dict[str, int]:
    """Return the places of the files that the portal reads, by folded name; raises UnreadableCab."""
    found: dict[str, int] = {}
    for place, member in enumerate(members):
        if is_known(member.base_name) and found.setdefault(member.base_name, place) != place:
            raise UnreadableCab(CabFault.DUPLICATE_NAME, name=shown(member.base_name))
    if not any(is_defenders(name) for name in found):
        raise UnreadableCab(CabFault.FOREIGN)
    older_logs = sorted(filter(is_log, found))[:-_MOST_LOGS]  # their names begin with their dates
    return {name: place for name, place in found.items() if name not in older_logs}


# --- the other process ------------------------------------------------------------------------------------------------


def _unpacked(
    cab: BinaryIO, wanted: Mapping[int, int], parts: Sequence[Mapping[str, Any]], limits: CabLimits
) -> dict[int, bytes]:
    """Return the contents that could be read whole, by place."""
    pieces: dict[int, bytearray] = {place: bytearray() for place in wanted}
    done = {place for place, length in wanted.items() if not length}
    with _program(cab, parts, limits) as output:
        for line in output:
            if line.get("missing"):
                raise UnreadableCab(CabFault.READER_MISSING)
            if "of" in line:
                _keep(pieces, wanted, line["of"], output.exactly(line.get("bytes")))
            elif "done" in line:
                done.add(_place_of(line["done"], wanted))
            elif line.get("end"):
                break
    return {place: bytes(pieces[place]) for place in done if len(pieces[place]) == wanted[place]}


def _keep(pieces: dict[int, bytearray], wanted: Mapping[int, int], said: Any, content: bytes) -> None:
    """Take a piece; what was not asked for, or is more than that, ends the reading."""
    place = _place_of(said, wanted)
    if len(pieces[place]) + len(content) > wanted[place]:
        raise UnreadableCab(CabFault.READER_FAILED)
    pieces[place] += content


def _place_of(said: Any, wanted: Mapping[int, int]) -> int:
    if not isinstance(said, int) or said not in wanted:
        raise UnreadableCab(CabFault.READER_FAILED)
    return said


@contextmanager
def _program(cab: BinaryIO, parts: Sequence[Mapping[str, Any]], limits: CabLimits) -> Iterator[_Output]:
    """Run the program, and end it whatever happens."""
    seconds = limits.time.total_seconds()
    order = {"parts": parts, "memory_bytes": limits.memory_bytes, "cpu_s": int(seconds) + 1}
    with subprocess.Popen(  # noqa: S603  a script of ours; what it is told are numbers
        [sys.executable, "-I", str(_UNPACK), json.dumps(order)],
        stdin=cab,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},  # it gets to see no secret
        close_fds=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield _Output(process.stdout.fileno(), seconds)
        finally:
            process.kill()


class _Output:
    """What the program writes, read with a deadline: lines of JSON, and the bytes after them."""

    def __init__(self, descriptor: int, seconds: float) -> None:
        self._descriptor, self._seconds = descriptor, seconds
        self._ends_at = time.monotonic() + seconds
        self._read = bytearray()
        self._ready = selectors.PollSelector()  # select() refuses descriptors of 1,024 and above
        self._ready.register(descriptor, selectors.EVENT_READ)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            while (end := self._read.find(b"\n", 0, _LONGEST_LINE)) < 0:
                if len(self._read) >= _LONGEST_LINE:
                    raise UnreadableCab(CabFault.READER_FAILED)
                self._more()
            line = bytes(self._read[:end])
            del self._read[: end + 1]
            yield self._parsed(line)

    def exactly(self, length: Any) -> bytes:
        """Return the next bytes."""
        if not isinstance(length, int) or not 0 <= length <= 1_000_000:
            raise UnreadableCab(CabFault.READER_FAILED)
        while len(self._read) < length:
            self._more()
        content = bytes(self._read[:length])
        del self._read[:length]
        return content

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            read = json.loads(line)
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise UnreadableCab(CabFault.READER_FAILED)
        return read

    def _more(self) -> None:
        left = self._ends_at - time.monotonic()
        if left <= 0 or not self._ready.select(left):
            raise UnreadableCab(CabFault.TOOK_TOO_LONG, most=int(self._seconds))
        found = os.read(self._descriptor, 1_048_576)
        if not found:
            raise UnreadableCab(CabFault.READER_FAILED)
        self._read += found
