"""PowerShell's objects as plain JSON, so that no PowerShell object leaves ``machines/``.

What pypsrp makes of CLIXML (docs/reference/remoting.md section 2, "Output types"): booleans, numbers and texts are
native, DateTime and Version are texts, objects have adapted and extended properties, enumerations and dates with a
display hint have one unnamed value, and everything else has its text.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass
from typing import Any

from pypsrp.complex_objects import ComplexObject, GenericComplexObject

Json = Any  # None, bool, int, float, str, list of Json, or dict of str to Json

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_LIMITED_FUNCTION = re.compile(r"_[0-9a-f]{32}\Z")  # ",Get-ItemProperty_65caeacb1890434da6467e4384075d77"

DEEPEST = 6
TOO_DEEP = "…"
LONGEST_ERROR_TEXT = 4_000  # characters

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


def storable(text: str) -> str:
    """Return a text that PostgreSQL and UTF-8 can hold: without NUL and without half characters."""
    return _NOT_STORABLE.sub("\ufffd", text)


def plain(value: object, *, depth: int = 0) -> Json:
    """Return a PowerShell value as JSON; an object below the first level becomes its text where it has one."""
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple | dict) and depth >= DEEPEST:
        return TOO_DEEP
    return _plain_compound(value, depth)


def _plain_compound(value: object, depth: int) -> Json:
    if isinstance(value, list | tuple):
        return [plain(element, depth=depth + 1) for element in value]
    if isinstance(value, dict):
        return {str(plain(key, depth=DEEPEST)): plain(element, depth=depth + 1) for key, element in value.items()}
    if isinstance(value, GenericComplexObject):
        return _plain_object(value, depth)
    return _text_of(value)


def _plain_object(value: GenericComplexObject, depth: int) -> Json:
    if len(value.property_sets) == 1 and depth < DEEPEST:  # an enumeration, or a primitive that carries note properties
        return plain(value.property_sets[0], depth=depth + 1)
    if value.property_sets and depth < DEEPEST:
        return [plain(element, depth=depth + 1) for element in value.property_sets]
    properties = {**value.adapted_properties, **value.extended_properties}
    if not properties or (depth > 0 and value.to_string is not None):
        return _text_of(value)
    return {storable(str(name)): plain(element, depth=depth + 1) for name, element in properties.items()}


def _text_of(value: object) -> str:
    if isinstance(value, GenericComplexObject):
        return storable(str(value.to_string or ""))
    if isinstance(value, ComplexObject):
        return storable(str(getattr(value, "_to_string", None) or type(value).__name__))
    return storable(str(value))


def weight(value: Json) -> int:
    """Estimate how many bytes a JSON value takes when written down."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, list):
        return 2 + sum(weight(element) + 1 for element in value)
    if isinstance(value, dict):
        return 2 + sum(len(name) + weight(element) + 4 for name, element in value.items())
    return 8


def device_error(record: object) -> DeviceError:
    """Read one error record of pypsrp; the one of a pipeline's end may be another kind of object."""

    def part(name: str) -> object:
        return getattr(record, name, None)

    return DeviceError(
        message=_short(_text_of(record) or part("message")),
        fq_error=_without_suffix(_short(part("fq_error"))),
        category=_category(part("category")),
        target=_short(part("target_name") or _target_text(part("target_object"))),
        reason=_short(part("reason")),
        activity=_without_suffix(_short(part("activity"))),
        parameter=_parameter(part("exception")),
    )


def _without_suffix(name: str) -> str:
    """Return an error id or activity as it is without an endpoint, which renames the functions that it limits."""
    return _LIMITED_FUNCTION.sub("", name)


def _parameter(exception: object) -> str:
    if not isinstance(exception, GenericComplexObject):
        return ""
    return _short(exception.adapted_properties.get("ParameterName"))


def _category(number: object) -> str:
    if isinstance(number, int) and 0 <= number < len(ERROR_CATEGORIES):
        return ERROR_CATEGORIES[number]
    return _short(number)


def _target_text(target: object) -> str:
    return str(plain(target, depth=DEEPEST)) if target is not None else ""


def _short(text: object) -> str:
    return "" if text is None else storable(str(text)[:LONGEST_ERROR_TEXT])
