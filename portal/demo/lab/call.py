"""Commands as they came from the client, in plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psrpcore import Command

Value = Any


@dataclass(frozen=True)
class Call:
    """One command of a pipeline with its arguments."""

    name: str
    arguments: tuple[tuple[str | None, Value], ...] = ()  # (parameter or None for a positional one, value)
    is_script: bool = False

    def get(self, parameter: str, default: Value = None) -> Value:
        """Return the value of a parameter (any case)."""
        wanted = parameter.casefold()
        return next((value for name, value in self.arguments if name and name.casefold() == wanted), default)

    @property
    def positional(self) -> tuple[Value, ...]:
        """The arguments without a parameter's name."""
        return tuple(value for name, value in self.arguments if name is None)

    @property
    def named(self) -> tuple[tuple[str, Value], ...]:
        """The arguments with a parameter's name."""
        return tuple((name, value) for name, value in self.arguments if name is not None)

    def render(self) -> str:
        """Show the command as PowerShell would."""
        if self.is_script:
            return f"<script of {len(self.name)} characters>"
        words = [f"& '{self.name}'" if " " in self.name else self.name]
        words += [_render_argument(name, value) for name, value in self.arguments]
        return " ".join(words)


def _render_argument(name: str | None, value: Value) -> str:
    shown = _render_value(value)
    if name is None:
        return shown
    return f"-{name}" if value is None else f"-{name} {shown}"


def _render_value(value: Value) -> str:
    if isinstance(value, bool):
        return f"${str(value).lower()}"
    if isinstance(value, list | tuple):
        return ", ".join(_render_value(item) for item in value)
    text = str(value)
    is_plain = text.replace("-", "").replace("_", "").replace(".", "").replace("/", "").isalnum()
    return text if is_plain else "'" + text.replace("'", "''") + "'"


def render(statement: Sequence[Call]) -> str:
    """Show a statement as PowerShell would."""
    return " | ".join(call.render() for call in statement)


def statements_of(commands: Iterable[Command]) -> list[list[Call]]:
    """Split the commands of a pipeline into its statements."""
    statements: list[list[Call]] = [[]]
    for command in commands:
        statements[-1].append(_call(command))
        if command.end_of_statement:
            statements.append([])
    return [statement for statement in statements if statement]


def _call(command: Command) -> Call:
    arguments = tuple((str(name) if name else None, _plain(value)) for name, value in command.parameters)
    return Call(str(command.command_text), arguments, bool(command.is_script))


def _plain(value: Value) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int):
        return int(value)
    return str(value)
