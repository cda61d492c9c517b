"""A finding rests on the lines without which it would be another one."""

from __future__ import annotations

from datetime import UTC, datetime

from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.grounds import grounds, without
from troubleshooting.domain.evidence.places import Place
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    ComputerStatus,
    ListValue,
    OperatingSystem,
    PolicyKey,
    Preferences,
    Reading,
    ReadState,
    Snapshot,
    Source,
)

NOW = datetime(2026, 11, 27, 13, 0, tzinfo=UTC)
NP_KEY = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\Network Protection"
SNAPSHOT = Snapshot(
    NOW,
    Source.FILE,
    readings=tuple(
        (name, Reading(ReadState.ANSWERED))
        for name in ("operating_system", "computer_status", "preferences", "policy_values", "antivirus_products")
    ),
    operating_system=OperatingSystem(sku=4, build=26100, product_type=1),
    computer_status=ComputerStatus(running_mode="Normal", real_time_protection=True, on_access_protection=True),
    preferences=Preferences(
        network_protection=2,
        exclusion_ip_address=ListValue(("203.0.113.9", "203.0.113.10")),
        exclusion_process=ListValue(),
    ),
    antivirus_products=(AntivirusProduct("Windows Defender", 397568), AntivirusProduct("Example AV", 0x41000)),
    policy_keys=(PolicyKey(NP_KEY, (("EnableNetworkProtection", 2),)),),
)
FACTS = [
    ("readings", "preferences"),
    ("readings", "policy_values"),
    ("readings", "antivirus_products"),
    ("operating_system", "sku"),
    ("operating_system", "build"),
    ("computer_status", "running_mode"),
    ("computer_status", "real_time_protection"),
    ("computer_status", "on_access_protection"),
    ("preferences", "network_protection"),
    ("preferences", "exclusion_ip_address"),
    ("preferences", "exclusion_ip_address", "203.0.113.9"),
    ("preferences", "exclusion_ip_address", "203.0.113.10"),
    ("policy_keys", NP_KEY, "EnableNetworkProtection"),
    ("antivirus_products", "Example AV"),
    ("antivirus_products", "Windows Defender"),
]
PLACES = {fact: Place("file.txt", line, " ".join(fact)) for line, fact in enumerate(FACTS, 1)}
MISSED = Report(ProblemKind.DANGEROUS_SITE_MISSED, parse_indicator("203.0.113.10"), Program.CHROME, "", NOW)


def rests_on(check: str, report: Report | None = None) -> list[tuple[str, ...]]:
    (finding,) = [finding for finding in judge(SNAPSHOT, report=report) if finding.check == check]
    return [FACTS[place.line - 1] for place in grounds(finding, SNAPSHOT, report, PLACES)]


def test_a_finding_rests_on_the_facts_that_make_it():
    assert rests_on("os_edition") == [("operating_system", "sku")]
    assert rests_on("os_version") == [("operating_system", "build")]
    assert rests_on("real_time_protection") == [("computer_status", "real_time_protection")]


def test_of_a_list_the_entry_counts():
    assert ("preferences", "exclusion_ip_address", "203.0.113.10") in rests_on("exclusions_in_force", MISSED)
    assert ("preferences", "exclusion_ip_address", "203.0.113.9") not in rests_on("exclusions_in_force", MISSED)
    assert ("antivirus_products", "Example AV") in rests_on("sole_antivirus")
    assert ("antivirus_products", "Windows Defender") not in rests_on("sole_antivirus")


def test_a_policy_counts_beside_what_is_in_force():
    assert (
        rests_on("protection_mode")
        == [
            ("readings", "preferences"),
            ("preferences", "network_protection"),
            ("policy_keys", NP_KEY, "EnableNetworkProtection"),
        ][1:]
    )


def test_that_an_answer_is_there_counts_where_nothing_else_does():
    assert rests_on("server_switches") == [("readings", "preferences")]


def test_an_unknown_finding_rests_on_nothing():
    assert rests_on("network_inspection") == []


def test_taking_a_fact_away_leaves_everything_else():
    bare = without(SNAPSHOT, ("policy_keys", NP_KEY, "EnableNetworkProtection"))

    assert bare.policy_keys == (PolicyKey(NP_KEY, ()),)
    assert bare.preferences == SNAPSHOT.preferences
    assert without(SNAPSHOT, ("readings", "antivirus_products")).antivirus_products is None
    assert without(SNAPSHOT, ("winhttp_proxy",)) == SNAPSHOT
