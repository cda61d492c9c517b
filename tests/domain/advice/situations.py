"""What is asked for and known beside the value, by the names that the table of values uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tests.domain.builders import POLICIES, answered, policy, report, snapshot, with_preferences, with_status
from troubleshooting.domain.advice.linter import Known, KnownSource, LintContext
from troubleshooting.domain.cases.case import Program
from troubleshooting.domain.evidence.snapshot import ListValue, Onboarding, ReadState
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionKind, Scope, ScopeKind
from troubleshooting.domain.exclusions.values import parse_value

SITE, IP, APP = ExclusionKind.ALLOW_INDICATOR, ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS
DEVICE, GROUP = Scope(ScopeKind.DEVICE, 1), Scope(ScopeKind.GROUP, 1)
FEATURES = r"HKLM:\SOFTWARE\Microsoft\Windows Defender\Features"
APP_PATH = r"C:\Program Files\App\payroll.exe"


@dataclass(frozen=True)
class Situation:
    """What is asked for and known beside the value."""

    context: LintContext = field(default_factory=lambda: LintContext(snapshot=snapshot()))
    scope: Scope | None = None
    lifetime: timedelta = timedelta(days=30)


def case(address: str, **parts) -> Situation:
    return Situation(LintContext(snapshot=snapshot(), report=report(address, **parts)))


def known(source: KnownSource, kind: ExclusionKind, value: str, **parts) -> Situation:
    decision = Known(source, parse_value(kind, value), "no. 7", **parts)
    return Situation(LintContext(snapshot=snapshot(), known=(decision,)))


def pc(device) -> Situation:
    return Situation(LintContext(snapshot=device))


def policies(path: str, **values: int) -> Situation:
    return pc(snapshot(policy_keys=policy(path, **values)))


_PLAIN = Situation()
_IN_EDGE = case("https://shop.example.com/", program=Program.EDGE)
SITUATIONS: Mapping[str, Situation] = {
    "": _PLAIN,
    "edge": _IN_EDGE,
    "edge, page": case("https://shop.example.com/page", program=Program.EDGE),
    "case shop.example.com": case("https://shop.example.com/"),
    "case www.example.com": case("https://www.example.com/"),
    "case a.b.example.com": case("https://a.b.example.com/"),
    "case example.com": case("https://example.com/"),
    "case alice.github.io": case("https://alice.github.io/"),
    "case 203.0.113.7": case("203.0.113.7"),
    "case payroll.exe": case("https://shop.example.com/", program=Program.OTHER, program_name="payroll.exe"),
    "for everyone": replace(_PLAIN, scope=EVERYONE),
    "for one PC": replace(_PLAIN, scope=DEVICE),
    "for a group": replace(_PLAIN, scope=GROUP),
    "31 days": replace(_PLAIN, lifetime=timedelta(days=31)),
    "1 hour": replace(_PLAIN, lifetime=timedelta(hours=1)),
    "no time": replace(_PLAIN, lifetime=timedelta(0)),
    "ended yesterday": replace(_PLAIN, lifetime=timedelta(days=-1)),
    "company blocks shop.example.com": known(KnownSource.BLOCK_INDICATOR, SITE, "shop.example.com"),
    "company blocks example.com": known(KnownSource.BLOCK_INDICATOR, SITE, "example.com"),
    "company blocks 203.0.113.7": known(KnownSource.BLOCK_INDICATOR, SITE, "203.0.113.7"),
    "tenant allows example.com": known(KnownSource.ALLOW_INDICATOR, SITE, "example.com"),
    "tenant allows the page": known(KnownSource.ALLOW_INDICATOR, SITE, "https://shop.example.com/page"),
    "tenant allows it elsewhere": known(KnownSource.ALLOW_INDICATOR, SITE, "example.com", holds_for_scope=False),
    "policy excludes 203.0.113.7": known(KnownSource.POLICY, IP, "203.0.113.7"),
    "policy excludes the program": known(KnownSource.POLICY, APP, r"%ProgramFiles%\App\PAYROLL.exe"),
    "register has shop.example.com": known(KnownSource.EXCLUSION, SITE, "shop.example.com"),
    "register has 203.0.113.7": known(KnownSource.EXCLUSION, IP, "203.0.113.7"),
    "register has it elsewhere": known(KnownSource.EXCLUSION, IP, "203.0.113.7", holds_for_scope=False),
    "register has the site elsewhere": known(KnownSource.EXCLUSION, SITE, "shop.example.com", holds_for_scope=False),
    "PC lists 203.0.113.7": pc(with_preferences(exclusion_ip_address=ListValue((" 203.0.113.7",)))),
    "PC lists nothing twice": pc(with_preferences(exclusion_ip_address=ListValue(("", " ")))),
    "PC lists PAYROLL.EXE": pc(with_preferences(exclusion_process=ListValue(("PAYROLL.EXE", "other.exe")))),
    "DisableLocalAdminMerge": policies(POLICIES, DisableLocalAdminMerge=1),
    "DisableLocalAdminMerge is 0": policies(POLICIES, DisableLocalAdminMerge=0),
    "TPExclusions": policies(FEATURES, TPExclusions=1),
    "TPExclusions is 0": policies(FEATURES, TPExclusions=0),
    "HideExclusionsFromLocalAdmins": policies(POLICIES, HideExclusionsFromLocalAdmins=1),
    "list is N/A": pc(with_preferences(exclusion_ip_address=ListValue((), readable=False))),
    "troubleshooting mode": pc(with_status(troubleshooting_mode="Enabled")),
    "policy sets IPs": policies(POLICIES + r"\Exclusions", Exclusions_IpAddresses=1),
    "policy sets programs": policies(POLICIES + r"\Exclusions", Exclusions_Processes=1),
    "no PC visited": pc(None),
    "policies unread": pc(snapshot(readings=answered(policy_values=ReadState.REFUSED))),
    "not onboarded": pc(snapshot(onboarding=Onboarding(state=0))),
    "onboarded": pc(snapshot(onboarding=Onboarding(state=1))),
    "client of 2018": pc(with_status(product_version="4.18.1807.18075")),
    "client says nothing": pc(with_status(product_version=None)),
}
