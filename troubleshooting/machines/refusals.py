"""What an endpoint refuses or a PC lacks, told as what it is: command, parameter, value or program, and the remedy.

Source: docs/reference/remoting.md section 6. Ids, targets and parameter names decide, never the localised message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from troubleshooting.machines.ownership import error_id
from troubleshooting.machines.pipeline import Cmdlet, Entry
from troubleshooting.machines.plain import DeviceError

UPDATE = "Update its role capability file: manage.py device_endpoint writes the current ones."


def told(error: DeviceError, entry: Entry | None = None) -> str | None:
    """Return what the endpoint refused and how to allow it, in English; None for an error that is no refusal."""
    tell = _TELLERS.get(error_id(error))
    return f"{tell(error, entry)} {UPDATE}" if tell is not None else None


def lacking(error: DeviceError) -> str | None:
    """Return what the PC does not have, where its endpoint shows all there is; None for any other error."""
    if error_id(error) == "commandnotfoundexception":
        return f"The PC does not have the {_kind(error)} {error.target}."
    if error_id(error) == "namedparameternotfound":
        return f"The PC's version of {error.activity} does not have the parameter -{error.parameter}."
    return None


def _command(error: DeviceError, entry: Entry | None) -> str:
    return f"The endpoint does not show the {_kind(error)} {error.target}."


def _kind(error: DeviceError) -> str:
    return "program" if error.target.casefold().endswith(".exe") else "command"


def _parameter(error: DeviceError, entry: Entry | None) -> str:
    return f"The endpoint does not allow the parameter -{error.parameter} of {error.activity}."


def _value(error: DeviceError, entry: Entry | None) -> str:
    sent = _sent(error, entry)
    value = f": {sent}" if sent else ""
    return f"The endpoint does not allow this value for -{error.parameter} of {error.activity}{value}."


def _sent(error: DeviceError, entry: Entry | None) -> str:
    part = _part(error, entry)
    value = part.parameter(error.parameter) if part is not None else None
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _part(error: DeviceError, entry: Entry | None) -> Cmdlet | None:
    parts = entry.pipeline if entry is not None else ()
    return next((part for part in parts if part.name.rpartition("\\")[2] == error.activity.rpartition("\\")[2]), None)


def _provider(error: DeviceError, entry: Entry | None) -> str:
    return f"The endpoint does not show the provider {error.target}, which {error.activity} needs."


def _input(error: DeviceError, entry: Entry | None) -> str:
    return f"The endpoint's role file is faulty: it limits {error.activity} and leaves out its parameter -InputObject."


def _twice(error: DeviceError, entry: Entry | None) -> str:
    """Such a record names nothing; the command is the entry's."""
    command = f" of {entry.command.name}" if entry is not None else ""
    return f"The endpoint's role file is faulty: it lists a common parameter{command}, which makes that unusable."


def _script(error: DeviceError, entry: Entry | None) -> str:
    return "The endpoint does not allow script text."


_TELLERS: Mapping[str, Callable[[DeviceError, Entry | None], str]] = {
    "commandnotfoundexception": _command,
    "namedparameternotfound": _parameter,
    "parameterargumentvalidationerror": _value,
    "providernotfound": _provider,
    "inputobjectnotbound": _input,
    "parameternamealreadyexistsforcommand": _twice,
    "scriptsnotallowed": _script,
}
