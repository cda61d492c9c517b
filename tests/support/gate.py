"""A lab PC with a gate in front of its commands, so that a test strikes between two of them, not at a guessed time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from portal.demo.lab.call import Call, render
from portal.demo.lab.runner import run_statements
from portal.demo.lab.server import LabServer
from portal.demo.lab.shell import Job

Statements = Sequence[Sequence[Call]]
PATIENCE_S = 60.0
CHANGING = ("Set-MpPreference", "Register-ScheduledTask", "Unregister-ScheduledTask")


class GatedLab(LabServer):
    """Tells of each pipeline before it runs. ``steps`` are the first commands of the pipelines, in order."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Start with the gate open."""
        super().__init__(*args, **settings)
        self.steps: list[str] = []
        self.arrived = threading.Event()
        self.gone_on = threading.Event()
        self._stop_at: int | None = None
        self._carry_out = True
        self._open = threading.Event()

    def close_gate_at(self, number: int) -> None:
        """Hold the pipeline of that number (from 0, counted from now on) until the gate is opened."""
        self.steps.clear()
        self.arrived.clear()
        self.gone_on.clear()
        self._open.clear()
        self._stop_at = number

    def open_gate(self, *, carry_out: bool) -> None:
        """Let the held pipeline run, or never have reached the PC; gives back when it has."""
        self._carry_out = carry_out
        self._stop_at = None
        self._open.set()
        if self.arrived.is_set():
            assert self.gone_on.wait(PATIENCE_S), "the held command never ended"

    def stop(self) -> None:
        """Open the gate, then stop."""
        self._carry_out = False
        self._open.set()
        super().stop()

    def _run(self, statements: Statements, job: Job) -> None:
        number = len(self.steps)
        self.steps.append(statements[0][0].name)
        if number != self._stop_at:
            super()._run(statements, job)
            return
        self.arrived.set()
        self._open.wait(PATIENCE_S)
        if self._carry_out:
            super()._run(statements, job)
        self.gone_on.set()


class LateLab(LabServer):
    """Loses its network while a changing command is on its way, and carries that command out later."""

    changing = CHANGING  # the commands that it may lose

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Start with nothing on its way."""
        super().__init__(*args, **settings)
        self.late: list[tuple[Statements, Job]] = []
        self._on_loss: Callable[[], None] | None = None
        self._changes_left = 0

    def lose_network_at(self, number: int, on_loss: Callable[[], None]) -> None:
        """Arm it: ``on_loss`` is called when the changing command of that number (from 1) is on its way."""
        self._changes_left, self._on_loss = number, on_loss

    def carry_out_late(self) -> None:
        """Do what was on its way."""
        waiting, self.late = self.late, []
        for statements, job in waiting:
            run_statements(self.pc, statements, job)

    def _run(self, statements: Statements, job: Job) -> None:
        if statements[0][0].name in self.changing and self._on_loss is not None:
            self._changes_left -= 1
            if self._changes_left == 0:
                self.commands.extend(render(statement) for statement in statements)
                self.late.append((statements, job))
                on_loss, self._on_loss = self._on_loss, None
                on_loss()
                return
        super()._run(statements, job)
