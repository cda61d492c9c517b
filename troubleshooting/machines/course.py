"""The course of one pipeline: what it brought since the last look, and what is handed over when."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from troubleshooting.domain.base.masking import mask_json, mask_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines.base import Answer, Clock, OnAnswers
from troubleshooting.machines.batch import Batch, End, Gathered
from troubleshooting.machines.pipeline import Entry, rendered
from troubleshooting.machines.plain import DeviceError
from troubleshooting.machines.pypsrp_pipeline import Reply


class Course:
    """The course of one batch: what has come, when, and what was handed over."""

    def __init__(
        self,
        batch: Batch,
        *,
        clock: Clock,
        hand_over: OnAnswers,
        patience_s: Callable[..., float],
        judge: Callable[[Gathered], Reading],
    ) -> None:
        """Begin now; ``patience_s`` says how long the entries that may be running take at most."""
        self._batch = batch
        self._judge = judge
        self._hand_over = hand_over
        self._patience_s = patience_s
        self._sent_at, self._began = clock(), time.monotonic()
        self._last_news = self._last_answer = self._began

    def left_s(self) -> float:
        """Return the seconds until the running statement counts as hanging: it runs since the last one spoke."""
        return self._last_news + self._patience_s(*self._batch.running()) - time.monotonic()

    def take(self, replies: Sequence[Reply], *, is_over: bool) -> bool:
        """Add what came to its entries and hand over what is complete; with the end (``is_over``), that does it."""
        for reply in replies:
            is_first = (
                self._batch.take_output(reply.output) if reply.error is None else self._batch.take_error(reply.error)
            )
            if is_first:
                self._last_news = time.monotonic()
        if not is_over:
            self._pass_on(self._batch.settled())
        return True

    def end(self, state: End, ended_by: DeviceError | None) -> None:
        """Take the end and hand over every answer that is complete now."""
        self._batch.end(state, ended_by)
        self._pass_on(self._batch.settled())

    def hand_over_salvaged(self) -> None:
        """Hand over what came whole before a loss."""
        self._pass_on([*self._batch.settled(), *self._batch.salvaged()])

    def hand_over_suspect(self, reading: Reading) -> Entry | None:
        """Hand over the entry that was running, where that is certain, with this reading; returns it."""
        suspect = self._batch.suspect()
        if suspect is not None:
            self._batch.set_done(suspect)
            self._hand_over([self._answer(Gathered(suspect, 0), reading)])
        return suspect

    def _pass_on(self, complete: Sequence[Gathered]) -> None:
        if complete:
            self._hand_over([self._answer(mine, self._judge(mine)) for mine in complete])

    def _answer(self, mine: Gathered, reading: Reading) -> Answer:
        """Return one answer; it took the time since the one before it."""
        now = time.monotonic()
        since = self._sent_at + timedelta(seconds=self._last_answer - self._began)
        answer = answer_of(mine, since, now - self._last_answer, reading)
        self._last_answer = now
        return answer


def answer_of(mine: Gathered, sent_at: datetime, seconds: float, reading: Reading) -> Answer:
    """Return what came for an entry as the unit of evidence; secrets in addresses are masked from here on."""
    return Answer(
        name=mine.entry.name,
        pipeline=rendered(mine.entry),
        sent_at=sent_at,
        seconds=round(seconds, 3),
        reading=replace(reading, detail=mask_text(reading.detail)),
        content=mask_json(mine.outputs),
        errors=[mask_json(error.as_json()) for error in mine.errors],
        truncated=mine.truncated,
    )


def too_late(detail: str) -> Reading:
    """Return the reading of what did not answer in time."""
    return Reading(ReadState.FAILED, Code.TIMED_OUT, detail)
