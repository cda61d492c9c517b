"""The support files of a PC from nothing to a whole CAB: collected, or a young one taken, and fetched through cuts.

A loss of the PC is an event: it is asked for again, and what arrived stays. A cancel leaves nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from troubleshooting.domain.evidence.device_errors import PASSING
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines import readers
from troubleshooting.machines.catalogue import CLOCK
from troubleshooting.machines.collecting import COLLECT
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.native_text import LONGEST_LINE, MOST_LINES
from troubleshooting.machines.plain import Json
from troubleshooting.machines.psrp import Machine
from troubleshooting.machines.support_files.fetch import Facts, fetch, read_sha256, read_size

YOUNG = timedelta(hours=1)
MOST_FRUITLESS = 5  # tries in a row that brought nothing


class NotCollected(Exception):
    """The program ran, and the PC has no new CAB; holds its lines."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted, and whom to tell."""

    connect: Callable[[], AbstractContextManager[Machine]]
    into: Path
    most_bytes: int
    may_be_young: bool  # a CAB of the last hour does as well
    on_line: Callable[[str], None]  # that the program printed
    on_progress: Callable[[int, int], None]  # bytes that arrived, and bytes in all
    pause: Callable[[], None]  # before a PC that was lost is asked again


def collect(order: Order) -> Facts:
    """Return what the PC said of the CAB that is now in ``into``, whole and compared.

    Raises MachineError, NotCollected, TooLarge or Changed (``fetch``); after each of them there is no file.
    """
    try:
        return _Collection(order).bring()
    except BaseException:
        order.into.unlink(missing_ok=True)
        raise


class _Collection:
    """How far it is: nothing, collected with these facts, or so many bytes fetched."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._facts: Facts | None = None
        self._lines: list[str] = []

    def bring(self) -> Facts:
        fruitless = 0
        while True:
            before = self._how_far()
            try:
                with self._order.connect() as machine:
                    return self._go_on(machine)
            except MachineError as error:
                fruitless = fruitless + 1 if self._how_far() == before else 0
                if error.code not in PASSING or fruitless == MOST_FRUITLESS:
                    raise
            self._order.pause()

    def _how_far(self) -> tuple[bool, int]:
        into = self._order.into
        return self._facts is not None, into.stat().st_size if into.exists() else 0

    def _go_on(self, machine: Machine) -> Facts:
        if self._facts is None:
            found = self._young(machine) or self._collected(machine)
            self._facts = replace(found, sha256=read_sha256(machine))
        facts = self._facts
        fetch(machine, facts, self._order.into, on_progress=lambda came: self._order.on_progress(came, facts.size))
        return facts

    def _young(self, machine: Machine) -> Facts | None:
        """Return the CAB of the last hour, by the PC's own clock."""
        if not self._order.may_be_young:
            return None
        found = read_size(machine, most=self._order.most_bytes)
        (answer,) = machine.read([CLOCK], on_answers=lambda answers: None)
        now = readers.moment(answer.content[0]) if answer.content else None
        written = readers.moment(found.written_at) if found else None
        return found if _is_within(YOUNG, written, now) else None

    def _collected(self, machine: Machine) -> Facts:
        """Let the PC write a new CAB; the program's words prove nothing, another date of the file does."""
        earlier = self._written_before(machine)
        answer = machine.follow(COLLECT, on_output=self._take_line)
        if answer.reading.state is not ReadState.ANSWERED:
            raise MachineError(Code(answer.reading.error_code or Code.COMMAND_FAILED), answer.reading.detail)
        found = read_size(machine, most=self._order.most_bytes)
        if found is None or found.written_at == earlier:
            raise NotCollected(tuple(self._lines))
        return found

    def _written_before(self, machine: Machine) -> str | None:
        found = read_size(machine, most=2**63)  # an earlier one may have any size: it is about to be overwritten
        return found.written_at if found else None

    def _take_line(self, line: Json) -> None:
        if isinstance(line, str) and line.strip() and len(self._lines) < MOST_LINES:
            self._lines.append(line[:LONGEST_LINE])
            self._order.on_line(line[:LONGEST_LINE])


def _is_within(period: timedelta, written: datetime | None, now: datetime | None) -> bool:
    return written is not None and now is not None and timedelta(0) <= now - written <= period
