"""What the texts of a CAB say becomes a snapshot; the rest stays unknown."""

from __future__ import annotations

import pytest

from tests.machines.support_files.texts import (
    CLOUD,
    EVENTS,
    NOT_REACHED,
    REACHED,
    REGISTRY,
    STATE,
    SYSTEM,
    files,
    snapshot,
)
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import ReadState, Source


def test_the_registry_tells_what_is_in_force_and_who_set_it():
    read = snapshot(registry=REGISTRY)

    assert read.source is Source.FILE
    assert read.preferences.network_protection == 1
    assert read.preferences.maps_reporting == 2
    assert read.preferences.allow_network_protection_on_win_server is True
    assert read.preferences.exclusion_ip_address.entries == ("10.1.2.3",)
    assert read.preferences.exclusion_process.entries == (r"C:\Program Files\Alte Anwendung\app.exe",)
    assert read.preferences.proxy_server == "http://proxy.contoso.example:8080"
    assert read.policy(r"Exploit Guard\Network Protection", "EnableNetworkProtection") == 1
    assert read.policy("Policy Manager", "EnableNetworkProtection") is None
    assert read.computer_status.running_mode == "Normal"
    assert read.computer_status.signature_version == "1.441.312.0"
    assert read.computer_status.tamper_protected is True
    assert (read.operating_system.sku, read.operating_system.build) == (4, 26100)


def test_places_are_lines_counted_from_one():
    read = files(registry=REGISTRY)

    place = read.places["preferences", "network_protection"]
    assert (place.file, place.line) == ("MPRegistry.txt", 4)
    assert place.text == "EnableNetworkProtection [REG_DWORD] : 1 (0x1)"
    assert read.places["preferences", "exclusion_ip_address", "10.1.2.3"].line == 11


def test_silence_is_never_read_as_fine():
    """The sample has no system and no MDM policy, so who sets the mode is not known, and nothing else is."""
    short = REGISTRY.partition('Current configuration options for location "system policy"')[0]
    findings = {finding.check: finding for finding in judge(snapshot(registry=short), report=None)}

    assert {check for check, finding in findings.items() if finding.status == "unknown"} == {
        "os_edition",
        "os_version",
        "sole_antivirus",
        "real_time_protection",
        "behavior_monitoring",
        "cloud_connectivity",
        "server_switches",
        "mode_origin",
        "platform_version",
        "signatures",
        "network_inspection",
        "tamper_protection",
        "troubleshooting_mode",
    }
    assert findings["protection_mode"].status == "pass"
    assert snapshot().preferences is None
    assert {finding.status for finding in judge(snapshot(), report=None)} == {"unknown"}


def test_a_policy_that_sets_the_mode_is_known_without_the_other_one():
    only_group_policy = REGISTRY.partition('Current configuration options for location "mdm policy"')[0]

    (origin,) = [one for one in judge(snapshot(registry=only_group_policy), report=None) if one.check == "mode_origin"]

    assert origin.status == "warn"
    assert "Company policy sets the network protection mode" in str(origin.summary)


def test_the_state_tells_what_is_on():
    status = snapshot(registry=REGISTRY, state=STATE).computer_status

    assert status.real_time_protection is True
    assert status.on_access_protection is False
    assert status.behavior_monitor is True  # configured on, beside real-time protection that is on
    assert status.signatures_out_of_date is False
    assert snapshot(state=STATE).computer_status.behavior_monitor is None
    assert snapshot(state=STATE.replace("0x00080000", "0x00080020")).computer_status.signatures_out_of_date is True


RUNNING = "IsServiceRunning                    [REG_DWORD] : 1 (0x1)"


@pytest.mark.parametrize(
    ("texts", "stopped"),
    [
        ({"state": STATE.replace("0x00080000", "0x00000001")}, True),
        ({"registry": REGISTRY.replace(RUNNING, RUNNING.replace("1", "0"))}, True),
        ({"state": STATE, "registry": REGISTRY}, False),
    ],
)
def test_a_service_that_does_not_run_is_said_as_a_visit_says_it(texts, stopped):
    assert (snapshot(**texts).reading("computer_status").error_code == "defender_stopped") is stopped


@pytest.mark.parametrize(
    ("text", "mode", "inspected"),
    [
        ("Network Protection is currently set in block mode", 1, None),
        ("Network Protection is currently set in Audit mode\n", 2, None),
        ("Network Protection is currently set in Disabled mode", 0, None),
        ("Network Protection is currently set in some new mode", None, None),
        ("Network Protection is currently set in block mode\n[WARNING] Behavior monitoring is off", 1, False),
    ],
)
def test_the_network_protection_state_fills_what_the_registry_does_not_say(text, mode, inspected):
    registry = REGISTRY.replace("EnableNetworkProtection             [REG_DWORD] : 1 (0x1)", "", 1)
    read = snapshot(registry=registry, mode=text)

    assert read.preferences.network_protection == mode
    assert read.computer_status.network_inspection is inspected


@pytest.mark.parametrize(
    ("caption", "sku", "product_type"),
    [
        ("Microsoft Windows 11 Enterprise", 4, 1),
        ("Microsoft Windows 11 Home", 101, 1),
        ("Microsoft Windows 11 Home Single Language", 100, 1),
        ("Microsoft Windows 10 Enterprise LTSC 2021", 125, 1),
        ("Microsoft Windows 11 Enterprise multi-session", 175, 1),
        ("Microsoft Windows Server 2022 Datacenter", 8, 3),
        ("Microsoft Windows Server 2012 R2 Standard", 7, 3),
        ("Microsoft Windows 12 Something", None, None),
        ("Майкрософт Windows 11 Pro", 48, 1),
    ],
)
def test_the_edition_follows_from_the_caption(caption, sku, product_type):
    system = snapshot(system=SYSTEM.replace("Microsoft Windows 11 Pro for Workstations", caption)).operating_system

    assert (system.sku, system.product_type, system.build) == (sku, product_type, 22631)


def test_systeminfo_is_read_by_the_order_of_its_lines_in_any_language():
    german = """
Hostname:                                      PC01
Betriebssystemname:                            Microsoft Windows 11 Pro for Workstations
Betriebssystemversion:                         10.0.22631 Nicht zutreffend Build 22631
Zeitzone:                                      (UTC-05:00) Eastern Time (USA & Kanada)
"""
    assert snapshot(system=german).operating_system == snapshot(system=SYSTEM).operating_system
    assert snapshot(system=german).computer.name == "PC01"


def test_the_mode_is_known_without_the_registry_and_nothing_else_is():
    read = snapshot(mode="Network Protection is currently set in audit mode")
    known = [finding for finding in judge(read, report=None) if finding.status != "unknown"]

    assert [finding.check for finding in known] == ["protection_mode"]


def test_products_are_read_and_a_server_has_none():
    two = """
displayName = [Windows Defender]
pathToSignedProductExe = [windowsdefender://]
productState = [397568]

displayName = [Example AV]
productState = [0x41000]
"""
    found = snapshot(products=two).antivirus_products
    server = SYSTEM.replace("Windows 11 Pro for Workstations", "Windows Server 2022 Standard")

    assert [(product.name, product.product_state) for product in found] == [
        ("Windows Defender", 397568),
        ("Example AV", 0x41000),
    ]
    assert snapshot(products="", system=server).reading("antivirus_products").state is ReadState.ABSENT
    assert snapshot(products="", system=SYSTEM).reading("antivirus_products").state is ReadState.FAILED


def test_the_latest_test_of_the_connection_counts_unless_it_is_old():
    yesterday = CLOUD.format(at="Fri Nov 27 2026 09:10:02", said=NOT_REACHED)
    just_now = CLOUD.format(at="Fr Nov 27 2026 14:10:02", said=REACHED)
    long_ago = CLOUD.format(at="Mon Nov 02 2026 14:10:02", said=NOT_REACHED)

    assert snapshot(commands=just_now + yesterday).cloud_connectivity.connected is True
    failed = snapshot(commands=yesterday).cloud_connectivity
    assert (failed.connected, failed.hresult, failed.http_code) == (False, "0x80072EE7", 451)
    assert snapshot(commands=long_ago).cloud_connectivity is None
    assert snapshot(commands=CLOUD.format(at="whenever", said=REACHED)).cloud_connectivity is None
    assert snapshot(commands=just_now, state=STATE).computer_status.product_version == "4.18.26010.5"


def test_a_proxy_is_read_from_what_netsh_prints_and_from_nothing_else():
    printed = "\nCurrent WinHTTP proxy settings:\n\n    Proxy Server(s) :  proxy.contoso.example:8080\n"

    assert snapshot(proxy=printed).winhttp_proxy.server == "proxy.contoso.example:8080"
    assert snapshot(proxy="Settings\n    ProxyEnable [REG_DWORD] : 0\n").winhttp_proxy.direct is None


def test_the_age_of_the_signatures_is_counted_from_when_the_cab_was_made():
    assert snapshot(registry=REGISTRY, events=EVENTS).computer_status.signature_age_days == 2
