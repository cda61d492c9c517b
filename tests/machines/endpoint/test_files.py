"""The generated endpoint: the same bytes each time, data only, and exactly what the portal sends."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.machines.endpoint.role_files import ALL, CHANGING, COMMON, MODULE, READING, READS, limits_of, text_of
from tests.support.powershell_reader import read_commands, read_data
from troubleshooting.machines import catalogue
from troubleshooting.machines.endpoint.files import Groups, InvalidGroup, endpoint_files, endpoint_zip
from troubleshooting.machines.endpoint.version import VERSION
from troubleshooting.machines.pipeline import cmdlet, select

# A PC's endpoint is told to be old by its version: new content needs a new version, and then its digest here.
DIGESTS = {
    "1.0.0": "759f0aa148c47dd262e0604304140fe98e799ca0ca3e4236ee97905c432c559a",
    "1.1.0": "a3157a29eb8ad1987879f2aca15ec707bb192c99ca44d6e7569cc158a7e6d594",
    "1.2.0": "c7df5ab03181873da34c023b6c2b0534820272f9add49b00a087b4133ceb9d44",
    "1.3.0": "8120fefc9cc4f45ecb7090382bcb787b219105d51ab6ffbbc33b374bcad343f5",
}


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
    assert manifest["FunctionsToExport"] == sorted(functions) == sorted(catalogue.OWN_FUNCTIONS)
    assert manifest["CmdletsToExport"] == manifest["AliasesToExport"] == manifest["VariablesToExport"] == []


def test_functions_run_the_programs_of_the_catalogue_by_their_whole_path():
    module = text_of(f"{MODULE}/{MODULE}.psm1")
    run = [command for line in re.findall(r"^    (& .*?)\r?$", module, re.MULTILINE) for command in read_commands(line)]

    assert [(c[0].name, [value for _, value in c[0].arguments]) for c in run] == [
        (r"C:\Windows\System32\netsh.exe", ["winhttp", "show", "proxy"]),
        (r"C:\Program Files\Windows Defender\MpCmdRun.exe", ["-GetFiles"]),
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

    without_arguments = catalogue.OWN_FUNCTIONS - {"Read-PortalSupportFiles"}
    assert whole == {*without_arguments, r"Microsoft.PowerShell.Utility\Select-Object"}
    unlimited = {(n, p) for n, limits in ALL.items() for p, limit in (limits or {}).items() if set(limit) == {"Name"}}
    assert unlimited == {
        ("ForEach-Object", "InputObject"),
        ("Get-WinEvent", "Oldest"),
        ("Invoke-WebRequest", "UseBasicParsing"),
        ("Register-ScheduledTask", "Force"),
        ("Resolve-DnsName", "DnsOnly"),
        ("Resolve-DnsName", "QuickTimeout"),
    }


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
        "collect_support_files": (cmdlet("New-PortalSupportFiles"),),
    }
    assert all(map(catalogue.is_known, forms.values()))
    assert catalogue.form_for("Microsoft.PowerShell", catalogue.WINHTTP_PROXY) is catalogue.WINHTTP_PROXY
    assert catalogue.form_for("NetworkProtectionPortal.Reading", catalogue.CLOCK) is catalogue.CLOCK
    assert catalogue.ENDPOINT.pipeline == (
        cmdlet("Get-PortalEndpoint"),
        select("Version", "Roles", "Account", "Caller"),
    )
