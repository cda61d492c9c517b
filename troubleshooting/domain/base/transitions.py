"""What every table of transitions shares."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say

S = TypeVar("S", bound=StrEnum)


class InvalidTransition(Refused):
    """A status may not follow the present one: somebody, or the portal itself, was faster."""

    text = say(
        _("Nothing was changed: this has changed since you opened the page, which now shows the current status.")
    )

    def __init__(self, present: StrEnum, wanted: StrEnum) -> None:
        super().__init__()
        self.args = (f"{present} cannot become {wanted}",)
        self.present = present
        self.wanted = wanted


def check_transition(table: Mapping[S, frozenset[S]], present: S, wanted: S) -> None:
    """Raise InvalidTransition unless the table lets ``wanted`` follow ``present``."""
    if wanted not in table[present]:
        raise InvalidTransition(present, wanted)
