"""The lines of a text in a CAB, whatever its encoding (docs/reference/diagnostics.md section 4)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from troubleshooting.domain.evidence.places import Place

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LOOKED_AT_BYTES = 4_096
_NULS = 0.4  # of every second byte: latin text in UTF-16 has more
_LONGEST_LINE = 4_000  # characters
_MOST_LINES = 600_000  # a busy PC's log has about 250,000
_LINE_END = re.compile(r"\r\n|\n|\r")


def decode(content: bytes) -> str:
    """Return the text; what cannot be decoded becomes a replacement character, and stray NULs are dropped."""
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return _cleaned(content[len(mark) :].decode(marked, errors="replace"))
    if encoding := _without_mark(content[:_LOOKED_AT_BYTES]):
        return _cleaned(content.decode(encoding, errors="replace"))
    try:
        return _cleaned(content.decode("utf-8"))
    except UnicodeDecodeError:
        return _cleaned(content.decode("cp1252", errors="replace"))


def _without_mark(beginning: bytes) -> str | None:
    half = len(beginning) // 2
    if half and beginning[1::2].count(0) > half * _NULS:
        return "utf-16-le"
    return "utf-16-be" if half and beginning[0::2].count(0) > half * _NULS else None


def _cleaned(text: str) -> str:
    return text.replace("\0", "").removeprefix("\ufeff")


class Lines:
    """The lines of one file, counted from 1, without blanks at their ends.

    The file may mean harm: whoever reads the lines uses patterns that look at each character a few times, and no more.
    """

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        lines = _LINE_END.split(decode(content), maxsplit=_MOST_LINES)
        self._lines = [line[:_LONGEST_LINE].rstrip() for line in lines[:_MOST_LINES]]

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return enumerate(self._lines, 1)

    def place(self, number: int) -> Place:
        """Return where a line is, with its text."""
        return Place.of(self.file, number, self._lines[number - 1])
