"""Where a fact of a snapshot was read, for evidence that came as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_TEXT = 300  # characters

# A fact is a path into a snapshot: ("computer_status", "real_time_protection"), ("readings", "policy_values"),
# ("policy_keys", path of the key, name of the value), ("preferences", "exclusion_process", entry),
# ("antivirus_products", name of the product), ("winhttp_proxy",).
Fact = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1, with its text."""

    file: str
    line: int
    text: str

    @classmethod
    def of(cls, file: str, line: int, text: str) -> Place:
        """Return a place with as much of the line as a page can show."""
        shown = " ".join(text.split())
        return cls(file, line, shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…")


Places = Mapping[Fact, Place]
