"""What people really type, log and meet: tables of one row a case, which anybody can extend by one line.

Each file of this folder holds one kind: a tuple of :class:`Row`, and one test that runs through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest


class Row(NamedTuple):
    """``fed`` is what goes in, ``right`` what has to come out; ``source`` says where the case or its rule is from."""

    fed: Any
    right: Any
    source: str
    why: str = ""


def each(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Return the mark that runs a test of one argument, ``row``, for each of ``rows``."""
    cases = [pytest.param(row, id=f"{at}-{_name(row.fed)}") for at, row in enumerate(rows, 1)]
    return pytest.mark.parametrize("row", cases)


def _name(fed: object) -> str:
    """Return a short name in plain ASCII; xdist wants the same one in every process."""
    text = fed if isinstance(fed, str) else " ".join(map(str, fed)) if isinstance(fed, tuple) else type(fed).__name__
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text)[:60]
