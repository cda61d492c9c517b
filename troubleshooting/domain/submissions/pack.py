"""The pack of a case: one ZIP with everything that was found, and a manifest that says what each file must be.

Built twice from the same case it is the same to the last byte: the files are in a fixed order and all carry the moment
at which the case was opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import RawIOBase
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from troubleshooting.domain.submissions.redaction import Removed

MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # that ZIP can write
_PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of the pack; ``chunks`` begins anew at each call."""

    name: str
    size: int  # bytes
    sha256: str
    chunks: Callable[[], Iterable[bytes]]


def text_file(name: str, text: str) -> PackFile:
    """Return a file that holds a text, in UTF-8."""
    content = text.encode()
    return PackFile(name, len(content), hashlib.sha256(content).hexdigest(), lambda: (content,))


def json_file(name: str, value: Any) -> PackFile:
    """Return a file that holds JSON."""
    return text_file(name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def with_manifest(files: Iterable[PackFile], *, case: str, removed: Iterable[Removed] | None = None) -> list[PackFile]:
    """Return the files with their manifest and their checksums in the form of sha256sum.

    ``removed`` is None where nothing was taken out; what the placeholders stood for is not in the manifest.
    """
    files = list(files)
    manifest: dict[str, Any] = {
        "case": case,
        "redacted": removed is not None,
        "files": [{"name": one.name, "bytes": one.size, "sha256": one.sha256} for one in files],
    }
    if removed is not None:
        manifest["removed"] = [
            {"placeholder": one.placeholder, "kind": one.kind.value, "times": one.times} for one in removed
        ]
    files.append(json_file(MANIFEST, manifest))
    return [*files, text_file(CHECKSUMS, "".join(f"{one.sha256}  {one.name}\n" for one in files))]


def zipped(files: Iterable[PackFile], *, at: datetime) -> Iterator[bytes]:
    """Write the ZIP piece by piece; no more than one piece is held."""
    sink = _Sink()
    moment = max(at.astimezone(UTC), _EARLIEST).timetuple()[:6]
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for one in files:
            member = ZipInfo(one.name, moment)
            member.compress_type = ZIP_DEFLATED
            member.create_system = 3  # the same on each system that builds it
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=one.size > 1 << 30) as entry:
                for chunk in one.chunks():
                    for start in range(0, len(chunk), _PIECE_BYTES):
                        entry.write(chunk[start : start + _PIECE_BYTES])
                        yield from sink.taken()
    yield from sink.taken()


class _Sink(RawIOBase):
    """Holds what the ZIP's writer wrote until it is fetched; it cannot be searched, so the writer never goes back."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)
