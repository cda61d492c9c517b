"""The program that unpacks: its limits, and how little it is trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.support_files.made import (
    FILES,
    TEXT,
    cab_of,
    opened,
)
from troubleshooting.machines.support_files import reader
from troubleshooting.machines.support_files.errors import CAB_FAULTS, CabFault, UnreadableCab
from troubleshooting.machines.support_files.header import CabLimits
from troubleshooting.machines.support_files.reader import read_cab


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
        '{"of": 0}\\n',
        '{"of": [], "bytes": 0}\\n',
        '{"done": {}}\\n',
        "[" * 5_000 + "\\n",
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
