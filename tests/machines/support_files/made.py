"""CABs for tests: good ones, and ones that mean harm."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from portal.demo.lab.support_files.cab import CabFile, mszip_blocks, stored_blocks, write_cab
from tests.support.lzx import lzx_blocks

WRITTEN_AT = datetime(2026, 11, 27, 14, 10, 2)  # noqa: DTZ001  a CAB names no zone
LZX = 3
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
