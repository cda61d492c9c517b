"""An empty registry hive, and what Debian's hivexregedit reads out of one after it merged a .reg file into it.

Source of the layout: libhivex's own documentation of its format (hivex-regf), and M. Suhanov, "Windows registry file
format specification".
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

PREFIX = "HKEY_LOCAL_MACHINE\\SOFTWARE"
_PAGE = 4096
_NONE = 0xFFFFFFFF
_WINDOWS_EPOCH = 116_444_736_000_000_000
UTF8 = {**os.environ, "PERL_UNICODE": "SD"}
MISSING = "hivexregedit is missing. Install it (apt-get install libwin-hivex-perl)."


def empty_hive() -> bytes:
    """Return a hive with a root key and nothing in it."""
    name = b"$$$PROTO.HIV"
    root = struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH",
        b"nk", 0x2C, _WINDOWS_EPOCH, 0, 0,
        0, 0, _NONE, _NONE, 0, _NONE, 0x80, _NONE,
        0, 0, 0, 0, 0, len(name), 0,
    ) + name  # fmt: skip
    security = struct.pack("<2sHIIII", b"sk", 0, 0x80, 0x80, 1, 20) + struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
    page = bytearray(_PAGE)
    struct.pack_into("<4sIIQQI", page, 0, b"hbin", 0, _PAGE, 0, _WINDOWS_EPOCH, 0)
    free = _PAGE
    for begins, cell in ((0x20, root), (0x80, security)):
        length = (len(cell) + 4 + 7) // 8 * 8
        if begins == 0x20:
            length = 0x60
        struct.pack_into("<i", page, begins, -length)
        page[begins + 4 : begins + 4 + len(cell)] = cell
        free = begins + length
    struct.pack_into("<i", page, free, _PAGE - free)
    head = bytearray(_PAGE)
    struct.pack_into("<4sIIQIIIIIII", head, 0, b"regf", 1, 1, _WINDOWS_EPOCH, 1, 3, 0, 1, 0x20, _PAGE, 1)
    checksum = 0
    for (word,) in struct.iter_unpack("<I", bytes(head[:508])):
        checksum ^= word
    struct.pack_into("<I", head, 508, checksum)
    return bytes(head + page)


def read_back(folder: Path, reg: bytes) -> str:
    """Merge a .reg file into an empty hive and return what hivexregedit exports of it; fails where it is missing."""
    if shutil.which("hivexregedit") is None:
        pytest.fail(MISSING, pytrace=False)
    hive, text = folder / "software.hive", folder / "in.reg"
    hive.write_bytes(empty_hive())
    head, _end, body = reg.decode("utf-16").replace("\r\n", "\n").partition("\n")
    text.write_text("\n".join([head, "", *_parents(body), body]), encoding="utf-8")  # what it reads
    _run("--merge", "--prefix", PREFIX, "--encoding", "UTF-16LE", str(hive), str(text))
    return _run("--export", "--prefix", PREFIX, str(hive), "\\")


def _parents(body: str) -> list[str]:
    """Return the keys above those of a file: Windows makes them by itself, hivexregedit does not."""
    keys = [line[1:-1].split("\\") for line in body.splitlines() if line.startswith("[")]
    above = {"\\".join(key[:depth]) for key in keys for depth in range(3, len(key))}
    return [line for key in sorted(above) for line in (f"[{key}]", "")]


def _run(*arguments: str) -> str:
    done = subprocess.run(["hivexregedit", *arguments], capture_output=True, text=True, check=False, env=UTF8)
    assert done.returncode == 0, done.stderr
    return done.stdout
