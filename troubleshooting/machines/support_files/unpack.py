"""The program that unpacks a CAB in a process of its own (docs/adr/0011-support-files.md).

It is started by ``reader.py`` as a script, without the portal, its settings and its environment: standard input is the
CAB, the one argument says in JSON which files are wanted. It limits itself before the native library is loaded, never
opens another file, and writes what it read to standard output: for each piece a line of JSON, then its bytes.
"""

from __future__ import annotations

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
    wanted = {int(place): most for place, most in order["wanted"].items()}
    try:
        with libarchive.fd_reader(0, format_name="cab", filter_name="none") as archive:
            _copy(archive, wanted)
    except (libarchive.ArchiveError, MemoryError):
        say({"broke": True})
    say({"end": True})


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


def _copy(archive: Any, wanted: dict[int, int]) -> None:
    """Write the wanted files, one after the other; after the last one the CAB is not looked at any more."""
    last = max(wanted, default=-1)
    for place, entry in enumerate(archive):
        if place > last:
            return
        if place in wanted:
            for piece in _pieces(entry, wanted[place]):
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
