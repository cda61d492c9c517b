"""Telling apart the answers of several commands that were sent as statements of one pipeline.

Answers come in the order of the statements but carry no mark of which one they belong to (docs/reference/remoting.md
section 9). An object tells by its property names and its ``PSPath``, a moment by its form, an error by its target
or its cmdlet. What cannot be told with certainty is left over, to be asked again alone.
Works on plain JSON and knows nothing of pypsrp.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from troubleshooting.machines.pipeline import Entry, Shape
from troubleshooting.machines.plain import DeviceError, Json, weight

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\Z")
_PROVIDER = re.compile(r"^(?:Microsoft\.PowerShell\.Core\\)?Registry::", re.IGNORECASE)
_HIVES = (("hkey_local_machine\\", "hklm:\\"), ("hkey_current_user\\", "hkcu:\\"))


def key_path(text: str) -> str:
    r"""Return a registry key in one form, whichever of its spellings came (``HKLM:\…``, ``Registry::HKEY_…``)."""
    path = _PROVIDER.sub("", text.strip()).casefold().rstrip("\\")
    for long, short in _HIVES:
        if path.startswith(long):
            return short + path[len(long) :]
    return path


@dataclass
class Gathered:
    """What came for one entry so far."""

    entry: Entry
    most_bytes: int
    outputs: list[Json] = field(default_factory=list)
    errors: list[DeviceError] = field(default_factory=list)
    truncated: bool = False
    doubtful: bool = False  # two answers where one was due
    done: bool = False
    _bytes: int = 0

    def add(self, item: Json) -> None:
        """Keep one output, unless the entry has had its fill."""
        self._bytes += weight(item)
        if self.truncated or self._bytes > self.most_bytes:
            self.truncated = True
            return
        self.outputs.append(item)

    def add_error(self, error: DeviceError) -> None:
        """Keep one error record, unless the entry has had its fill."""
        self._bytes += len(error.message) + 200
        if self._bytes > self.most_bytes:
            self.truncated = True
            return
        self.errors.append(error)

    @property
    def has_something(self) -> bool:
        """Tell whether anything came, and only what was due."""
        return bool(self.outputs or self.errors) and not self.doubtful


class Batch:
    """The statements of one pipeline and what came for each of them."""

    def __init__(self, entries: Sequence[Entry], *, most_bytes: int) -> None:
        """Start with nothing; ``most_bytes`` limits each entry's answer."""
        self._gathered = [Gathered(entry, most_bytes) for entry in entries]
        self._reached = -1  # the last statement that put something out
        self._strangers = 0

    def take_output(self, item: Json) -> bool:
        """Add an output to its entry; True when it is the first thing that came for that entry."""
        owner = self._owner_of(item)
        if owner is None:
            self._strangers += 1
            return False
        self._reached = max(self._reached, owner)
        mine = self._gathered[owner]
        is_first = not (mine.outputs or mine.errors)
        mine.doubtful = mine.doubtful or (bool(mine.outputs) and mine.entry.shape in {Shape.OBJECT, Shape.MOMENT})
        mine.add(item)
        return is_first

    def take_error(self, error: DeviceError) -> bool:
        """Add an error to its entry; True when it is the first thing that came for that entry."""
        owners = [self._gathered[number] for number in self._owners_of_error(error)]
        if not owners:
            self._strangers += 1
            return False
        is_first = any(not (mine.outputs or mine.errors) for mine in owners)
        for mine in owners:
            mine.add_error(error)
        return is_first

    def settled(self, *, ended: bool) -> list[Gathered]:
        """Give, once each and in order, the entries whose answer is complete.

        While the pipeline runs these are the ones before the last statement that put something out. At its end also
        those that may answer nothing, unless something came that nobody owns: it could be theirs.
        """
        complete = [mine for number, mine in enumerate(self._gathered) if self._is_complete(number, mine, ended=ended)]
        for mine in complete:
            mine.done = True
        return complete

    def salvaged(self) -> list[Gathered]:
        """Give, once, the entries whose answer was whole when the connection was lost or the shell closed."""
        whole = [mine for mine in self._gathered if not mine.done and mine.has_something and _is_whole(mine)]
        for mine in whole:
            mine.done = True
        return whole

    def set_done(self, entry: Entry) -> None:
        """Count an entry as settled."""
        for mine in self._gathered:
            mine.done = mine.done or mine.entry is entry

    def left_over(self) -> list[Entry]:
        """Return the entries that have not been settled."""
        return [mine.entry for mine in self._gathered if not mine.done]

    def suspect(self) -> Entry | None:
        """Return the entry that was running when the pipeline stood still, or None where that is not certain."""
        spoke = [number for number, mine in enumerate(self._gathered) if mine.outputs or mine.errors]
        next_up = max(spoke, default=-1) + 1
        entry = self._gathered[next_up].entry if next_up < len(self._gathered) else None
        return entry if entry is not None and entry.required else None

    def _is_complete(self, number: int, mine: Gathered, *, ended: bool) -> bool:
        if mine.done:
            return False
        if not ended:
            return mine.has_something and number < self._reached
        may_be_empty = not mine.entry.required and not mine.doubtful and not self._strangers
        return mine.has_something or may_be_empty

    def _owner_of(self, item: Json) -> int | None:
        """Return the one statement, not before the last that spoke, whose answers look like this."""
        from_here = range(max(self._reached, 0), len(self._gathered))
        owners = [number for number in from_here if _looks_like(item, self._gathered[number].entry)]
        return owners[0] if len(owners) == 1 else None

    def _owners_of_error(self, error: DeviceError) -> Sequence[int]:
        waiting = [(number, mine.entry) for number, mine in enumerate(self._gathered) if not mine.done]
        if error.fq_error.casefold().startswith("commandnotfoundexception"):  # what one may not see, none may
            return [number for number, entry in waiting if _uses(entry, error.target)]
        for is_owner in (_is_targeted, _is_named):
            owners = [number for number, entry in waiting if is_owner(error, entry)]
            if len(owners) == 1:
                return owners
        return []


def _is_whole(mine: Gathered) -> bool:
    """One object is all there is, and so is an error; of a list or of lines more may have been on the way."""
    return not mine.outputs or mine.entry.shape in {Shape.OBJECT, Shape.MOMENT}


def _looks_like(item: Json, entry: Entry) -> bool:
    if isinstance(item, dict):
        return _same_names(item, entry.properties) and (entry.key is None or _is_from(item, entry.key))
    if not isinstance(item, str):
        return False
    is_moment = bool(_MOMENT.match(item))
    return (entry.shape is Shape.MOMENT and is_moment) or (entry.shape is Shape.LINES and not is_moment)


def _same_names(item: Iterable[str], properties: Sequence[str]) -> bool:
    return {name.casefold() for name in item} == {name.casefold() for name in properties}


def _is_from(item: dict[str, Json], key: str) -> bool:
    path = next((value for name, value in item.items() if name.casefold() == "pspath"), None)
    return isinstance(path, str) and key_path(path) == key_path(key)


def _uses(entry: Entry, command: str) -> bool:
    return any(part.name.casefold() == command.casefold() for part in entry.pipeline)


def _is_targeted(error: DeviceError, entry: Entry) -> bool:
    """The error names the registry key."""
    return entry.key is not None and key_path(error.target) == key_path(entry.key)


def _is_named(error: DeviceError, entry: Entry) -> bool:
    """The error names the cmdlet; enough only where one statement uses it."""
    if error.fq_error.casefold().startswith("nativecommanderror"):
        return entry.shape is Shape.LINES
    by_id = error.fq_error.rpartition(",")[2].casefold() == entry.command.name.casefold()
    return by_id or error.activity.casefold() == entry.command.name.casefold()
