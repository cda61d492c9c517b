"""What a PC may say about Defender Antivirus, check by check, and what each comes to."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    DEFENDER,
    MDM_KEY,
    SERVER_2019,
    answered,
    policy,
    report,
    snapshot,
    status,
    with_preferences,
    with_status,
    with_system,
)
from tests.domain.checks.cases import (
    FAIL,
    PASS,
    UNKNOWN,
    WARN,
    Cases,
    Needed,
    each_case,
    each_needed,
    without,
)
from troubleshooting.domain.checks.antivirus import (
    BEHAVIOR_MONITORING,
    CLOUD_PROTECTION,
    REAL_TIME_PROTECTION,
    SOLE_ANTIVIRUS,
)
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    ReadState,
    Snapshot,
)


def off_by(name: str, device: Snapshot) -> Snapshot:
    """Return a PC on which Policy Manager switches a setting off."""
    return replace(device, policy_keys=policy(MDM_KEY, **{name: 0}))


OTHER_ON = AntivirusProduct(name="Acme Antivirus", product_state=266240)
OTHER_OFF = AntivirusProduct(name="Acme Antivirus", product_state=0x040000)
OTHER_SNOOZED = AntivirusProduct(name="Acme Antivirus", product_state=0x042000)
OTHER_UNCLEAR = AntivirusProduct(name="Acme Antivirus")
DEFENDER_WITHOUT_STATE = AntivirusProduct(name="Microsoft Defender Antivirus")
CASES: Cases = {
    SOLE_ANTIVIRUS: [
        ("only Defender", snapshot(), None, PASS),
        ("written in another case", with_status(running_mode="NORMAL "), None, PASS),
        ("no list of products", snapshot(antivirus_products=()), None, PASS),
        ("another is off", snapshot(antivirus_products=(DEFENDER, OTHER_OFF)), None, PASS),
        ("another is snoozed", snapshot(antivirus_products=(DEFENDER, OTHER_SNOOZED)), None, PASS),
        ("another is on: a hint", snapshot(antivirus_products=(DEFENDER, OTHER_ON)), None, WARN),
        ("another without a state", snapshot(antivirus_products=(OTHER_UNCLEAR,)), None, UNKNOWN),
        ("Defender without a state", snapshot(antivirus_products=(DEFENDER_WITHOUT_STATE,)), None, PASS),
        ("passive", with_status(running_mode="Passive"), None, FAIL),
        ("passive mode", with_status(running_mode="Passive Mode"), None, FAIL),
        ("passive side by side", with_status(running_mode="SxS Passive Mode"), None, FAIL),
        ("EDR block mode", with_status(running_mode="EDR Block Mode"), None, FAIL),
        ("not running", with_status(running_mode="Not running"), None, FAIL),
        ("passive, list not read", replace(with_status(running_mode="Passive"), antivirus_products=None), None, FAIL),
        ("unheard-of mode", with_status(running_mode="Turbo"), None, UNKNOWN),
        ("mode not said", with_status(running_mode=None), None, UNKNOWN),
        ("mode empty", with_status(running_mode=" "), None, UNKNOWN),
        ("list not said", snapshot(antivirus_products=None), None, UNKNOWN),
        (
            "a server has no list",
            replace(
                with_system(SERVER_2019),
                antivirus_products=None,
                readings=answered(antivirus_products=ReadState.ABSENT),
            ),
            None,
            PASS,
        ),
        (
            "a client without a list",
            snapshot(antivirus_products=None, readings=answered(antivirus_products=ReadState.ABSENT)),
            None,
            UNKNOWN,
        ),
        (
            "no list, kind of Windows not known",
            snapshot(
                antivirus_products=None,
                operating_system=None,
                readings=answered(antivirus_products=ReadState.ABSENT, operating_system=ReadState.FAILED),
            ),
            None,
            PASS,
        ),
    ],
    REAL_TIME_PROTECTION: [
        ("on", snapshot(), None, PASS),
        ("off", with_status(real_time_protection=False), None, FAIL),
        ("off by policy", off_by("AllowRealtimeMonitoring", with_status(real_time_protection=False)), None, FAIL),
        ("on, but not on access", with_status(on_access_protection=False), None, WARN),
        ("on, on access not said", with_status(on_access_protection=None), None, PASS),
        ("not reported", with_status(real_time_protection=None), None, UNKNOWN),
        ("nothing said", snapshot(computer_status=None), None, UNKNOWN),
    ],
    BEHAVIOR_MONITORING: [
        ("on", snapshot(), None, PASS),
        ("off", with_status(behavior_monitor=False), None, FAIL),
        ("off by policy", off_by("AllowBehaviorMonitoring", with_status(behavior_monitor=False)), None, FAIL),
        ("not reported", with_status(behavior_monitor=None), None, UNKNOWN),
    ],
    CLOUD_PROTECTION: [
        ("advanced", with_preferences(maps_reporting=2), None, PASS),
        ("basic", with_preferences(maps_reporting=1), None, PASS),
        ("off", with_preferences(maps_reporting=0), None, FAIL),
        ("off by policy", off_by("AllowCloudProtection", with_preferences(maps_reporting=0)), None, FAIL),
        ("unheard-of", with_preferences(maps_reporting=7), None, UNKNOWN),
        ("not reported", with_preferences(maps_reporting=None), None, UNKNOWN),
        ("nothing said", snapshot(preferences=None), None, UNKNOWN),
    ],
}

# What each check cannot do without.
NEEDED: Needed = {
    SOLE_ANTIVIRUS: [("computer_status", "running_mode")],
    REAL_TIME_PROTECTION: [("computer_status", "real_time_protection")],
    BEHAVIOR_MONITORING: [("computer_status", "behavior_monitor")],
    CLOUD_PROTECTION: [("preferences", "maps_reporting")],
}


@each_case(CASES)
def test_each_check_judges_as_its_table_says(check, device, about, expected):
    assert status(check, device, about) is expected


@each_needed(NEEDED)
def test_silence_about_what_a_check_needs_is_unknown(check, part, name):
    assert status(check, without(part, name), report()) is UNKNOWN
