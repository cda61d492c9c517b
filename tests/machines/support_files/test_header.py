"""What a CAB says about itself is checked before anything is unpacked: a named error for each trick and limit."""

from __future__ import annotations

import os
import struct

import pytest

from portal.demo.lab.support_files.cab import BLOCK_BYTES, CabFile, write_cab
from tests.machines.support_files.made import (
    FILES,
    FIRST_ENTRY,
    FOLDER,
    TEXT,
    WRITTEN_AT,
    cab_of,
    stating,
)
from troubleshooting.machines.support_files import reader
from troubleshooting.machines.support_files.errors import CabFault


def test_a_file_that_is_no_cab_is_named(fault):
    assert {fault(content) for content in (b"", b"MS", b"PK\3\4" + bytes(200), b"MSCF", os.urandom(4_000))} == {
        CabFault.NO_CAB
    }


def test_a_cab_of_something_else_is_named(fault):
    assert fault(cab_of({"setup.exe": b"MZ", "SystemInfo.txt": b"Host Name: PC-0142"})) is CabFault.FOREIGN


@pytest.mark.parametrize(
    "name",
    [
        "..\\MPRegistry.txt",
        "a\\..\\..\\MPRegistry.txt",
        "../etc/passwd",
        "/etc/passwd",
        "\\\\server\\share\\x.txt",
        "C:\\Windows\\System32\\drivers\\etc\\hosts",
        "MPRegistry.txt:stream",
        "CON",
        "a\\nul.txt",
        "LPT1",
        "com¹.log",
        "a\\\\b.txt",
        "folder\\",
        "name.",
        "line\nbreak.txt",
    ],
)
def test_a_name_that_leads_somewhere_else_is_refused(fault, name):
    assert fault(cab_of({"MPStateInfo.txt": b"x", name: b"x"})) is CabFault.UNSAFE_NAME


def test_two_files_of_one_name_are_refused(fault):
    assert fault(cab_of({"MPRegistry.txt": b"a", "mpregistry.TXT": b"b"})) is CabFault.DUPLICATE_NAME
    assert fault(cab_of({"MPRegistry.txt": b"a", "other\\MPRegistry.txt": b"b"})) is CabFault.DUPLICATE_NAME


def test_a_part_of_a_set_and_an_unknown_compression_are_named(fault):
    whole = cab_of(FILES)

    assert fault(stating(whole, 30, "<H", 1)) is CabFault.PART_OF_A_SET
    assert fault(stating(whole, FOLDER + 6, "<H", 2)) is CabFault.COMPRESSION


def test_every_limit_acts_before_anything_is_unpacked(fault, monkeypatch):
    monkeypatch.setattr(reader, "_UNPACK", reader._UNPACK.with_name("there is no such program"))
    whole = cab_of(FILES)

    assert fault(whole, file_bytes=1_000) is CabFault.TOO_LARGE
    assert fault(whole, files=2) is CabFault.TOO_MANY_FILES
    assert fault(whole, unpacked_bytes=100_000) is CabFault.TOO_LARGE_INSIDE
    assert fault(whole, member_bytes=100_000) is CabFault.TOO_LARGE_INSIDE
    assert fault(whole, read_bytes=len(TEXT)) is CabFault.TOO_LARGE_INSIDE


def test_a_hundred_thousand_files_are_named_by_what_the_cab_can_count(read, fault):
    """A CAB counts its files in 16 bits, so that it says 34,464 of a hundred thousand."""
    files = [CabFile(f"{n}.bin", b"", WRITTEN_AT) for n in range(65_534)]
    most = write_cab(
        [*files, CabFile("MPStateInfo.txt", b"x", WRITTEN_AT)], compression=0, pack=lambda data: [(data, 1)]
    )

    assert fault(stating(most, 28, "<H", 100_000 & 0xFFFF)) is CabFault.TOO_MANY_FILES
    assert fault(most) is CabFault.TOO_MANY_FILES
    assert read(most, files=65_535).contents == {65_534: b"x"}


def test_a_bomb_is_refused_by_what_it_states(fault):
    zeros = cab_of({"MPRegistry.txt": bytes(200_000_000)})

    assert len(zeros) < 1_000_000
    assert fault(zeros) is CabFault.TOO_LARGE_INSIDE


def test_a_bomb_whose_files_share_their_bytes_is_refused(fault):
    """Files that all begin at the same place state together what no CAB of that size can hold."""
    shared = write_cab([CabFile("MPStateInfo.txt", bytes(40_000_000), WRITTEN_AT)])
    entry = struct.pack("<IIHHHH", 40_000_000, 0, 0, 0, 0, 0x20)
    entries = b"".join(entry + b"%d.txt\0" % n for n in range(200))
    first = 36 + 8
    moved = stating(
        stating(shared, 28, "<H", 201), FOLDER, "<I", struct.unpack_from("<I", shared, FOLDER)[0] + len(entries)
    )
    bomb = moved[:first] + entries + moved[first:]

    assert fault(stating(bomb, 8, "<I", len(bomb))) is CabFault.TOO_LARGE_INSIDE
    assert fault(stating(bomb, 8, "<I", len(bomb)), unpacked_bytes=10**11) is CabFault.DAMAGED


def test_a_file_that_states_more_than_its_folder_holds_is_damaged(fault):
    whole = cab_of({"MPStateInfo.txt": b"x" * BLOCK_BYTES})

    assert fault(stating(whole, FIRST_ENTRY, "<I", BLOCK_BYTES + 1)) is CabFault.DAMAGED
