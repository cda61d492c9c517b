"""A writer of CABs: stored, or MSZIP. The form: docs/reference/diagnostics.md section 8."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

BLOCK_BYTES = 32_768
STORED, MSZIP = 0, 1
NAME_IS_UTF8, ARCHIVE = 0x80, 0x20

Block = tuple[bytes, int]  # packed bytes, and how many they unpack to
Packer = Callable[[bytes], Sequence[Block]]


@dataclass(frozen=True)
class CabFile:
    """One file for a CAB."""

    name: str
    content: bytes
    written_at: datetime  # by the PC's own clock


def stored_blocks(data: bytes) -> list[Block]:
    """Return blocks as they are."""
    return [(block, len(block)) for block in _cut(data)]


def mszip_blocks(data: bytes) -> list[Block]:
    """Return blocks packed by deflate, each with the block before it as its dictionary."""
    packed, before = [], b""
    for block in _cut(data):
        packer = (
            zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(9, zlib.DEFLATED, -15)
        )
        packed.append((b"CK" + packer.compress(block) + packer.flush(), len(block)))
        before = block
    return packed


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[place : place + BLOCK_BYTES] for place in range(0, len(data), BLOCK_BYTES))


def write_cab(files: Sequence[CabFile], *, compression: int = MSZIP, pack: Packer = mszip_blocks) -> bytes:
    """Return a CAB with all files in one folder."""
    blocks = pack(b"".join(file.content for file in files))
    entries, place = b"", 0
    for file in files:
        entries += _entry(file, place)
        place += len(file.content)
    data = b"".join(_block(packed, unpacked) for packed, unpacked in blocks)
    first_file = 36 + 8
    begin = first_file + len(entries)
    header = struct.pack(
        "<4sIIIIIBBHHHHH", b"MSCF", 0, begin + len(data), 0, first_file, 0, 3, 1, 1, len(files), 0, 0, 0
    )
    folder = struct.pack("<IHH", begin, len(blocks), compression)
    return header + folder + entries + data


def _entry(file: CabFile, place: int) -> bytes:
    at = file.written_at
    date = (at.year - 1980) << 9 | at.month << 5 | at.day
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    attributes = ARCHIVE if file.name.isascii() else ARCHIVE | NAME_IS_UTF8
    head = struct.pack("<IIHHHH", len(file.content), place, 0, date, time, attributes)
    return head + file.name.encode() + b"\0"


def _block(packed: bytes, unpacked: int) -> bytes:
    """Return a block with its checksum over the bytes and the two lengths."""
    lengths = struct.pack("<HH", len(packed), unpacked)
    return struct.pack("<I", _checksum(lengths, _checksum(packed))) + lengths + packed


def _checksum(data: bytes, seed: int = 0) -> int:
    """Return the exclusive or of all words of four bytes; what is left over counts from its highest byte down."""
    whole = len(data) - len(data) % 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        seed ^= word
    return seed ^ int.from_bytes(data[whole:], "big")
