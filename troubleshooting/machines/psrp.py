"""A machine that speaks the portal's words over PowerShell remoting: entries of the catalogue in, answers out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pypsrp.powershell import PowerShell

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines.base import Address, Answer, Auth, Credential, Limits, OnAnswer, ShouldStop
from troubleshooting.machines.batch import Batch, Gathered
from troubleshooting.machines.catalogue import is_known
from troubleshooting.machines.errors import WIRE_ERRORS, MachineError, reading_from_errors
from troubleshooting.machines.pipeline import Entry, Shape, rendered
from troubleshooting.machines.plain import DeviceError, Json, device_error, plain
from troubleshooting.machines.session import Session

T = TypeVar("T")

Clock = Callable[[], datetime]


class NotInCatalogue(ValueError):
    """Only entries of the catalogue may be sent to a machine."""


class News:
    """What a running pipeline brought since the last look; looked at after every poll, so that nothing piles up."""

    def __init__(self, pipeline: PowerShell) -> None:
        """Look at a pipeline that has just begun."""
        self._pipeline = pipeline

    def outputs(self) -> list[Json]:
        """Return the new outputs and let the pipeline forget them. Raises MachineError for objects that mean harm."""
        new, self._pipeline.output = self._pipeline.output, []
        return _each(plain, new)

    def errors(self) -> list[DeviceError]:
        """Return the new error records, the final state's included, and let the pipeline forget them."""
        new, self._pipeline.streams.error = self._pipeline.streams.error, []
        return _each(device_error, new)


def _each(read: Callable[[object], T], values: Sequence[object]) -> list[T]:
    try:
        return [read(value) for value in values]
    except WIRE_ERRORS as error:  # pypsrp's own types compute their texts from what the device sent
        raise MachineError(Code.PROTOCOL_BROKEN, repr(error)) from error


class Machine:
    """One device during one visit. Raises MachineError when the device is lost; a failed command is an answer."""

    def __init__(self, session: Session, *, limits: Limits, clock: Clock) -> None:
        """Speak over an open session."""
        self._session = session
        self._limits = limits
        self._clock = clock
        self._may_renew = True

    def read(self, entries: Sequence[Entry], *, on_answer: OnAnswer) -> tuple[Answer, ...]:
        """Read entries: the quick ones as statements of one pipeline, then each of the others in its own.

        Answers are handed to ``on_answer`` as they come and given back in that order. Raises NotInCatalogue before
        anything is sent, and MachineError when the device is lost; what was handed over by then stays.
        """
        strangers = [entry.name for entry in entries if not is_known(entry)]
        if strangers:
            raise NotInCatalogue(", ".join(strangers))
        answers: list[Answer] = []

        def hand_over(answer: Answer) -> None:
            answers.append(answer)
            on_answer(answer)

        quick = tuple(entry for entry in entries if entry.quick)
        alone = [entry for entry in entries if not entry.quick]
        left_over = self._read_in_bulk(quick, hand_over) if len(quick) > 1 else list(quick)
        for entry in [*left_over, *alone]:
            hand_over(self._read_alone(entry))
        return tuple(answers)

    # --- one entry, one pipeline --------------------------------------------------------------------------------------

    def _read_alone(self, entry: Entry) -> Answer:
        sent_at, began = self._clock(), time.monotonic()
        mine = Gathered(entry, self._limits.answer_bytes)
        if self._session.left_s <= 0:
            return _answer(mine, sent_at, 0.0, _too_late("the visit has taken too long"))
        pipeline = self._session.begin((entry,))
        news = News(pipeline)

        until = began + min(entry.deadline, self._limits.command).total_seconds()

        def take() -> bool:
            for output in news.outputs():
                mine.add(output)
            for error in news.errors():
                mine.add_error(error)
            return not mine.truncated

        ended = self._session.follow(pipeline, left_s=lambda: until - time.monotonic(), on_news=take)
        if not ended:
            self._stop(pipeline)
        late = not ended and not mine.truncated
        reading = _too_late("no answer before the deadline") if late else _judged(mine, failed=pipeline.had_errors)
        return _answer(mine, sent_at, time.monotonic() - began, reading)

    def _stop(self, pipeline: PowerShell) -> None:
        try:
            self._session.stop(pipeline)
        except MachineError:
            self._renew()

    def _renew(self) -> None:
        """Go on in a new shell, once in a visit; the second time the device counts as fallen silent.

        When the visit is over anyway, the shell is left to be closed with the session.
        """
        if self._session.left_s <= 0:
            return
        if not self._may_renew:
            raise MachineError(Code.NO_ANSWER, "The device stopped answering a second time.")
        self._may_renew = False
        self._session.renew()

    # --- many entries, one pipeline -----------------------------------------------------------------------------------

    def _read_in_bulk(self, entries: tuple[Entry, ...], hand_over: OnAnswer) -> list[Entry]:
        """Read entries as statements of one pipeline; give those that have to be asked again alone.

        When the pipeline stands still for longer than its slowest entry may take, the shell is closed: stopping a
        batch can crash its host (docs/reference/remoting.md section 9).
        """
        together = _Bulk(entries, limits=self._limits, clock=self._clock, hand_over=hand_over)
        pipeline = self._session.begin(entries)
        news = News(pipeline)
        try:
            ended = self._session.follow(pipeline, left_s=together.left_s, on_news=lambda: together.take(news))
        except MachineError:
            together.hand_over_settled(ended=False)
            together.hand_over_salvaged()
            raise
        together.hand_over_settled(ended=ended and not pipeline.had_errors)
        if not ended:
            together.hand_over_salvaged()
            together.hand_over_suspect()
            self._renew()
        return together.left_over()


class _Bulk:
    """The course of one batch: what has come, when, and what was handed over."""

    def __init__(self, entries: tuple[Entry, ...], *, limits: Limits, clock: Clock, hand_over: OnAnswer) -> None:
        self._batch = Batch(entries, most_bytes=limits.answer_bytes)
        self._hand_over = hand_over
        self._patience_s = min(max(entry.deadline for entry in entries), limits.command).total_seconds()
        self._sent_at, self._began = clock(), time.monotonic()
        self._last_news = self._last_answer = self._began

    def left_s(self) -> float:
        """Return the seconds until the running statement counts as hanging: it runs since the last one spoke."""
        return self._last_news + self._patience_s - time.monotonic()

    def take(self, news: News) -> bool:
        """Return what came to its entries and hand over what is complete."""
        firsts = [self._batch.take_output(output) for output in news.outputs()]
        firsts += [self._batch.take_error(error) for error in news.errors()]
        if any(firsts):
            self._last_news = time.monotonic()
        self.hand_over_settled(ended=False)
        return True

    def hand_over_settled(self, *, ended: bool) -> None:
        """Hand over every answer that is complete."""
        self._pass_on(self._batch.settled(ended=ended))

    def hand_over_salvaged(self) -> None:
        """Hand over what came whole before a loss."""
        self._pass_on(self._batch.salvaged())

    def hand_over_suspect(self) -> None:
        """Hand over the entry that hung, where that is certain, as timed out."""
        suspect = self._batch.suspect()
        if suspect is not None:
            self._batch.set_done(suspect)
            reading = _too_late("no answer before the deadline")
            self._pass(Gathered(suspect, 0), reading)

    def left_over(self) -> list[Entry]:
        """Return what has not been handed over."""
        return self._batch.left_over()

    def _pass_on(self, complete: Sequence[Gathered]) -> None:
        for mine in complete:
            self._pass(mine, _judged(mine, failed=False))

    def _pass(self, mine: Gathered, reading: Reading) -> None:
        """Hand one answer over; it took the time since the one before it."""
        now = time.monotonic()
        since = self._sent_at + timedelta(seconds=self._last_answer - self._began)
        self._hand_over(_answer(mine, since, now - self._last_answer, reading))
        self._last_answer = now


def _answer(mine: Gathered, sent_at: datetime, seconds: float, reading: Reading) -> Answer:
    return Answer(
        name=mine.entry.name,
        pipeline=rendered(mine.entry),
        sent_at=sent_at,
        seconds=round(seconds, 3),
        reading=reading,
        content=mine.outputs,
        errors=[error.as_json() for error in mine.errors],
        truncated=mine.truncated,
    )


def _too_late(detail: str) -> Reading:
    return Reading(ReadState.FAILED, Code.TIMED_OUT, detail)


def _judged(mine: Gathered, *, failed: bool) -> Reading:
    """Say how far a finished command came: both its error records and its final state count.

    Source: docs/reference/device-commands.md.
    """
    judged = reading_from_errors(mine.errors)
    if mine.outputs or _is_speech(mine):
        return Reading(ReadState.ANSWERED, None, judged.detail)
    if not mine.errors and failed:
        return Reading(ReadState.FAILED, Code.COMMAND_FAILED, "The command failed without an error record.")
    if not mine.errors and mine.entry.required:
        return Reading(ReadState.FAILED, Code.COMMAND_FAILED, "The command put nothing out.")
    return judged


def _is_speech(mine: Gathered) -> bool:
    """A native command's error lines are lines all the same (docs/reference/device-commands.md, "Notes on answers")."""
    native = (error.fq_error.casefold().startswith("nativecommanderror") for error in mine.errors)
    return mine.entry.shape is Shape.LINES and any(native)


@contextlib.contextmanager
def connect(
    address: Address,
    credential: Credential,
    *,
    limits: Limits,
    clock: Clock,
    should_stop: ShouldStop = lambda: False,
) -> Iterator[Machine]:
    """Return a machine for one visit, over one runspace pool that is closed whatever happens.

    Raises MachineError when the device cannot be reached, signed in to, or lost on the way.
    """
    check_credential(address, credential)
    session = Session(address, credential, limits=limits, should_stop=should_stop)
    try:
        session.open()
        yield Machine(session, limits=limits, clock=clock)
    finally:
        session.close()
        session.disconnect()


def check_credential(address: Address, credential: Credential) -> None:
    """Raise MachineError CREDENTIALS_MISSING where the sign-in lacks something; Kerberos may use a ticket."""
    if address.auth is Auth.CERTIFICATE:
        files = {"certificate": credential.certificate_pem, "certificate key": credential.certificate_key}
        missing = [name for name, path in files.items() if path is None or not path.is_file()]
    elif address.auth is Auth.KERBEROS:
        missing = []
    else:
        missing = [name for name in ("username", "password") if getattr(credential, name) is None]
    if missing:
        raise MachineError(Code.CREDENTIALS_MISSING, f"{credential.profile}: no {' and no '.join(missing)}")
