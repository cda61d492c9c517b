"""The texts inside CLIXML, read as values (MS-PSRP 2.2.5.1, docs/reference/powershell-answers.md fact 21)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Mapping

Primitive = bool | int | float | str | None

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")

LONGEST_INTEGER = 20  # characters: the largest UInt64, or the smallest Int64 with its sign
LONGEST_NUMBER = 400  # characters of a Double without an exponent
LAST_CHARACTER = 0x10FFFF


class Unreadable(ValueError):
    """One message of a device that is no CLIXML, or more of it than the portal takes; says what was wrong."""


def storable(text: str) -> str:
    """Return a text that PostgreSQL and UTF-8 can hold: without NUL and without half characters."""
    return _NOT_STORABLE.sub("\ufffd", text)


def unescaped(text: str) -> str:
    """Return a text without its ``_xHHHH_``; two of them may be the halves of one character."""
    if "_x" not in text:
        return text
    halves = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return storable(halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _integer(text: str) -> int:
    text = text.strip()
    if len(text) > LONGEST_INTEGER:
        raise Unreadable(f"It holds an integer of {len(text)} characters.")
    return int(text)


def _number(text: str) -> float:
    if len(text) > LONGEST_NUMBER:
        raise Unreadable(f"It holds a number of {len(text)} characters.")
    return float(text)


def _character(text: str) -> str:
    code = _integer(text)
    if not 0 <= code <= LAST_CHARACTER:
        raise Unreadable(f"It holds a character with the number {code}.")
    return storable(chr(code))


def _truth(text: str) -> bool:
    return text.casefold() == "true"


def _as_it_is(text: str) -> str | None:
    return text or None


def _bytes(text: str) -> str:
    return base64.b64encode(binascii.a2b_base64(text)).decode("ascii")


def _guid(text: str) -> str:
    return str(uuid.UUID(text))


def _nothing(text: str) -> None:
    """Return what a Nil holds."""


READ: Mapping[str, Callable[[str], Primitive]] = {
    **dict.fromkeys(("S", "ToString", "URI", "XD", "SBK"), unescaped),
    **dict.fromkeys(("By", "SB", "U16", "I16", "U32", "I32", "U64", "I64"), _integer),
    **dict.fromkeys(("DT", "TS", "D", "Version"), _as_it_is),
    **dict.fromkeys(("Sg", "Db"), _number),
    "C": _character,
    "B": _truth,
    "BA": _bytes,
    "G": _guid,
    "Nil": _nothing,
}


def primitive(tag: str, text: str) -> Primitive:
    """Return the value of an element that holds no others; of one that is not known, its text.

    Dates, times, decimals and versions stay as they were written, bytes become Base64, and a Guid its usual form.
    Raises Unreadable.
    """
    try:
        return READ.get(tag, unescaped)(text)
    except Unreadable:
        raise
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(f"It holds a {tag} that is none: {text[:40]!r}.") from error
