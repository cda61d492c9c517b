"""Visits of the employee, what network protection makes of them, and the events that tell of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from defusedxml import ElementTree

from portal.demo.lab import registry
from portal.demo.lab.events import netlogon_event
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import MapsFailure, SimulatedPC, Visit
from portal.demo.lab.pcs import (
    RIGHTLY_BLOCKED,
    TEST_SITE,
    WRONGLY_BLOCKED,
    internet,
    server_without_switch,
    slow_pc,
    windows_home,
)
from tests.lab.talk import errors, events, only, read, select

NOW = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
EVENT = "{http://schemas.microsoft.com/win/2004/08/events/event}"
EDGE = r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"
OUTLOOK = r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE"
PAGE = {"Method": "Head", "UseBasicParsing": None, "TimeoutSec": 20, "MaximumRedirection": 0}


@pytest.fixture
def pc():
    return SimulatedPC(sites=internet(), clock=lambda: NOW)


def ids(pc):
    return [record.event_id for record in pc.log.records]


@pytest.mark.parametrize(
    ("mode", "visit", "logged"), [(1, Visit.BLOCKED, [1126]), (2, Visit.AUDITED, [1125]), (0, Visit.OPENED, [])]
)
def test_the_mode_decides_what_happens_to_a_blocked_site(pc, mode, visit, logged):
    pc.preferences["EnableNetworkProtection"] = mode

    assert (pc.visit(WRONGLY_BLOCKED), ids(pc)) == (visit, logged)


@pytest.mark.parametrize("url", ["https://www.contoso.example", "https://unknown.example"])
def test_other_sites_open_without_an_event(pc, url):
    assert (pc.visit(url), ids(pc)) == (Visit.OPENED, [])


def _status(**values):
    return lambda pc: pc.status.update(values)


def _preferences(**values):
    return lambda pc: pc.preferences.update(values)


RTP_KEY = rf"{registry.POLICY}\Real-Time Protection"
WEAKENED = {
    "no real-time protection": _status(RealTimeProtectionEnabled=False),
    "real-time protection switched off": _preferences(DisableRealtimeMonitoring=True),
    "real-time protection off by policy": lambda pc: pc.registry.update({RTP_KEY: {"DisableRealtimeMonitoring": 1}}),
    "passive": _status(AMRunningMode="Passive Mode"),
    "stopped": lambda pc: pc.faults.add(Fault.DEFENDER_STOPPED),
    "cloud off": _preferences(MAPSReporting=0),
    "cloud not reached": lambda pc: setattr(pc, "maps_failure", MapsFailure("0x80072EE7", 451)),
    "home": lambda pc: pc.operating_system.update({"OperatingSystemSKU": 101}),
    "address excluded": _preferences(ExclusionIpAddress=["203.0.113.25"]),
    "program excluded by name": _preferences(ExclusionProcess=["CHROME.EXE"]),
    "program excluded by path": _preferences(
        ExclusionProcess=[r"C:\Program Files\Google\Chrome\Application\chrome.exe"]
    ),
}


@pytest.mark.parametrize("weaken", WEAKENED.values(), ids=WEAKENED)
def test_where_network_protection_does_not_work_a_blocked_site_opens(pc, weaken):
    weaken(pc)

    assert (pc.visit(WRONGLY_BLOCKED), ids(pc)) == (Visit.OPENED, [])


def test_edge_is_not_network_protections_business(pc):
    assert (pc.visit(WRONGLY_BLOCKED, program=EDGE), ids(pc)) == (Visit.OPENED, [])


def test_home_and_a_server_without_its_switch_do_not_block():
    assert windows_home().visit(RIGHTLY_BLOCKED) is Visit.OPENED
    server = server_without_switch()
    assert server.visit(RIGHTLY_BLOCKED) is Visit.OPENED
    server.set_preferences({"AllowNetworkProtectionOnWinServer": True})
    assert server.visit(RIGHTLY_BLOCKED) is Visit.BLOCKED


def test_an_event_has_its_fields_in_the_order_of_the_manifest(lab_server, pc):
    pc.visit(f"{WRONGLY_BLOCKED}/orders?id=7", program=OUTLOOK, user="LAB\\erik")

    event = ElementTree.fromstring(only(read(lab_server(pc), *events())))

    system = event.find(f"{EVENT}System")
    assert system.findtext(f"{EVENT}EventID") == "1126"
    assert system.findtext(f"{EVENT}Computer") == "PC-0142.lab.example"
    assert system.find(f"{EVENT}TimeCreated").get("SystemTime") == "2026-11-24T09:30:15.1234560Z"
    assert system.find(f"{EVENT}Provider").get("Name") == "Microsoft-Windows-Windows Defender"
    assert [(each.get("Name"), each.text) for each in event.find(f"{EVENT}EventData")] == [
        ("Product Name", "Microsoft Defender Antivirus"),
        ("Product Version", pc.platform),
        ("ID", "{d1e49aac-8f56-4280-b9ba-993a6d77406c}"),
        ("Detection Time", "2026-11-24T09:30:15.123Z"),
        ("User", "LAB\\erik"),
        ("Destination", WRONGLY_BLOCKED),
        ("Process Name", OUTLOOK),
    ]


def test_events_come_newest_first_and_only_those_that_were_asked_for(lab_server, pc):
    for minutes in (90, 30, 10, 20):
        pc.visit(WRONGLY_BLOCKED, at=NOW - timedelta(minutes=minutes))
    pc.set_preferences({"EnableNetworkProtection": 2})
    xpath = "*[System[(EventID=1126) and TimeCreated[timediff(@SystemTime) <= 3600000]]]"

    shell = read(lab_server(pc), *events(xpath=xpath, most=2))

    times = [ElementTree.fromstring(xml).find(f"{EVENT}System/{EVENT}TimeCreated") for xml in shell.output]
    assert [time.get("SystemTime")[11:16] for time in times] == ["09:20", "09:10"]


def test_no_event_is_an_error_of_its_own(lab_server, pc):
    shell = read(lab_server(pc), *events())

    assert (shell.output, shell.had_errors) == ([], False)
    assert errors(shell) == ["NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand"]


def test_netlogon_events_come_from_the_system_log(lab_server):
    pc = slow_pc()
    pc.faults.clear()
    pc.log.add(netlogon_event(at=pc.now() - timedelta(days=2), controller="x", domain="LAB", computer="y"))
    xpath = (
        "*[System[Provider[@Name='NETLOGON'] and (EventID=5783) and TimeCreated[timediff(@SystemTime) <= 86400000]]]"
    )

    shell = read(lab_server(pc), *events(log="System", xpath=xpath, most=100))

    data = [[each.text for each in ElementTree.fromstring(xml).find(f"{EVENT}EventData")] for xml in shell.output]
    assert data == [[r"\\DC1", "LAB", "PC-0311"]] * 3


def request(server, url):
    return read(server, ("Invoke-WebRequest", {"Uri": url, **PAGE}), select("StatusCode"))


def test_a_request_from_the_pc_itself_is_blocked_and_logged(lab_server, pc):
    shell = request(lab_server(pc), TEST_SITE)

    assert (shell.output, shell.had_errors) == ([], True)
    assert str(shell.streams.error[0]).startswith("The underlying connection was closed: ")
    assert errors(shell) == ["WebCmdletWebResponseException,Microsoft.PowerShell.Commands.InvokeWebRequestCommand"]
    assert [record.data[-1][1] for record in pc.log.with_id(1126)] == [r"C:\Windows\System32\wsmprovhost.exe"]


def test_a_request_in_audit_mode_gets_its_page_and_an_event(lab_server, pc):
    pc.preferences["EnableNetworkProtection"] = 2

    assert only(request(lab_server(pc), TEST_SITE)).extended_properties == {"StatusCode": 200}
    assert ids(pc) == [1125]


def test_a_redirect_is_an_error_and_a_status(lab_server, pc):
    shell = request(lab_server(pc), "https://portal.contoso.example")

    assert [each.extended_properties["StatusCode"] for each in shell.output] == [302]
    assert errors(shell) == ["MaximumRedirectExceeded,Microsoft.PowerShell.Commands.InvokeWebRequestCommand"]
    assert str(shell.streams.error[0]).startswith("The maximum redirection count has been exceeded.")


def test_a_name_that_does_not_exist_cannot_be_requested(lab_server, pc):
    shell = request(lab_server(pc), "https://nowhere.example")

    assert str(shell.streams.error[0]) == "The remote name could not be resolved: 'nowhere.example'"
