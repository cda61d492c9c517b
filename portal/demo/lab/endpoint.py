"""An endpoint for just enough administration, made of the files that an administrator registers.

Facts 9 to 17 of docs/reference/powershell-answers.md: what the role capabilities do not show is not found, what they do
not list of a command's parameters and values is refused, common parameters go without saying.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.demo.lab import errors
from portal.demo.lab.call import Call
from portal.demo.lab.data_file import BadDataFile, Data, entry, listed, read_data_file
from portal.demo.lab.errors import CommandError

COMMON = frozenset(
    [
        "verbose",
        "debug",
        "erroraction",
        "warningaction",
        "informationaction",
        "errorvariable",
        "warningvariable",
        "informationvariable",
        "outvariable",
        "outbuffer",
        "pipelinevariable",
        "whatif",
        "confirm",
    ]
)
SELECT = "select-object"
# The properties that the session's own Select-Object takes.
SELECTED = frozenset(
    [
        "modulename",
        "namespace",
        "outputtype",
        "count",
        "helpuri",
        "name",
        "commandtype",
        "resolvedcommandname",
        "defaultparameterset",
        "cmdletbinding",
        "parameters",
    ]
)
SWITCHES = frozenset({"force", "usebasicparsing", "dnsonly", "quicktimeout", "oldest"})
LISTS = frozenset({"property", "path", "literalpath", "exclusionipaddress", "exclusionprocess", "taskname", "logname"})
PROVIDERS = {"get-itemproperty": "Registry", "get-item": "FileSystem", "get-filehash": "FileSystem"}
_SESSION_KEYS = frozenset(
    [
        "schemaversion",
        "guid",
        "author",
        "sessiontype",
        "languagemode",
        "runasvirtualaccount",
        "transcriptdirectory",
        "visibleproviders",
        "roledefinitions",
    ]
)
_ROLE_KEYS = frozenset(
    [
        "guid",
        "author",
        "modulestoimport",
        "visiblecmdlets",
        "visiblefunctions",
        "visibleexternalcommands",
        "visibleproviders",
        "variabledefinitions",
    ]
)


@dataclass(frozen=True)
class Limit:
    """What one parameter takes: with neither a set nor a pattern any value."""

    values: frozenset[str] | None = None
    pattern: str = ""

    def allows(self, value: Any) -> bool:
        """Tell whether the value, or each of a list, is allowed."""
        return all(self._allows(str(each)) for each in (value if isinstance(value, list) else [value]))

    def _allows(self, text: str) -> bool:
        if self.pattern:
            return re.search(f"^({self.pattern})$", text, re.IGNORECASE) is not None
        return self.values is None or text.casefold() in self.values


@dataclass(frozen=True)
class Visible:
    """One command that a role shows; without limits it is shown whole."""

    name: str
    is_function: bool
    limits: Mapping[str, Limit] | None = None
    suffix: str = field(default_factory=lambda: uuid.uuid4().hex)

    def joined(self, other: Visible) -> Visible:
        """Return what two roles show of it together."""
        if self.limits is None or other.limits is None:
            return Visible(self.name, self.is_function)
        return Visible(self.name, self.is_function, {**self.limits, **other.limits})


@dataclass(frozen=True)
class Endpoint:
    """A registered session configuration with its roles."""

    version: str
    roles: tuple[str, ...]  # as its own function names them
    commands: Mapping[str, Visible]
    programs: frozenset[str]
    providers: frozenset[str]

    def check(self, statement: Sequence[Call]) -> None:
        """Raise the CommandError that the endpoint answers with, unless everything is allowed."""
        script = next((call for call in statement if call.is_script), None)
        if script is not None:
            raise errors.script_not_allowed(script.name)
        found = [self._find(call) for call in statement]
        for call, visible in zip(statement, found, strict=True):
            _check_call(call, visible)
        self._check_provider(statement[0])
        self._check_input(statement, found)

    def wrapped(self, error: CommandError, call: Call) -> CommandError:
        """Return an error of a command as it comes out of a function that is limited: with a suffix on its names."""
        visible = self.commands.get(call.name.casefold())
        is_bound = error.activity is None  # what is refused before the function runs has its own name
        if visible is None or visible.limits is None or not visible.is_function or not is_bound:
            return error
        name = f"{visible.name}_{visible.suffix}"
        identifier = re.sub(rf",{re.escape(visible.name)}\Z", f",{name}", error.fq_error)
        return errors.replaced(error, fq_error=identifier, activity=name)

    def _find(self, call: Call) -> Visible:
        name = call.name.casefold()
        if name in self.commands:
            return self.commands[name]
        if name in self.programs or name in {program.rpartition("\\")[2] for program in self.programs}:
            return Visible(call.name, is_function=False)  # with any arguments
        if name == "get-command":
            return Visible("Get-Command", is_function=True)
        if name == SELECT:
            return Visible("Select-Object", True, {"property": Limit(SELECTED), "inputobject": Limit()})
        raise errors.not_recognized(call.name)

    def _check_provider(self, call: Call) -> None:
        provider = PROVIDERS.get(call.name.casefold())
        if provider is not None and provider.casefold() not in self.providers:
            raise errors.provider_not_found(provider, call.name)

    def _check_input(self, statement: Sequence[Call], found: Sequence[Visible]) -> None:
        for call, visible in list(zip(statement, found, strict=True))[1:]:
            if visible.limits is not None and "inputobject" not in visible.limits:
                raise errors.input_not_bound(call.name)


def _check_call(call: Call, visible: Visible) -> None:
    limits = visible.limits
    if limits is None:
        return
    if COMMON & limits.keys():
        raise errors.parameter_twice(next(iter(COMMON & limits.keys())))
    if call.positional:
        raise errors.positional_not_found(visible.name, call.positional[0])
    for name, value in call.named:
        if name.casefold() in COMMON:
            continue
        if name.casefold() not in limits:
            raise errors.parameter_not_found(visible.name, name)
        _check_value(visible.name, name, value, limits[name.casefold()])


def _check_value(command: str, name: str, value: Any, limit: Limit) -> None:
    if not _fits(name.casefold(), value):
        raise errors.argument_of_other_type(command, name, value)
    if not limit.allows(value):
        raise errors.argument_refused(command, name, value)


def _fits(name: str, value: Any) -> bool:
    """Tell whether a value can become what the parameter takes: a list, a switch, or one value."""
    if name in SWITCHES:
        return value is None or isinstance(value, bool)
    return name in LISTS if isinstance(value, list) else value is not None


# --- from files -------------------------------------------------------------------------------------------------------


def read_endpoint(files: Mapping[str, bytes], name: str) -> Endpoint:
    """Return the endpoint of that name from the files of a folder; raises BadDataFile for what is not understood."""
    session = _table(files, f"/{name}.pssc", _SESSION_KEYS)
    if (session["SessionType"], session["LanguageMode"]) != ("RestrictedRemoteServer", "NoLanguage"):
        raise BadDataFile("not a restricted session without language")
    names = [role for each in session["RoleDefinitions"].values() for role in listed(entry(each, "RoleCapabilities"))]
    roles = [_table(files, f"RoleCapabilities/{role}.psrc", _ROLE_KEYS) for role in names]
    manifest = read_data_file(_file(files, ".psd1"))
    exported = {function.casefold() for function in listed(manifest["FunctionsToExport"])}
    return Endpoint(
        version=manifest["ModuleVersion"],
        roles=tuple(variable["Value"] for role in roles for variable in listed(entry(role, "VariableDefinitions"))),
        commands=_commands(roles, exported),
        programs=frozenset(
            program.casefold() for role in roles for program in listed(entry(role, "VisibleExternalCommands"))
        ),
        providers=frozenset(
            provider.casefold() for each in (session, *roles) for provider in listed(entry(each, "VisibleProviders"))
        ),
    )


def _file(files: Mapping[str, bytes], ending: str) -> bytes:
    found = [content for path, content in files.items() if path.endswith(ending)]
    if len(found) != 1:
        raise BadDataFile(f"{len(found)} files end with {ending}")
    return found[0]


def _table(files: Mapping[str, bytes], ending: str, known: frozenset[str]) -> dict[str, Data]:
    table = read_data_file(_file(files, ending))
    if unknown := [key for key in table if key.casefold() not in known]:
        raise BadDataFile(f"unknown keys: {', '.join(unknown)}")
    return table


def _commands(roles: Sequence[Mapping[str, Data]], exported: set[str]) -> dict[str, Visible]:
    found: dict[str, Visible] = {}
    for role in roles:
        for key, is_function in (("VisibleCmdlets", False), ("VisibleFunctions", True)):
            for each in listed(entry(role, key)):
                visible = _visible(each, is_function)
                if "*" in visible.name:
                    raise BadDataFile("a wildcard shows more than is named")
                name = visible.name.casefold()
                found[name] = found[name].joined(visible) if name in found else visible
    own = {name for name in found if "-portal" in name}
    if not own <= exported:
        raise BadDataFile(f"functions that the module does not have: {own - exported}")
    return found


def _visible(each: Data, is_function: bool) -> Visible:
    if isinstance(each, str):
        return Visible(each, is_function)
    limits = {entry(one, "Name").casefold(): _limit(one) for one in listed(entry(each, "Parameters"))}
    return Visible(entry(each, "Name"), is_function, limits)


def _limit(one: Mapping[str, Data]) -> Limit:
    if unknown := {key.casefold() for key in one} - {"name", "validateset", "validatepattern"}:
        raise BadDataFile(f"unknown limits: {', '.join(sorted(unknown))}")
    values = entry(one, "ValidateSet")
    allowed = None if values is None else frozenset(text.casefold() for text in listed(values))
    return Limit(allowed, entry(one, "ValidatePattern") or "")
