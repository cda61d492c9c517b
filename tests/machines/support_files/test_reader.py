"""Reading a CAB: what is in it comes out, and damage costs no more than what is damaged."""

from __future__ import annotations

import os
import resource
import struct
from contextlib import ExitStack
from pathlib import Path

import pytest

from portal.demo.lab.support_files.cab import BLOCK_BYTES
from tests.machines.support_files.made import (
    FILES,
    FOLDER,
    TEXT,
    WRITTEN_AT,
    Folder,
    cab_of,
    cab_of_folders,
    stating,
)
from troubleshooting.machines.support_files.errors import CabFault


@pytest.mark.parametrize("how", ["stored", "mszip", "lzx15", "lzx18", "lzx21"])
def test_every_compression_that_microsoft_may_use_is_read(read, how):
    cab = read(cab_of(FILES, how=how))

    assert [(member.name, member.size, member.written_at) for member in cab.members] == [
        (name, len(content), WRITTEN_AT) for name, content in FILES.items()
    ]
    assert cab.contents == {0: FILES["MPRegistry.txt"], 2: FILES["MPStateInfo.txt"]}
    assert cab.fault is None


def test_names_are_known_in_any_case_and_in_any_folder(read):
    cab = read(cab_of({"Support\\MPREGISTRY.TXT": b"a", "Größe.txt": b"b", "support/mpstateinfo.txt": b"c"}))

    assert [(member.base_name, content) for member, content in cab.files()] == [
        ("mpregistry.txt", b"a"),
        ("mpstateinfo.txt", b"c"),
    ]
    assert cab.members[1].name == "Größe.txt"


def test_a_name_that_cannot_be_decoded_costs_nothing(read):
    cab = cab_of({"MPStateInfo.txt": b"x", "odd.bin": b"y"}, how="stored").replace(b"odd.bin", b"\x81dd.bin")

    assert read(cab).contents == {0: b"x"}


def test_of_a_service_log_only_the_end_is_read(read):
    log = b"".join(b"2026-11-27T13:%06d line\r\n" % n for n in range(40_000))

    ((_member, content),) = read(cab_of({"MPLog-20261127-101500.log": log})).files()

    assert log.endswith(content)
    assert 100_000 < len(content) < len(log)


def test_a_truncated_cab_brings_what_is_there_and_says_so(read, fault):
    whole = cab_of({"MPStateInfo.txt": b"here\r\n", "noise.bin": os.urandom(200_000), "MPRegistry.txt": TEXT})

    cut = read(whole[: len(whole) // 2])

    assert cut.contents == {0: b"here\r\n"}
    assert cut.fault is not None
    assert cut.fault.fault is CabFault.TRUNCATED
    assert {fault(whole[:length]) for length in (60, 100, 200)} == {CabFault.TRUNCATED}


def test_a_damaged_file_is_named_and_those_before_it_are_kept(read):
    whole = bytearray(cab_of({"MPStateInfo.txt": b"x" * BLOCK_BYTES, "MPRegistry.txt": os.urandom(100_000)}))
    whole[-50_000] ^= 1

    damaged = read(bytes(whole))

    assert list(damaged.contents) == [0]
    assert damaged.fault is not None
    assert damaged.fault.fault is CabFault.DAMAGED
    assert "MPRegistry.txt" in str(damaged.fault.text)


def test_damage_in_one_folder_costs_no_file_of_another(read):
    folders = [
        Folder("mszip", {"MPRegistry.txt": TEXT, "trace.bin": bytes(50_000)}),
        Folder("lzx18", {"other.bin": b"o" * 40_000, "MPStateInfo.txt": b"here\r\n" * 9_000, "WSCInfo.txt": b""}),
        Folder("stored", {"SystemInfo.txt": b"there\r\n" * 9_000}),
    ]
    whole = cab_of_folders(folders)
    damaged = bytearray(whole)
    damaged[whole.index(b"CK") + 40] ^= 0xFF

    assert [len(content) for content in read(whole).contents.values()] == [len(TEXT), 54_000, 0, 63_000]
    rest = read(bytes(damaged))
    assert {rest.members[place].name for place in rest.contents} == {"MPStateInfo.txt", "WSCInfo.txt", "SystemInfo.txt"}
    assert "MPRegistry.txt" in str(rest.fault.text)


def test_of_thousands_of_service_logs_the_newest_are_read(read):
    logs = {f"MPLog-2026{n:04d}-000000.log": b"a line\r\n" for n in range(3_000)}
    cab = read(cab_of(logs))

    assert [member.name for member, _content in cab.files()] == sorted(logs)[-5:]


def test_a_cab_with_reserves_as_signed_ones_have_is_read(read):
    plain = cab_of({"MPStateInfo.txt": b"signed\r\n" * 9_000}, how="stored")
    first, data = struct.unpack_from("<I", plain, 16)[0], struct.unpack_from("<I", plain, FOLDER)[0]
    extra = 4 + 20 + 6  # the three lengths, and reserves of header and folder
    head = bytearray(plain[:FOLDER])
    struct.pack_into("<I", head, 16, first + extra)
    struct.pack_into("<H", head, 30, 4)
    folder = struct.pack("<I", data + extra) + plain[FOLDER + 4 : FOLDER + 8] + bytes(6)
    blocks, place = b"", data
    while place < len(plain):
        packed = struct.unpack_from("<H", plain, place + 4)[0]
        blocks += bytes(4) + plain[place + 4 : place + 8] + bytes(3) + plain[place + 8 : place + 8 + packed]
        place += 8 + packed
    signed = bytes(head) + struct.pack("<HBB", 20, 6, 3) + bytes(20) + folder + plain[first:data] + blocks
    signed = stating(signed, 8, "<I", len(signed)) + b"the signature stands behind the CAB"

    assert read(signed).contents == {0: b"signed\r\n" * 9_000}


def test_a_worker_that_holds_a_thousand_descriptors_reads_a_cab_too(read):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        with ExitStack() as held:
            numbers = [held.enter_context(Path(os.devnull).open("rb")).fileno() for _ in range(1_100)]
            found = read(cab_of(FILES))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert max(numbers) > 1_023  # what select() can still take
    assert found.contents[0] == FILES["MPRegistry.txt"]
