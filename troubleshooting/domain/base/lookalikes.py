"""Characters that a reader takes for others or does not see at all (Unicode Technical Report 36 names the danger)."""

from __future__ import annotations

import unicodedata

_RANGES: tuple[tuple[int, int], ...] = (
    (0x2018, 0x201F),  # quotes
    (0x2032, 0x2037),  # primes
    (0x2039, 0x203A),
    (0xFF02, 0xFF02),
    (0xFF07, 0xFF07),
    (0x2010, 0x2015),  # hyphens and dashes
    (0x2212, 0x2212),
    (0xFE58, 0xFE58),
    (0xFE63, 0xFE63),
    (0xFF0D, 0xFF0D),
    (0x00A0, 0x00A0),  # spaces
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0x00AD, 0x00AD),  # nothing to see
    (0x200B, 0x200D),
    (0x2060, 0x2064),
    (0xFEFF, 0xFEFF),
    (0x061C, 0x061C),  # marks of direction
    (0x200E, 0x200F),
    (0x202A, 0x202E),
    (0x2066, 0x2069),
)
_LOOKALIKES = frozenset(chr(code) for first, last in _RANGES for code in range(first, last + 1))


def lookalikes(text: str) -> tuple[str, ...]:
    """Return the names of such characters in a text, each once, as ``U+2019 right single quotation mark``."""
    return tuple(map(_name, sorted(_LOOKALIKES & set(text))))


def _name(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter).lower()}"
