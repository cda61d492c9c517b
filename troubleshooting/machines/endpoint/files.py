"""The files of the portal's own endpoint, made from the catalogue alone: same input, same bytes.

A module with a role for reading and one for changing, and a session configuration for each. They are data, in the form
of PowerShell's own ``New-PSRoleCapabilityFile`` and ``New-PSSessionConfigurationFile``
(docs/reference/powershell-answers.md, facts 23 and 24); only the module's functions and the scripts that install it are
code. Texts are UTF-8 with a mark, which Windows PowerShell 5.1 needs, and have the line ends of Windows.
"""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from troubleshooting.domain.base import powershell
from troubleshooting.domain.base.powershell import Data
from troubleshooting.machines import catalogue
from troubleshooting.machines.endpoint.version import VERSION
from troubleshooting.machines.limits import Limit, Shown, shown

MODULE = "NetworkProtectionPortal"
READING_ROLE, CHANGING_ROLE = f"{MODULE}Reading", f"{MODULE}Changing"
AUTHOR = "Network protection portal"

# Windows PowerShell 5.1 has these as functions; all others are cmdlets.
_FUNCTIONS = catalogue.OWN_FUNCTIONS | {
    "Add-MpPreference",
    "Get-FileHash",
    "Get-MpComputerStatus",
    "Get-MpPreference",
    "Get-ScheduledTask",
    "Register-ScheduledTask",
    "Remove-MpPreference",
    "Set-MpPreference",
    "Test-NetConnection",
    "Unregister-ScheduledTask",
}
_PROVIDERS = ("FileSystem", "Registry")
_TRANSCRIPTS = r"C:\ProgramData\NetworkProtectionPortal\Transcripts"
_STATIC = Path(__file__).parent / "static"
_IN_GROUP_NAME = r'[^"/\\\[\]:;|=,+*?<>\x00-\x1f\x7f]{1,256}'
_GROUP = re.compile(rf"{_IN_GROUP_NAME}\\{_IN_GROUP_NAME}")
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP file can hold


class InvalidGroup(ValueError):
    r"""This is not a group as ``DOMAIN\Name``."""


@dataclass(frozen=True, slots=True)
class Groups:
    r"""Who may use which session configuration, as ``DOMAIN\Name``. Raises InvalidGroup for anything else.

    Where nothing is said it is whoever has everything on the PC already.
    """

    reading: str = r"BUILTIN\Administrators"
    changing: str = r"BUILTIN\Administrators"

    def __post_init__(self) -> None:
        """Check the names."""
        for group in (self.reading, self.changing):
            if not _GROUP.fullmatch(group):
                raise InvalidGroup(group)


def endpoint_files(groups: Groups) -> Mapping[str, bytes]:
    """Return the content of each file by its path below the folder, in the order of the paths."""
    reading, changing = catalogue.entries_by_role()
    texts = {
        "README.md": _static("README.md"),
        "Install.ps1": _static("Install.ps1"),
        "Uninstall.ps1": _static("Uninstall.ps1"),
        f"{MODULE}/{MODULE}.psd1": powershell.data(_manifest()),
        f"{MODULE}/{MODULE}.psm1": _module(),
        f"{MODULE}/RoleCapabilities/{READING_ROLE}.psrc": powershell.data(_role(READING_ROLE, shown(reading))),
        f"{MODULE}/RoleCapabilities/{CHANGING_ROLE}.psrc": powershell.data(_role(CHANGING_ROLE, shown(changing))),
        f"{MODULE}/{catalogue.READING_ENDPOINT}.pssc": powershell.data(
            _configuration(catalogue.READING_ENDPOINT, groups.reading, READING_ROLE)
        ),
        f"{MODULE}/{catalogue.CHANGING_ENDPOINT}.pssc": powershell.data(
            _configuration(catalogue.CHANGING_ENDPOINT, groups.changing, READING_ROLE, CHANGING_ROLE)
        ),
    }
    return {path: _encoded(texts[path]) for path in sorted(texts)}


def endpoint_zip(groups: Groups) -> bytes:
    """Return the same files as a ZIP file; stored as they are, since compressors differ."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path, data in endpoint_files(groups).items():
            archive.writestr(zipfile.ZipInfo(f"{MODULE}-{VERSION}/{path}", date_time=_FIRST_MOMENT), data)
    return content.getvalue()


def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _encoded(text: str) -> bytes:
    return ("\ufeff" + text.rstrip("\n").replace("\n", "\r\n") + "\r\n").encode()


def _guid(of: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:network-protection-portal:{of}"))


def _manifest() -> Mapping[str, Data]:
    return {
        "RootModule": f"{MODULE}.psm1",
        "ModuleVersion": VERSION,
        "GUID": _guid(MODULE),
        "Author": AUTHOR,
        "Description": "What the network protection portal may ask of this PC.",
        "PowerShellVersion": "5.1",
        "FunctionsToExport": sorted(catalogue.OWN_FUNCTIONS),
        "CmdletsToExport": [],
        "VariablesToExport": [],
        "AliasesToExport": [],
    }


def _module() -> str:
    """Return the functions that are written out, and then those that stand for programs."""
    functions = (
        powershell.function(
            name, [powershell.command(program.name, ((None, parameter.value) for parameter in program.parameters))]
        )
        for name, (program, _) in sorted(catalogue.PROGRAMS.items())
    )
    own = (_static(f"{name}.ps1").rstrip("\n") for name in sorted(catalogue.OWN_FUNCTIONS - catalogue.PROGRAMS.keys()))
    return "\n\n".join([*own, *functions])


def _role(name: str, commands: Iterable[Shown]) -> Mapping[str, Data]:
    commands = tuple(commands)
    return {
        "GUID": _guid(name),
        "Author": AUTHOR,
        "ModulesToImport": MODULE,
        "VisibleCmdlets": [_visible(command) for command in commands if command.name not in _FUNCTIONS],
        "VisibleFunctions": [_visible(command) for command in commands if command.name in _FUNCTIONS],
        "VisibleProviders": list(_PROVIDERS),
        "VariableDefinitions": {"Name": name.replace(MODULE, "Portal"), "Value": name.removeprefix(MODULE).lower()},
    }


def _visible(command: Shown) -> Data:
    if command.parameters is None:
        return command.name
    limits = [_parameter(name, limit) for name, limit in command.parameters.items()]
    return {"Name": command.name, "Parameters": limits}


def _parameter(name: str, limit: Limit) -> Mapping[str, Data]:
    if limit.pattern:
        return {"Name": name, "ValidatePattern": limit.pattern}
    return {"Name": name, "ValidateSet": sorted(limit.values)} if limit.values else {"Name": name}


def _configuration(name: str, group: str, *roles: str) -> Mapping[str, Data]:
    return {
        "SchemaVersion": "2.0.0.0",
        "GUID": _guid(name),
        "Author": AUTHOR,
        "SessionType": "RestrictedRemoteServer",
        "LanguageMode": "NoLanguage",
        "RunAsVirtualAccount": True,
        "TranscriptDirectory": _TRANSCRIPTS,
        "VisibleProviders": list(_PROVIDERS),
        "RoleDefinitions": {group: {"RoleCapabilities": list(roles)}},
    }
