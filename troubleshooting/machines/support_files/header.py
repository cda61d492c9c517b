"""What a CAB says about itself: its files with their sizes, read from its first bytes without unpacking anything.

The form: docs/reference/diagnostics.md section 8. All numbers are little endian. Everything here comes before the
native library sees the file, and refuses what that should not have to deal with.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import BinaryIO

from troubleshooting.machines.support_files.errors import CabFault, UnreadableCab

# signature, size, first file, version, folders, files, flags, set, number
_HEADER = struct.Struct("<4s4xI4xI4xBBHHHHH")
_RESERVES = struct.Struct("<HBB")
_FOLDER = struct.Struct("<IHH")  # where its data begins, how many blocks, how they are compressed
_FILE = struct.Struct("<IIHHHH")  # size, place in its folder, folder, date, time, attributes

_HAS_PREVIOUS, _HAS_NEXT, _HAS_RESERVES = 1, 2, 4
_METHODS = {0: "none", 1: "MSZIP", 2: "Quantum", 3: "LZX"}
_READABLE = frozenset({0, 1, 3})
_NAME_IS_UTF8 = 0x80
_LONGEST_NAME = 256  # bytes
_BLOCK_BYTES = 32_768  # a block unpacks to no more

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


@dataclass(frozen=True, slots=True)
class CabLimits:
    """How much of a CAB is read."""

    file_bytes: int = 500_000_000  # the CAB itself: Microsoft's form takes no more
    files: int = 10_000
    unpacked_bytes: int = 4_000_000_000  # of all files together, as the CAB states it
    member_bytes: int = 32_000_000  # of one file that is read
    read_bytes: int = 64_000_000  # of all files that are read
    time: timedelta = timedelta(seconds=60)
    memory_bytes: int = 768_000_000  # address space of the process that unpacks


@dataclass(frozen=True, slots=True)
class CabMember:
    """A file in a CAB."""

    name: str
    size: int  # bytes, unpacked, as the CAB states it
    written_at: datetime | None = None  # naive: by the PC's own clock, in its own zone
    folder: int = 0  # its place in the list of folders
    begins: int = 0  # where it begins in what its folder unpacks to

    @property
    def base_name(self) -> str:
        """Return the last part of the name, folded: what files are told apart by."""
        return re.split(r"[\\/]", self.name)[-1].casefold()


@dataclass(frozen=True, slots=True)
class CabFolder:
    """One stream of compressed blocks."""

    begins: int  # in the CAB
    blocks: int
    compression: int

    @property
    def room(self) -> int:
        """Return how many bytes it can unpack to at most."""
        return self.blocks * _BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class CabList:
    """The files of a CAB in its own order; where the end of the CAB is missing, not all of them are there."""

    members: tuple[CabMember, ...]
    folders: tuple[CabFolder, ...]
    block_reserve: int = 0  # bytes between the head of a block and its data
    is_truncated: bool = False


def read_list(cab: BinaryIO, *, size: int, limits: CabLimits) -> CabList:
    """Return the list of files of a CAB of that size; raises UnreadableCab."""
    if size > limits.file_bytes:
        raise UnreadableCab(CabFault.TOO_LARGE, size=size, most=limits.file_bytes)
    signature, stated_size, first_file, _minor, major, folders, files, flags, _set, _number = _HEADER.unpack(
        _exactly(cab, _HEADER.size, CabFault.NO_CAB)
    )
    if signature != b"MSCF" or major != 1:
        raise UnreadableCab(CabFault.NO_CAB)
    if flags & (_HAS_PREVIOUS | _HAS_NEXT):
        raise UnreadableCab(CabFault.PART_OF_A_SET)
    if files > limits.files:
        raise UnreadableCab(CabFault.TOO_MANY_FILES, count=files, most=limits.files)
    found, block_reserve = _folders(cab, folders, flags)
    if first_file < cab.tell() or first_file >= stated_size:
        raise UnreadableCab(CabFault.DAMAGED, what="the list of files")
    cab.seek(first_file)
    members = tuple(_members(cab, files, found))
    _check_sizes(members, limits)
    _check_names(members)
    _check_places(members)
    return CabList(members, found, block_reserve, is_truncated=stated_size > size)


def _exactly(cab: BinaryIO, length: int, fault: CabFault = CabFault.TRUNCATED) -> bytes:
    found = cab.read(length)
    if len(found) < length:
        raise UnreadableCab(fault)
    return found


def _folders(cab: BinaryIO, folders: int, flags: int) -> tuple[tuple[CabFolder, ...], int]:
    """Return the folders and the reserve of their blocks; refuses a compression that is not known."""
    of_header, of_folder, of_block = 0, 0, 0
    if flags & _HAS_RESERVES:
        of_header, of_folder, of_block = _RESERVES.unpack(_exactly(cab, _RESERVES.size))
    cab.seek(of_header, 1)
    found = []
    for _folder in range(folders):
        begins, blocks, compression = _FOLDER.unpack(_exactly(cab, _FOLDER.size))
        method = compression & 0xF
        if method not in _READABLE:
            raise UnreadableCab(CabFault.COMPRESSION, method=_METHODS.get(method, str(method)))
        cab.seek(of_folder, 1)
        found.append(CabFolder(begins, blocks, compression))
    return tuple(found), of_block


def _members(cab: BinaryIO, files: int, folders: Sequence[CabFolder]) -> Iterator[CabMember]:
    for _file in range(files):
        size, begins, folder, date, time, attributes = _FILE.unpack(_exactly(cab, _FILE.size))
        if folder >= len(folders):
            raise UnreadableCab(CabFault.DAMAGED, what="the list of files")
        name = _name(cab, is_utf8=bool(attributes & _NAME_IS_UTF8))
        if begins + size > folders[folder].room:
            raise UnreadableCab(CabFault.DAMAGED, what=shown(name))
        yield CabMember(name, size, _moment(date, time), folder, begins)


def _name(cab: BinaryIO, *, is_utf8: bool) -> str:
    """Read a name up to its NUL, and leave the CAB after it."""
    begin = cab.tell()
    raw, end, _rest = cab.read(_LONGEST_NAME).partition(b"\0")
    if not end and len(raw) < _LONGEST_NAME:
        raise UnreadableCab(CabFault.TRUNCATED)
    if not end or not raw:
        raise UnreadableCab(CabFault.DAMAGED, what="the list of files")
    cab.seek(begin + len(raw) + 1)
    return raw.decode("utf-8" if is_utf8 else "cp1252", errors="replace")


def _moment(date: int, time: int) -> datetime | None:
    """Read date and time of MS-DOS."""
    try:
        day = datetime(1980 + (date >> 9), (date >> 5) & 15, date & 31)  # noqa: DTZ001  no zone is stated
        return day + timedelta(hours=time >> 11, minutes=(time >> 5) & 63, seconds=(time & 31) * 2)
    except (ValueError, OverflowError):
        return None


def _check_sizes(members: Sequence[CabMember], limits: CabLimits) -> None:
    unpacked = sum(member.size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise UnreadableCab(CabFault.TOO_LARGE_INSIDE, what="the whole", size=unpacked, most=limits.unpacked_bytes)


def _check_names(members: Sequence[CabMember]) -> None:
    seen: set[str] = set()
    for member in members:
        parts = re.split(r"[\\/]", member.name)
        if any(_is_unsafe(part) for part in parts):
            raise UnreadableCab(CabFault.UNSAFE_NAME, name=shown(member.name))
        folded = "\\".join(parts).casefold()
        if folded in seen:
            raise UnreadableCab(CabFault.DUPLICATE_NAME, name=shown(member.name))
        seen.add(folded)


def _check_places(members: Sequence[CabMember]) -> None:
    """Refuse files that share their bytes, as Windows never writes them and bombs do."""
    in_order = sorted((member for member in members if member.size), key=lambda member: (member.folder, member.begins))
    for one, next_one in pairwise(in_order):
        if one.folder == next_one.folder and one.begins + one.size > next_one.begins:
            raise UnreadableCab(CabFault.DAMAGED, what=shown(next_one.name))


def _is_unsafe(part: str) -> bool:
    """Tell whether a part of a name is empty (an absolute path), leads up, names a device or a stream."""
    is_special = part in {"", ".", ".."} or part.endswith((".", " "))
    return is_special or bool(_NOT_IN_NAMES.search(part) or _DEVICES.fullmatch(part))


def shown(name: str) -> str:
    """Return a name as a page may show it: no control characters, and not too long."""
    return re.sub(r"[\x00-\x1f\x7f]", "?", name)[:120]
