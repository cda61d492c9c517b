"""What is put together from the files: facts, each with the place it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from troubleshooting.domain.evidence.places import Fact, Place
from troubleshooting.domain.evidence.snapshot import Reading, ReadState


@dataclass
class Facts:
    """Fields of the parts of a snapshot, readings by catalogue name, and the place of each fact."""

    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    places: dict[Fact, Place] = field(default_factory=dict)

    def add(self, part: str, name: str, found: tuple[Any, Place] | None) -> None:
        """Take a field of a part; one that is known already stays, and nothing is taken from nothing."""
        if found is None or found[0] is None or name in self.parts.setdefault(part, {}):
            return
        self.parts[part][name], self.places[part, name] = found

    def said(self, name: str, place: Place | None, state: ReadState = ReadState.ANSWERED) -> None:
        """Count a catalogue entry as answered, by the file that answers it."""
        self.readings[name] = Reading(state)
        if place is not None:
            self.places["readings", name] = place

    def get(self, part: str, name: str) -> Any:
        """Return a field that was taken, or None."""
        return self.parts.get(part, {}).get(name)
