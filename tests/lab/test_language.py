"""What the endpoint refuses, and what it lets through."""

from __future__ import annotations

import pytest
from pypsrp.client import Client
from pypsrp.exceptions import WinRMError
from pypsrp.powershell import PowerShell

from portal.demo.lab import registry
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.rules import COMPONENTS, SUPPORT_CAB
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from tests.lab.talk import (
    DATE,
    MPCMDRUN,
    NP_LOG,
    PREFERENCE,
    STATUS,
    cim,
    errors,
    events,
    key,
    only,
    opened,
    read,
    run,
    select,
)

PAGE = {
    "Uri": "https://www.contoso.example",
    "Method": "Head",
    "UseBasicParsing": None,
    "TimeoutSec": 20,
    "MaximumRedirection": 0,
}
REFUSED = {
    "CommandNotFoundException": [
        [("Get-Process", {})],
        [("Invoke-Expression", {"Command": "Get-Date"})],
        [("Invoke-Command", {})],
        [DATE, ("Out-String", {})],
        [PREFERENCE, select("MAPSReporting"), select("MAPSReporting")],
        [(r"C:\Windows\System32\cmd.exe", {"argument": "/c"})],
        [("MpCmdRun.exe", {"argument": "-ValidateMapsConnection"})],
    ],
    "NamedParameterNotFound": [
        [("Get-Date", {"Format": "o"})],
        [("Get-CimInstance", {"Query": "select * from Win32_Process"})],
        [("Set-MpPreference", {"DisableRealtimeMonitoring": True})],
        [("Set-MpPreference", {"ExclusionPath": "C:\\"})],
        [("Set-MpPreference", {"MAPSReporting": "Disabled"})],
        [("Add-MpPreference", {"ExclusionPath": "C:\\"})],
        [("Get-Item", {"Path": "C:\\*"})],
        [PREFERENCE, ("Select-Object", {"ExpandProperty": "MAPSReporting"})],
        [("Remove-MpPreference", {"EnableNetworkProtection": None})],
    ],
    "ParameterArgumentValidationError": [
        [cim("Win32_Process"), select("Name")],
        [cim("Win32_OperatingSystem"), select("Name", "Password")],
        [cim("AntiVirusProduct", Namespace="root/SecurityCenter"), select("displayName")],
        [cim("Win32_OperatingSystem")],
        [PREFERENCE],
        [STATUS],
        [STATUS, select("*")],
        [key(r"HKLM:\SAM")],
        [key(registry.CURRENT_VERSION)],
        [key(registry.CURRENT_VERSION), select("DigitalProductId")],
        [("Set-MpPreference", {"EnableNetworkProtection": "Warn"})],
        [("Set-MpPreference", {"EnableNetworkProtection": 1})],
        [("Set-MpPreference", {"DisableTlsParsing": "$true"})],
        [("Set-MpPreference", {"ProxyServer": "10.0.0.6:8080"})],
        [("Set-MpPreference", {"DisableTlsParsing": True, "DisableDnsParsing": True})],
        [("Add-MpPreference", {"ExclusionIpAddress": "0.0.0.0/0"})],
        [("Add-MpPreference", {"ExclusionIpAddress": ["192.0.2.1", "192.0.2.2"]})],
        [("Add-MpPreference", {"ExclusionProcess": "*.exe"})],
        events(xpath="*"),
        events(log="Security"),
        events(most=100_000),
        events()[:1],
        [events()[0], ("ForEach-Object", {"MemberName": "Delete"})],
        [(MPCMDRUN, {"argument": "-RemoveDefinitions"})],
        [(MPCMDRUN, {"argument1": "-GetFiles", "argument2": "-SupportLogLocation"})],
        [("netsh.exe", {"argument1": "winhttp", "argument2": "reset", "argument3": "proxy"})],
        [("Invoke-WebRequest", {**PAGE, "Uri": "file:///C:/secret"}), select("StatusCode")],
        [("Invoke-WebRequest", {**PAGE, "Method": "Post"}), select("StatusCode")],
        [("Test-NetConnection", {"ComputerName": "a b", "Port": 443}), select("TcpTestSucceeded")],
        [("Get-Item", {"LiteralPath": r"C:\*"}), select("Length")],
        [("Register-ScheduledTask", {"TaskName": "x", "Xml": "<Task/>", "User": "SYSTEM", "Force": None})],
        [("Unregister-ScheduledTask", {"TaskName": "x", "Confirm": True})],
    ],
}


@pytest.mark.parametrize(
    ("identifier", "statement"), [(name, each) for name, every in REFUSED.items() for each in every], ids=str
)
def test_what_is_outside_the_catalogue_is_refused(lab_server, lab_pc, identifier, statement):
    before = dict(lab_pc.preferences)

    shell = read(lab_server(lab_pc), *statement)

    assert shell.had_errors
    assert [error.partition(",")[0] for error in errors(shell)] == [identifier]
    assert (shell.output, lab_pc.preferences) == ([], before)


def test_script_text_is_refused(lab_server):
    with opened(lab_server()) as pool:
        shell = PowerShell(pool).add_script("Get-Date")
        shell.invoke()

    assert errors(shell) == ["ScriptsNotAllowed"]
    assert "no-language mode" in str(shell.streams.error[0])


def test_a_command_is_known_in_any_case(lab_server):
    assert only(read(lab_server(), ("get-date", {})))


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_can_be_switched(lab_server, lab_pc, component):
    before = lab_pc.preferences[component]
    server = lab_server(lab_pc)

    assert errors(read(server, ("Set-MpPreference", {component: not before}))) == []
    assert lab_pc.preferences[component] is not before


def test_whole_objects_are_for_administrators_only(lab_server):
    server = lab_server(healthy_windows_11(full_language=True))

    assert only(read(server, PREFERENCE)).adapted_properties["EnableNetworkProtection"] == 1
    assert errors(read(server, ("Get-Process", {}))) == ["CommandNotFoundException"]


def test_a_registry_read_may_ask_for_its_path_and_a_policy_for_known_names(lab_server, lab_pc):
    lab_pc.registry[registry.POLICY_NP] = {"EnableNetworkProtection": 2}

    shell = read(lab_server(lab_pc), key(registry.POLICY_NP), select("EnableNetworkProtection", "PSPath"))

    assert only(shell).extended_properties["EnableNetworkProtection"] == 2


def test_the_support_files_are_collected_and_fetched(lab_server, lab_pc, tmp_path):
    server = lab_server(lab_pc)
    lines = read(server, (MPCMDRUN, {"argument": "-GetFiles"})).output
    client = Client("127.0.0.1", port=server.port, ssl=False, auth="ntlm", username=LAB_USERNAME, password=LAB_PASSWORD)

    with client:
        client.fetch(SUPPORT_CAB, str(tmp_path / "files.cab"))

    assert lines[0].startswith("Launching ")
    assert lines[-1] == f"Files successfully created in {SUPPORT_CAB}"
    assert (tmp_path / "files.cab").read_bytes() == lab_pc.files[SUPPORT_CAB]


def test_no_other_file_can_be_fetched(lab_server, tmp_path):
    server = lab_server()
    client = Client("127.0.0.1", port=server.port, ssl=False, auth="ntlm", username=LAB_USERNAME, password=LAB_PASSWORD)

    with client, pytest.raises(WinRMError, match="no-language mode"):
        client.fetch(r"C:\Windows\System32\config\SAM", str(tmp_path / "sam"))


def test_pypsrps_own_way_of_running_script_is_refused(lab_server):
    server = lab_server()
    client = Client("127.0.0.1", port=server.port, ssl=False, auth="ntlm", username=LAB_USERNAME, password=LAB_PASSWORD)

    with client:
        output, streams, had_errors = client.execute_ps("Get-Date")

    assert (output, had_errors) == ("", True)
    assert streams.error[0].fq_error == "CommandNotFoundException"


def test_what_ran_is_counted_as_powershell_would_show_it(lab_server):
    server = lab_server()

    with opened(server) as pool:
        run(pool, [DATE], [PREFERENCE, select("MAPSReporting", "ProxyServer")])
        run(pool, [(MPCMDRUN, {"argument": "-ValidateMapsConnection"})])
        run(pool, [("Set-MpPreference", {"DisableTlsParsing": False})])
        run(pool, [("Get-WinEvent", {"LogName": NP_LOG})])

    assert server.commands == [
        "Get-Date",
        "Get-MpPreference | Select-Object -Property MAPSReporting, ProxyServer",
        r"& 'C:\Program Files\Windows Defender\MpCmdRun.exe' -ValidateMapsConnection",
        "Set-MpPreference -DisableTlsParsing $false",
        f"Get-WinEvent -LogName '{NP_LOG}'",
    ]
    server.reset_counters()
    assert (server.requests, server.commands) == (0, [])
