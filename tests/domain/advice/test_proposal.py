"""Which exclusion would solve a case: narrowest first, and only where one makes sense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.advice.situations import APP, IP, SITE
from tests.domain.builders import NOW, POLICIES, event, missed, policy, report, snapshot, with_status
from tests.domain.strategies import reports, snapshots
from tests.domain.texts import TECHNICAL
from troubleshooting.domain.advice.linter import LintCode
from troubleshooting.domain.advice.proposal import SENSIBLE, Proposal, propose, ruled_out, why_none
from troubleshooting.domain.advice.proposal_texts import MISSED, NONE_BY_VERDICT, OPENS, OPENS_PAGE
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.masked import mask_report
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.values import parse_value
from troubleshooting.domain.verdict.base import Verdict, VerdictCode
from troubleshooting.domain.verdict.verdict import conclude

PAYROLL = r"C:\Program Files\Payroll\payroll.exe"


def verdict_on(about: Report, device: Snapshot) -> Verdict:
    return conclude(about, device, judge(device, report=about))


def blocked(address: str = "https://shop.example.com/", process: str | None = PAYROLL, **parts) -> tuple:
    """Return a report with the block event that belongs to it, its verdict and the snapshot."""
    about = report(address, **{"program": Program.OTHER, "program_name": "payroll.exe", **parts})
    device = snapshot(events=(event(about.indicator.host, process_name=process),))
    return about, verdict_on(about, device), device


def values(proposals: tuple[Proposal, ...]) -> list[tuple[ExclusionKind, str | None]]:
    return [(proposal.kind, proposal.value.value if proposal.value else None) for proposal in proposals]


def reasons(case: tuple) -> dict[ExclusionKind, str]:
    return {answer.kind: str(answer.why) for answer in ruled_out(*case)}


def test_a_blocked_site_gets_all_three_narrowest_first():
    case = blocked()

    assert why_none(*case[:2]) is None
    assert values(propose(*case)) == [(SITE, "shop.example.com"), (IP, None), (APP, PAYROLL)]
    assert [proposal.scope for proposal in propose(*case)] == [ScopeKind.GROUP, ScopeKind.DEVICE, ScopeKind.DEVICE]
    assert ruled_out(*case) == ()


def test_each_says_what_it_opens_for_both_readers():
    site, address, program = propose(*blocked())

    assert str(site.opens.employee) == (
        "The site shop.example.com is allowed in every program. All other sites are still checked."
    )
    assert str(site.opens.it).startswith("Allow indicator for shop.example.com: the site, including everything below")
    assert str(address.opens.it).startswith("ExclusionIpAddress for shop.example.com: on this PC")
    assert str(program.opens.employee).startswith("Your PC no longer checks what the program payroll.exe does")


def test_what_the_evidence_lacks_is_said():
    _site, address, program = propose(*blocked(process=r"\Device\HarddiskVolume3\Payroll\payroll.exe"))

    assert (address.value, program.value) == (None, None)
    assert "which IPv4 address" in str(address.needs)
    assert "full path" in str(program.needs)


def test_a_page_is_proposed_without_what_is_masked_in_its_address():
    about, verdict, device = blocked("http://shop.example.com/reset?token=A1b2C3")

    pages = [value for kind, value in values(propose(mask_report(about), verdict, device)) if kind is SITE]

    assert pages == ["http://shop.example.com/reset", "shop.example.com"]


def test_a_reported_address_is_proposed_as_both():
    assert values(propose(*blocked("203.0.113.7"))) == [(SITE, "203.0.113.7"), (IP, "203.0.113.7"), (APP, PAYROLL)]


def test_ipv6_has_no_ip_exclusion():
    case = blocked("2001:db8::7")

    assert values(propose(*case)) == [(SITE, "2001:db8:0:0:0:0:0:7"), (APP, PAYROLL)]
    assert reasons(case) == {IP: "Microsoft documents IP exclusions for IPv4 addresses only."}


def test_an_internal_address_has_no_indicator():
    case = blocked("192.168.1.1")

    assert values(propose(*case)) == [(IP, "192.168.1.1"), (APP, PAYROLL)]
    assert reasons(case)[SITE].startswith("192.168.1.1 is an internal address.")


@pytest.mark.parametrize("address", ["https://shop.example.com/a", "https://shop.example.com:8443/a"])
def test_a_page_over_https_is_proposed_as_its_site(address):
    assert values(propose(*blocked(address)))[0] == (SITE, "shop.example.com")


def test_a_page_over_http_comes_before_its_site():
    found = propose(*blocked("http://shop.example.com/a"))

    assert values(found)[:2] == [(SITE, "http://shop.example.com/a"), (SITE, "shop.example.com")]
    assert str(found[0].opens.employee) == (
        "Only the page http://shop.example.com/a is allowed. Everything else is still checked."
    )


def test_edge_gets_indicators_only_with_the_page_first():
    case = blocked("https://shop.example.com/a", r"C:\Edge\msedge.exe", program=Program.EDGE, program_name="")

    assert values(propose(*case)) == [(SITE, "https://shop.example.com/a"), (SITE, "shop.example.com")]
    assert set(reasons(case)) == {IP, APP}


@pytest.mark.parametrize(
    ("program", "name", "process"),
    [
        (Program.CHROME, "", r"C:\Program Files\Google\Chrome\Application\chrome.exe"),
        (Program.FIREFOX, "", None),
        (Program.OTHER, "outlook.exe", None),
        (Program.OTHER_BROWSER, "", r"C:\Program Files\Surf\surf.exe"),
        (Program.UNKNOWN, "", r"\Device\HarddiskVolume3\chrome.exe"),
    ],
)
def test_browsers_and_office_are_never_excluded(program, name, process):
    case = blocked(process=process, program=program, program_name=name)

    assert [kind for kind, _value in values(propose(*case))] == [SITE, IP]
    assert reasons(case)[APP].startswith("This program is never excluded")


def test_an_unknown_program_is_left_to_a_person():
    case = blocked(process=None, program=Program.UNKNOWN, program_name="")

    assert values(propose(*case))[-1] == (APP, None)


def test_a_program_of_windows_is_ruled_out_by_the_linter():
    case = blocked(process=r"C:\Windows\System32\notepad.exe", program=Program.UNKNOWN, program_name="")

    assert "never excluded" in reasons(case)[APP]


def test_warnings_come_with_the_proposal():
    found = propose(*blocked("https://example.com/"))[0]

    assert [finding.code for finding in found.findings] == [LintCode.WHOLE_DOMAIN]


def test_what_would_have_no_effect_on_the_pc_is_ruled_out():
    about, verdict, device = blocked()
    keys = policy(POLICIES, DisableLocalAdminMerge=1)
    case = (about, verdict, snapshot(events=device.events, policy_keys=keys))

    assert values(propose(*case)) == [(SITE, "shop.example.com")]
    assert all("DisableLocalAdminMerge" in reason for reason in reasons(case).values())


def test_a_site_that_would_be_blocked_is_a_reason_too():
    about = report()
    device = snapshot(events=(event(event_id=1125),))

    assert verdict_on(about, device).code is VerdictCode.WOULD_BE_BLOCKED
    assert values(propose(about, verdict_on(about, device), device))[0] == (SITE, "shop.example.com")


def test_a_missed_site_needs_no_exclusion():
    about, device = missed(), snapshot()
    verdict = verdict_on(about, device)

    assert str(why_none(about, verdict)).startswith("An exclusion allows something that is blocked.")
    assert propose(about, verdict, device) == ruled_out(about, verdict, device) == ()


def test_a_pc_without_protection_needs_no_exclusion():
    about, device = report(), with_status(real_time_protection=False)

    assert str(why_none(about, verdict_on(about, device))).startswith("Network protection is not what blocks the site")


def test_every_verdict_is_sensible_or_has_words():
    assert set(NONE_BY_VERDICT) | SENSIBLE == set(VerdictCode)
    assert not set(NONE_BY_VERDICT) & SENSIBLE


def test_employees_are_spared_technical_words():
    for message in (MISSED, *NONE_BY_VERDICT.values(), *(words.employee for words in (OPENS_PAGE, *OPENS.values()))):
        assert not TECHNICAL.search(message)


blocks = st.builds(
    event,
    st.sampled_from(["shop.example.com", "10.0.0.1", "203.0.113.7", "2001:db8::1", "xn--bcher-kva.de"]),
    recorded_at=st.just(NOW),
    process_name=st.sampled_from([None, "", PAYROLL, r"\Device\HarddiskVolume3\x.exe", r"C:\a\chrome.exe", "x.exe"]),
)
devices = snapshots | st.builds(lambda found: snapshot(events=(found,)), blocks)


@settings(max_examples=150, deadline=None)
@given(about=reports, device=devices)
def test_proposals_stand_exactly_where_no_reason_against_them_does(about, device):
    verdict = verdict_on(about, device)
    found, out = propose(about, verdict, device), ruled_out(about, verdict, device)

    assert bool(found or out) is (why_none(about, verdict) is None)
    assert not found or about.kind is ProblemKind.SAFE_SITE_BLOCKED
    assert [proposal.kind for proposal in found] == sorted(
        (proposal.kind for proposal in found), key=list(ExclusionKind).index
    )
    for proposal in found:
        assert proposal.scope is not EVERYONE.kind
        assert (proposal.value is None) is (proposal.needs is not None)
        assert not any(finding.is_refusal for finding in proposal.findings)
        assert proposal.value is None or parse_value(proposal.kind, proposal.value.value) == proposal.value
