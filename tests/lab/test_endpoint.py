"""What the generated files let through, read and enforced by the lab, beside the lab's own table of rules."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from portal.demo.lab import language
from portal.demo.lab.call import Call
from portal.demo.lab.endpoint import Endpoint, read_endpoint
from portal.demo.lab.errors import CommandError
from portal.demo.lab.rules import RULES
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.endpoint.files import Groups, endpoint_files
from troubleshooting.machines.pipeline import Cmdlet, Entry

FILES = endpoint_files(Groups())
READING, CHANGING = (read_endpoint(FILES, name) for name in (catalogue.READING_ENDPOINT, catalogue.CHANGING_ENDPOINT))
READS, CHANGES = catalogue.entries_by_role()
MORE_READS = (
    catalogue.protection_events(timedelta(minutes=1)),
    catalogue.resolve_name("2001:db8::1"),
    catalogue.test_port("10.0.0.7", port=65535),
    catalogue.request_page("http://contoso.example:8080/a?b=c&d='e'"),
    *catalogue.file_facts("D:\\a b\\it's (1).exe"),
)
MORE_CHANGES = (
    *map(changing.set_protection_mode, changing.ProtectionMode),
    changing.add_exclusion(ExclusionKind.PROCESS, r"%ProgramFiles%\Contoso\it's.exe"),
)
# What the portal never sends; texts that break out of a quote, a path, a filter, a set.
HOSTILE = (
    "*",
    "",
    "-",
    "calc",
    "'; calc; '",
    "\u2019; calc; \u2019",
    "$(calc)",
    "a\nb",
    "root/cimv2",
    "Win32_Process",
    r"HKLM:\SAM",
    r"HKLM:\SOFTWARE\*",
    r"HKLM:\SOFTWARE\Policies\Google\Chrome\..\..",
    r"C:\*",
    r"\\server\share\x",
    r"C:\a\..\b",
    "C:\\a.exe\n",
    "*.exe",
    "0.0.0.0/0",
    "192.0.2.1\n",
    "Security",
    "*[System]",
    "file:///C:/secret",
    "https://x\nfile:///y",
    "Post",
    "Delete",
    "Warn",
    "0",
    "65536",
    "100000",
    "NetworkProtectionPortal-*",
    "OtherTask",
    "<Task/>",
    "Administrator",
    True,
    False,
    None,
    ["ToXml", "Delete"],
)


def each_of(*entries: Entry) -> pytest.MarkDecorator:
    """Run a test with each of the entries."""
    return pytest.mark.parametrize("entry", entries, ids=[f"{number} {e.name}" for number, e in enumerate(entries)])


def call_of(part: Cmdlet) -> Call:
    """Return a command as it arrives."""
    arguments = (
        (each.name, list(each.value) if isinstance(each.value, tuple) else each.value) for each in part.parameters
    )
    return Call(part.name, tuple(arguments))


def refusal(endpoint: Endpoint, *calls: Call) -> CommandError | None:
    """Return how the endpoint refuses a statement, or None."""
    try:
        endpoint.check(calls)
    except CommandError as error:
        return error
    return None


def is_in_table(calls: list[Call]) -> bool:
    """Tell whether the lab's own table allows a statement."""
    try:
        language.check(calls, full_language=False)
    except CommandError:
        return False
    return True


@each_of(*READS, *MORE_READS)
def test_both_endpoints_let_through_what_reads(entry: Entry):
    calls = [call_of(part) for part in entry.pipeline]

    assert [refusal(endpoint, *calls) for endpoint in (READING, CHANGING)] == [None, None]
    assert is_in_table(calls) or entry.command.name in catalogue.OWN_FUNCTIONS


@each_of(*CHANGES, *MORE_CHANGES)
def test_only_the_changing_endpoint_lets_through_what_changes(entry: Entry):
    calls = [call_of(part) for part in entry.pipeline]

    assert refusal(CHANGING, *calls) is None
    assert refusal(READING, *calls).fq_error == "CommandNotFoundException"
    assert is_in_table(calls)


def test_the_files_show_no_command_and_no_parameter_that_the_table_has_not():
    by_name = {name.casefold(): rules for name, rules in RULES.items()}
    parts = {"foreach-object", r"microsoft.powershell.utility\select-object"}
    shown = {
        name: visible for name, visible in CHANGING.commands.items() if "-portal" not in name and name not in parts
    }

    assert set(shown) <= set(by_name)
    assert CHANGING.programs == frozenset()
    for name, visible in shown.items():
        known = {parameter.casefold() for rule in by_name[name] for parameter in rule.parameters}
        unusable = {parameter for parameter, limit in visible.limits.items() if limit.pattern == "(?!)"}
        assert set(visible.limits) - unusable <= known, name


EVERY = [*READS, *MORE_READS, *CHANGES, *MORE_CHANGES]


@each_of(*EVERY)
def test_a_value_that_the_files_allow_is_in_the_table_too(entry: Entry):
    first = call_of(entry.command)
    tail = [call_of(part) for part in entry.pipeline[1:]]
    for number, value in product(range(len(first.arguments)), HOSTILE):
        arguments = list(first.arguments)
        if arguments[number][0] in {"Confirm", "WarningAction"}:  # common parameters cannot be limited
            continue
        is_number = isinstance(arguments_of(entry)[number], int) and str(value).isdecimal()
        arguments[number] = (arguments[number][0], int(value) if is_number else value)
        calls = [Call(first.name, tuple(arguments)), *tail]
        if refusal(CHANGING, *calls) is None:
            # True becomes a text, which is a host's name as any other; a switch may be off
            is_harmless = isinstance(value, bool) or arguments[number][1] == arguments_of(entry)[number]
            assert is_in_table(calls) or is_harmless, calls


def arguments_of(entry: Entry) -> list[object]:
    """Return the values that the entry is sent with."""
    return [parameter.value for parameter in entry.command.parameters]


COMMANDS = sorted({part.name for entry in EVERY for part in entry.pipeline})
OTHERS = (
    "ScriptBlock",
    "Query",
    "Filter",
    "ComputerName2",
    "CimSession",
    "Path2",
    "Session",
    "AsJob",
    "Stream",
    "Expand",
)


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.endswith("Select-Object")])
def test_no_command_takes_a_parameter_that_is_never_sent(name):
    for parameter in OTHERS:
        refused = refusal(CHANGING, Call(name, ((parameter, "x"),)))
        assert refused is not None or name in catalogue.OWN_FUNCTIONS, (name, parameter)


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.endswith("Select-Object")])
def test_no_command_takes_an_argument_without_a_name(name):
    if name not in catalogue.OWN_FUNCTIONS:  # shown whole: their param() block takes none
        assert refusal(CHANGING, Call(name, ((None, "x"),))) is not None


ITEM = Call("Get-Item", (("LiteralPath", r"C:\Windows\example.txt"),))


@pytest.mark.parametrize(
    ("identifier", "calls"),
    [
        ("ParameterArgumentValidationError", [ITEM, Call("ForEach-Object", (("MemberName", "Delete"),))]),
        (
            "ParameterArgumentTransformationError",
            [ITEM, Call("ForEach-Object", (("MemberName", ["ToXml", "Delete"]),))],
        ),
        ("NamedParameterNotFound", [ITEM, Call("ForEach-Object", (("Process", "{ $_.Delete() }"),))]),
        ("PositionalParameterNotFound", [ITEM, Call("ForEach-Object", ((None, "{ $_.Delete() }"),))]),
        ("ScriptsNotAllowed", [Call("Get-Date; calc", is_script=True)]),
        ("ScriptsNotAllowed", [ITEM, Call("{ $_.Delete() }", is_script=True)]),
        ("CommandNotFoundException", [Call(r"Microsoft.PowerShell.Management\Get-Item", ITEM.arguments)]),
        ("CommandNotFoundException", [Call(r"Microsoft.PowerShell.Core\ForEach-Object")]),
        ("CommandNotFoundException", [Call(r"ConfigDefender\Set-MpPreference")]),
        ("CommandNotFoundException", [Call("%")]),
        ("CommandNotFoundException", [Call("gi")]),
        ("CommandNotFoundException", [Call("Invoke-Expression", (("Command", "calc"),))]),
        ("CommandNotFoundException", [Call("powershell.exe", ((None, "-Command"), (None, "calc")))]),
        ("CommandNotFoundException", [Call(r"C:\Windows\System32\netsh.exe", ((None, "winhttp"),))]),
        ("CommandNotFoundException", [Call("netsh.exe", ((None, "winhttp"), (None, "show"), (None, "proxy")))]),
        ("CommandNotFoundException", [Call(catalogue.MP_CMD_RUN, ((None, "-RemoveDefinitions"),))]),
        ("CommandNotFoundException", [ITEM, Call("Out-File", (("FilePath", "x"),))]),
        ("ParameterArgumentValidationError", [ITEM, Call("Select-Object", (("Property", ["FullName"]),))]),
    ],
    ids=str,
)
def test_every_try_to_get_out_is_refused(identifier, calls):
    assert refusal(CHANGING, *calls).fq_error.partition(",")[0] == identifier


def changed(edit: tuple[str, str], role: str = "Reading") -> Endpoint:
    """Return the changing endpoint with one text of a role file replaced."""
    files = {
        path: content.replace(edit[0].encode(), edit[1].encode()) if path.endswith(f"{role}.psrc") else content
        for path, content in FILES.items()
    }
    assert files != FILES
    return read_endpoint(files, catalogue.CHANGING_ENDPOINT)


def test_a_common_parameter_in_the_list_makes_a_command_unusable():
    endpoint = changed(("'Name' = 'InputObject'", "'Name' = 'WarningAction'"))
    calls = [call_of(part) for part in catalogue.protection_events(timedelta(hours=1)).pipeline]

    refused = refusal(endpoint, *calls)

    assert (refused.fq_error, refused.activity) == ("ParameterNameAlreadyExistsForCommand", "")


def test_a_limited_command_needs_the_parameter_for_its_input():
    endpoint = changed(("'Name' = 'InputObject'", "'Name' = 'Begin'"))
    calls = [call_of(part) for part in catalogue.protection_events(timedelta(hours=1)).pipeline]

    assert refusal(endpoint, *calls).fq_error == "InputObjectNotBound,ForEach-Object"


def test_a_visible_program_takes_any_argument():
    endpoint = changed(
        ("VisibleProviders", "VisibleExternalCommands = 'C:\\Windows\\System32\\netsh.exe'\r\nVisibleProviders")
    )

    assert refusal(endpoint, Call("netsh.exe", ((None, "advfirewall"), (None, "reset")))) is None
