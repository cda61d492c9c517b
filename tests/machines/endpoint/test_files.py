"""The generated endpoint: the same bytes each time, data only, and exactly what the portal sends."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.powershell_reader import read_commands, read_data
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import SYSTEM_VARIABLES, InvalidExclusionValue
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.catalogue import InvalidArgument
from troubleshooting.machines.endpoint.files import Groups, InvalidGroup, endpoint_files, endpoint_zip
from troubleshooting.machines.endpoint.version import VERSION
from troubleshooting.machines.pipeline import Entry, cmdlet, select

# A PC's endpoint is told to be old by its version: new content needs a new version, and then its digest here.
DIGESTS = {"1.0.0": "759f0aa148c47dd262e0604304140fe98e799ca0ca3e4236ee97905c432c559a"}
MODULE = "NetworkProtectionPortal"
READING, CHANGING = (
    f"{MODULE}/RoleCapabilities/{MODULE}Reading.psrc",
    f"{MODULE}/RoleCapabilities/{MODULE}Changing.psrc",
)
COMMON = {"Confirm", "WarningAction"}
IP, APP = ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS
AT = datetime(2026, 11, 24, 12, 17, 30, tzinfo=UTC)


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


def test_the_same_input_gives_the_same_bytes_and_new_content_a_new_version():
    installed = {path: data for path, data in endpoint_files(Groups()).items() if path.startswith(MODULE)}
    made = hashlib.sha256(repr(installed).encode()).hexdigest()

    assert endpoint_zip(Groups()) == endpoint_zip(Groups())
    assert DIGESTS[VERSION] == made, "The files changed: raise VERSION in endpoint/version.py and add the digest here."


def test_the_archive_holds_the_files_in_a_folder_of_their_version():
    archive = zipfile.ZipFile(io.BytesIO(endpoint_zip(Groups())))

    assert {i.filename: archive.read(i) for i in archive.infolist()} == {
        f"{MODULE}-{VERSION}/{path}": data for path, data in endpoint_files(Groups()).items()
    }


def test_the_command_writes_the_files_and_no_others(tmp_path: Path):
    call_command("device_endpoint", str(tmp_path / "new"), "--reading-group", "D\\R", "--changing-group", "D\\C")

    written = {
        str(p.relative_to(tmp_path / "new")): p.read_bytes() for p in (tmp_path / "new").rglob("*") if p.is_file()
    }
    assert written == endpoint_files(Groups("D\\R", "D\\C"))


def test_the_command_refuses_a_folder_that_has_something_and_what_is_no_group(tmp_path: Path):
    (tmp_path / "kept").write_text("x")

    with pytest.raises(CommandError, match="is not empty"):
        call_command("device_endpoint", str(tmp_path))
    with pytest.raises(CommandError, match="DOMAIN"):
        call_command("device_endpoint", str(tmp_path / "new"), "--reading-group", "Helpdesk")
    with pytest.raises(CommandError, match="kept"):
        call_command("device_endpoint", str(tmp_path / "kept" / "below"))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_windows_powershell_can_read_the_texts():
    for data in endpoint_files(Groups()).values():
        assert data.startswith("\ufeff".encode())
        assert data.count(b"\n") == data.count(b"\r\n")


@pytest.mark.parametrize(
    ("name", "group", "roles"),
    [
        ("Reading", "CONTOSO\\R’s", f"{MODULE}Reading"),
        ("Changing", "CONTOSO\\C", [f"{MODULE}Reading", f"{MODULE}Changing"]),
    ],
)
def test_a_session_configuration_lets_its_group_in_and_nobody_else(name, group, roles):
    found = read_data(text_of(f"{MODULE}/{MODULE}.{name}.pssc", Groups("CONTOSO\\R’s", "CONTOSO\\C")))

    assert found.pop("RoleDefinitions") == {group: {"RoleCapabilities": roles}}
    assert re.fullmatch(r"[0-9a-f-]{36}", found.pop("GUID"))
    assert found == {
        "SchemaVersion": "2.0.0.0",
        "Author": "Network protection portal",
        "SessionType": "RestrictedRemoteServer",
        "LanguageMode": "NoLanguage",
        "RunAsVirtualAccount": True,
        "TranscriptDirectory": r"C:\ProgramData\NetworkProtectionPortal\Transcripts",
        "VisibleProviders": ["FileSystem", "Registry"],
    }


def test_the_manifest_exports_the_modules_functions_and_nothing_else():
    manifest = read_data(text_of(f"{MODULE}/{MODULE}.psd1"))
    functions = re.findall(r"^function (\S+) \{\r?$", text_of(f"{MODULE}/{MODULE}.psm1"), re.MULTILINE)

    assert (manifest["ModuleVersion"], manifest["RootModule"]) == (VERSION, f"{MODULE}.psm1")
    assert manifest["FunctionsToExport"] == functions == sorted(catalogue.OWN_FUNCTIONS)
    assert manifest["CmdletsToExport"] == manifest["AliasesToExport"] == manifest["VariablesToExport"] == []


def test_functions_run_the_programs_of_the_catalogue_by_their_whole_path():
    module = text_of(f"{MODULE}/{MODULE}.psm1")
    run = [command for line in re.findall(r"^    (& .*?)\r?$", module, re.MULTILINE) for command in read_commands(line)]

    assert [(c[0].name, [value for _, value in c[0].arguments]) for c in run] == [
        (r"C:\Windows\System32\netsh.exe", ["winhttp", "show", "proxy"]),
        (r"C:\Program Files\Windows Defender\MpCmdRun.exe", ["-ValidateMapsConnection"]),
    ]


@pytest.mark.parametrize("path", [READING, CHANGING])
def test_a_role_shows_no_program_and_names_no_common_parameter(path):
    role = read_data(text_of(path))

    assert set(role) == {
        *("GUID", "Author", "ModulesToImport", "VisibleCmdlets", "VisibleFunctions"),
        *("VisibleProviders", "VariableDefinitions"),
    }
    assert all(set(parameters or ()).isdisjoint(COMMON) for parameters in limits_of(path).values())


def test_only_select_object_and_the_modules_functions_are_shown_whole():
    whole = {name for name, parameters in ALL.items() if parameters is None}

    assert whole == {*catalogue.OWN_FUNCTIONS, r"Microsoft.PowerShell.Utility\Select-Object"}
    unlimited = {(n, p) for n, limits in ALL.items() for p, limit in (limits or {}).items() if set(limit) == {"Name"}}
    assert unlimited == {
        ("ForEach-Object", "InputObject"),
        ("Invoke-WebRequest", "UseBasicParsing"),
        ("Register-ScheduledTask", "Force"),
        ("Resolve-DnsName", "DnsOnly"),
        ("Resolve-DnsName", "QuickTimeout"),
    }


def test_patterns_mean_the_same_to_python_and_to_dotnet():
    limits = [limit for parameters in ALL.values() for limit in (parameters or {}).values()]
    patterns = {limit["ValidatePattern"] for limit in limits if "ValidatePattern" in limit}
    escapes = {
        escape for pattern in patterns for escape in re.findall(r"\\(.)", pattern, re.DOTALL) if escape.isalnum()
    }
    groups = {group for pattern in patterns for group in re.findall(r"(?<!\\)\(\?(<?.)", pattern)}

    assert escapes <= set(
        "xunsS"
    )  # not \d and \w, which take every script's in .NET; not \Z, which lets a line end follow
    assert groups <= {":", "!", "=", "<="}


def test_who_reads_is_shown_nothing_that_changes():
    assert {n for n in READS if n.startswith(("Set-", "Add-", "Remove-", "Register-", "Unregister-"))} == set()


ENTRIES = [entry for entries in catalogue.entries_by_role() for entry in entries]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_gets_through_where_it_belongs(entry: Entry):
    reading, changed = catalogue.entries_by_role()

    assert is_allowed(entry, ALL)
    assert is_allowed(entry, READS) == (entry in reading)
    assert entry in reading or entry in changed


PARTS = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), max_size=12)
PATHS = st.builds(
    lambda root, parts, end: root + "\\" + "\\".join(parts) + end,
    st.sampled_from(["C:", "d:", *SYSTEM_VARIABLES]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", ".exe", ".EXE", ".exe\n"]),
)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=36500)).map(lambda after: AT + after)
HOSTS = st.from_regex(r"[A-Za-z0-9_.-]{1,70}", fullmatch=True)
MADE = [
    (catalogue.resolve_name, st.text() | st.ip_addresses().map(str) | st.from_regex(r"[a-z.-]+")),
    (lambda value: catalogue.test_port(value, port=443), HOSTS),
    (lambda value: catalogue.test_port("a.example", port=value), st.integers(1, 65535)),
    (catalogue.request_page, st.from_regex(r"https?://[a-z.@]+[/?#].*")),
    (lambda value: catalogue.file_facts(value)[0], PATHS | st.text()),
    (lambda value: catalogue.file_facts(value)[1], PATHS),
    (catalogue.protection_events, st.timedeltas(timedelta(milliseconds=1), timedelta(days=30))),
    (catalogue.netlogon_events, st.timedeltas(timedelta(milliseconds=1), timedelta(days=30))),
    (lambda value: changing.add_exclusion(APP, value), PATHS),
    (lambda value: changing.remove_exclusion(APP, value), PATHS),
    (lambda value: changing.add_exclusion(IP, value), st.ip_addresses(v=4).map(str) | st.text()),
    (lambda value: changing.remove_exclusion(IP, value), st.ip_addresses(v=4).map(str)),
    (changing.restore_task_state, st.integers(1, 2**63 - 1)),
    (changing.remove_restore_task, st.integers(1, 2**63 - 1)),
    (
        lambda value: changing.set_restore_task(7, back_to=value[0], at=value[1]),
        st.tuples(st.sampled_from(changing.ProtectionMode), MOMENTS),
    ),
]


@pytest.mark.parametrize(("make", "values"), MADE)
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_the_catalogue_makes_gets_through(make, values, data):
    value = data.draw(values)
    try:
        entry = make(value)
    except (InvalidArgument, InvalidExclusionValue):
        return

    assert is_allowed(entry, ALL)


TASK = str(changing.set_restore_task(7, back_to=changing.ProtectionMode.ENABLED, at=AT).command.parameter("Xml"))
REFUSED = [
    cmdlet("Get-Date", Format="o"),
    cmdlet("Get-MpPreference", CimSession="other"),
    cmdlet("Get-MpPreference", ThrottleLimit="1"),
    cmdlet("Test-ComputerSecureChannel", Repair=None),
    cmdlet("Test-ComputerSecureChannel", Server="x"),
    cmdlet("Get-ItemProperty", Path=r"HKLM:\SAM"),
    cmdlet("Get-ItemProperty", Path="HKLM:\\SOFTWARE\\Policies\\Google\\Chrome\n"),
    cmdlet("Get-CimInstance", ClassName="Win32_UserAccount"),
    cmdlet("Get-CimInstance", Query="select * from Win32_Process"),
    cmdlet("Get-WinEvent", LogName="Security"),
    cmdlet("Get-WinEvent", FilterXPath="*"),
    cmdlet("Get-WinEvent", Path=r"C:\x.evtx"),
    cmdlet("ForEach-Object", MemberName="Delete"),
    cmdlet("ForEach-Object", Process="{ 1 }"),
    cmdlet("Get-Item", LiteralPath=r"\\server\share\x"),
    cmdlet("Get-Item", LiteralPath=r"HKLM:\SAM"),
    cmdlet("Get-Item", LiteralPath=r"C:\a\..\b"),
    cmdlet("Get-Item", LiteralPath="C:\\a\n"),
    cmdlet("Get-Item", LiteralPath=r"C:\*"),
    cmdlet("Get-Item", Path=r"C:\a"),
    cmdlet("Get-FileHash", LiteralPath=r"C:\a", Algorithm="MD5"),
    cmdlet("Get-Content", LiteralPath=r"C:\a"),
    cmdlet("Invoke-WebRequest", Uri="https://a.example/", Method="Post"),
    cmdlet("Invoke-WebRequest", Uri="https://a.example/", OutFile=r"C:\a"),
    cmdlet("Invoke-WebRequest", Uri="https://user@a.example/"),
    cmdlet("Invoke-WebRequest", Uri="file:///c:/a"),
    cmdlet("Resolve-DnsName", Name="a b"),
    cmdlet("Resolve-DnsName", Name="a.example", Server="192.0.2.1"),
    cmdlet("Test-NetConnection", ComputerName="a.example\n"),
    cmdlet("Set-MpPreference", DisableRealtimeMonitoring=True),
    cmdlet("Set-MpPreference", EnableNetworkProtection="Other"),
    cmdlet("Add-MpPreference", ExclusionPath="C:\\"),
    cmdlet("Add-MpPreference", ExclusionIpAddress="0.0.0.0/0"),
    cmdlet("Add-MpPreference", ExclusionProcess="*"),
    cmdlet("Add-MpPreference", ExclusionProcess="cmd.exe"),
    cmdlet("Add-MpPreference", ExclusionProcess=r"C:\a*.exe"),
    cmdlet("Add-MpPreference", ExclusionProcess=r"\\server\a.exe"),
    cmdlet("Register-ScheduledTask", Xml=TASK.replace("Set-MpPreference", "calc;Set-MpPreference")),
    cmdlet("Register-ScheduledTask", Xml=TASK.replace("S-1-5-18", "S-1-5-19")),
    cmdlet("Register-ScheduledTask", Xml=TASK + "\n"),
    cmdlet("Register-ScheduledTask", TaskName="Other"),
    cmdlet("Register-ScheduledTask", Action="x"),
    cmdlet("Register-ScheduledTask", User="x"),
    cmdlet("Unregister-ScheduledTask", TaskName="*"),
    cmdlet("Unregister-ScheduledTask", TaskPath="\\"),
    cmdlet("Get-PortalWinHttpProxy", "reset"),
    cmdlet("netsh.exe", "winhttp", "reset", "proxy"),
    cmdlet(r"C:\Windows\System32\netsh.exe", "winhttp", "show", "proxy"),
    cmdlet("Select-Object", Property="x"),
    cmdlet(r"Microsoft.PowerShell.Management\Get-Content", Path="x"),
    cmdlet("Invoke-Expression", Command="calc"),
]


@pytest.mark.parametrize("part", REFUSED)
def test_what_the_portal_never_sends_is_refused(part):
    assert not is_allowed(Entry("x", (part,), timedelta(1)), ALL)


@pytest.mark.parametrize(
    "group", ["", "Helpdesk", "A\\B\\C", "A\\", "\\B", "A\\B;C", "A\\B\n", 'A\\"B"', "A\\B|C", "A\\*"]
)
def test_what_is_no_group_is_refused(group):
    with pytest.raises(InvalidGroup):
        Groups(reading=group)
    with pytest.raises(InvalidGroup):
        Groups(changing=group)


@settings(max_examples=1000, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_whatever_a_group_is_called_the_file_stays_one_table(domain, name):
    try:
        groups = Groups(changing=f"{domain}\\{name}")
    except InvalidGroup:
        return

    found = read_data(text_of(f"{MODULE}/{MODULE}.Changing.pssc", groups).replace("\r\n", "\n"))
    assert list(found["RoleDefinitions"]) == [f"{domain}\\{name}"]


def test_the_readme_counts_the_registry_keys_as_they_are():
    keys = READS["Get-ItemProperty"]["Path"]["ValidateSet"]

    assert f"{len(keys)} registry keys" in text_of("README.md")


def test_a_visit_asks_only_the_portals_own_endpoint_about_itself():
    asked = catalogue.prerequisite_visit(timedelta(hours=1))
    own = catalogue.prerequisite_visit(timedelta(hours=1), configuration_name=catalogue.CHANGING_ENDPOINT)

    assert own == (asked[0], catalogue.ENDPOINT, *asked[1:])


def test_programs_are_sent_as_functions_to_the_portals_own_endpoint_only():
    forms = {
        entry.name: catalogue.form_for("networkprotectionportal.reading", entry)
        for _, entry in catalogue.PROGRAMS.values()
    }

    assert {name: form.pipeline for name, form in forms.items()} == {
        "winhttp_proxy": (cmdlet("Get-PortalWinHttpProxy"),),
        "cloud_connectivity": (cmdlet("Test-PortalCloudConnection"),),
    }
    assert all(map(catalogue.is_known, forms.values()))
    assert catalogue.form_for("Microsoft.PowerShell", catalogue.WINHTTP_PROXY) is catalogue.WINHTTP_PROXY
    assert catalogue.form_for("NetworkProtectionPortal.Reading", catalogue.CLOCK) is catalogue.CLOCK
    assert catalogue.ENDPOINT.pipeline == (
        cmdlet("Get-PortalEndpoint"),
        select("Version", "Roles", "Account", "Caller"),
    )
