"""What a device may say, check by check, and what each comes to: network protection itself."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    GROUP_POLICY_KEY,
    MDM_KEY,
    POLICIES,
    answered,
    missed,
    policy,
    report,
    snapshot,
    with_preferences,
)
from tests.domain.checks.check_cases import Cases
from troubleshooting.domain.cases.case import Program
from troubleshooting.domain.checks.finding import CheckId, CheckStatus
from troubleshooting.domain.evidence.snapshot import CloudConnectivity, ListValue, ReadState, Snapshot

PASS, FAIL, WARN, INFO = CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.WARN, CheckStatus.INFO
UNKNOWN = CheckStatus.UNKNOWN


def excluding(*, addresses: tuple[str, ...] = (), programs: tuple[str, ...] = ()) -> Snapshot:
    """Return a PC with exclusions."""
    return with_preferences(exclusion_ip_address=ListValue(addresses), exclusion_process=ListValue(programs))


CASES: Cases = {
    CheckId.CLOUD_CONNECTIVITY: [
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
    CheckId.PROTECTION_MODE: [
        ("block, no report", snapshot(), None, PASS),
        ("block, blocked site", snapshot(), report(), PASS),
        ("block, missed site", snapshot(), missed(), PASS),
        ("audit, no report", with_preferences(network_protection=2), None, FAIL),
        ("audit, blocked site", with_preferences(network_protection=2), report(), PASS),
        ("audit, missed site", with_preferences(network_protection=2), missed(), FAIL),
        ("off, blocked site", with_preferences(network_protection=0), report(), FAIL),
        ("off, missed site", with_preferences(network_protection=0), missed(), FAIL),
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
        ("not said", with_preferences(network_protection=None), missed(), UNKNOWN),
        ("nothing said", snapshot(preferences=None), missed(), UNKNOWN),
    ],
    CheckId.MODE_ORIGIN: [
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
    CheckId.EXCLUSIONS_IN_FORCE: [
        ("none at all", snapshot(), report(), PASS),
        ("none at all, no report", snapshot(), None, PASS),
        ("some, no report", excluding(programs=("a.exe",)), None, INFO),
        ("program by name, missed", excluding(programs=("CHROME.EXE",)), missed(), FAIL),
        ("program by path, missed", excluding(programs=(r"%ProgramFiles%\Google\*\chrome.exe",)), missed(), FAIL),
        ("program by wildcard, missed", excluding(programs=(r"C:\x\chr*.exe",)), missed(), FAIL),
        ("program, blocked site", excluding(programs=("chrome.exe",)), report(), WARN),
        ("another program", excluding(programs=("firefox.exe",)), missed(), PASS),
        ("brackets are no wildcard", excluding(programs=("[c]hrome.exe",)), missed(), PASS),
        ("all programs of a folder", excluding(programs=(r"C:\Program Files\Google\*",)), missed(), UNKNOWN),
        ("program not known", excluding(programs=("firefox.exe",)), missed(program=Program.UNKNOWN), UNKNOWN),
        ("address, missed", excluding(addresses=("203.0.113.7",)), missed("203.0.113.7"), FAIL),
        ("network, missed", excluding(addresses=("203.0.113.0/24",)), missed("http://203.0.113.7/x"), FAIL),
        ("another address", excluding(addresses=("203.0.113.8",)), missed("203.0.113.7"), PASS),
        ("other family", excluding(addresses=("2001:db8::/32",)), missed("203.0.113.7"), PASS),
        ("no address", excluding(addresses=("any",)), missed("203.0.113.7"), UNKNOWN),
        ("a name may lead to an excluded address", excluding(addresses=("203.0.113.8",)), missed(), UNKNOWN),
        ("list not readable", with_preferences(exclusion_process=ListValue((), readable=False)), missed(), UNKNOWN),
        (
            "lists hidden by policy",
            snapshot(policy_keys=policy(POLICIES, HideExclusionsFromLocalAdmins=1)),
            missed(),
            UNKNOWN,
        ),
        ("empty, policy not readable", snapshot(readings=answered(policy_values=ReadState.FAILED)), missed(), UNKNOWN),
        (
            "entries are seen, policy not readable",
            replace(excluding(programs=("x.exe",)), readings=answered(policy_values=ReadState.FAILED)),
            missed(),
            PASS,
        ),
        (
            "a covering entry counts although the other list is not readable",
            with_preferences(
                exclusion_process=ListValue(("chrome.exe",)), exclusion_ip_address=ListValue((), readable=False)
            ),
            missed(),
            FAIL,
        ),
        ("not said", with_preferences(exclusion_process=None), missed(), UNKNOWN),
        ("nothing said", snapshot(preferences=None), missed(), UNKNOWN),
    ],
}
