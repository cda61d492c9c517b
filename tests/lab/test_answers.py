"""The types of every answer, as Windows PowerShell 5.1 sends them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from pypsrp.complex_objects import GenericComplexObject

from portal.demo.lab import registry
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import MapsFailure
from portal.demo.lab.pcs import (
    behind_proxy,
    defender_stopped,
    german_windows,
    healthy_windows_11,
    old_platform,
    other_antivirus,
    server_without_switch,
    windows_home,
)
from portal.demo.lab.rules import SUPPORT_CAB
from tests.lab.talk import DATE, MPCMDRUN, PREFERENCE, STATUS, cim, errors, key, only, read, select


def selected(server, *commands):
    """Return the extended properties of the one object that Select-Object made."""
    value = only(read(server, *commands))
    assert value.types[-2:] == ["System.Management.Automation.PSCustomObject", "System.Object"]
    return value.extended_properties


def test_the_clock_is_a_datetime_with_its_offset_and_the_note_of_get_date(lab_server, lab_pc):
    lab_pc.clock_offset = timedelta(minutes=-7)

    value = only(read(lab_server(lab_pc), DATE))

    moment = datetime.fromisoformat(value.property_sets[0])
    assert moment.utcoffset() == timedelta(hours=1)
    assert abs(datetime.now(UTC) - timedelta(minutes=7) - moment) < timedelta(seconds=10)
    assert value.extended_properties["DisplayHint"].to_string == "DateTime"


def test_the_operating_system_has_a_text_for_its_build_and_numbers_for_its_kind(lab_server):
    names = ["Caption", "Version", "BuildNumber", "OperatingSystemSKU", "ProductType", "CSName"]

    found = selected(lab_server(), cim("Win32_OperatingSystem"), select(*names, "LastBootUpTime", "LocalDateTime"))

    assert {name: found[name] for name in names} == {
        "Caption": "Microsoft Windows 11 Enterprise",
        "Version": "10.0.26100",
        "BuildNumber": "26100",
        "OperatingSystemSKU": 4,
        "ProductType": 1,
        "CSName": "PC-0142",
    }
    assert datetime.fromisoformat(found["LocalDateTime"]) > datetime.fromisoformat(found["LastBootUpTime"])


def test_a_selected_object_is_named_after_what_it_was_made_from(lab_server):
    value = only(read(lab_server(), cim("Win32_OperatingSystem"), select("Caption")))

    assert value.types[0] == "Selected.Microsoft.Management.Infrastructure.CimInstance"


def test_names_that_an_object_lacks_give_null(lab_server):
    found = selected(lab_server(old_platform()), PREFERENCE, select("EnableConvertWarnToBlock", "MAPSReporting"))

    assert found == {"EnableConvertWarnToBlock": None, "MAPSReporting": 2}


def test_enumerations_of_defender_are_bytes_and_lists_are_arrays_of_strings(lab_server, lab_pc):
    lab_pc.preferences["ExclusionProcess"] = [r"C:\Tools\sync.exe"]
    value = only(
        read(lab_server(lab_pc), PREFERENCE, select("EnableNetworkProtection", "ExclusionProcess", "ProxyServer"))
    )

    assert '<By N="EnableNetworkProtection">1</By>' in value._xml
    assert "System.String[]" in value._xml
    assert value.extended_properties == {
        "EnableNetworkProtection": 1,
        "ExclusionProcess": [r"C:\Tools\sync.exe"],
        "ProxyServer": None,
    }


def test_the_age_of_signatures_is_an_unsigned_number(lab_server):
    value = only(read(lab_server(old_platform()), STATUS, select("AntivirusSignatureAge", "SmartAppControlState")))

    assert '<U32 N="AntivirusSignatureAge">12</U32>' in value._xml
    assert value.extended_properties["SmartAppControlState"] is None


def test_the_state_of_defender_has_truth_values_texts_and_moments(lab_server):
    names = ["AMRunningMode", "RealTimeProtectionEnabled", "AntivirusSignatureLastUpdated", "TroubleShootingMode"]

    found = selected(lab_server(), STATUS, select(*names))

    assert (found["AMRunningMode"], found["RealTimeProtectionEnabled"]) == ("Normal", True)
    assert datetime.fromisoformat(found["AntivirusSignatureLastUpdated"]).tzinfo is not None


def test_the_computer_says_who_sits_at_the_console(lab_server):
    names = ["Name", "Domain", "PartOfDomain", "DomainRole", "UserName"]

    found = selected(lab_server(), cim("Win32_ComputerSystem"), select(*names))

    assert found == dict(zip(names, ["PC-0142", "lab.example", True, 1, "LAB\\emma"], strict=True))


def test_a_pc_outside_a_domain_says_so(lab_server):
    server = lab_server(windows_home())

    found = selected(server, cim("Win32_ComputerSystem"), select("Domain", "PartOfDomain", "DomainRole"))

    assert found == {"Domain": "WORKGROUP", "PartOfDomain": False, "DomainRole": 0}
    assert errors(read(server, ("Test-ComputerSecureChannel", {}))) == [
        "ComputerNotInDomain,Microsoft.PowerShell.Commands.TestComputerSecureChannelCommand"
    ]


def test_the_secure_channel_of_a_domain_member_is_true(lab_server):
    assert only(read(lab_server(), ("Test-ComputerSecureChannel", {}))) is True


def test_every_antivirus_product_is_an_object(lab_server):
    shell = read(
        lab_server(other_antivirus()),
        cim("AntiVirusProduct", Namespace="root/SecurityCenter2"),
        select("displayName", "productState", "pathToSignedProductExe", "timestamp"),
    )

    found = [
        (each.extended_properties["displayName"], each.extended_properties["productState"]) for each in shell.output
    ]
    assert found == [("Windows Defender", 393472), ("Contoso Endpoint Security", 266240)]
    assert shell.output[0].extended_properties["timestamp"].endswith(" GMT")


def test_a_server_has_no_security_center(lab_server):
    shell = read(
        lab_server(server_without_switch()),
        cim("AntiVirusProduct", Namespace="root/SecurityCenter2"),
        select("displayName"),
    )

    (error,) = shell.streams.error
    assert (shell.output, shell.had_errors) == ([], False)
    assert str(error) == "Invalid namespace "
    assert error.fq_error == ("HRESULT 0x8004100e,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand")


def test_a_key_without_select_object_carries_the_notes_of_its_provider(lab_server, lab_pc):
    lab_pc.registry[registry.POLICY_NP] = {"EnableNetworkProtection": 2}

    value = only(read(lab_server(lab_pc), key(registry.POLICY_NP)))

    full = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard"
    assert value.extended_properties == {
        "EnableNetworkProtection": 2,
        "PSPath": rf"Microsoft.PowerShell.Core\Registry::{full}\Network Protection",
        "PSParentPath": rf"Microsoft.PowerShell.Core\Registry::{full}",
        "PSChildName": "Network Protection",
        "PSDrive": "HKLM",
        "PSProvider": r"Microsoft.PowerShell.Core\Registry",
    }


def test_a_key_that_is_not_there_is_an_error_with_its_path(lab_server):
    shell = read(lab_server(), key(registry.POLICY_MANAGER))

    (error,) = shell.streams.error
    assert shell.had_errors is False
    assert str(error) == f"Cannot find path '{registry.POLICY_MANAGER}' because it does not exist."
    assert error.fq_error == "PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand"
    assert error.message == (
        f"ObjectNotFound: ({registry.POLICY_MANAGER}:String) [Get-ItemProperty], ItemNotFoundException"
    )
    assert (error.target_name, error.command_name) == (registry.POLICY_MANAGER, "Get-ItemProperty")


def test_a_key_without_values_puts_out_nothing(lab_server, lab_pc):
    lab_pc.registry[registry.POLICY] = {}

    shell = read(lab_server(lab_pc), key(registry.POLICY))

    assert (shell.output, shell.streams.error) == ([], [])


def test_the_version_of_windows_comes_from_the_registry(lab_server):
    found = selected(
        lab_server(old_platform()),
        key(registry.CURRENT_VERSION),
        select("EditionID", "DisplayVersion", "UBR", "PSPath"),
    )

    assert (found["EditionID"], found["DisplayVersion"], found["UBR"]) == ("Enterprise", None, 2208)
    assert found["PSPath"].startswith("Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE")


def test_a_stopped_defender_answers_with_its_code(lab_server):
    server = lab_server(defender_stopped())

    assert errors(read(server, STATUS, select("AMRunningMode"))) == ["HRESULT 0x800106ba,Get-MpComputerStatus"]
    assert errors(read(server, PREFERENCE, select("MAPSReporting"))) == ["HRESULT 0x800106ba,Get-MpPreference"]


def test_hidden_exclusions_are_said_to_be_hidden(lab_server, lab_pc):
    lab_pc.faults.add(Fault.EXCLUSIONS_HIDDEN)

    found = selected(lab_server(lab_pc), PREFERENCE, select("ExclusionIpAddress", "ProxyBypass"))

    assert found == {"ExclusionIpAddress": ["N/A: Must be and administrator to view exclusions"], "ProxyBypass": None}


def test_programs_put_out_lines(lab_server):
    server = lab_server(behind_proxy())

    lines = read(server, ("netsh.exe", {"argument1": "winhttp", "argument2": "show", "argument3": "proxy"})).output
    maps = read(server, (MPCMDRUN, {"argument": "-ValidateMapsConnection"}))

    assert "    Proxy Server(s) :  proxy.lab.example:8080" in lines
    assert maps.output == [
        "ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072EE7 httpcode=451)"
    ]
    (error,) = maps.streams.error
    assert (str(error), error.fq_error) == ("MpCmdRun.exe: hr = 0x80072EE7", "NativeCommandError")


def test_the_cloud_is_reached_once_defender_has_its_proxy(lab_server):
    pc = behind_proxy()
    server = lab_server(pc)

    read(server, ("Set-MpPreference", {"ProxyServer": "http://proxy.lab.example:8080"}))

    assert only(read(server, (MPCMDRUN, {"argument": "-ValidateMapsConnection"}))) == (
        "ValidateMapsConnection successfully established a connection to MAPS"
    )


def test_a_german_windows_translates_texts_only(lab_server):
    pc = german_windows()
    pc.maps_failure = MapsFailure("0x80072F8F", 451)
    server = lab_server(pc)

    shell = read(server, key(registry.POLICY_MANAGER))
    lines = read(server, ("netsh.exe", {"argument1": "winhttp", "argument2": "show", "argument3": "proxy"})).output

    assert str(shell.streams.error[0]).startswith('Der Pfad "HKLM:')
    assert errors(shell) == ["PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand"]
    assert "    Direktzugriff (kein Proxyserver)." in lines
    assert selected(server, cim("Win32_OperatingSystem"), select("Caption")) == {"Caption": "Microsoft Windows 11 Pro"}


def test_an_address_arrives_as_an_object_with_a_text(lab_server):
    found = selected(
        lab_server(),
        ("Test-NetConnection", {"ComputerName": "dc1.lab.example", "Port": 443, "WarningAction": "SilentlyContinue"}),
        select("ComputerName", "RemoteAddress", "RemotePort", "TcpTestSucceeded"),
    )

    assert isinstance(found["RemoteAddress"], GenericComplexObject)
    assert (str(found["RemoteAddress"]), found["TcpTestSucceeded"]) == ("192.0.2.10", False)


def test_a_name_is_resolved_or_said_not_to_exist(lab_server):
    server = lab_server()

    def resolve(name):
        return read(server, ("Resolve-DnsName", {"Name": name, "DnsOnly": None, "QuickTimeout": None}))

    assert only(resolve("dc1.lab.example")).adapted_properties["IPAddress"] == "192.0.2.10"
    assert errors(resolve("nowhere.example")) == [
        "DNS_ERROR_RCODE_NAME_ERROR,Microsoft.DnsClient.Commands.ResolveDnsName"
    ]


def test_the_facts_of_a_file_are_its_size_and_hash(lab_server, lab_pc):
    lab_pc.files[SUPPORT_CAB] = b"MSCF and more"
    server = lab_server(lab_pc)

    facts = selected(server, ("Get-Item", {"LiteralPath": SUPPORT_CAB}), select("FullName", "Length"))
    digest = selected(server, ("Get-FileHash", {"LiteralPath": SUPPORT_CAB, "Algorithm": "SHA256"}), select("Hash"))

    assert facts == {"FullName": SUPPORT_CAB, "Length": 13}
    assert len(digest["Hash"]) == 64
    missing = read(server, ("Get-Item", {"LiteralPath": r"C:\nothing.cab"}), select("FullName"))
    assert errors(missing) == ["PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand"]


@pytest.mark.parametrize(
    ("command", "class_name", "least"),
    [
        (PREFERENCE, "MSFT_MpPreference", 40_000),
        (STATUS, "MSFT_MpComputerStatus", 20_000),
        (cim("Win32_OperatingSystem"), "Win32_OperatingSystem", 20_000),
    ],
)
def test_a_whole_cim_object_carries_its_class_declaration(lab_server, command, class_name, least):
    value = only(read(lab_server(healthy_windows_11(full_language=True)), command))

    (declaration,) = value.extended_properties["__ClassMetadata"]
    assert value.types[1] == f"Microsoft.Management.Infrastructure.CimInstance#{class_name}"
    assert "PSComputerName" in value.adapted_properties
    assert declaration.extended_properties["ClassName"] == class_name
    assert len(declaration.extended_properties["MiXml"]) > least


def test_a_large_pipeline_and_a_large_answer_travel_in_fragments(lab_server, lab_pc):
    for _ in range(400):
        lab_pc.visit("https://invoices.contoso-partner.example")
    server = lab_server(lab_pc)
    name = f"Nothing-{uuid.uuid4()}" * 10_000

    with_events = read(server, *_events())
    refused = read(server, (name, {}))

    assert len(with_events.output) == 401
    assert errors(refused) == ["CommandNotFoundException"]


def _events():
    xpath = "*[System[(EventID=1126) and TimeCreated[timediff(@SystemTime) <= 3600000]]]"
    log = "Microsoft-Windows-Windows Defender/Operational"
    return [
        ("Get-WinEvent", {"LogName": log, "FilterXPath": xpath, "MaxEvents": 500}),
        ("ForEach-Object", {"MemberName": "ToXml"}),
    ]
