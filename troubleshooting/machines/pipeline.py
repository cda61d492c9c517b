"""What a catalogue entry is made of: named cmdlets with typed parameters, never text.

A value can therefore not become code, and a JEA endpoint in NoLanguage mode accepts the pipeline
(docs/reference/device-commands.md, "Rules"; docs/style.md, "Adapters").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from troubleshooting.domain.base import powershell

Value = str | int | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a cmdlet: without a name a positional argument, without a value a switch."""

    name: str | None
    value: Value = None


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One named command of a pipeline."""

    name: str
    parameters: tuple[Parameter, ...] = ()

    def parameter(self, name: str) -> Value:
        """Return the value of a named parameter, or None."""
        return next((parameter.value for parameter in self.parameters if parameter.name == name), None)


class Shape(StrEnum):
    """What comes back, so that the answers of a batch can be told apart."""

    OBJECT = "object"  # one object with the entry's properties
    OBJECTS = "objects"  # any number of them
    MOMENT = "moment"  # one DateTime
    LINES = "lines"  # text lines of a native command
    XML = "xml"  # one XML text an event
    VALUE = "value"  # one plain value


@dataclass(frozen=True, slots=True)
class Entry:
    """One command that may leave the portal for a device."""

    name: str
    pipeline: tuple[Cmdlet, ...]
    deadline: timedelta
    shape: Shape = Shape.OBJECT
    quick: bool = False  # may be a statement of a batch; False: may hang, gets a pipeline of its own
    required: bool = True  # answers with at least one object, or with an error
    properties: tuple[str, ...] = ()
    key: str | None = None  # the registry key it reads

    @property
    def command(self) -> Cmdlet:
        """Return the first cmdlet, which does the reading."""
        return self.pipeline[0]


def cmdlet(name: str, /, *arguments: str, **parameters: Value) -> Cmdlet:
    """Make a cmdlet from positional arguments and named parameters."""
    positional = tuple(Parameter(None, argument) for argument in arguments)
    return Cmdlet(name, positional + tuple(Parameter(key, value) for key, value in parameters.items()))


# By its module: the Select-Object that a restricted endpoint brings along takes eleven property names and no others.
SELECT_OBJECT = r"Microsoft.PowerShell.Utility\Select-Object"


def select(*properties: str) -> Cmdlet:
    """Keep only these properties: small answers, null where the device lacks one.

    Source: docs/reference/defender-cmdlets.md section 2.
    """
    return cmdlet(SELECT_OBJECT, Property=properties)


def rendered(entry: Entry) -> str:
    """Return an entry as it would be typed; for people and for the evidence, never sent."""
    return powershell.pipeline(
        powershell.command(part.name, ((parameter.name, parameter.value) for parameter in part.parameters))
        for part in entry.pipeline
    )
