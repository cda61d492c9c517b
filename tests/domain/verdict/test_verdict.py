"""What a check run concludes, as a table of stories, and what every verdict keeps to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from tests.domain.builders import (
    GROUP_POLICY_KEY,
    NOW,
    SERVER_2019,
    answered,
    event,
    missed,
    policy,
    report,
    snapshot,
    with_preferences,
    with_status,
    with_system,
)
from tests.domain.strategies import reports, snapshots
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.checks.antivirus import REAL_TIME_PROTECTION
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.registry import PREREQUISITE_IDS
from troubleshooting.domain.checks.windows import SERVER_SWITCHES
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    BrowserPolicy,
    ListValue,
    LogReading,
    Reading,
    ReadState,
    Snapshot,
    Source,
)
from troubleshooting.domain.verdict.base import FROM_AUDIT_MODE_TEST, NextStepCode
from troubleshooting.domain.verdict.texts import WORDS
from troubleshooting.domain.verdict.verdict import (
    LADDER,
    Confidence,
    Evidence,
    EvidenceKind,
    Verdict,
    VerdictCode,
    conclude,
)

BLOCKED, WOULD_BE = VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, VerdictCode.WOULD_BE_BLOCKED
NOT_COVERED, NOT_MET = VerdictCode.NOT_COVERED, VerdictCode.PREREQUISITES_NOT_MET
EXCLUDED, NOT_REPRODUCED = VerdictCode.EXCLUDED, VerdictCode.NOT_REPRODUCED
CANNOT_TELL, NOT_WORKING = VerdictCode.CANNOT_TELL, VerdictCode.PROTECTION_NOT_WORKING
NOT_BLOCKED = VerdictCode.NOT_BLOCKED
A_DAY = timedelta(days=1)
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

TEST_PAGE = "https://smartscreentestratings2.net/"
CLOSED_BROWSER = (BrowserPolicy("chrome", present=True, quic_allowed=False, encrypted_client_hello=False),)
STOPPED = Reading(ReadState.FAILED, DeviceErrorCode.DEFENDER_STOPPED.value)
NO_RTP = with_status(real_time_protection=False)
UNREAD_LOG = snapshot(events=None, readings=answered(protection_events=ReadState.REFUSED))
IN_AUDIT = with_preferences(network_protection=2)
OTHER_ANTIVIRUS = replace(
    with_status(running_mode="Passive Mode"), antivirus_products=(AntivirusProduct("Contoso Shield", 266240),)
)


def logged(*events, base: Snapshot | None = None) -> Snapshot:
    """Return a device with these events in its log."""
    return replace(base or snapshot(), events=events)


def excluding(program: str) -> Snapshot:
    """Return a PC with a process exclusion."""
    return with_preferences(exclusion_process=ListValue((program,)))


STORIES: list[tuple[str, Report, Snapshot, VerdictCode, Confidence]] = [
    ("a matching block", report(), logged(event()), BLOCKED, HIGH),
    ("a block of a subdomain", report(), logged(event("cdn.shop.example.com")), BLOCKED, MEDIUM),
    ("a block, clock not measured", report(), replace(logged(event()), clock=None), BLOCKED, MEDIUM),
    ("a block beats failed checks", report(), logged(event(), base=NO_RTP), BLOCKED, HIGH),
    ("a block beats an audit event", report(), logged(event(event_id=1125), event()), BLOCKED, HIGH),
    (
        "a block in Edge, against the rule",
        report(program=Program.EDGE),
        logged(event(process_name="msedge.exe")),
        BLOCKED,
        HIGH,
    ),
    ("a missed site was blocked after all", missed("shop.example.com"), logged(event()), BLOCKED, HIGH),
    ("audit mode wrote it down", report(), logged(event(event_id=1125), base=IN_AUDIT), WOULD_BE, HIGH),
    ("a miss in audit mode", missed("shop.example.com"), logged(event(event_id=1125), base=IN_AUDIT), WOULD_BE, HIGH),
    ("Edge", report(program=Program.EDGE), snapshot(), NOT_COVERED, HIGH),
    ("Edge, log not read", report(program=Program.EDGE), UNREAD_LOG, NOT_COVERED, MEDIUM),
    ("Edge, while the PC is not right", missed(program=Program.EDGE), NO_RTP, NOT_COVERED, HIGH),
    ("Edge, block by Chrome", report(program=Program.EDGE), logged(event()), NOT_COVERED, MEDIUM),
    ("a private address", report("10.0.0.1"), snapshot(), NOT_COVERED, MEDIUM),
    ("a failed prerequisite", missed(), NO_RTP, NOT_MET, HIGH),
    ("blocked, where protection cannot work", report(), NO_RTP, NOT_BLOCKED, HIGH),
    ("blocked, where another antivirus works", report(), OTHER_ANTIVIRUS, NOT_BLOCKED, HIGH),
    ("a test page, stopped by something else", report(TEST_PAGE), snapshot(), NOT_REPRODUCED, HIGH),
    ("a test page, where protection cannot work", report(TEST_PAGE), NO_RTP, NOT_BLOCKED, HIGH),
    ("a failed prerequisite, log not read", missed(), replace(NO_RTP, events=None), NOT_MET, MEDIUM),
    (
        "a server without its switch",
        missed(),
        with_system(SERVER_2019, allow_network_protection_on_win_server=False),
        NOT_MET,
        HIGH,
    ),
    ("stuck in audit mode", missed(), IN_AUDIT, NOT_MET, HIGH),
    (
        "Defender stopped",
        missed(),
        snapshot(readings=(*answered(), ("computer_status", STOPPED)), computer_status=None),
        NOT_MET,
        HIGH,
    ),
    ("an excluded program", missed(), excluding("chrome.exe"), EXCLUDED, MEDIUM),
    (
        "an excluded address",
        missed("203.0.113.7"),
        with_preferences(exclusion_ip_address=ListValue(("203.0.113.7",))),
        EXCLUDED,
        HIGH,
    ),
    ("an exclusion explains no block", report(), excluding("chrome.exe"), NOT_REPRODUCED, HIGH),
    ("a log that broke off", report(), snapshot(log=LogReading(broke_off=True)), CANNOT_TELL, LOW),
    ("a log that was cleared", report(), snapshot(log=LogReading(is_empty=True)), CANNOT_TELL, LOW),
    ("log not read", report(), UNREAD_LOG, CANNOT_TELL, LOW),
    ("log not read, missed", missed(), UNREAD_LOG, CANNOT_TELL, LOW),
    ("too long ago for the log", report(happened_at=NOW - timedelta(hours=25)), snapshot(), CANNOT_TELL, LOW),
    ("after the visit", report(happened_at=NOW + timedelta(hours=1)), snapshot(), CANNOT_TELL, LOW),
    ("log not in the files", report(), replace(UNREAD_LOG, source=Source.FILE), CANNOT_TELL, LOW),
    ("files older than the report", report(happened_at=NOW + A_DAY), snapshot(source=Source.FILE), CANNOT_TELL, LOW),
    (
        "missed, a check not in the files",
        missed(),
        replace(with_status(behavior_monitor=None), source=Source.FILE),
        CANNOT_TELL,
        LOW,
    ),
    (
        "long ago, and the log of the files goes back so far",
        report(happened_at=NOW - 9 * A_DAY),
        snapshot(source=Source.FILE, events_since=NOW - 10 * A_DAY),
        NOT_REPRODUCED,
        HIGH,
    ),
    ("no block in the log", report(), snapshot(), NOT_REPRODUCED, HIGH),
    ("no block, clock not measured", report(), snapshot(clock=None), NOT_REPRODUCED, MEDIUM),
    ("no block, a check not known", report(), with_status(behavior_monitor=None), NOT_REPRODUCED, MEDIUM),
    ("a block by another program", report(), logged(event(process_name="firefox.exe")), NOT_REPRODUCED, MEDIUM),
    ("missed, a check not known", missed(), with_status(behavior_monitor=None), CANNOT_TELL, LOW),
    ("missed, browser may hide it", missed(), snapshot(), NOT_REPRODUCED, LOW),
    ("missed, browser hides nothing", missed(), snapshot(browser_policies=CLOSED_BROWSER), NOT_REPRODUCED, MEDIUM),
    ("missed, no browser", missed(program=Program.OTHER, program_name="mail"), snapshot(), NOT_REPRODUCED, MEDIUM),
    (
        "missed, one page of an HTTPS site",
        missed("https://bad.example.com/x", program=Program.OTHER),
        snapshot(),
        NOT_REPRODUCED,
        LOW,
    ),
    ("test page blocked", report(TEST_PAGE), logged(event(TEST_PAGE)), BLOCKED, HIGH),
    (
        "test page, audit mode",
        missed(TEST_PAGE),
        logged(event(TEST_PAGE, event_id=1125), base=IN_AUDIT),
        WOULD_BE,
        HIGH,
    ),
    ("test page opened", missed(TEST_PAGE), snapshot(), NOT_WORKING, MEDIUM),
    ("test page opened, a check not known", missed(TEST_PAGE), with_status(behavior_monitor=None), NOT_WORKING, MEDIUM),
    ("test page in Edge", missed(TEST_PAGE, program=Program.EDGE), snapshot(), NOT_COVERED, HIGH),
    ("demonstration of SmartScreen", missed("https://demo.smartscreen.msft.net/"), snapshot(), NOT_COVERED, HIGH),
]


def verdict(about: Report, device: Snapshot) -> Verdict:
    """Judge and conclude."""
    return conclude(about, device, judge(device, report=about))


@pytest.mark.parametrize(
    ("about", "device", "code", "confidence"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES]
)
def test_each_story_ends_in_its_verdict(about: Report, device: Snapshot, code: VerdictCode, confidence: Confidence):
    found = verdict(about, device)

    assert (found.code, found.confidence) == (code, confidence)
    assert Verdict.from_json(found.as_json()) == found


def test_every_verdict_has_a_story():
    assert {row[3] for row in STORIES} == set(VerdictCode) - FROM_AUDIT_MODE_TEST


def test_every_wording_is_used_by_a_story():
    used = {verdict(about, device).it.message for _name, about, device, _code, _confidence in STORIES}

    assert used == {words.it for words in WORDS.values()}


def test_every_next_step_is_reached():
    used = {verdict(about, device).next_step.code for _name, about, device, _code, _confidence in STORIES}

    assert used == set(NextStepCode) - {NextStepCode.TEST_AGAIN}


def test_a_block_does_not_pretend_to_know_whose_list_it_was():
    found = verdict(report(), logged(event()))

    assert "contains no category" in str(found.it)
    assert found.next_step.code is NextStepCode.FIND_OUT_WHO_BLOCKS
    assert found.evidence == (Evidence(EvidenceKind.EVENT, "4711", found.evidence[0].text),)


def test_a_block_on_a_pc_that_is_not_right_names_both():
    found = verdict(report(), logged(event(record_id=None), base=NO_RTP))

    assert [(item.kind, item.reference) for item in found.evidence] == [
        (EvidenceKind.EVENT, (NOW - timedelta(minutes=10)).isoformat()),
        (EvidenceKind.CHECK, REAL_TIME_PROTECTION.id),
    ]


def test_an_event_that_does_not_fit_is_shown_and_told():
    found = verdict(report(), logged(event(process_name="firefox.exe")))

    assert [item.reference for item in found.evidence] == ["protection_events", "4711"]
    assert "event 1126" in str(found.hints[0])


def test_failed_prerequisites_are_named_one_by_one():
    device = replace(NO_RTP, preferences=replace(NO_RTP.preferences, network_protection=0))

    assert [item.reference for item in verdict(missed(), device).evidence] == [
        "real_time_protection",
        "protection_mode",
    ]


@pytest.mark.parametrize(
    ("about", "policies", "words"),
    [
        (missed(), (), ["QUIC", "Encrypted Client Hello"]),
        (missed(), CLOSED_BROWSER, []),
        (missed(program=Program.FIREFOX), CLOSED_BROWSER, ["QUIC", "Encrypted Client Hello"]),
        (missed("https://bad.example.com/page", program=Program.OTHER), (), ["one page"]),
        (report(program=Program.EDGE), (BrowserPolicy("edge", smart_screen=False),), ["SmartScreenEnabled"]),
        (report(program=Program.EDGE), (BrowserPolicy("edge", smart_screen=True),), []),
        (report(program=Program.EDGE), (), []),
    ],
)
def test_what_may_hide_the_traffic_is_told_to_it(about: Report, policies: tuple[BrowserPolicy, ...], words: list[str]):
    hints = [str(hint) for hint in verdict(about, snapshot(browser_policies=policies)).hints]

    assert len(hints) == len(words)
    assert all(word in hint for word, hint in zip(words, hints, strict=True))


def test_a_full_log_that_does_not_reach_back_proves_nothing():
    young = tuple(event("other.example", record_id=n, recorded_at=NOW - timedelta(minutes=1)) for n in range(500))
    old = replace(young[0], recorded_at=NOW - timedelta(hours=5))

    assert verdict(report(), snapshot(events=young)).code is CANNOT_TELL
    assert verdict(report(), snapshot(events=(*young[1:], old))).code is NOT_REPRODUCED


def test_audit_mode_by_policy_is_said_with_the_prerequisites():
    device = replace(IN_AUDIT, policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=2))

    found = verdict(missed(), device)

    assert (found.code, found.evidence[0].reference) == (NOT_MET, "protection_mode")


def test_missing_findings_are_not_taken_for_good_ones():
    assert conclude(missed(), snapshot(), ()).code is CANNOT_TELL


def test_the_last_rung_always_answers():
    assert LADDER[-1].__name__ == "blocked_not_reproduced"
    assert len(LADDER) == len(set(LADDER))


@given(snapshots, reports)
def test_conclude_is_total_deterministic_and_survives_storage(device: Snapshot, about: Report):
    findings = judge(device, report=about)

    found = conclude(about, device, findings)

    assert found == conclude(about, device, reversed(findings))
    assert Verdict.from_json(found.as_json()) == found
    assert all(str(text) for text in (found.employee, found.it, found.next_step.text, *found.hints))


@given(snapshots, reports)
def test_a_verdict_rests_on_something_unless_it_cannot_tell(device: Snapshot, about: Report):
    found = verdict(about, device)

    assert found.evidence or found.code is CANNOT_TELL


@given(snapshots, reports)
def test_an_unread_log_never_leads_to_a_statement_about_events(device: Snapshot, about: Report):
    found = verdict(about, replace(device, events=None))

    assert found.code not in {BLOCKED, WOULD_BE, NOT_REPRODUCED}


@given(snapshots, reports)
def test_a_miss_is_only_called_so_when_every_required_check_is_known(device: Snapshot, about: Report):
    findings = judge(device, report=about)
    open_ones = {found.check for found in findings if found.status in {CheckStatus.UNKNOWN, CheckStatus.WAITING}}

    found = conclude(about, device, findings)

    if about.kind is ProblemKind.DANGEROUS_SITE_MISSED and found.code is NOT_REPRODUCED:
        assert open_ones.isdisjoint({*PREREQUISITE_IDS, SERVER_SWITCHES.id})
