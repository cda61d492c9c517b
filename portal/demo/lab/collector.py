"""The portal's collector on a simulated PC. There is no interpreter: the lab knows the script by its SHA-256.

The script's own list of commands is run, and what they put out is written as the script would write it.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from psrpcore.types import ErrorCategory

from portal.demo.lab import german
from portal.demo.lab.call import Call
from portal.demo.lab.errors import CommandError
from portal.demo.lab.events import EventRecord, to_xml
from portal.demo.lab.faults import Fault
from portal.demo.lab.language import selected_names
from portal.demo.lab.objects import Thing, Typed
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.run import Run
from portal.demo.lab.runner import answers

MARK = "##NP## "
_DEFAULT = re.compile(r"^    \[string\] \$(Address|Token) = '([^']*)',\r$", re.MULTILINE)
_CATALOGUE = re.compile(r"^\$catalogue = '([0-9a-f]{64})'\r$", re.MULTILINE)
_ENTRY = re.compile(r"^    Read-Entry (\S+) \{ (.*) \}\r$", re.MULTILINE)
_WORD = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\||&|,)|([^\s|&,']+))")


class UnknownScript(Exception):
    """This is another script than the one that the lab was told of, or one with parameters that it does not have."""


def run_collector(pc: SimulatedPC, script: bytes, *, sha256: str, **parameters: str | bool) -> str:
    """Return the JSON that the script writes on that PC; with ``Unattended=True`` the line that it prints.

    ``sha256`` is that of the script without a case's address and token. Raises UnknownScript.
    """
    text = script.decode("ascii")
    static = _DEFAULT.sub(lambda found: f"    [string] ${found[1]} = '',\r", text)
    if hashlib.sha256(static.encode()).hexdigest() != sha256 or parameters.keys() - {"Address", "Token", "Unattended"}:
        raise UnknownScript
    catalogue = _CATALOGUE.search(text)
    assert catalogue is not None, "the script that the lab knows has one"
    begun_at = _now(pc)
    entries = [_entry(pc, name, command) for name, command in _ENTRY.findall(text)]
    written = {
        "format": "network-protection-collector",
        "catalogue": catalogue[1],
        "address": parameters.get("Address") or dict(_DEFAULT.findall(text))["Address"],
        "computer": pc.hostname,
        "user": pc.console_user or "",
        "powershell": "5.1.22621.4391",
        "begun_at": begun_at,
        "made_at": _now(pc),
        "entries": entries,
    }
    line = json.dumps(written, separators=(",", ":"))
    return f"{MARK}{line}\r\n" if parameters.get("Unattended") else line


def token_in(script: bytes) -> tuple[str, str]:
    """Return address and token of a case's script."""
    found = dict(_DEFAULT.findall(script.decode("ascii")))
    return found["Address"], found["Token"]


def _entry(pc: SimulatedPC, name: str, command: str) -> dict[str, Any]:
    statement = _statement(command)
    errors: list[CommandError] = []
    outputs: list[Any] = []
    failed = False
    begun_at = _now(pc)
    run = Run(pc, threading.Event(), report=errors.append)
    try:
        outputs.extend(_written(pc, value, statement) for value in answers(run, statement[0]))
    except CommandError as error:
        errors.append(error)
        failed = error.terminating
    told = [_error(pc, error, statement[0]) for error in errors]
    ended_at = _now(pc)
    return {
        "name": name,
        "begun_at": begun_at,
        "ended_at": ended_at,
        "outputs": outputs,
        "errors": told,
        "failed": failed,
    }


def _statement(command: str) -> list[Call]:
    """Read one command of the list: names, parameters and values as the portal's writer puts them."""
    return [_call(list(words)) for words in _split(_WORD.finditer(command))]


def _split(words: Iterator[re.Match[str]]) -> Iterator[list[tuple[str, bool]]]:
    part: list[tuple[str, bool]] = []  # (word, whether it was in quotes)
    for word in words:
        if word[2] == "|":
            yield part
            part = []
        elif word[2] != "&":
            is_text = word[1] is not None
            part.append((word[1].replace("''", "'") if is_text else word[2] or word[3], is_text))
    yield part


def _call(words: list[tuple[str, bool]]) -> Call:
    name = words[0][0]
    arguments: list[tuple[str | None, Any]] = []
    parameter: str | None = None
    values: list[Any] = []
    for word, is_text in [*words[1:], ("-", False)]:
        if not is_text and word == ",":
            continue
        if not is_text and word.startswith("-"):
            if parameter is not None:
                arguments.append((parameter, values[0] if len(values) == 1 else values or None))
            parameter, values = word[1:], []
        elif parameter is None:
            arguments.append((None, word))
        else:
            values.append(int(word) if not is_text and word.isdecimal() else word)
    return Call(name, tuple(arguments))


def _written(pc: SimulatedPC, value: Any, statement: Sequence[Call]) -> Any:
    if isinstance(value, EventRecord):
        return to_xml(value, pc.full_name)
    if not isinstance(value, Thing):
        return _plain(value)
    shown = {name.casefold(): element for name, element in value.properties.items()}
    return {name: _plain(shown.get(name.casefold())) for name in selected_names(statement[1])}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Typed):
        return value.text
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value] or None  # CIM gives null for an empty list
    return value


def _error(pc: SimulatedPC, error: CommandError, call: Call) -> dict[str, str]:
    error = german.translated(error) if Fault.GERMAN in pc.faults else error
    return {
        "message": error.details or error.message,
        "fq_error": error.fq_error,
        "category": ErrorCategory(error.category).name,
        "target": error.target,
        "reason": error.reason,
        "activity": call.name if error.activity is None else error.activity,
        "parameter": error.parameter,
    }


def _now(pc: SimulatedPC) -> str:
    return pc.now().astimezone(UTC).isoformat().replace("+00:00", "Z")
