"""How much one person, or one PC, may have under way at a time, so that nobody waits behind somebody impatient."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseLimits:
    """The most at a time; raises ValueError for a number below one.

    IT, which reports and checks for others, is held to the numbers of a PC only.
    """

    open_per_person: int = 20
    open_per_pc: int = 20
    live_per_person: int = 10
    live_per_pc: int = 5

    def __post_init__(self) -> None:
        """Check the numbers."""
        if min(self.open_per_person, self.open_per_pc, self.live_per_person, self.live_per_pc) < 1:
            raise ValueError("is 1 or more.")
