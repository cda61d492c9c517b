"""The pack as a ZIP: what is in it, that it can be checked, and that it is the same each time."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
from datetime import UTC, datetime
from zipfile import ZipFile

from troubleshooting.domain.submissions.pack import PackFile, json_file, text_file, with_manifest, zipped
from troubleshooting.domain.submissions.redaction import Removed, RemovedKind

AT = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
FILES = (text_file("evidence.txt", "größer\n"), json_file("evidence.json", {"a": [1, "ü"]}))


def built(files=FILES, **changes):
    return b"".join(zipped(with_manifest(files, case="NP-2026-0001", **changes), at=AT))


def test_each_file_is_what_manifest_and_checksums_say():
    with ZipFile(io.BytesIO(built())) as archive:
        names = archive.namelist()
        found = {name: archive.read(name) for name in names}

    manifest = json.loads(found["manifest.json"])
    assert manifest["case"] == "NP-2026-0001"
    assert manifest["redacted"] is False
    for one in manifest["files"]:
        assert len(found[one["name"]]) == one["bytes"]
        assert hashlib.sha256(found[one["name"]]).hexdigest() == one["sha256"]
    lines = found["SHA256SUMS"].decode().splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [name for name in names if name != "SHA256SUMS"]
    assert all(
        hashlib.sha256(found[name]).hexdigest() == digest for digest, name in (line.split("  ") for line in lines)
    )


def test_built_twice_it_is_the_same_to_the_last_byte():
    assert built() == built()


def test_the_manifest_lists_what_was_taken_out_but_not_what_it_was():
    with ZipFile(io.BytesIO(built(removed=[Removed("[user 1]", RemovedKind.USER, 3, "emma")]))) as archive:
        text = archive.read("manifest.json").decode()

    assert json.loads(text)["removed"] == [{"placeholder": "[user 1]", "kind": "user", "times": 3}]
    assert "emma" not in text


def test_a_moment_before_zip_can_write_any_is_no_fault():
    assert b"".join(zipped(FILES, at=AT.replace(year=1970)))


def test_a_large_file_is_never_held_whole():
    piece = bytes(1_000_000)
    large = PackFile("MpSupportFiles.cab", 50_000_000, "0" * 64, lambda: (piece for _ in range(50)))
    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in zipped([large], at=AT))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert size < 1_000_000  # zeros pack well
    assert peak < 5_000_000
