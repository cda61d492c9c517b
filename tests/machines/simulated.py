"""PowerShell's way with a batch on plain values: what it would send for each entry, in each reading of an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from troubleshooting.domain.evidence.snapshot import Reading
from troubleshooting.machines import catalogue
from troubleshooting.machines.batch import Batch, End, Gathered
from troubleshooting.machines.judged import judged
from troubleshooting.machines.pipeline import Entry, Shape
from troubleshooting.machines.plain import DeviceError, Json
from troubleshooting.machines.rounds import Rounds


class Engine(StrEnum):
    """What a terminating error does to the statements after it."""

    ENDS = "ends"  # as recorded: after one in the first statement the second runs, and no more
    FIRST_GOES_ON = "first goes on"  # only the error of a later statement ends the batch
    GOES_ON = "goes on"


class Way(StrEnum):
    """How a statement ends."""

    ANSWERS = "answers"
    SILENT = "silent"  # only where the entry may be
    NOT_FOUND = "not found"  # the key, the namespace: an error that does not end the statement
    UNKNOWN = "unknown"  # the command is not shown
    BINDING = "binding"  # a parameter that the command does not have
    VALIDATION = "validation"  # a value outside the set of the command
    THROWS = "throws"
    SELECT_REFUSED = "select refused"  # names Select-Object, which most statements use
    NAMELESS = "nameless"  # a faulty role file: names nothing
    HALF = "half"  # puts something out, then fails and names nothing


TERMINATING = frozenset(Way) - {Way.ANSWERS, Way.SILENT, Way.NOT_FOUND}
NAMING = (Way.UNKNOWN, Way.BINDING, Way.VALIDATION, Way.THROWS)
IDS = {
    Way.NOT_FOUND: "PathNotFound",
    Way.BINDING: "NamedParameterNotFound",
    Way.VALIDATION: "ParameterArgumentValidationError",
    Way.THROWS: "DriveFailed",
}


def output_of(entry: Entry) -> Json:
    """Return one output of the entry's form."""
    if entry.shape is Shape.MOMENT:
        return "2026-11-24T02:22:04.1234567+01:00"
    if entry.shape is Shape.LINES:
        return "a line"
    key = (entry.key or "").replace("HKLM:", "HKEY_LOCAL_MACHINE")
    return {**dict.fromkeys(entry.properties), **({"PSPath": f"Registry::{key}"} if key else {})}


def error_of(entry: Entry, way: Way) -> DeviceError:
    """Return the error record of a statement that ends so."""
    name = entry.command.name
    if way is Way.UNKNOWN:
        return DeviceError("no", "CommandNotFoundException", "ObjectNotFound", name)
    if way is Way.SELECT_REFUSED:
        return DeviceError("no", "ParameterArgumentValidationError,Select-Object", activity="Select-Object")
    if way in {Way.NAMELESS, Way.HALF}:
        return DeviceError("no", "ParameterNameAlreadyExistsForCommand", "MetadataError")
    target = entry.key or "" if way in {Way.NOT_FOUND, Way.THROWS} else ""
    return DeviceError("no", f"{IDS[way]},{name}", "ObjectNotFound", target, activity=name)


@dataclass
class SimulatedPC:
    """Ways by entry name; what is not named answers. It counts what it was asked."""

    engine: Engine
    ways: Mapping[str, Way]
    pipelines: int = 0
    failures: int = 0
    ran: set[str] = field(default_factory=set)

    def way(self, entry: Entry) -> Way:
        """Return how the entry's statement ends."""
        return self.ways.get(entry.name, Way.ANSWERS)

    def run(
        self, entries: Sequence[Entry], output: Callable[[Json], object], error: Callable[[DeviceError], object]
    ) -> tuple[End, DeviceError | None]:
        """Run one pipeline; returns its end."""
        self.pipelines += 1
        number, last = 0, len(entries) - 1
        while number <= last:
            entry, way = entries[number], self.way(entries[number])
            self.ran.add(entry.name)
            if way in {Way.ANSWERS, Way.HALF}:
                output(output_of(entry))
            if way is Way.NOT_FOUND:
                error(error_of(entry, way))
            if way in TERMINATING:
                self.failures += 1
                goes_on = self.engine is Engine.GOES_ON and last > 0
                if not goes_on and (number > 0 or last == 0):
                    return End.FAILED, error_of(entry, way)
                error(error_of(entry, way))
                last = 1 if self.engine is Engine.ENDS else last
            number += 1
        return End.COMPLETED, None


def read(pc: SimulatedPC, entries: Sequence[Entry]) -> list[tuple[str, Reading]]:
    """Read entries as a visit does, and return every answer in its order."""
    answers: list[tuple[str, Reading]] = []
    rounds = Rounds(entries)

    def keep(complete: Sequence[Gathered]) -> None:
        answers.extend((mine.entry.name, judged(mine, is_limited=True)) for mine in complete)

    while together := rounds.next_batch():
        batch = Batch(together, most_bytes=100_000, closing=catalogue.CLOSING)
        end = pc.run((*together, catalogue.CLOSING), batch.take_output, batch.take_error)
        keep(batch.settled())
        batch.end(*end)
        keep(batch.settled())
        rounds.take(batch.left_over())
    for entry in rounds.rest():
        mine = Gathered(entry, 100_000)
        end, ended_by = pc.run((entry,), mine.add, mine.add_error)
        if ended_by is not None:
            mine.add_error(ended_by)
        mine.failed = end is not End.COMPLETED
        keep([mine])
    return answers
