"""Numbers that come as text in a form or in the address bar."""

from __future__ import annotations

MOST_DIGITS = 18  # of what the database counts with; Python itself refuses thousands of them


def read_number(text: str) -> int | None:
    """Return the whole number that the text is; None for anything but ASCII digits, and for more than 18 of them."""
    if not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        return None
    return int(text)
