"""What the program that unpacks is told of a CAB: for each folder with a wanted file, a CAB of that folder alone."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from troubleshooting.machines.support_files.header import CabFolder, CabList, CabMember

_HAS_RESERVES = 4
_LARGEST = 0xFFFF_FFFF
_FILLER = -1  # the place of a file that stands for everything between two wanted ones


def parts_of(found: CabList, wanted: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return an order for each folder: the head of a CAB with that folder alone, where its data begins, what to read.

    So damage in one folder costs no file of another, and the native library gets to see no name and no number of the
    list that a stranger made.
    """
    return [
        {
            "head": base64.b64encode(_head(folder, sizes, found.block_reserve)).decode(),
            "begins": folder.begins,
            "files": [[place, size, wanted.get(place, 0)] for place, size in sizes],
        }
        for number, folder in enumerate(found.folders)
        if (sizes := list(_sizes(_in(found.members, number, wanted))))
    ]


def _in(members: Sequence[CabMember], folder: int, wanted: Mapping[int, int]) -> list[tuple[int, CabMember]]:
    """Return the wanted files of a folder that have any bytes, in the order of these."""
    found = [(place, members[place]) for place in wanted if members[place].folder == folder and members[place].size]
    return sorted(found, key=lambda pair: pair[1].begins)


def _sizes(files: Sequence[tuple[int, CabMember]]) -> Iterator[tuple[int, int]]:
    """Return place and size of each file, with fillers for what is between them."""
    at = 0
    for place, member in files:
        if member.begins > at:
            yield _FILLER, member.begins - at
        yield place, member.size
        at = member.begins + member.size


def _head(folder: CabFolder, sizes: Sequence[tuple[int, int]], block_reserve: int) -> bytes:
    """Return header, folder and list of files of a CAB whose data follows at once."""
    entries, begins = b"", 0
    for number, (_place, size) in enumerate(sizes):
        entries += struct.pack("<IIHHHH", size, begins, 0, 0x21, 0, 0) + b"%d\0" % number
        begins += size
    reserves = struct.pack("<HBB", 0, 0, block_reserve)
    first = 36 + len(reserves) + 8
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, _LARGEST, 0, first, 0, 3, 1, 1, len(sizes), _HAS_RESERVES, 0, 0)
    return header + reserves + struct.pack("<IHH", first + len(entries), folder.blocks, folder.compression) + entries
