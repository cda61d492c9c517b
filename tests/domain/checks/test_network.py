"""What a PC may say about network protection itself, check by check, and what each comes to."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    GROUP_POLICY_KEY,
    MDM_KEY,
    answered,
    missed,
    policy,
    report,
    snapshot,
    status,
    with_preferences,
)
from tests.domain.checks.cases import (
    FAIL,
    INFO,
    PASS,
    UNKNOWN,
    WARN,
    Cases,
    Needed,
    each_case,
    each_needed,
    without,
)
from troubleshooting.domain.checks.cloud import CLOUD_CONNECTIVITY
from troubleshooting.domain.checks.network import MODE_ORIGIN, PROTECTION_MODE
from troubleshooting.domain.evidence.snapshot import (
    CloudConnectivity,
    ReadState,
)

CASES: Cases = {
    CLOUD_CONNECTIVITY: [
        ("connected", snapshot(), None, PASS),
        ("name not resolved", snapshot(cloud_connectivity=CloudConnectivity(False, "0x80072EE7")), None, FAIL),
        ("certificate", snapshot(cloud_connectivity=CloudConnectivity(False, "80072f8f")), None, FAIL),
        ("firewall", snapshot(cloud_connectivity=CloudConnectivity(False, "0x80508015")), None, FAIL),
        ("another code", snapshot(cloud_connectivity=CloudConnectivity(False, "0x12345678")), None, FAIL),
        ("no code", snapshot(cloud_connectivity=CloudConnectivity(False)), None, FAIL),
        ("not elevated", snapshot(cloud_connectivity=CloudConnectivity(False, "0x80070005")), None, UNKNOWN),
        ("Defender stopped", snapshot(cloud_connectivity=CloudConnectivity(False, "0x800106BA")), None, UNKNOWN),
        ("neither line", snapshot(cloud_connectivity=CloudConnectivity()), None, UNKNOWN),
        ("nothing said", snapshot(cloud_connectivity=None), None, UNKNOWN),
    ],
    PROTECTION_MODE: [
        ("block, no report", snapshot(), None, PASS),
        ("block, blocked site", snapshot(), report(), PASS),
        ("block, missed site", snapshot(), missed(), PASS),
        ("audit, no report", with_preferences(network_protection=2), None, FAIL),
        ("audit, blocked site", with_preferences(network_protection=2), report(), PASS),
        ("audit, missed site", with_preferences(network_protection=2), missed(), FAIL),
        ("off, blocked site", with_preferences(network_protection=0), report(), FAIL),
        ("off, missed site", with_preferences(network_protection=0), missed(), FAIL),
        (
            "off by policy",
            replace(
                with_preferences(network_protection=0), policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=0)
            ),
            missed(),
            FAIL,
        ),
        (
            "off, policy not readable",
            replace(with_preferences(network_protection=0), readings=answered(policy_values=ReadState.REFUSED)),
            missed(),
            FAIL,
        ),
        (
            "audit by Group Policy, blocked site",
            replace(
                with_preferences(network_protection=2),
                policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=2),
            ),
            report(),
            FAIL,
        ),
        (
            "audit by MDM, missed site",
            replace(with_preferences(network_protection=2), policy_keys=policy(MDM_KEY, enablenetworkprotection="0x2")),
            missed(),
            FAIL,
        ),
        (
            "audit although policy says block",
            replace(
                with_preferences(network_protection=2),
                policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=1),
            ),
            report(),
            PASS,
        ),
        (
            "audit, policy not readable, blocked site",
            replace(with_preferences(network_protection=2), readings=answered(policy_values=ReadState.REFUSED)),
            report(),
            UNKNOWN,
        ),
        (
            "audit, policy not readable, missed site",
            replace(with_preferences(network_protection=2), readings=answered(policy_values=ReadState.REFUSED)),
            missed(),
            FAIL,
        ),
        ("block, policy not readable", snapshot(readings=answered(policy_values=ReadState.FAILED)), missed(), PASS),
        ("unheard-of", with_preferences(network_protection=6), missed(), UNKNOWN),
        ("not reported", with_preferences(network_protection=None), missed(), UNKNOWN),
        ("nothing said", snapshot(preferences=None), missed(), UNKNOWN),
    ],
    MODE_ORIGIN: [
        ("local", snapshot(), None, INFO),
        ("no policy key at all", snapshot(readings=answered(policy_values=ReadState.ABSENT)), None, INFO),
        ("MDM", snapshot(policy_keys=policy(MDM_KEY, EnableNetworkProtection=1)), None, WARN),
        ("Group Policy", snapshot(policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=2)), None, WARN),
        ("a value that is no number", snapshot(policy_keys=policy(MDM_KEY, EnableNetworkProtection="on")), None, INFO),
        (
            "both alike",
            snapshot(
                policy_keys=policy(MDM_KEY, EnableNetworkProtection=1)
                + policy(GROUP_POLICY_KEY, EnableNetworkProtection=1)
            ),
            None,
            WARN,
        ),
        (
            "both, in conflict",
            snapshot(
                policy_keys=policy(MDM_KEY, EnableNetworkProtection=1)
                + policy(GROUP_POLICY_KEY, EnableNetworkProtection=2)
            ),
            None,
            WARN,
        ),
        ("not readable", snapshot(readings=answered(policy_values=ReadState.REFUSED)), None, UNKNOWN),
    ],
}

# What each check cannot do without.
NEEDED: Needed = {
    CLOUD_CONNECTIVITY: [("cloud_connectivity", "connected")],
    PROTECTION_MODE: [("preferences", "network_protection")],
}


@each_case(CASES)
def test_each_check_judges_as_its_table_says(check, device, about, expected):
    assert status(check, device, about) is expected


@each_needed(NEEDED)
def test_silence_about_what_a_check_needs_is_unknown(check, part, name):
    assert status(check, without(part, name), report()) is UNKNOWN
