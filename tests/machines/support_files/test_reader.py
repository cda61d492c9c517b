"""Reading a CAB: right, or a named error; within its limits, whatever the file says about itself."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.demo.lab.support_files.cab import BLOCK_BYTES, CabFile, write_cab
from tests.machines.support_files.made import (
    FIRST_ENTRY,
    FOLDER,
    WRITTEN_AT,
    Folder,
    cab_of,
    cab_of_folders,
    opened,
    stating,
)
from troubleshooting.machines.support_files import reader
from troubleshooting.machines.support_files.errors import CAB_FAULTS, CabFault, UnreadableCab
from troubleshooting.machines.support_files.header import CabLimits
from troubleshooting.machines.support_files.reader import read_cab

TEXT = "".join(f"{n}: Überwachung {n * 7919 % 104729}\r\n" for n in range(9_000)).encode("utf-16")
FILES = {"MPRegistry.txt": TEXT, "trace.bin": os.urandom(70_001), "MPStateInfo.txt": b"Realtime monitor enabled\r\n"}


@pytest.fixture
def read(tmp_path):
    def read(cab: bytes, **limits):
        with opened(tmp_path, cab) as file:
            return read_cab(file, limits=CabLimits(**limits))

    return read


@pytest.fixture
def fault(read):
    """Read a CAB that cannot be read, and return the reason."""

    def fault(cab: bytes, **limits):
        with pytest.raises(UnreadableCab) as refused:
            read(cab, **limits)
        assert str(refused.value.text)
        return refused.value.fault

    return fault


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


def test_a_reading_that_takes_too_long_ends(fault):
    assert fault(cab_of(FILES), time=timedelta(0)) is CabFault.TOOK_TOO_LONG


def test_without_the_library_the_error_says_what_to_install(read, monkeypatch, tmp_path):
    script = tmp_path / "unpack.py"
    source = reader._UNPACK.read_text(encoding="utf-8")
    script.write_text(source.replace("libarchive.so.13", "there-is-none.so"), encoding="utf-8")
    monkeypatch.setattr(reader, "_UNPACK", script)

    with pytest.raises(UnreadableCab, match="libarchive13"):
        read(cab_of(FILES))


def test_the_program_that_unpacks_gets_no_secret_and_can_write_no_file(tmp_path, monkeypatch, read):
    """It is the one part that runs code of another language on what a stranger sent."""
    monkeypatch.setenv("SECRET_KEY", "do not hand this on")
    script = tmp_path / "unpack.py"
    source = reader._UNPACK.read_text(encoding="utf-8")
    spy = f"""
    found = dict(os.environ)
    try:
        os.open({str(tmp_path / "made")!r}, os.O_CREAT | os.O_WRONLY)
    except OSError:
        found["opened"] = "no"
    try:
        os.fork() or os._exit(0)
    except OSError:
        found["forked"] = "no"
    content = json.dumps([found, resource.getrlimit(resource.RLIMIT_AS)]).encode()
    say({{"of": 0, "bytes": len(content)}}, content)
    say({{"of": 0, "bytes": {len(TEXT)} - len(content)}}, b" " * ({len(TEXT)} - len(content)))
    say({{"done": 0}})
    say({{"end": True}})
    return
"""
    script.write_text(source.replace("    for part in order", spy + "    for part in order"), encoding="utf-8")
    monkeypatch.setattr(reader, "_UNPACK", script)

    found = read(cab_of(FILES)).contents[0].decode()

    assert "do not hand this on" not in found
    assert '"opened": "no"' in found
    assert str(CabLimits().memory_bytes) in found
    if os.getuid():  # root may start as many processes as it likes
        assert '"forked": "no"' in found


def test_what_the_program_says_is_not_believed(tmp_path, monkeypatch, fault):
    """Should hostile bytes take it over, it can hand over no more than was asked for."""
    script = tmp_path / "unpack.py"
    monkeypatch.setattr(reader, "_UNPACK", script)
    for line in (
        '{"of": 7, "bytes": 1}\\nx',
        '{"of": 0, "bytes": 999999999}\\n',
        '{"of": 0, "bytes": -1}\\n',
        '{"of": 2, "bytes": 90}\\n' + "x" * 90,
        "x" * 5_000,
        "[]\\n",
        "no json\\n",
        "",
    ):
        script.write_text(f"import sys; sys.stdout.write('{line}')", encoding="utf-8")
        assert fault(cab_of(FILES)) is CabFault.READER_FAILED


@pytest.mark.fuzz
@given(st.data())
def test_a_cab_with_anything_changed_is_read_or_named(tmp_path_factory, data):
    whole = cab_of({"MPStateInfo.txt": b"Realtime monitor enabled\r\n" * 50, "b.bin": bytes(500)})
    changed = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
        changed[place] = data.draw(st.integers(0, 255))

    with opened(tmp_path_factory.mktemp("cab"), bytes(changed[: data.draw(st.integers(1, len(whole)))])) as file:
        try:
            read_cab(file)
        except UnreadableCab as refused:
            assert refused.fault in CAB_FAULTS  # noqa: PT017


def test_reading_a_large_cab_keeps_the_memory_flat(tmp_path):
    """Two hundred megabytes that nobody asks for pass through the other process, and not through this one."""
    (tmp_path / "MpSupportFiles.cab").write_bytes(
        cab_of({"trace.bin": bytes(200_000_000), "MPStateInfo.txt": b"Realtime monitor enabled\r\n"})
    )
    script = f"""
import resource
from troubleshooting.machines.support_files.reader import read_cab
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open({str(tmp_path / "MpSupportFiles.cab")!r}, "rb") as file:
    cab = read_cab(file)
print(len(cab.contents), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path.cwd())
    read, grown_kb = ran.stdout.split()

    assert read == "1"
    assert int(grown_kb) < 16_000
