"""“A safe site is blocked”, where network protection cannot work: it did not block the site, and who may have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given

from tests.domain.builders import (
    GROUP_POLICY_KEY,
    NOW,
    SERVER_2019,
    SYSTEM,
    answered,
    event,
    policy,
    report,
    snapshot,
    with_preferences,
    with_status,
    with_system,
)
from tests.domain.strategies import reports, snapshots
from tests.field.rows import Row, each
from troubleshooting.domain.advice.proposal import propose, why_none
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    CloudConnectivity,
    LogReading,
    NameResolution,
    PageRequest,
    PortTest,
    Reading,
    ReadState,
    Snapshot,
    WinHttpProxy,
)
from troubleshooting.domain.submissions.submission import why_not
from troubleshooting.domain.verdict.base import NextStepCode
from troubleshooting.domain.verdict.verdict import Verdict, VerdictCode, conclude

NOT_BLOCKED, NO_RECORD = "not_blocked_by_network_protection high", "not_reproduced high"
MISSED = {"kind": ProblemKind.DANGEROUS_SITE_MISSED}


def with_antivirus(*products: AntivirusProduct, mode: str = "Passive Mode") -> Snapshot:
    return replace(with_status(running_mode=mode), antivirus_products=products)


def on(name: str) -> AntivirusProduct:
    return AntivirusProduct(name, 266240)


HOME = with_system(replace(SYSTEM, caption="Microsoft Windows 11 Home", sku=101))
OLD = with_system(replace(SYSTEM, caption="Microsoft Windows 10 Pro", build=14393, sku=48))
NO_CLOUD = snapshot(cloud_connectivity=CloudConnectivity(connected=False, hresult="0x80072EE7"))
CHECKS = "docs/reference/checks.md"
RTP_OFF = with_status(real_time_protection=False)
STOPPED = snapshot(
    readings=(*answered(), ("computer_status", Reading(ReadState.FAILED, DeviceErrorCode.DEFENDER_STOPPED.value))),
    computer_status=None,
)
SERVER = with_system(SERVER_2019, allow_network_protection_on_win_server=False)
BY_POLICY = replace(
    with_preferences(network_protection=0), policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=0)
)

# fed: the PC, with a whole log and no event; right: verdict, and what the employee reads
CANNOT_WORK = (
    Row(("Windows Home", HOME), (NOT_BLOCKED, "can't block sites"), "own rule; docs/reference/checks.md section 3"),
    Row(("Windows too old", OLD), (NOT_BLOCKED, "can't block sites"), f"{CHECKS} section 2"),
    Row(("another antivirus", with_antivirus(on("Contoso Shield"))), (NOT_BLOCKED, "Contoso Shield"), "own rule"),
    Row(
        ("two of them", with_antivirus(on("A-Guard"), on("B-Guard"))),
        (NOT_BLOCKED, "A-Guard, B-Guard"),
        f"{CHECKS} section 4",
    ),
    Row(
        ("one whose state is not told", with_antivirus(AntivirusProduct("Shield"))),
        (NOT_BLOCKED, "Shield"),
        f"{CHECKS} section 4",
    ),
    Row(
        ("one that has expired", with_antivirus(AntivirusProduct("Old Shield", 0x043000))),
        (NOT_BLOCKED, "Something else"),
        f"{CHECKS} section 4",
        "it is off, so it blocks nothing",
    ),
    Row(("EDR block mode", with_status(running_mode="EDR Block Mode")), (NOT_BLOCKED, "can't block sites"), "C20"),
    Row(("not running", with_status(running_mode="Not running")), (NOT_BLOCKED, "can't block sites"), "C19"),
    Row(("Defender's service stopped", STOPPED), (NOT_BLOCKED, "can't block sites"), "C62"),
    Row(("real-time protection off", RTP_OFF), (NOT_BLOCKED, "can't block sites"), f"{CHECKS} P3"),
    Row(
        ("behaviour monitoring off", with_status(behavior_monitor=False)),
        (NOT_BLOCKED, "can't block sites"),
        f"{CHECKS} P4",
    ),
    Row(
        ("cloud protection off", with_preferences(maps_reporting=0)), (NOT_BLOCKED, "can't block sites"), f"{CHECKS} P5"
    ),
    Row(("cloud not reached", NO_CLOUD), (NOT_BLOCKED, "can't block sites"), "own rule; C32"),
    Row(("protection off", with_preferences(network_protection=0)), (NOT_BLOCKED, "can't block sites"), "own rule"),
    Row(("off by policy", BY_POLICY), (NOT_BLOCKED, "can't block sites"), f"{CHECKS} P7"),
    Row(("audit mode", with_preferences(network_protection=2)), (NO_RECORD, "no record"), f"{CHECKS} P7"),
    Row(("server without its switch", SERVER), (NOT_BLOCKED, "can't block sites"), "C22"),
    Row(
        ("clock not measured", replace(RTP_OFF, clock=None)),
        (NOT_BLOCKED.replace("high", "medium"), "can't block"),
        "docs/reference/events.md",
    ),
    Row(("a PC in order", snapshot()), (NO_RECORD, "no record"), "C65", "it could have blocked"),
    Row(
        ("a PC in order, with another antivirus", with_antivirus(on("Contoso Shield"), mode="Normal")),
        (NO_RECORD, "no record"),
        "docs/reference/checks.md section 4: a hint only",
    ),
)


def verdict(about: Report, device: Snapshot) -> Verdict:
    return conclude(about, device, judge(device, report=about))


def in_short(found: Verdict) -> str:
    return f"{found.code} {found.confidence}"


@each(CANNOT_WORK)
def test_a_block_report_is_answered_as_one(row: Row):
    _name, device = row.fed
    code, told = row.right

    found = verdict(report(), device)

    assert in_short(found) == code
    assert told in str(found.employee)
    assert found.next_step.code is NextStepCode.CHECK_NETWORK
    assert "IT has to" not in f"{found.employee} {found.next_step.text}"


@each([row for row in CANNOT_WORK if row.right[0] != NO_RECORD])
def test_the_missing_protection_stands_beside_it_as_its_own_finding(row: Row):
    about, device = report(), row.fed[1]

    found = verdict(about, device)

    assert "can't protect this PC" in str(found.notes[-1])
    assert propose(about, found, device) == ()
    assert str(why_none(about, found)).startswith("Network protection is not what blocks the site")
    assert why_not(about, found) is not None


@each([row for row in CANNOT_WORK if row.right[0] != NO_RECORD])
def test_for_a_missed_site_the_prerequisites_stay_the_answer(row: Row):
    found = verdict(report(**MISSED), row.fed[1])

    assert found.code is VerdictCode.PREREQUISITES_NOT_MET
    assert found.next_step.code is NextStepCode.FIX_PREREQUISITES


HERE = event("shop.example.com")
# fed: changes to the report and to a PC without real-time protection; right: what else comes first
OTHERWISE: tuple[Row, ...] = (
    Row(({}, {"events": (HERE,)}), "blocked_by_network_protection high", "a fact of the log"),
    Row(({}, {"events": (replace(HERE, event_id=1125),)}), "would_be_blocked high", "a fact of the log"),
    Row(({}, {"events": None}), "cannot_tell low", "F2", "no log, no absence"),
    Row(({}, {"log": LogReading(broke_off=True)}), "cannot_tell low", "C14"),
    Row(({}, {"log": LogReading(unread=1)}), "cannot_tell low", "F2 (b)"),
    Row(({}, {"log": LogReading(begins_at=NOW)}), "cannot_tell low", "F2"),
    Row(({"happened_at": NOW - timedelta(hours=25)}, {}), "cannot_tell low", "the log is read for a day"),
    Row(({"program": Program.EDGE}, {}), "not_covered high", "C36", "SmartScreen decides in Edge"),
    Row(({"program": Program.OTHER, "program_name": "Microsoft Edge"}, {}), "not_covered high", "C36, typed"),
    Row(({}, {"events": (event("203.0.113.7"),)}), "not_reproduced medium", "C16", "it did block then"),
    Row(({}, {"events": (event("203.0.113.7", event_id=1125),)}), NOT_BLOCKED.replace("high", "medium"), "C16"),
)


@each(OTHERWISE)
def test_what_the_log_says_comes_before_what_the_pc_lacks(row: Row):
    changes, parts = row.fed

    assert in_short(verdict(report(**changes), replace(RTP_OFF, **parts))) == row.right


# fed: what is known besides, and the program; right: what IT is told, "" where nothing of the kind
FOUND, NO_NAME = NameResolution(("203.0.113.7",)), NameResolution()
OPEN, SHUT = PortTest(is_open=True, port=443), PortTest(is_open=False, port=443)
WHO: tuple[Row, ...] = (
    Row(({"antivirus_products": (on("Contoso Shield"),)}, {}), "Contoso Shield. Look at its web filter", "own rule"),
    Row(({}, {"program": Program.UNKNOWN}), "SmartScreen decides there", f"{CHECKS} section 6"),
    Row(({}, {"program": Program.OTHER_BROWSER}), "SmartScreen decides there", f"{CHECKS} section 6"),
    Row(({"winhttp_proxy": WinHttpProxy(server="proxy.example:8080")}, {}), "(proxy.example:8080)", "own rule"),
    Row(({"name_resolution": NO_NAME}, {}), "could not resolve shop.example.com", "own rule"),
    Row(({"name_resolution": NameResolution(("0.0.0.0",))}, {}), "a DNS filter answers so", "DNS sinkholes"),
    Row(({"name_resolution": NameResolution(("127.0.0.1", "::1"))}, {}), "a DNS filter answers so", "DNS sinkholes"),
    Row(
        ({"name_resolution": FOUND, "port_test": SHUT}, {}),
        "reached no one at shop.example.com on port 443",
        "own rule",
    ),
    Row(
        ({"name_resolution": FOUND, "port_test": OPEN, "page_request": PageRequest(False)}, {}),
        "connected to shop.example.com, but got no page",
        "own rule",
    ),
    Row(
        ({"name_resolution": FOUND, "port_test": OPEN, "page_request": PageRequest(True)}, {}),
        "answered when the PC requested it",
        "own rule",
    ),
    Row(
        ({"name_resolution": NO_NAME, "winhttp_proxy": WinHttpProxy(server="proxy.example:8080")}, {}),
        "the proxy resolves names",
        "docs/reference/performance-and-proxy.md section 6",
    ),
    Row(({}, {}), "Not tried: name resolution", "silence is never fine"),
)


@each(WHO)
def test_it_is_told_who_else_may_have_blocked(row: Row):
    parts, changes = row.fed

    for device in (snapshot(**parts), replace(RTP_OFF, **parts)):
        hints = " ".join(str(hint) for hint in verdict(report(**changes), device).hints)
        assert row.right in hints


def test_a_name_that_does_not_resolve_is_not_blamed_on_a_firewall():
    found = verdict(report(), snapshot(name_resolution=NO_NAME, port_test=SHUT, page_request=PageRequest(False)))

    assert [hint for hint in map(str, found.hints) if "firewall" in hint] == []


@given(snapshots, reports)
def test_a_block_report_is_never_answered_with_what_it_has_to_set_up_first(device: Snapshot, about: Report):
    found: Any = verdict(replace(about, kind=ProblemKind.SAFE_SITE_BLOCKED), device)

    assert found.code is not VerdictCode.PREREQUISITES_NOT_MET


@given(snapshots, reports)
def test_not_blocked_is_only_said_with_a_whole_log_without_a_block(device: Snapshot, about: Report):
    found = verdict(about, device)

    if found.code is VerdictCode.NOT_BLOCKED:
        assert device.events is not None
        assert device.log.is_whole
        assert about.kind is ProblemKind.SAFE_SITE_BLOCKED
