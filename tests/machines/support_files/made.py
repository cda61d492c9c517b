"""CABs for tests: good ones, and ones that mean harm."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from portal.demo.lab.support_files.cab import CabFile, mszip_blocks, stored_blocks, write_cab
from tests.support.lzx import lzx_blocks

WRITTEN_AT = datetime(2026, 11, 27, 14, 10, 2)  # noqa: DTZ001  a CAB names no zone
LZX = 3
TEXT = "".join(f"{n}: Überwachung {n * 7919 % 104729}\r\n" for n in range(9_000)).encode("utf-16")
FILES = {"MPRegistry.txt": TEXT, "trace.bin": os.urandom(70_001), "MPStateInfo.txt": b"Realtime monitor enabled\r\n"}
FOLDER, FIRST_ENTRY = 36, 44  # where they begin in a CAB of write_cab


def cab_of(contents: Mapping[str, bytes], *, how: str = "mszip", written_at: datetime = WRITTEN_AT) -> bytes:
    """Return a CAB of these files: "stored", "mszip", or "lzx" with its window ("lzx18")."""
    files = [CabFile(name, content, written_at) for name, content in contents.items()]
    if how == "stored":
        return write_cab(files, compression=0, pack=stored_blocks)
    if how.startswith("lzx"):
        window = int(how.removeprefix("lzx"))
        return write_cab(files, compression=LZX | window << 8, pack=lambda data: lzx_blocks(data, window))
    return write_cab(files, pack=mszip_blocks)


@dataclass(frozen=True)
class Folder:
    """A folder of a CAB: how it is compressed, and its files."""

    how: str
    files: Mapping[str, bytes]


def cab_of_folders(folders: Sequence[Folder]) -> bytes:
    """Return a CAB with these folders, put together from one CAB for each."""
    singles = [cab_of(folder.files, how=folder.how) for folder in folders]
    first = FOLDER + 8 * len(folders)
    heads, entries, data = [], b"", b""
    for number, single in enumerate(singles):
        begins, blocks, compression = struct.unpack_from("<IHH", single, FOLDER)
        heads.append((len(data), blocks, compression))
        data += single[begins:]
        entries += _entries(single[FIRST_ENTRY:begins], number)
    begin = first + len(entries)
    table = b"".join(struct.pack("<IHH", begin + at, blocks, how) for at, blocks, how in heads)
    files = sum(len(folder.files) for folder in folders)
    size = begin + len(data)
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, first, 0, 3, 1, len(folders), files, 0, 0, 0)
    return header + table + entries + data


def _entries(entries: bytes, folder: int) -> bytes:
    """Return entries of a list of files with the number of their folder."""
    moved, place = b"", 0
    while place < len(entries):
        end = entries.index(b"\0", place + 16) + 1
        moved += entries[place : place + 8] + struct.pack("<H", folder) + entries[place + 10 : end]
        place = end
    return moved


def opened(path: Path, cab: bytes) -> BinaryIO:
    """Return an open file with these bytes."""
    file = path / "MpSupportFiles.cab"
    file.write_bytes(cab)
    return file.open("rb")


def stating(cab: bytes, place: int, form: str, value: int) -> bytes:
    """Return a CAB that states something else in one place."""
    changed = bytearray(cab)
    struct.pack_into(form, changed, place, value)
    return bytes(changed)
