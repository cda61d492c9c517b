"""The statements of one pipeline, what came for each of them, and what that proves.

Answers come in the order of the statements but carry no mark of which one they belong to (``ownership`` tells). A
terminating error ends the batch: after one in the first statement PowerShell runs the second, drops the rest and says
Completed; after a later one it says Failed; Windows PowerShell 5.1 may go on instead. So silence is an answer only
where a later statement spoke, and every batch ends with a statement that always speaks. What cannot be told with
certainty is left over, to be asked again. Works on plain values and knows nothing of pypsrp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from troubleshooting.machines import ownership
from troubleshooting.machines.pipeline import Entry, Shape
from troubleshooting.machines.plain import DeviceError, Json, weight

_ONE = frozenset({Shape.OBJECT, Shape.MOMENT})


class End(StrEnum):
    """How a pipeline ended."""

    COMPLETED = "completed"
    FAILED = "failed"  # a terminating error; no statement after it was run
    STOPPED = "stopped"


@dataclass
class Gathered:
    """What came for one entry so far."""

    entry: Entry
    most_bytes: int
    number: int = 0  # of its statement
    outputs: list[Json] = field(default_factory=list)
    handed_over: bool = False  # what it put out went elsewhere as it came, and is not kept here
    errors: list[DeviceError] = field(default_factory=list)
    truncated: bool = False
    has_spoken: bool = False  # itself; an error that refuses the command to all of its uses may be another's
    doubtful: bool = False  # two answers where one was due
    failed: bool = False  # an error ended its statement, and the pipeline with it
    done: bool = False
    _bytes: int = 0

    def add(self, item: Json) -> None:
        """Keep one output, unless the entry has had its fill."""
        self.has_spoken = True
        self.doubtful = self.doubtful or (bool(self.outputs) and self.entry.shape in _ONE)
        self._bytes += weight(item)
        if self.truncated or self._bytes > self.most_bytes:
            self.truncated = True
            return
        self.outputs.append(item)

    def add_error(self, error: DeviceError, *, is_own: bool = True) -> None:
        """Keep one error record, unless the entry has had its fill."""
        if is_own and not self.has_spoken:
            self.errors.clear()  # that of another, for the same reason
        self.has_spoken = self.has_spoken or is_own
        self._bytes += len(error.message) + 200
        if self._bytes > self.most_bytes:
            self.truncated = True
            return
        self.errors.append(error)

    @property
    def has_something(self) -> bool:
        """Tell whether anything came, and only what was due."""
        return bool(self.outputs or self.errors) and not self.doubtful

    @property
    def has_all(self) -> bool:
        """Tell whether the one output that is due has come: an error after it is another's."""
        return bool(self.outputs) and self.entry.shape in _ONE

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing more is due: of a list or of lines more may be on the way."""
        return self.has_something and (not self.outputs or self.entry.shape in _ONE)


@dataclass(frozen=True)
class LeftOver:
    """What a batch did not settle."""

    alone: tuple[Entry, ...]  # was run, but what it answered cannot be told
    again: tuple[Entry, ...]  # not proved to have been run


class Batch:
    """One pipeline of several statements."""

    def __init__(
        self, statements: Iterable[Entry | Sequence[Entry]], *, most_bytes: int, closing: Entry | None = None
    ) -> None:
        """Start with nothing; ``most_bytes`` limits each entry's answer.

        A statement may answer several entries. ``closing`` is the last statement: one that always speaks.
        """
        rows = [(each,) if isinstance(each, Entry) else tuple(each) for each in statements]
        self._mine = [Gathered(entry, most_bytes, number) for number, row in enumerate(rows) for entry in row]
        self._closing = Gathered(closing, most_bytes, len(rows), done=True) if closing is not None else None
        self._all = [*self._mine, self._closing] if self._closing is not None else list(self._mine)
        self._reached = -1  # the last statement that spoke
        self._strays: list[DeviceError | None] = []  # what came and is nobody's: errors, and None for an output
        self._end: End | None = None
        self._is_end_owned = False  # the error that ended the batch is somebody's

    def take_output(self, item: Json) -> bool:
        """Add an output to its entry; True when it is the first thing that came for that entry."""
        alike = [mine for mine in self._all if mine.number >= self._reached and ownership.looks_like(item, mine.entry)]
        owner = _one_of(alike)
        if owner is None:
            self._strays.append(None)
            return False
        is_first = not owner.has_spoken
        owner.add(item)
        self._reached = owner.number
        return is_first

    def take_error(self, error: DeviceError) -> bool:
        """Add an error to its entry; True when it is the first thing that came for that entry."""
        owner = self._owner_of(error, lambda mine: not mine.has_all)
        if owner is None:
            self._strays.append(error)
            return False
        return self._give(error, owner)

    def end(self, state: End, error: DeviceError | None = None) -> None:
        """Take the end of the pipeline; the first one counts. What ended it comes from the last statement that ran."""
        if self._end is not None:
            return
        self._end = state
        reached = self._reached
        owner = self._owner_of(error, lambda mine: mine.number >= reached) if error and state is End.FAILED else None
        if error is not None and owner is not None:
            self._is_end_owned = owner.failed = True
            self._give(error, owner)
        self._strays = [stray for stray in self._strays if stray is None or not self._has_found_owner(stray)]
        if self._strays:
            self._doubt_twins()

    def _doubt_twins(self) -> None:
        """Doubt what came for a command that was sent again later, and spoke once: an error may be the first one's."""
        for mine in self._mine:
            later = [other for other in self._all if other.number > mine.number and not other.has_spoken]
            if any(other.entry.pipeline == mine.entry.pipeline for other in later):
                mine.doubtful = mine.doubtful or bool(mine.outputs)

    def _has_found_owner(self, stray: DeviceError) -> bool:
        """Look once more: others have answered by now, so that fewer are left whose it can be."""
        owner = self._owner_of(stray, lambda mine: not mine.has_all)
        if owner is not None:
            self._give(stray, owner)
        return owner is not None

    def settled(self) -> list[Gathered]:
        """Return, once each and in order, the entries whose answer is complete.

        While the pipeline runs these are the ones before the last statement that spoke; what may be silent waits for
        the end, since what came and belongs to nobody could be its own.
        """
        return self._taken(lambda mine: self._is_answered(mine) or self._is_silent(mine))

    def salvaged(self) -> list[Gathered]:
        """Return, once each, the entries whose answer was whole when the connection was lost."""
        return self._taken(lambda mine: mine.is_whole)

    def set_done(self, entry: Entry) -> None:
        """Count an entry as settled."""
        for mine in self._mine:
            mine.done = mine.done or mine.entry is entry

    def left_over(self) -> LeftOver:
        """Return the entries that have not been settled."""
        waiting = [mine for mine in self._mine if not mine.done]
        return LeftOver(
            alone=tuple(mine.entry for mine in waiting if mine.number <= self._reached),
            again=tuple(mine.entry for mine in waiting if mine.number > self._reached),
        )

    def running(self) -> tuple[Entry, ...]:
        """Return the entries of which one runs now: from the last that spoke to the next that has to speak."""
        running: list[Entry] = []
        for mine in self._all:
            if mine.number < max(self._reached, 0):
                continue
            running.append(mine.entry)
            if mine.number > self._reached and mine.entry.required:
                break
        return tuple(running)

    def suspect(self) -> Entry | None:
        """Return the entry that was running when the pipeline stood still, or None where that is not certain."""
        entry = next((mine.entry for mine in self._mine if mine.number > self._reached), None)
        return entry if entry is not None and entry.required else None

    # --- what is proved -----------------------------------------------------------------------------------------------

    def _is_answered(self, mine: Gathered) -> bool:
        if not mine.has_something:
            return False
        if mine.number < self._reached or not mine.has_spoken:
            return True
        return self._end is End.COMPLETED or self._is_end_owned or (self._end is not None and mine.is_whole)

    def _is_silent(self, mine: Gathered) -> bool:
        is_silent = not (mine.entry.required or mine.outputs or mine.errors)
        return is_silent and self._end is not None and mine.number < self._reached and not self._strays

    def _taken(self, is_settled: Callable[[Gathered], bool]) -> list[Gathered]:
        found = [mine for mine in self._mine if not mine.done and is_settled(mine)]
        for mine in found:
            mine.done = True
        return found

    # --- whose error this is ------------------------------------------------------------------------------------------

    def _owner_of(self, error: DeviceError, may_be: Callable[[Gathered], bool]) -> Gathered | None:
        refused = [mine for mine in self._all if may_be(mine) and ownership.refuses_all_of(error, mine.entry)]
        if refused:  # each of them fails alike, so this is the first that has not
            return next((mine for mine in refused if not mine.has_spoken), None)
        for tells in (ownership.targets, ownership.names):
            told = [mine for mine in self._all if may_be(mine) and tells(error, mine.entry)]
            if (owner := _one_of(told)) is not None:
                return owner
        return None

    def _give(self, error: DeviceError, owner: Gathered) -> bool:
        is_first = not owner.has_spoken
        owner.add_error(error)
        self._reached = max(self._reached, owner.number)
        for mine in self._mine:
            is_open = mine is not owner and not mine.done and not mine.has_something
            if is_open and ownership.refuses_all_of(error, mine.entry):
                mine.add_error(error, is_own=False)
        return is_first


def _one_of(alike: Sequence[Gathered]) -> Gathered | None:
    """Return the only one; of the same command, sent twice, the first that has not spoken."""
    if len({mine.entry.pipeline for mine in alike}) > 1 or len({mine.number for mine in alike}) < len(alike):
        return None
    return next((mine for mine in alike if not mine.has_spoken), alike[-1] if alike else None)
