"""What a CIM class of a simulated PC is: its properties, their types, and the values of a healthy client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CimClass:
    """A class: its namespace, and for each property the CIM type and the plain value of a healthy client."""

    name: str
    namespace: str
    types: dict[str, str]
    defaults: dict[str, Any]


def _value(text: str, type_name: str) -> Any:
    if text == "-":
        return [] if type_name.endswith("[]") else None
    if type_name == "boolean":
        return text == "True"
    return int(text) if "int" in type_name else text.replace("_", " ")


def cim_class(name: str, namespace: str, table: str) -> CimClass:
    """Make a class from lines of name, type and value; ``_`` stands for a blank, ``-`` for no value."""
    rows = [line.split() for line in table.strip().splitlines()]
    types = {row[0]: row[1] for row in rows}
    return CimClass(name, namespace, types, {row[0]: _value(row[2], row[1]) for row in rows})
