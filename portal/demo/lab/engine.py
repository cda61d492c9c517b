"""How PowerShell runs the statements of one pipeline: as version 7.6 was recorded, or as 5.1 may do it."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """What a terminating error and a stop do to a pipeline of several statements.

    Recorded: after an error of the first statement the second runs and the rest is dropped, and the state is
    Completed; an error of a later one ends the pipeline as Failed; a stop leaves the shell as it was.
    """

    RECORDED = "recorded"
    GOES_ON = "goes_on"  # an error never ends a batch; a stop of one takes the whole shell along

    @property
    def goes_on(self) -> bool:
        """Tell whether the next statement runs after any error."""
        return self is Engine.GOES_ON

    @property
    def stop_ends_shell(self) -> bool:
        """Tell whether the shell is gone after a batch was stopped."""
        return self is Engine.GOES_ON
