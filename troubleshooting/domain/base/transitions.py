"""What every table of transitions shares."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)


class InvalidTransition(Exception):
    """A status may not follow the present one."""

    def __init__(self, present: StrEnum, wanted: StrEnum) -> None:
        """Keep both statuses for the sentence on the page."""
        super().__init__(f"{present} cannot become {wanted}")
        self.present = present
        self.wanted = wanted


def check_transition(table: Mapping[S, frozenset[S]], present: S, wanted: S) -> None:
    """Raise InvalidTransition unless the table lets ``wanted`` follow ``present``."""
    if wanted not in table[present]:
        raise InvalidTransition(present, wanted)
