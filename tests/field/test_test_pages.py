"""Microsoft's own test pages: what the verdict says, and that they are never submitted and never allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.domain.builders import NOW, answered, event, missed, report, snapshot, with_preferences, with_status
from tests.field.rows import Row, each
from troubleshooting.domain.advice.lint_values import about_value
from troubleshooting.domain.advice.linter import LintContext
from troubleshooting.domain.advice.proposal import propose, ruled_out, why_none
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.cases.microsoft_pages import MICROSOFT_PAGES, microsoft_page
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import ListValue, ReadState, Snapshot
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import parse_value
from troubleshooting.domain.leases.audit_mode_test import TEST_PAGE
from troubleshooting.domain.submissions.submission import is_sensible, why_not
from troubleshooting.domain.verdict.base import NextStepCode, VerdictCode
from troubleshooting.domain.verdict.verdict import conclude

DEMOS = "learn.microsoft.com: Network protection demonstrations"
EVENTS = "docs/reference/events.md section 8"
C34 = "field case C34; MicrosoftDocs/microsoft-365-docs issue 8819"
PAGE = "https://smartscreentestratings2.net/"
CONTROL = "https://commandcontrol.smartscreentestratings.com/"
SMART_SCREEN = "https://demo.smartscreen.msft.net/phishingdemo.html"

ADDRESSES = (
    Row(PAGE, True, DEMOS),
    Row("smartscreentestratings2.net", True, DEMOS),
    Row("www.smartscreentestratings2.net", True, DEMOS),
    Row("http://smartscreentestratings2.net/", True, DEMOS),
    Row("https://smartscreentestratings2.net:443/x?y=z", True, DEMOS),
    Row("SmartScreenTestRatings2.net.", True, "generic", "as typed"),
    Row("hxxps://smartscreentestratings2[.]net", True, "generic", "made harmless"),
    Row(CONTROL, True, "Microsoft's test of command-and-control detection"),
    Row("smartscreentestratings.com", True, "Microsoft's test of command-and-control detection"),
    Row(SMART_SCREEN, True, "learn.microsoft.com: SmartScreen demonstrations"),
    Row(
        "https://demo.smartscreen.msft.net/other/malware.html", True, "learn.microsoft.com: SmartScreen demonstrations"
    ),
    Row("https://demo.wd.microsoft.com/", True, "Defender Testground, retired"),
    Row("https://www.microsoft.com/", False, "generic"),
    Row("https://smartscreentestratings2.net.evil.example/", False, "generic", "only looks like it"),
    Row("https://notsmartscreentestratings2.net/", False, "generic", "only looks like it"),
    Row("https://testsafebrowsing.appspot.com/", False, "Google's own, for its browsers"),
)


@each(ADDRESSES)
def test_microsofts_test_pages_are_known(row: Row):
    assert (microsoft_page(parse_indicator(row.fed)) is not None) is row.right


def test_the_page_of_the_audit_mode_test_is_one_of_them():
    assert microsoft_page(parse_indicator(TEST_PAGE)) == MICROSOFT_PAGES[0]


def logged(address: str, event_id: int = 1126, **preferences: int) -> Snapshot:
    base = with_preferences(**preferences) if preferences else snapshot()
    return replace(base, events=(event(address, event_id=event_id),))


UNREAD = snapshot(events=None, readings=answered(protection_events=ReadState.REFUSED))
BLOCKED, WOULD_BE = VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, VerdictCode.WOULD_BE_BLOCKED
NOT_WORKING, NOT_COVERED = VerdictCode.PROTECTION_NOT_WORKING, VerdictCode.NOT_COVERED

VERDICTS = (
    Row((missed(PAGE), snapshot()), NOT_WORKING, C34),
    Row((missed("smartscreentestratings2.net"), snapshot()), NOT_WORKING, C34),
    Row((missed(PAGE, program=Program.FIREFOX), snapshot()), NOT_WORKING, DEMOS),
    Row((missed(PAGE, program=Program.OTHER, program_name="curl.exe"), snapshot()), NOT_WORKING, DEMOS),
    Row((missed(CONTROL), snapshot()), NOT_WORKING, "Microsoft's test of command-and-control detection"),
    Row(
        (missed(PAGE), with_status(behavior_monitor=None)), NOT_WORKING, EVENTS, "a check more or less does not matter"
    ),
    Row((missed(PAGE), logged(PAGE)), BLOCKED, EVENTS, "blocked, though it looked as if it opened"),
    Row((report(PAGE), logged(PAGE)), BLOCKED, EVENTS, "reported as a safe site"),
    Row((missed(PAGE), logged(PAGE, 1125, network_protection=2)), WOULD_BE, EVENTS, "audit mode"),
    Row(
        (missed(PAGE), with_status(real_time_protection=False)),
        VerdictCode.PREREQUISITES_NOT_MET,
        EVENTS,
        "that is why",
    ),
    Row(
        (missed(PAGE), with_preferences(network_protection=0)), VerdictCode.PREREQUISITES_NOT_MET, EVENTS, "that is why"
    ),
    Row(
        (missed(PAGE), with_preferences(exclusion_process=ListValue(("chrome.exe",)))),
        VerdictCode.EXCLUDED,
        EVENTS,
        "that is why",
    ),
    Row((missed(PAGE), UNREAD), VerdictCode.CANNOT_TELL, EVENTS, "a block may stand in the log"),
    Row((missed(PAGE, happened_at=NOW - timedelta(days=3)), snapshot()), VerdictCode.CANNOT_TELL, EVENTS),
    Row((missed(PAGE, program=Program.EDGE), snapshot()), NOT_COVERED, EVENTS, "SmartScreen's page, no event"),
    Row((report(PAGE, program=Program.EDGE), snapshot()), NOT_COVERED, EVENTS, "SmartScreen's page, no event"),
    Row((report(PAGE), snapshot()), VerdictCode.NOT_REPRODUCED, EVENTS, "blocked on purpose, though not here"),
    Row((report(PAGE), with_status(real_time_protection=False)), VerdictCode.NOT_BLOCKED, EVENTS),
    Row((report(PAGE), UNREAD), VerdictCode.CANNOT_TELL, EVENTS),
    Row((missed(SMART_SCREEN), snapshot()), NOT_COVERED, "learn.microsoft.com: SmartScreen demonstrations"),
    Row(
        (missed(SMART_SCREEN, program=Program.EDGE), snapshot()),
        NOT_COVERED,
        "learn.microsoft.com: SmartScreen demonstrations",
    ),
)


@each(VERDICTS)
def test_a_test_page_that_is_not_blocked_says_that_protection_does_not_work(row: Row):
    about, device = row.fed

    assert conclude(about, device, judge(device, report=about)).code is row.right


@each(VERDICTS)
def test_a_test_page_is_never_submitted_and_never_allowed(row: Row):
    about, device = row.fed
    verdict = conclude(about, device, judge(device, report=about))

    assert not is_sensible(about, verdict)
    assert "Microsoft's own test page" in str(why_not(about, verdict))
    assert "Microsoft's own test page" in str(why_none(about, verdict))
    assert propose(about, verdict, device) == ruled_out(about, verdict, device) == ()
    assert verdict.next_step.code not in {NextStepCode.PREPARE_SUBMISSION, NextStepCode.FIND_OUT_WHO_BLOCKS}


@each([row for row in VERDICTS if row.fed[0].kind is ProblemKind.SAFE_SITE_BLOCKED])
def test_a_test_page_that_is_reported_as_a_blocked_safe_site_is_called_what_it_is(row: Row):
    about, device = row.fed
    verdict = conclude(about, device, judge(device, report=about))

    said = " ".join(str(text) for text in (verdict.employee, *verdict.notes))
    assert "Microsoft's own test page" in said


def test_the_verdict_says_what_may_hide_the_page_from_network_protection():
    about = missed(PAGE)
    verdict = conclude(about, snapshot(), judge(snapshot(), report=about))

    assert str(verdict.employee) == (
        "smartscreentestratings2.net is Microsoft's own test page and has to be blocked. It was not, so network "
        "protection does not work on your PC."
    )
    assert "QUIC" in " ".join(str(hint) for hint in verdict.hints)


def refusals(kind: ExclusionKind, value: str, about: Report | None) -> set[str]:
    found = about_value(parse_value(kind, value), LintContext(report=about))
    return {finding.code.value for finding in found if finding.is_refusal}


ASKED = (
    Row((ExclusionKind.ALLOW_INDICATOR, "smartscreentestratings2.net", None), True, EVENTS),
    Row((ExclusionKind.ALLOW_INDICATOR, PAGE, None), True, EVENTS),
    Row((ExclusionKind.ALLOW_INDICATOR, SMART_SCREEN, None), True, EVENTS),
    Row((ExclusionKind.ALLOW_INDICATOR, CONTROL, None), True, EVENTS),
    Row((ExclusionKind.IP_ADDRESS, "203.0.113.80", report(PAGE)), True, EVENTS, "the page's address"),
    Row(
        (ExclusionKind.PROCESS, r"C:\Program Files\App\app.exe", report(PAGE)),
        True,
        EVENTS,
        "the program that opens it",
    ),
    Row((ExclusionKind.ALLOW_INDICATOR, "shop.example.com", report()), False, "generic"),
)


@each(ASKED)
def test_an_exclusion_for_a_test_page_is_refused_whatever_its_kind(row: Row):
    assert ("test_page" in refusals(*row.fed)) is row.right
