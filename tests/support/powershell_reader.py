"""Reads PowerShell text as PowerShell 7 was seen to read it, apart from the portal's own writer.

The tree-sitter grammar knows one kind of quote only, so it cannot see the very mistake this is for. What has no place
in a plain command or data file (variables, double quotes, scripts, redirections, comments) raises NotPlain.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
DOUBLE_QUOTES = '"\u201c\u201d\u201e'
DASHES = "-\u2013\u2014\u2015"
LINE_ENDS = "\r\n"
CONSTANTS = {"$true": True, "$false": False, "$null": None}
NUMBER = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?|[0-9]*\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?:[A-Za-z]{0,4})")
PLAIN_INTEGER = re.compile(r"-?[0-9]+")
SPECIAL = set("`$@#(){}<>[]*?%!^~=+" + DOUBLE_QUOTES)


class NotPlain(Exception):
    """The text is more than a command with plain values."""


@dataclass
class Command:
    """One command as it would be run: (parameter, value), None for a positional value, ... for a switch."""

    name: str
    arguments: list[tuple[str | None, Any]]


def is_space(letter: str) -> bool:
    return letter in "\t\v\f\x85" or unicodedata.category(letter) in {"Zs", "Zl", "Zp"}


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, letter: str) -> bool:
        if self.next != letter:
            return False
        self.at += 1
        return True

    def skip(self, *, lines: bool = False) -> None:
        while self.next and (is_space(self.next) or (lines and self.next in LINE_ENDS)):
            self.at += 1

    def quoted(self) -> str:
        self.at += 1
        found = []
        while self.next:
            letter = self.next
            self.at += 1
            if letter in SINGLE_QUOTES:
                if not self.next or self.next not in SINGLE_QUOTES:
                    return "".join(found)
                letter = self.next
                self.at += 1
            found.append(letter)
        raise NotPlain("a quote without its end")

    def bare(self, ends: str) -> str:
        start = self.at
        while self.next and not is_space(self.next) and self.next not in LINE_ENDS + SINGLE_QUOTES + ends:
            self.at += 1
        word = self.text[start : self.at]
        if not word or (SPECIAL & set(word) and word not in CONSTANTS) or (self.next and self.next in SINGLE_QUOTES):
            raise NotPlain(self.text[start : self.at + 1])
        return word

    def value(self, ends: str = ";|&,") -> Any:
        if self.next and self.next in SINGLE_QUOTES:
            text = self.quoted()
            if self.next and self.next in SINGLE_QUOTES:
                raise NotPlain("two texts side by side")
            return text
        word = self.bare(ends)
        if word in CONSTANTS:
            return CONSTANTS[word]
        if PLAIN_INTEGER.fullmatch(word):
            return int(word)
        if NUMBER.fullmatch(word) or word[0] in DASHES:
            raise NotPlain(word)
        return word


def read_commands(text: str) -> list[list[Command]]:
    """Return the statements of a text, each as the commands of its pipeline."""
    reader, statements = _Reader(text), []
    while True:
        reader.skip(lines=True)
        while reader.take(";"):
            reader.skip(lines=True)
        if not reader.next:
            return statements
        pipeline = [_command(reader)]
        while reader.take("|"):
            reader.skip(lines=True)
            pipeline.append(_command(reader))
        statements.append(pipeline)


def _command(reader: _Reader) -> Command:
    if reader.take("&"):
        reader.skip()
        name = reader.value()
    else:
        name = reader.bare(";|&,:")
    if not isinstance(name, str):
        raise NotPlain(str(name))
    command = Command(name, [])
    while True:
        reader.skip()
        if not reader.next or reader.next in LINE_ENDS + ";|":
            return command
        command.arguments.append(_argument(reader))


def _argument(reader: _Reader) -> tuple[str | None, Any]:
    name = None
    if reader.next in DASHES:
        name = reader.bare(";|&,:")[1:]
        if not name.isalnum():
            raise NotPlain(name)
        joined = reader.take(":")
        reader.skip()
        if not joined and (not reader.next or reader.next in LINE_ENDS + ";|" + DASHES):
            return name, ...
    return name, _values(reader)


def _values(reader: _Reader) -> Any:
    values = [reader.value()]
    reader.skip()
    while reader.take(","):
        reader.skip(lines=True)
        values.append(reader.value())
        reader.skip()
    return values[0] if len(values) == 1 else values


def read_data(text: str) -> Any:
    """Return the one value of a data file: a table, a list, a text, a number or a truth value."""
    reader = _Reader(text)
    reader.skip(lines=True)
    value = _data(reader)
    reader.skip(lines=True)
    if reader.next:
        raise NotPlain(reader.text[reader.at :])
    return value


def _data(reader: _Reader) -> Any:
    values = [_datum(reader)]
    reader.skip()
    while reader.take(","):
        reader.skip(lines=True)
        values.append(_datum(reader))
        reader.skip()
    return values[0] if len(values) == 1 else values


def _datum(reader: _Reader) -> Any:
    if not reader.take("@"):
        if reader.next not in SINGLE_QUOTES and not re.match(r"[$0-9-]", reader.next):
            raise NotPlain("a bare word is a command")
        return reader.value(ends=";|&,})")
    if reader.take("("):
        reader.skip(lines=True)
        if not reader.take(")"):
            raise NotPlain("only the empty list")
        return []
    if not reader.take("{"):
        raise NotPlain("@")
    return _table(reader)


def _table(reader: _Reader) -> dict[str, Any]:
    table: dict[str, Any] = {}
    while True:
        reader.skip(lines=True)
        while reader.take(";"):
            reader.skip(lines=True)
        if reader.take("}"):
            return table
        key = reader.quoted() if reader.next in SINGLE_QUOTES else reader.bare("=;}")
        reader.skip()
        if not reader.take("=") or key.casefold() in {known.casefold() for known in table}:
            raise NotPlain(key)
        reader.skip(lines=True)
        table[key] = _data(reader)
        reader.skip()
        if reader.next not in LINE_ENDS + ";}":
            raise NotPlain(key)
