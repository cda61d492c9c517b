"""Objects as Windows PowerShell 5.1 puts them on the wire (MS-PSRP 2.2.5), built from plain values."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from psrpcore.types import (
    PSByte,
    PSCustomObject,
    PSEnumBase,
    PSInt,
    PSInt16,
    PSInt64,
    PSList,
    PSListBase,
    PSNoteProperty,
    PSObject,
    PSSByte,
    PSType,
    PSUInt,
    PSUInt16,
    PSUInt64,
)

CIM_INSTANCE = "Microsoft.Management.Infrastructure.CimInstance"


@PSType(["System.String[]", "System.Array"], rehydrate=False)
class StringArray(PSListBase):
    """System.String[]."""


@PSType(["System.Byte[]", "System.Array"], rehydrate=False)
class NumberArray(PSListBase):
    """System.Byte[] as CIM gives it."""


@PSType(["Microsoft.PowerShell.Commands.DisplayHintType"], rehydrate=False)
class DisplayHint(PSEnumBase):
    """The note that Get-Date puts on its answer."""

    Date = 0
    Time = 1
    DateTime = 2


@PSType(
    ["Microsoft.PowerShell.Cmdletization.GeneratedTypes.ScheduledTask.StateEnum"],
    rehydrate=False,
)
class TaskState(PSEnumBase, base_type=PSByte):
    """State of a scheduled task."""

    Unknown = 0
    Disabled = 1
    Queued = 2
    Ready = 3
    Running = 4


@dataclass(frozen=True)
class Typed:
    """A .NET object that arrives as its text only, such as an IPAddress."""

    type_name: str
    text: str


@dataclass(frozen=True)
class Thing:
    """One object of the device: its properties in order, with their CIM or .NET types where those matter.

    ``base_type`` is what Select-Object names its results after; ``is_cim`` objects carry their class declaration when
    they are sent whole.
    """

    base_type: str
    properties: Mapping[str, Any]
    types: Mapping[str, str] = field(default_factory=dict)
    class_name: str = ""
    namespace: str = ""
    computer: str = ""
    type_names: tuple[str, ...] = ()
    to_string: str = ""

    @property
    def is_cim(self) -> bool:
        """Tell whether this is a CIM instance."""
        return self.base_type == CIM_INSTANCE

    def value(self, name: str) -> Any:
        """Return the value of the property of that name (any case) as it is sent; None where there is none."""
        found = next((key for key in self.properties if key.casefold() == name.casefold()), None)
        return typed(self.properties[found], self.types.get(found, "")) if found else None


NUMBERS: dict[str, Callable[[Any], Any]] = {
    "uint8": PSByte,
    "uint16": PSUInt16,
    "uint32": PSUInt,
    "uint64": PSUInt64,
    "sint8": PSSByte,
    "sint16": PSInt16,
    "sint32": PSInt,
    "sint64": PSInt64,
}


def typed(value: Any, type_name: str) -> Any:
    """Return the value in the wire type of a CIM type name ("uint8", "string[]", …)."""
    if value is None:
        return None
    if isinstance(value, Typed):
        return _text_object(value)
    if isinstance(value, list | tuple):
        return _array(value, type_name)
    return NUMBERS[type_name](value) if type_name in NUMBERS else value


def _array(values: Sequence[Any], type_name: str) -> Any:
    if not values:
        return None  # CIM gives null for an empty list
    element = type_name.removesuffix("[]")
    if element in NUMBERS:
        return NumberArray(NUMBERS[element](value) for value in values)
    return StringArray(values)


def _text_object(value: Typed) -> PSObject:
    made = PSObject()
    made.PSObject.type_names = [value.type_name, "System.Object"]
    made.PSObject.to_string = value.text
    return made


def select(thing: Thing, names: Iterable[str]) -> PSObject:
    """Return what ``Select-Object -Property`` makes of the object; names that it lacks give null."""
    return custom_object(f"Selected.{thing.base_type}", {name: thing.value(name) for name in names})


def custom_object(type_name: str | None, properties: Mapping[str, Any]) -> PSObject:
    """Make a PSCustomObject with extended properties, under a further type name or none."""
    made = PSCustomObject()
    if type_name:
        made.PSObject.type_names.insert(0, type_name)
    made.PSObject.extended_properties = [PSNoteProperty(name, value=value) for name, value in properties.items()]
    return made


def whole(thing: Thing) -> PSObject:
    """Return the whole object: adapted properties, and the class declaration where it is a CIM instance."""
    if thing.base_type.endswith("PSCustomObject"):
        return custom_object(None, {name: thing.value(name) for name in thing.properties})
    made = PSObject()
    made.PSObject.type_names = [*(thing.type_names or (thing.base_type,)), "System.Object"]
    made.PSObject.to_string = thing.to_string
    made.PSObject.adapted_properties = [PSNoteProperty(name, value=thing.value(name)) for name in thing.properties]
    if thing.is_cim:
        _add_class(made, thing)
    return made


def _add_class(made: PSObject, thing: Thing) -> None:
    made.PSObject.type_names = [
        f"{CIM_INSTANCE}#{thing.namespace}/{thing.class_name}",
        f"{CIM_INSTANCE}#{thing.class_name}",
        CIM_INSTANCE,
        "System.Object",
    ]
    made.PSObject.to_string = thing.class_name
    made.PSObject.adapted_properties.append(PSNoteProperty("PSComputerName", value=None))
    made.PSObject.extended_properties = [PSNoteProperty("__ClassMetadata", value=PSList([_class_metadata(thing)]))]


def _class_metadata(thing: Thing) -> PSObject:
    declaration = _declaration(thing)
    made = PSObject()
    made.PSObject.type_names = []
    made.PSObject.extended_properties = [
        PSNoteProperty("ClassName", value=thing.class_name),
        PSNoteProperty("Namespace", value=thing.namespace),
        PSNoteProperty("ServerName", value=thing.computer),
        PSNoteProperty("Hash", value=PSInt(zlib.crc32(declaration.encode()) >> 1)),
        PSNoteProperty("MiXml", value=declaration),
    ]
    return made


def _declaration(thing: Thing) -> str:
    properties = "".join(
        _property_declaration(name, thing.types.get(name, "string"), thing.class_name) for name in thing.properties
    )
    return (
        f'<CLASS NAME="{thing.class_name}"><QUALIFIER NAME="dynamic" TYPE="boolean"><VALUE>true</VALUE></QUALIFIER>'
        f'<QUALIFIER NAME="provider" TYPE="string"><VALUE>{escape(thing.class_name)}Provider</VALUE></QUALIFIER>'
        f"{properties}</CLASS>"
    )


def _property_declaration(name: str, type_name: str, class_name: str) -> str:
    kind = "PROPERTY.ARRAY" if type_name.endswith("[]") else "PROPERTY"
    return (
        f'<{kind} NAME="{name}" TYPE="{type_name.removesuffix("[]")}" CLASSORIGIN="{class_name}">'
        f'<QUALIFIER NAME="read" TYPE="boolean" OVERRIDABLE="false" TOSUBCLASS="false"><VALUE>true</VALUE></QUALIFIER>'
        f'<QUALIFIER NAME="MappingStrings" TYPE="string" OVERRIDABLE="false"><VALUE.ARRAY>'
        f"<VALUE>Registry|{class_name}|{name}</VALUE></VALUE.ARRAY></QUALIFIER></{kind}>"
    )


def date_with_hint(moment: Any) -> PSObject:
    """Return a moment as Get-Date puts it out: a DateTime with the note DisplayHint."""
    made: PSObject = moment
    made.PSObject.extended_properties.append(PSNoteProperty("DisplayHint", value=DisplayHint.DateTime))
    return made
