"""A machine that speaks the portal's words over PowerShell remoting: entries of the catalogue in, answers out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import Reading
from troubleshooting.machines.base import (
    Address,
    Answer,
    Auth,
    Clock,
    Credential,
    Limits,
    OnAnswers,
    ShouldStop,
    is_limited,
)
from troubleshooting.machines.batch import Batch, End, Gathered, LeftOver
from troubleshooting.machines.catalogue import CLOSING, form_for, is_known
from troubleshooting.machines.course import Course, answer_of, too_late
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.judged import judged
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.plain import Json
from troubleshooting.machines.pypsrp_pipeline import Pipeline
from troubleshooting.machines.records import reading_from_errors
from troubleshooting.machines.rounds import Rounds
from troubleshooting.machines.session import Session

MOST_RENEWALS = 3  # of the shell in one visit; opening another one shows each time that the device still answers


class NotInCatalogue(ValueError):
    """Only entries of the catalogue may be sent to a machine."""


class Machine:
    """One device during one visit. Raises MachineError when the device is lost; a failed command is an answer."""

    def __init__(self, session: Session, *, limits: Limits, clock: Clock) -> None:
        """Speak over an open session."""
        self._session = session
        self._is_limited = is_limited(session.configuration_name)
        self._limits = limits
        self._clock = clock
        self._renewals = 0
        self._has_stopped = False  # a pipeline, since the shell was opened; its host may not have survived
        self._hung: set[str] = set()  # commands that did not answer in time

    def read(self, entries: Sequence[Entry], *, on_answers: OnAnswers) -> tuple[Answer, ...]:
        """Read entries: the quick ones as statements of one pipeline, then each of the others in its own.

        Answers are handed to ``on_answers`` as they come, those of one arrival together, and returned in that order.
        Raises NotInCatalogue before anything is sent, and MachineError when the device is lost; what was handed over
        by then stays.
        """
        entries = [form_for(self._session.configuration_name, entry) for entry in entries]
        strangers = [entry.name for entry in entries if not is_known(entry)]
        if strangers:
            raise NotInCatalogue(", ".join(strangers))
        answers: list[Answer] = []

        def hand_over(came: Sequence[Answer]) -> None:
            answers.extend(came)
            on_answers(came)

        left_over = self._read_together([entry for entry in entries if entry.quick], hand_over)
        for entry in [*left_over, *(entry for entry in entries if not entry.quick)]:
            hand_over([self._read_alone(entry)])
        return tuple(answers)

    def follow(self, entry: Entry, *, on_output: Callable[[Json], None]) -> Answer:
        """Run one entry and hand over what it puts out as it comes; the answer holds none of it, only how it went.

        Raises NotInCatalogue, and MachineError when the device is lost or a person ended the run.
        """
        entry = form_for(self._session.configuration_name, entry)
        if not is_known(entry):
            raise NotInCatalogue(entry.name)
        return self._read_alone(entry, on_output=on_output)

    # --- one entry, one pipeline --------------------------------------------------------------------------------------

    def _read_alone(self, entry: Entry, on_output: Callable[[Json], None] | None = None) -> Answer:
        sent_at, began = self._clock(), time.monotonic()
        mine = Gathered(entry, self._limits.answer_bytes)
        if self._session.left_s <= 0:
            return answer_of(mine, sent_at, 0.0, too_late("the visit has taken too long"))
        pipeline = self._begin((entry,))
        until = began + self._deadline_s(entry)

        def take() -> bool:
            for reply in pipeline.taken():
                if reply.error is not None:
                    mine.add_error(reply.error)
                elif on_output is not None:
                    mine.handed_over = True
                    on_output(reply.output)
                else:
                    mine.add(reply.output)
            return not mine.truncated

        if self._session.follow(pipeline, left_s=lambda: until - time.monotonic(), on_news=take):
            if pipeline.ended_by is not None:
                mine.add_error(pipeline.ended_by)
            mine.failed = pipeline.end is not End.COMPLETED
            reading = self._judged(mine)
        else:
            self._stop(pipeline)
            reading = self._judged(mine) if mine.truncated or pipeline.overflow else self._hangs(entry)
        return answer_of(mine, sent_at, time.monotonic() - began, reading)

    def _judged(self, mine: Gathered) -> Reading:
        return judged(mine, is_limited=self._is_limited)

    def _hangs(self, entry: Entry) -> Reading:
        self._hung.add(entry.command.name)
        return too_late("no answer before the deadline")

    def _deadline_s(self, *running: Entry) -> float:
        """Return how long the one of these entries that runs now may take."""
        limits = self._limits
        longest = max(limits.after_hang if entry.command.name in self._hung else entry.deadline for entry in running)
        return min(longest, limits.command).total_seconds()

    def _begin(self, entries: tuple[Entry, ...]) -> Pipeline:
        """Send entries; where the stop before took the shell along, in a new one."""
        try:
            return self._session.begin(entries)
        except MachineError as error:
            if not self._has_stopped or error.code is not Code.SESSION_LOST:
                raise
            self._renew()
            return self._session.begin(entries)

    def _stop(self, pipeline: Pipeline) -> None:
        self._has_stopped = True
        try:
            self._session.stop(pipeline)
        except MachineError:
            self._renew()

    def _renew(self) -> None:
        """Go on in a new shell, at most three times in a visit; then the device counts as fallen silent.

        When the visit is over anyway, the shell is left to be closed with the session.
        """
        if self._session.left_s <= 0:
            return
        if self._renewals == MOST_RENEWALS:
            raise MachineError(Code.NO_ANSWER, f"The device stopped answering {MOST_RENEWALS + 1} times.")
        self._renewals += 1
        self._has_stopped = False
        self._session.renew()

    # --- many entries, one pipeline -----------------------------------------------------------------------------------

    def _read_together(self, entries: Sequence[Entry], hand_over: OnAnswers) -> tuple[Entry, ...]:
        """Read entries in batches; returns those that have to be asked alone."""
        rounds = Rounds(entries)
        while self._session.left_s > 0 and (batch := rounds.next_batch()):
            left = self._read_batch(batch, hand_over)
            rounds.take(left, apart=lambda entry: entry.command.name in self._hung)
        return rounds.rest()

    def _read_batch(self, entries: tuple[Entry, ...], hand_over: OnAnswers) -> LeftOver:
        """Read entries as statements of one pipeline.

        When it stands still for longer than what runs may take, it is stopped; the shell is renewed only where that
        was its end (Windows PowerShell 5.1 may not survive it: docs/reference/remoting.md section 9).
        """
        batch = Batch(entries, most_bytes=self._limits.answer_bytes, closing=CLOSING)
        course = Course(batch, clock=self._clock, hand_over=hand_over, patience_s=self._deadline_s, judge=self._judged)
        pipeline = self._begin((*entries, CLOSING))

        def take() -> bool:
            return course.take(pipeline.taken(), is_over=pipeline.end is not None)

        try:
            ended = self._session.follow(pipeline, left_s=course.left_s, on_news=take)
        except MachineError:
            course.hand_over_salvaged()
            raise
        if ended:
            course.end(pipeline.end or End.STOPPED, pipeline.ended_by)
        else:
            course.end(End.STOPPED, None)
            overflow = pipeline.overflow
            suspect = course.hand_over_suspect(
                reading_from_errors([overflow]) if overflow else too_late("no answer before the deadline")
            )
            if suspect is not None:
                self._hung.add(suspect.command.name)
            self._stop(pipeline)
        return batch.left_over()


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
