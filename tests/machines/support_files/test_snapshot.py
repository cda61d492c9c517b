"""What the texts of a CAB say, in the forms, languages and encodings that the field has; the rest stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.support_files.made import WRITTEN_AT
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot, Source
from troubleshooting.machines.support_files.header import CabMember
from troubleshooting.machines.support_files.names import is_known
from troubleshooting.machines.support_files.reader import Cab
from troubleshooting.machines.support_files.snapshot import SupportFiles, read_support_files

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
REGISTRY = r"""
Current configuration options for location "effective policy"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : 1 (0x1)
    AllowNetworkProtectionOnWinServer   [REG_DWORD] : 1 (0x1)
[Real-Time Protection]
    DisableBehaviorMonitoring           [REG_DWORD] : 0x0
[Spynet]
    SpynetReporting                     [REG_DWORD] : 2 (0x2)
[Exclusions\IpAddresses]
    10.1.2.3                            [REG_DWORD] : 0 (0x0)
[Exclusions\Processes]
    C:\Program Files\Alte Anwendung\app.exe   [REG_DWORD] : 0 (0x0)
[Signature Updates]
    AVSignatureVersion                  [REG_SZ]    : 1.441.312.0
    SignaturesLastUpdated               [REG_BINARY] : Wed Nov 25 2026 08:00:00 [UTC]
[.]
    ProxyServer                         [REG_SZ]    : http://proxy.contoso.example:8080
    PassiveMode                         [REG_DWORD] : 0 (0x0)
    IsServiceRunning                    [REG_DWORD] : 1 (0x1)
Current configuration options for location "system policy"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : 1 (0x1)
Current configuration options for location "mdm policy"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : (null)
Current configuration options for location "preferences"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : 2 (0x2)
[Features]
    TamperProtection                    [REG_DWORD] : 5 (0x5)
Windows Setup keys from HKLM
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
    EditionID                           [REG_SZ]    : Enterprise
    CurrentBuild                        [REG_SZ]    : 26100
    EnableNetworkProtection             [REG_DWORD] : 0 (0x0)
"""
STATE = """Threat Stats : Threats(0) Suspicious(0)
Overall product status : 0x00080000
Auto scan enabled
Realtime monitor enabled
OnAccess protection disabled
"""
EVENTS = """********************************************************************************
11/27/2026 2:03:11 PM\tMicrosoft-Windows-Windows Defender\tWarning\t\t\t1126\tPC01.contoso.example
A sentence: about a connection
 \tDetection time: 2026-11-27T13:03:11.120Z
 \tUser: CONTOSO\\u1
 \tDestination: test.example
 \tProcess Name: C:\\Apps\\app.exe
********************************************************************************
11/27/2026 1:50:00 PM\tMicrosoft-Windows-Windows Defender\tInformation\t\t\t5007\tPC01.contoso.example
A sentence
 \tOld value: HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\X = 0x2
 \tNew value: HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\X = 0x1
********************************************************************************
11/27/2026 1:40:00 PM\tMicrosoft-Windows-Windows Defender\tInformation\t\t\t1150\tPC01.contoso.example
Another
"""
GERMAN_EVENTS = """********************************************************************************
27.11.2026 14:03:11\tMicrosoft-Windows-Windows Defender\tWarnung\t\t\t1125\tPC01.contoso.example
Ein Satz.
 \tErkennungszeit: 2026-11-27T13:03:11.120Z
 \tBenutzer: NT-AUTORITÄT\\SYSTEM
 \tZiel: https://größe.example:8443/a
 \tProzessname: C:\\Programme\\Büro\\app.exe
"""
FINNISH_EVENTS = """********************************************************************************
27.11.2026 14.03.11\tMicrosoft-Windows-Windows Defender\tVaroitus\t\t\t1126\tPC01
 \tTunniste: {d1e49aac-8f56-4280-b9ba-993a6d77406c}
 \tHavaitsemisaika: 2026-11-27T13:03:11.120Z
 \tKäyttäjä: CONTOSO\\u1
 \tKohde: 203.0.113.9
 \tProsessin nimi: \\Device\\HarddiskVolume3\\Apps\\app.exe
 \tModuulin versio: 1.1.26090.3001
"""


def files(**texts: str | bytes) -> SupportFiles:
    """Read a CAB of these texts: ``registry="…"`` is MPRegistry.txt."""
    named = {
        "registry": "MPRegistry.txt",
        "state": "MPStateInfo.txt",
        "events": "MPOperationalEvents.txt",
        "older": "MPOperationalEvents.txt.bak",
        "mode": "NetworkProtectionState.txt",
        "products": "WSCInfo.txt",
        "proxy": "WindowsProxy.txt",
        "versions": "FileVersions.txt",
        "system": "SystemInfo.txt",
        "commands": "MpCmdRun.log",
        "log": "MPLog-20261101-080000.log",
    }
    contents = [(named[name], text.encode() if isinstance(text, str) else text) for name, text in texts.items()]
    members = tuple(CabMember(name, len(content), WRITTEN_AT) for name, content in contents)
    return read_support_files(Cab(members, {n: content for n, (_name, content) in enumerate(contents)}), now=NOW)


def snapshot(**texts: str | bytes) -> Snapshot:
    return files(**texts).snapshot


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode(),
        lambda text: text.encode("cp1252"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16") + b"\0",
    ],
    ids=[
        "utf-16",
        "utf-16-le",
        "utf-16-be with mark",
        "utf-16-be",
        "utf-8 with mark",
        "utf-8",
        "cp1252",
        "CRLF",
        "odd",
    ],
)
def test_every_encoding_that_the_field_has_is_read(encode):
    read = snapshot(registry=encode(REGISTRY), events=encode(GERMAN_EVENTS))

    assert read.preferences.network_protection == 1
    assert [event.destination for event in read.events] == ["https://größe.example:8443/a"]


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
    assert "Group Policy" in str(origin.summary)


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


def test_events_are_read_in_english():
    read = files(events=EVENTS)
    blocked, changed = read.snapshot.events

    assert blocked.recorded_at == datetime(2026, 11, 27, 13, 3, 11, 120_000, tzinfo=UTC)
    assert (blocked.event_id, blocked.destination, blocked.user) == (1126, "test.example", r"CONTOSO\u1")
    assert (blocked.process_name, blocked.computer) == (r"C:\Apps\app.exe", "PC01.contoso.example")
    assert changed.recorded_at == datetime(2026, 11, 27, 12, 50, tzinfo=UTC)
    assert changed.new_value.endswith("X = 0x1")
    assert [place.text for place in read.event_places] == [
        "Destination: test.example",
        r"New value: HKLM\SOFTWARE\Microsoft\Windows Defender\X = 0x1",
    ]
    assert read.snapshot.events_since == changed.recorded_at


@pytest.mark.parametrize(
    ("events", "destination", "user", "process"),
    [
        (GERMAN_EVENTS, "https://größe.example:8443/a", "NT-AUTORITÄT\\SYSTEM", r"C:\Programme\Büro\app.exe"),
        (FINNISH_EVENTS, "203.0.113.9", r"CONTOSO\u1", r"\Device\HarddiskVolume3\Apps\app.exe"),
    ],
    ids=["German", "Finnish, whose labels nobody listed"],
)
def test_events_are_read_in_other_languages(events, destination, user, process):
    (event,) = snapshot(events=events).events

    assert event.recorded_at == datetime(2026, 11, 27, 13, 3, 11, 120_000, tzinfo=UTC)
    assert (event.destination, event.user, event.process_name) == (destination, user, process)


def test_the_older_part_of_the_log_counts_too():
    older = EVENTS.replace("2026-11-27T13", "2026-11-20T13").replace("11/27/2026", "11/20/2026")

    assert [event.recorded_at.day for event in snapshot(events=EVENTS, older=older).events] == [27, 27, 20, 20]


def test_an_event_without_a_moment_that_can_be_known_is_left_out():
    only_change = "*" * 80 + EVENTS.split("*" * 80)[2]

    assert snapshot(events=only_change).events == ()


UNDATED = EVENTS.replace(" \tDetection time: 2026-11-27T13:03:11.120Z\n", "")


def test_a_block_without_a_time_of_its_own_is_dated_by_the_zone_of_the_pc():
    (event,) = [event for event in snapshot(events=UNDATED, system=SYSTEM).events if event.event_id == 1126]

    assert event.recorded_at == datetime(2026, 11, 27, 19, 3, 11, tzinfo=UTC)
    assert event.destination == "test.example"


@pytest.mark.parametrize("events", [UNDATED, UNDATED.replace("11/27/2026", "11/12/2026").replace(" PM", "")])
def test_a_block_that_cannot_be_dated_makes_the_log_one_that_was_not_read(events):
    """To leave it out would be to say that nothing was blocked."""
    texts = {} if "PM" in events else {"system": SYSTEM}  # no zone, or a date that may be two

    assert snapshot(events=events, **texts).events is None


def test_head_lines_with_blanks_instead_of_tabs_are_read_and_others_are_no_log():
    blanks = EVENTS.replace("\t\t\t", "    ").replace("\tM", "   M").replace("\tW", "   W").replace("\tPC", "    PC")
    commas = EVENTS.replace("\t\t\t", ",").replace("\tM", ",M").replace("\tW", ",W").replace("\tPC", ",PC")

    assert [event.event_id for event in snapshot(events=blanks).events] == [1126, 5007]
    assert snapshot(events=commas.replace("\tI", ",I")).events is None


def test_a_log_that_is_empty_is_an_answer_and_one_that_is_none_is_not():
    assert snapshot(events="").events == ()
    assert snapshot(events="").reading("protection_events").state is ReadState.ANSWERED
    assert snapshot(events="The log could not be exported.").events is None
    assert snapshot().events is None


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


SYSTEM = """
Host Name:                     PC01
OS Name:                       Microsoft Windows 11 Pro for Workstations
OS Version:                    10.0.22631 N/A Build 22631
OS Manufacturer:               Microsoft Corporation
Time Zone:                     (UTC-05:00) Eastern Time (US & Canada)
"""


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


CLOUD = """
-------------------------------------------------------------------------------------
MpCmdRun: Command Line: "C:\\ProgramData\\Platform\\4.18.26010.5-0\\MpCmdRun.exe" -ValidateMapsConnection
 Start Time: {at}

{said}
MpCmdRun: End Time: {at}
-------------------------------------------------------------------------------------
"""
REACHED = "ValidateMapsConnection successfully established a connection to MAPS"
NOT_REACHED = "ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072EE7 httpcode=451)"


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


def test_when_a_cab_was_made_is_known_where_its_local_times_can_be_placed():
    """The files carry 14:10:02 by the PC's clock; the event shows that it is an hour ahead of UTC."""
    by_event, by_zone, by_nothing = files(events=EVENTS), files(system=SYSTEM), files(state=STATE)
    by_log = files(log="2026-11-27T13:09:58.114Z something\nno time\n2026-11-27T13:10:01.500Z last\n")
    by_both = files(system=SYSTEM, log="2026-11-27T19:08:00.000Z last\n")

    assert (by_event.snapshot.collected_at, by_event.is_made_at_known) == (
        datetime(2026, 11, 27, 13, 10, 2, tzinfo=UTC),
        True,
    )
    assert by_zone.snapshot.collected_at == datetime(2026, 11, 27, 18, 10, 2, tzinfo=UTC)  # summer time, maybe
    assert by_zone.is_made_at_known is False
    assert (by_both.snapshot.collected_at, by_both.is_made_at_known) == (
        datetime(2026, 11, 27, 19, 10, 2, tzinfo=UTC),
        True,
    )
    assert by_log.snapshot.collected_at == datetime(2026, 11, 27, 13, 10, 1, tzinfo=UTC)
    assert by_log.is_made_at_known is False
    assert by_nothing.snapshot.collected_at == datetime(2026, 11, 27, 0, 10, 2, tzinfo=UTC)  # never later than it was


def test_a_moment_in_the_future_is_not_believed():
    read = files(log="2199-01-01T00:00:00.000Z a log that lies\n", state=STATE)

    assert read.snapshot.collected_at < NOW + timedelta(days=1)


def test_the_age_of_the_signatures_is_counted_from_when_the_cab_was_made():
    assert snapshot(registry=REGISTRY, events=EVENTS).computer_status.signature_age_days == 2


BLANKS, STARS = " " * 20_000, "*" * 20_000
LONG_LINES = {
    "registry": [f"    x{BLANKS}y", f'Current "effective policy"{BLANKS}y', "  [" * 5_000, " [REG_DWORD]" * 2_000],
    "state": [f"Realtime monitor{BLANKS}enabled y", "product status : 0x" * 1_500],
    "events": [f"a\t1126\tb\n \tDestination:{BLANKS}y", f"{STARS}{BLANKS}y", "\t1" * 10_000, " :" * 10_000],
    "mode": [f"is currently set in {BLANKS}mode{BLANKS}. y", "is currently set in " * 1_000],
    "products": [f"displayName{BLANKS}=", f"displayName = [{']' + BLANKS}]y", "displayName = [" * 1_500],
    "proxy": [f"x\n  Proxy{BLANKS}:{BLANKS}y", "x\n " + " :" * 10_000],
    "versions": ["MsMpEng.exe " * 2_000, "\\Platform\\4.18." * 1_500],
    "system": [f"Host Name:{BLANKS}y", f"OS Name: Windows 11{BLANKS}Pro y", "OS: Windows Server " * 1_000],
    "commands": [f"Start Time:{BLANKS}y", "Start Time: a" * 1_500, "ValidateMapsConnection failed " * 700],
    "log": ["2026-11-27T13:00:00." + "0" * 20_000],
}


@pytest.mark.parametrize("name", LONG_LINES)
def test_lines_made_to_waste_time_are_read_like_any_other(name):
    """With a pattern that goes back and forth, a few hundred of these would take hours."""
    text = "\n".join(line for line in LONG_LINES[name] for _ in range(300))

    assert len(judge(snapshot(**{name: text}), report=None)) == 17


def test_a_registry_with_more_values_than_any_has_says_nothing():
    """Cut off after some values, a list of exclusions would look as if it were whole."""
    entries = "".join(f"    10.{n >> 16}.{n >> 8 & 255}.{n & 255}   [REG_DWORD] : 0 (0x0)\n" for n in range(60_000))
    section = "[Exclusions\\IpAddresses]\n"
    some = "".join(entries.splitlines(keepends=True)[:5_000])

    assert snapshot(registry=REGISTRY.replace(section, section + entries)).preferences is None
    assert (
        len(snapshot(registry=REGISTRY.replace(section, section + some)).preferences.exclusion_ip_address.entries)
        == 5_001
    )


KNOWN = ["MPRegistry.txt", "MPStateInfo.txt", "MPOperationalEvents.txt", "NetworkProtectionState.txt", "WSCInfo.txt"]
KNOWN += ["WindowsProxy.txt", "FileVersions.txt", "SystemInfo.txt", "MpCmdRun.log", "MPLog-1.log"]


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.sampled_from(KNOWN), st.binary(max_size=300)), unique_by=lambda pair: pair[0]))
def test_no_content_makes_it_raise(contents):
    members = tuple(CabMember(name, len(content), WRITTEN_AT) for name, content in contents)
    read = read_support_files(Cab(members, {n: content for n, (_name, content) in enumerate(contents)}), now=NOW)

    assert len(judge(read.snapshot, report=None)) == 17
    assert all(is_known(member.base_name) for member in members)


@pytest.mark.fuzz
@given(st.data())
def test_no_change_of_a_real_text_makes_it_raise(data):
    whole = {"registry": REGISTRY, "state": STATE, "events": EVENTS, "system": SYSTEM, "commands": CLOUD}
    name = data.draw(st.sampled_from(sorted(whole)))
    text = whole[name]
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 40)))
    whole[name] = text[:begin] + data.draw(st.text(max_size=20)) + text[end:]

    assert (
        len(judge(snapshot(**{key: value.encode("utf-8", "replace") for key, value in whole.items()}), report=None))
        == 17
    )
