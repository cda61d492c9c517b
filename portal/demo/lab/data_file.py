"""A strict reader of PowerShell's data files: one hashtable of texts, booleans, lists and hashtables.

Written apart from the portal's writer on purpose. An expression, a variable, a double quote, a comment or anything else
that is not data is refused, as ``Import-PowerShellDataFile`` refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Data = Any  # str, bool, list of Data, or dict of str to Data

QUOTES = "'\u2018\u2019\u201a\u201b"  # PowerShell takes each of the five for a single quote
_TOKEN = re.compile(
    rf"(?P<text>[{QUOTES}](?:[^{QUOTES}]|[{QUOTES}]{{2}})*[{QUOTES}])"
    r"|(?P<open>@\{)|(?P<list>@\()|(?P<mark>[})=,])|(?P<end>;|\r?\n)|(?P<space>[ \t]+)"
    r"|(?P<flag>\$(?:true|false)(?![\w:]))|(?P<word>[A-Za-z][A-Za-z0-9]*)"
)


class BadDataFile(ValueError):
    """This is not a data file, or says something that the lab does not know."""


def read_data_file(content: bytes) -> dict[str, Data]:
    """Return the hashtable of a file; raises BadDataFile for anything else."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDataFile("not UTF-8") from error
    reader = _Reader(_tokens(text))
    reader.skip_ends()
    found = reader.value()
    reader.skip_ends()
    if not isinstance(found, dict) or reader.kind is not None:
        raise BadDataFile("not one hashtable")
    return found


def listed(value: Data) -> list[Data]:
    """Return a value as a list: PowerShell writes a list of one as its element."""
    return value if isinstance(value, list) else [] if value is None else [value]


def entry(table: Mapping[str, Data], name: str) -> Data:
    """Return the value of a key (any case), or None."""
    return next((value for key, value in table.items() if key.casefold() == name.casefold()), None)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadDataFile(f"not data: {text[place : place + 20]!r}")
        kind = match.lastgroup or ""
        if kind != "space":
            found.append((kind, match[0]))
        place = match.end()
    return found


class _Reader:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def kind(self) -> str | None:
        """Return the kind of the next token, or the mark itself; None at the end."""
        if self._place == len(self._tokens):
            return None
        kind, text = self._tokens[self._place]
        return text if kind == "mark" else kind

    def _take(self, *kinds: str) -> str:
        if self.kind not in kinds:
            raise BadDataFile(f"{self.kind} where {' or '.join(kinds)} is due")
        self._place += 1
        return self._tokens[self._place - 1][1]

    def skip_ends(self) -> None:
        """Go past line ends and semicolons."""
        while self.kind == "end":
            self._place += 1

    def value(self) -> Data:
        """Read one value, or several with commas between them."""
        first = self._one()
        if self.kind != ",":
            return first
        values = [first]
        while self.kind == ",":
            self._take(",")
            self.skip_ends()
            values.append(self._one())
        return values

    def _one(self) -> Data:
        kind = self.kind
        if kind == "open":
            return self._table()
        if kind == "list":
            return self._list()
        word = self._take("text", "flag")
        return word == "$true" if kind == "flag" else re.sub(f"[{QUOTES}]([{QUOTES}])", r"\1", word[1:-1])

    def _list(self) -> list[Data]:
        self._take("list")
        self.skip_ends()
        found = [] if self.kind == ")" else listed(self.value())
        self.skip_ends()
        self._take(")")
        return found

    def _table(self) -> dict[str, Data]:
        self._take("open")
        found: dict[str, Data] = {}
        self.skip_ends()
        while self.kind != "}":
            key = self._take("text", "word").strip(QUOTES)
            self._take("=")
            if key.casefold() in {known.casefold() for known in found}:
                raise BadDataFile(f"{key} stands twice")
            found[key] = self.value()
            if self.kind != "}":
                self._take("end")
            self.skip_ends()
        self._take("}")
        return found
