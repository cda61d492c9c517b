"""Whose answer is this: what tells one statement's output or error from another's.

Source: docs/reference/remoting.md section 9. Works on plain values: JSON, and error records of text. Nothing is told by
a message, which is localised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from troubleshooting.machines.pipeline import Entry, Shape
from troubleshooting.machines.plain import DeviceError, Json

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\Z")
_PROVIDER = re.compile(r"^(?:Microsoft\.PowerShell\.Core\\)?Registry::", re.IGNORECASE)
_HIVES = (("hkey_local_machine\\", "hklm:\\"), ("hkey_current_user\\", "hkcu:\\"))


def key_path(text: str) -> str:
    r"""Return a registry key in one form, whichever of its spellings came (``HKLM:\…``, ``Registry::HKEY_…``)."""
    path = _PROVIDER.sub("", text.strip()).casefold().rstrip("\\")
    for long, short in _HIVES:
        if path.startswith(long):
            return short + path[len(long) :]
    return path


def looks_like(item: Json, entry: Entry) -> bool:
    """Tell whether an output has the form of the entry's answers."""
    if isinstance(item, dict):
        return _same_names(item, entry.properties) and (entry.key is None or _is_from(item, entry.key))
    if not isinstance(item, str):
        return False
    is_moment = bool(_MOMENT.match(item))
    return (entry.shape is Shape.MOMENT and is_moment) or (entry.shape is Shape.LINES and not is_moment)


def is_native(error: DeviceError) -> bool:
    """Tell whether this is an error line of a program."""
    return error.fq_error.casefold().startswith("nativecommanderror")


def error_id(error: DeviceError) -> str:
    """Return the first part of the error's id, in lower case."""
    return error.fq_error.partition(",")[0].casefold()


def refuses_all_of(error: DeviceError, entry: Entry) -> bool:
    """Tell whether the error refuses whatever this entry's command is asked: the next use of it would fail alike."""
    if error_id(error) == "commandnotfoundexception":
        return any(_same_command(part.name, error.target) for part in entry.pipeline)
    if error_id(error) in {"providernotfound", "drivenotfound"}:
        return entry.key is not None and names(error, entry)
    return False


def targets(error: DeviceError, entry: Entry) -> bool:
    """Tell whether the error names the entry's registry key."""
    return entry.key is not None and key_path(error.target) == key_path(entry.key)


def names(error: DeviceError, entry: Entry) -> bool:
    """Tell whether the error names a cmdlet of the entry's; enough only where one statement uses it."""
    if is_native(error):
        return entry.shape is Shape.LINES
    told = (error.activity, error.fq_error.rpartition(",")[2])
    return any(_same_command(part.name, name) for part in entry.pipeline for name in told)


def _same_command(sent: str, told: str) -> bool:
    """Compare two names of a command, of which the first may have its module or folder before it."""
    return bool(told) and (sent.casefold() == told.casefold() or sent.casefold().endswith(f"\\{told.casefold()}"))


def _same_names(item: Iterable[str], properties: Sequence[str]) -> bool:
    return {name.casefold() for name in item} == {name.casefold() for name in properties}


def _is_from(item: dict[str, Json], key: str) -> bool:
    path = next((value for name, value in item.items() if name.casefold() == "pspath"), None)
    return isinstance(path, str) and key_path(path) == key_path(key)
