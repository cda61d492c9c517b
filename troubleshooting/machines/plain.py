"""PowerShell's objects as plain JSON, so that no PowerShell object leaves ``machines/``.

What is made of CLIXML (docs/reference/remoting.md section 2, "Output types"): booleans, numbers and texts are native,
DateTime and Version are texts, objects have adapted and extended properties, enumerations and dates with a display hint
have one unnamed value, and everything else has its text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from troubleshooting.machines.clixml import MOST_ELEMENTS, MOST_MESSAGE_BYTES, Look, Table, Thing, Value, do_not_look
from troubleshooting.machines.clixml_texts import Unreadable, storable

Json = Any  # None, bool, int, float, str, list of Json, or dict of str to Json

_LIMITED_FUNCTION = re.compile(r"_[0-9a-f]{32}\Z")  # ",Get-ItemProperty_65caeacb1890434da6467e4384075d77"

DEEPEST = 6  # lists and dictionaries in each other
DEEPEST_OBJECT = 50  # objects without a text of their own; as many as CLIXML's elements may hold (``clixml``)
TOO_DEEP = "…"  # also for an object that holds itself
LONGEST_ERROR_TEXT = 4_000  # characters
MOST_VALUES = MOST_ELEMENTS  # when written out, where each reference is the whole object
MOST_CHARACTERS = MOST_MESSAGE_BYTES
LOOK_EVERY = 500  # values
UNREADABLE = "AnswerUnreadable"  # the error id of what the portal could not read; never a device's own

# System.Management.Automation.ErrorCategory, in its numeric order
ERROR_CATEGORIES = (
    "NotSpecified",
    "OpenError",
    "CloseError",
    "DeviceError",
    "DeadlockDetected",
    "InvalidArgument",
    "InvalidData",
    "InvalidOperation",
    "InvalidResult",
    "InvalidType",
    "MetadataError",
    "NotImplemented",
    "NotInstalled",
    "ObjectNotFound",
    "OperationStopped",
    "OperationTimeout",
    "SyntaxError",
    "ParserError",
    "PermissionDenied",
    "ResourceBusy",
    "ResourceExists",
    "ResourceUnavailable",
    "ReadError",
    "WriteError",
    "FromStdErr",
    "SecurityError",
    "ProtocolError",
    "ConnectionError",
    "AuthenticationError",
    "LimitsExceeded",
    "QuotaExceeded",
    "NotEnabled",
)


@dataclass(frozen=True, slots=True)
class DeviceError:
    """One error record of a device. Only ``message`` is localised; nothing is decided by it."""

    message: str
    fq_error: str = ""
    category: str = ""
    target: str = ""
    reason: str = ""  # the exception's type
    activity: str = ""  # the cmdlet
    parameter: str = ""  # that was refused, where the exception names one

    def as_json(self) -> dict[str, str]:
        """Return what is kept as evidence."""
        return {
            "message": self.message,
            "fq_error": self.fq_error,
            "category": self.category,
            "target": self.target,
            "reason": self.reason,
            "activity": self.activity,
        }


def plain(value: Value, *, look: Look = do_not_look) -> Json:
    """Return what was read as JSON; an object below the first level becomes its text where it has one.

    Raises Unreadable where too much would have to be written: a few objects that refer to each other can stand for
    more than any memory holds.
    """
    return _Writer(look).written(value, 0)


class _Writer:
    """Writes one message out, and counts."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._values = self._characters = 0
        self._around: set[int] = set()  # the objects that hold what is being written

    def written(self, value: Value, depth: int) -> Json:
        self._count(value)
        if isinstance(value, str):
            return storable(value)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        return self._object(value, depth) if isinstance(value, Thing) else self._container(value, depth)

    def _count(self, value: Value) -> None:
        self._values += 1
        if isinstance(value, str):
            self._characters += len(value)
        if self._values > MOST_VALUES or self._characters > MOST_CHARACTERS:
            raise Unreadable(f"Written out it has more than {MOST_VALUES} values or {MOST_CHARACTERS} characters.")
        if self._values % LOOK_EVERY == 0:
            self._look()

    def _container(self, value: list[Value] | Table, depth: int) -> Json:
        if depth >= DEEPEST:
            return TOO_DEEP
        if isinstance(value, Table):
            return {str(self.written(key, DEEPEST)): self.written(element, depth + 1) for key, element in value}
        return [self.written(element, depth + 1) for element in value]

    def _object(self, thing: Thing, depth: int) -> Json:
        if id(thing) in self._around:
            return TOO_DEEP
        self._around.add(id(thing))
        try:
            return self._inside_of(thing, depth)
        finally:
            self._around.discard(id(thing))

    def _inside_of(self, thing: Thing, depth: int) -> Json:
        if len(thing.values) == 1 and isinstance(thing.values[0], list):
            return self._container(thing.values[0], depth)
        if len(thing.values) == 1 and depth < DEEPEST:  # an enumeration, or a primitive that carries note properties
            return self.written(thing.values[0], depth + 1)
        if thing.values and depth < DEEPEST:
            return [self.written(element, depth + 1) for element in thing.values]
        properties = {**thing.adapted, **thing.extended}
        if not properties or (depth > 0 and thing.to_string is not None):
            return self.written(thing.to_string or "", depth)
        if depth >= DEEPEST_OBJECT:
            return TOO_DEEP
        written: dict[str, Json] = {}
        for name, element in properties.items():
            self._count(name)
            written[storable(name)] = self.written(element, depth + 1)
        return written


def weight(value: Json) -> int:
    """Estimate how many bytes a JSON value takes when written down."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, list):
        return 2 + sum(weight(element) + 1 for element in value)
    if isinstance(value, dict):
        return 2 + sum(len(name) + weight(element) + 4 for name, element in value.items())
    return 8


def device_error(record: Value) -> DeviceError:
    """Read one error record; what ended a pipeline may be another kind of object. Raises Unreadable."""
    if not isinstance(record, Thing):
        return DeviceError(message=_short(record))
    told, exception = record.extended, record.extended.get("Exception")
    is_object = isinstance(exception, Thing)
    return DeviceError(
        message=_short(record.to_string or told.get("ErrorCategory_Message") or (exception if is_object else None)),
        fq_error=_without_suffix(_short(told.get("FullyQualifiedErrorId"))),
        category=_category(told.get("ErrorCategory_Category")),
        target=_short(told.get("ErrorCategory_TargetName") or told.get("TargetObject")),
        reason=_short(told.get("ErrorCategory_Reason")),
        activity=_without_suffix(_short(told.get("ErrorCategory_Activity"))),
        parameter=_short(exception.adapted.get("ParameterName")) if isinstance(exception, Thing) else "",
    )


def unreadable(error: Unreadable) -> DeviceError:
    """Return, as an error record of its own, that one message could not be read, and why."""
    return DeviceError(f"The portal could not read this answer. {error}"[:LONGEST_ERROR_TEXT], UNREADABLE)


def _without_suffix(name: str) -> str:
    """Return an error id or activity as it is without an endpoint, which renames the functions that it limits."""
    return _LIMITED_FUNCTION.sub("", name)


def _category(number: Value) -> str:
    if isinstance(number, int) and 0 <= number < len(ERROR_CATEGORIES):
        return ERROR_CATEGORIES[number]
    return _short(number)


def _short(value: Value) -> str:
    """Return the text of a part of an error record: an object's own, never its properties."""
    written = value.to_string or _only_value(value) if isinstance(value, Thing) else value
    if isinstance(written, Thing | list | dict):
        return TOO_DEEP  # not written out: a few of them can stand for more than any memory holds
    return "" if written is None else storable(str(written)[:LONGEST_ERROR_TEXT])


def _only_value(thing: Thing) -> Value:
    """Return what an enumeration or a text with note properties is."""
    return thing.values[0] if len(thing.values) == 1 else ""
