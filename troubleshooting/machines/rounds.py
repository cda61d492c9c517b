"""Which entries go together into the next batch, and which one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from troubleshooting.machines.batch import LeftOver
from troubleshooting.machines.pipeline import Entry

MOST_BATCHES = 4  # of a read: the first one, and three for what an error kept from being run


class Rounds:
    """The entries of one read that have no answer yet."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Start with all of them waiting for the first batch."""
        self._waiting = tuple(entries)
        self._alone: list[Entry] = []
        self._sent = 0
        self._latest: tuple[Entry, ...] = ()

    def next_batch(self) -> tuple[Entry, ...]:
        """Return what goes out together now; nothing where the rest is to be asked one by one."""
        if len(self._waiting) < 2 or self._sent == MOST_BATCHES:
            return ()
        self._sent += 1
        self._latest, self._waiting = self._waiting, ()
        return self._latest

    def take(self, left: LeftOver, *, apart: Callable[[Entry], bool] = lambda entry: False) -> None:
        """Keep what the latest batch left over, without what is better asked ``apart``.

        Where the batch settled nothing, its head is asked alone, so that the next one gets further.
        """
        alone, again = left.alone, left.again
        if len(again) == len(self._latest):
            alone, again = again[:1], again[1:]
        self._alone += [*alone, *filter(apart, again)]
        self._waiting = tuple(entry for entry in again if not apart(entry))

    def rest(self) -> tuple[Entry, ...]:
        """Return what is to be asked one by one."""
        return (*self._alone, *self._waiting)
