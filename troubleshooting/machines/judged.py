"""How far a finished command came: its outputs, its error records and its final state together."""

from __future__ import annotations

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines.batch import Gathered
from troubleshooting.machines.ownership import is_native
from troubleshooting.machines.pipeline import Shape
from troubleshooting.machines.records import reading_from_errors


def judged(mine: Gathered, *, is_limited: bool) -> Reading:
    """Return the reading of an entry whose statement has ended; ``is_limited``: the endpoint may be a JEA one."""
    from_errors = reading_from_errors(mine.errors, mine.entry, is_limited=is_limited)
    if mine.doubtful:
        return _failed("Two answers came where one was due.")
    if from_errors.error_code == Code.PROTOCOL_BROKEN:  # a part that cannot be read may be the one that matters
        return from_errors
    # What a terminating error cuts off is not all there is; of a log the part that came is kept, and marked.
    is_cut_off = mine.failed and mine.entry.shape is Shape.OBJECTS and bool(mine.errors)
    if not is_cut_off and (mine.outputs or mine.handed_over or _is_speech(mine)):
        return Reading(ReadState.ANSWERED, _what_is_missing(mine, from_errors), from_errors.detail)
    if not mine.errors and mine.failed:
        return _failed("The command failed without an error record.")
    if not mine.errors and mine.entry.required:
        return _failed("The command put nothing out.")
    return from_errors


def _what_is_missing(mine: Gathered, from_errors: Reading) -> str | None:
    """Return why records of a log are missing: what an error stands for beside them may be the one that matters."""
    if mine.entry.shape is not Shape.XML or not mine.errors:
        return None
    return from_errors.error_code or Code.COMMAND_FAILED


def _failed(detail: str) -> Reading:
    return Reading(ReadState.FAILED, Code.COMMAND_FAILED, detail)


def _is_speech(mine: Gathered) -> bool:
    """A native command's error lines are lines all the same (docs/reference/device-commands.md, "Notes on answers")."""
    return mine.entry.shape is Shape.LINES and any(map(is_native, mine.errors))
