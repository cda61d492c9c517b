"""The program that unpacks a CAB in a process of its own (docs/adr/0011-support-files.md).

It is started by ``reader.py`` as a script, without the portal, its settings and its environment. Standard input is the
CAB; the one argument says in JSON which folders to read, and which files of them are wanted (``parts.py``). It limits
itself before the native library looks at anything, opens no other file, and writes what it read to standard output: for
each piece a line of JSON, then its bytes.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any

PIECE_BYTES = 65_536


def main(order: dict[str, Any]) -> None:
    """Write the wanted files of the CAB in standard input; ``wanted`` is by place in the CAB's own list."""
    try:
        os.environ.setdefault("LIBARCHIVE", "libarchive.so.13")  # else ctypes starts a compiler to look for it
        import libarchive  # noqa: PLC0415  the environment has to be set first
    except (ImportError, OSError, AttributeError, TypeError):
        say({"missing": True})
        return
    _limit(order["memory_bytes"], order["cpu_s"])
    for part in order["parts"]:
        try:
            with libarchive.stream_reader(Part(part), format_name="cab", filter_name="none") as archive:
                _copy(archive, part["files"])
        except (libarchive.ArchiveError, MemoryError):
            continue  # its files are not done; another folder may be whole
    say({"end": True})


class Part:
    """A CAB of one folder: its head, as the portal made it, then standard input from where the folder's data begins."""

    def __init__(self, part: dict[str, Any]) -> None:
        self._head = base64.b64decode(part["head"])
        os.lseek(0, part["begins"], os.SEEK_SET)

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: Any) -> int:
        if not self._head:
            return os.readv(0, [buffer])
        piece = self._head[: len(buffer)]
        memoryview(buffer).cast("B")[: len(piece)] = piece
        self._head = self._head[len(piece) :]
        return len(piece)


def _limit(memory_bytes: int, cpu_s: int) -> None:
    """Leave this process memory and time, and nothing else: no file to write, no process to start."""
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (most, most))


def _copy(archive: Any, files: list[list[int]]) -> None:
    """Write the wanted files, in the order that both sides know; the others only take up room."""
    for (place, _size, most), entry in zip(files, archive, strict=False):
        if most:
            for piece in _pieces(entry, most):
                say({"of": place, "bytes": len(piece)}, piece)
            say({"done": place})


def _pieces(entry: Any, most: int) -> Iterator[bytes]:
    """Return a file in pieces; of a file longer than its limit (a log that is still growing) only the end."""
    skipped = max(0, int(entry.size) - most)
    for block in entry.get_blocks(PIECE_BYTES):
        if skipped >= len(block):
            skipped -= len(block)
            continue
        yield block[skipped:]
        skipped = 0


def say(line: dict[str, Any], content: bytes = b"") -> None:
    """Write one line of JSON and the bytes that belong to it."""
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
