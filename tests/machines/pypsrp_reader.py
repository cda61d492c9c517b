"""CLIXML as pypsrp reads it, made plain as the portal once did: what the portal's own reader is compared with."""

from __future__ import annotations

import base64
import math
from typing import Any

from pypsrp.complex_objects import ComplexObject, GenericComplexObject
from pypsrp.serializer import Serializer

from troubleshooting.machines.clixml_texts import storable
from troubleshooting.machines.plain import DEEPEST, TOO_DEEP

Json = Any


def read_by_pypsrp(message: str) -> Json:
    """Return what pypsrp reads as JSON; raises whatever it raises."""
    return plain(Serializer().deserialize(message))


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
