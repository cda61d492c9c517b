"""What the generated files show and let through, read apart from the code that writes them."""

from __future__ import annotations

import re

from tests.support.powershell_reader import read_data
from troubleshooting.machines.endpoint.files import Groups, endpoint_files
from troubleshooting.machines.pipeline import Entry

MODULE = "NetworkProtectionPortal"
READING, CHANGING = (
    f"{MODULE}/RoleCapabilities/{MODULE}Reading.psrc",
    f"{MODULE}/RoleCapabilities/{MODULE}Changing.psrc",
)
COMMON = {"Confirm", "WarningAction"}


def text_of(path: str, groups: Groups | None = None) -> str:
    return endpoint_files(groups or Groups())[path].decode("utf-8-sig")


def as_list(value):
    return value if isinstance(value, list) else [value]


def limits_of(path: str) -> dict[str, dict | None]:
    """Return what a role shows: by command its parameters, or None where it is shown whole."""
    role = read_data(text_of(path))
    found = {}
    for shown in (*as_list(role["VisibleCmdlets"]), *as_list(role["VisibleFunctions"])):
        name, parameters = (shown, None) if isinstance(shown, str) else (shown["Name"], as_list(shown["Parameters"]))
        assert name not in found
        found[name] = None if parameters is None else {parameter["Name"]: parameter for parameter in parameters}
    return found


READS = limits_of(READING)
ALL = {**READS, **limits_of(CHANGING)}


def is_allowed(entry: Entry, shown: dict[str, dict | None]) -> bool:
    return all(part.name in shown and _fits(part.parameters, shown[part.name]) for part in entry.pipeline)


def _fits(parameters, limits: dict | None) -> bool:
    if limits is None:
        return all(parameter.name is not None for parameter in parameters)
    named = [parameter for parameter in parameters if parameter.name not in COMMON]
    return all(p.name in limits and _is_value(str(p.value), limits[p.name]) for p in named)


def _is_value(value: str, limit: dict) -> bool:
    if "ValidatePattern" in limit:  # as PowerShell has it: $ alone would let a line end follow
        return re.search("^(" + limit["ValidatePattern"] + ")$", value, re.IGNORECASE) is not None
    allowed = {text.casefold() for text in as_list(limit.get("ValidateSet", [value]))}
    return value.casefold() in allowed
