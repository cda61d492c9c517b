r"""PowerShell as text: what is shown, copied, exported, and written to files. Nothing of it is sent to a PC.

PowerShell takes five characters for a single quote, several dashes for a hyphen, and the no-break space, U+0085 and
U+2028 for a space. Between single quotes each of the five is doubled and nothing else is special, line ends included;
outside of them stand only ASCII letters, digits and ``. _ / \ :``. What looks like a number is quoted as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

Argument = str | int | bool | Sequence[str] | None
Data = str | int | bool | Sequence["Data"] | Mapping[str, "Data"]

QUOTES = "'\u2018\u2019\u201a\u201b"
_DOUBLED = str.maketrans({quote: quote * 2 for quote in QUOTES})
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9._/\\:]*|[0-9]+(?:\.[0-9]+){3}")
# Verb-Noun, with its module where that is told, or a program; a single word might be one of the language's own.
_FUNCTION = re.compile(r"[A-Za-z]+-[A-Za-z][A-Za-z0-9]*")
_COMMAND = re.compile(rf"(?:[A-Za-z][A-Za-z0-9.]*\\)?{_FUNCTION.pattern}|[A-Za-z][A-Za-z0-9]*\.exe")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_INDENT = "    "


def quoted(text: str) -> str:
    """Return a text between single quotes."""
    return "'" + text.translate(_DOUBLED) + "'"


def argument(value: Argument) -> str:
    """Return one argument of a command; None is ``$null``, a list stands with commas."""
    if value is None:
        return "$null"
    if isinstance(value, bool | int):
        return _number(value)
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) else quoted(value)
    return ", ".join(map(argument, value)) or "@()"


def command(name: str, arguments: Iterable[tuple[str | None, Argument]] = ()) -> str:
    """Return a command with its arguments: a parameter's name and value, or None and the value of a positional one.

    Positional ones come first; a parameter without a value is a switch. ``-Confirm $false`` would be two arguments, so
    a truth value is joined to its parameter. Raises ValueError for a parameter's name that is no word.
    """
    called = name if _COMMAND.fullmatch(name) else "& " + quoted(name)
    return " ".join([called, *(_written(parameter, value) for parameter, value in arguments)])


def pipeline(commands: Iterable[str]) -> str:
    """Return commands of which each takes what the one before puts out."""
    return " | ".join(commands)


def program_arguments(text: str) -> str:
    """Return the arguments with which ``powershell.exe`` runs a command. Raises ValueError where it would be split."""
    if '"' in text:
        raise ValueError(text)
    return "-NoProfile -NonInteractive -Command " + text


def function(name: str, body: Iterable[str]) -> str:
    """Return a function that takes no arguments. Raises ValueError for a name that is no command's."""
    if not _FUNCTION.fullmatch(name):
        raise ValueError(name)
    lines = ("[CmdletBinding()]", "param()", *body)
    return "\n".join(["function " + name + " {", *(_INDENT + line for line in lines), "}"])


def assignment(variable: str, text: str) -> str:
    """Return a variable that is set to a text. Raises ValueError for a name that is no word."""
    if not _NAME.fullmatch(variable):
        raise ValueError(variable)
    return f"${variable} = {quoted(text)}"


def list_of_calls(variable: str, name: str, calls: Iterable[tuple[str, str]]) -> str:
    """Return a variable that is set to what a function puts out for each (text, command), the command as a block."""
    if not _NAME.fullmatch(variable):
        raise ValueError(variable)
    lines = (_INDENT + command(name, [(None, text)]) + " { " + block + " }" for text, block in calls)
    return "\n".join(["$" + variable + " = @(", *lines, ")"])


def data(value: Data, *, depth: int = 0) -> str:
    """Return a value as it stands in a data file: texts always in quotes, a key a line.

    The outermost table's plain names stand without quotes, as PowerShell's own writer has them.
    """
    if isinstance(value, bool | int):
        return _number(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return _table(value, depth=depth)
    return ", ".join(data(element, depth=depth) for element in value) or "@()"


def _table(entries: Mapping[str, Data], *, depth: int) -> str:
    inner = _INDENT * (depth + 1)
    lines = (inner + _key(key, depth) + " = " + data(value, depth=depth + 1) for key, value in entries.items())
    return "\n".join(["@{", *lines, _INDENT * depth + "}"])


def _key(key: str, depth: int) -> str:
    return key if depth == 0 and _NAME.fullmatch(key) else quoted(key)


def _written(parameter: str | None, value: Argument) -> str:
    if parameter is None:
        return argument(value)
    if not _NAME.fullmatch(parameter):
        raise ValueError(parameter)
    if value is None:
        return "-" + parameter
    return "-" + parameter + (":" if isinstance(value, bool) else " ") + argument(value)


def _number(value: int) -> str:
    return "$" + str(value).lower() if isinstance(value, bool) else str(value)
