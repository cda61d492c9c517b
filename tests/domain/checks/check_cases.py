"""What a device may say, check by check, and what each comes to: the documentation of the rules."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    DEFENDER,
    SERVER_2016,
    SERVER_2019,
    SYSTEM,
    answered,
    snapshot,
    with_preferences,
    with_status,
    with_system,
)
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.finding import CheckId, CheckStatus
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    OperatingSystem,
    ReadState,
    Snapshot,
    WinHttpProxy,
)

PASS, FAIL, WARN, INFO = CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.WARN, CheckStatus.INFO
UNKNOWN, NOT_APPLICABLE = CheckStatus.UNKNOWN, CheckStatus.NOT_APPLICABLE

OTHER_ON = AntivirusProduct(name="Acme Antivirus", product_state=266240)
OTHER_OFF = AntivirusProduct(name="Acme Antivirus", product_state=0x040000)
OTHER_SNOOZED = AntivirusProduct(name="Acme Antivirus", product_state=0x042000)
OTHER_UNCLEAR = AntivirusProduct(name="Acme Antivirus")
DEFENDER_WITHOUT_STATE = AntivirusProduct(name="Microsoft Defender Antivirus")


Cases = dict[CheckId, list[tuple[str, Snapshot, Report | None, CheckStatus]]]


def windows(**parts) -> Snapshot:
    """Return another Windows on an otherwise healthy PC."""
    return with_system(replace(SYSTEM, **parts))


def server(system: OperatingSystem, *, on_server: bool | None, down_level: bool | None = None) -> Snapshot:
    """Return a server with its switches."""
    return with_system(
        system,
        allow_network_protection_on_win_server=on_server,
        allow_network_protection_down_level=down_level,
    )


CASES: Cases = {
    CheckId.OS_EDITION: [
        ("Enterprise", windows(sku=4), None, PASS),
        ("Enterprise evaluation", windows(sku=72), None, PASS),
        ("Enterprise LTSC", windows(sku=125), None, PASS),
        ("Pro", windows(sku=48), None, PASS),
        ("Pro for Workstations", windows(sku=161), None, PASS),
        ("multi-session", windows(sku=175, product_type=3), None, PASS),
        ("Education is not listed by Microsoft", windows(sku=121), None, WARN),
        ("Home", windows(sku=101), None, FAIL),
        ("Home N", windows(sku=98), None, FAIL),
        ("server is judged by its switches", with_system(SERVER_2019), None, NOT_APPLICABLE),
        ("Nano Server", windows(sku=143, product_type=3), None, WARN),
        ("unheard-of edition", windows(sku=9999), None, WARN),
        ("without a caption", windows(caption=None), None, PASS),
        ("edition not said", windows(sku=None), None, UNKNOWN),
        ("nothing said", snapshot(operating_system=None), None, UNKNOWN),
    ],
    CheckId.OS_VERSION: [
        ("1709", windows(build=16299), None, PASS),
        ("before 1709", windows(build=16298), None, FAIL),
        ("multi-session 1909", windows(sku=175, product_type=3, build=18363), None, PASS),
        ("multi-session 1809", windows(sku=175, product_type=3, build=17763), None, FAIL),
        ("Server 2019", with_system(SERVER_2019), None, PASS),
        ("Server 2016", with_system(SERVER_2016), None, PASS),
        ("Server 2012 R2", with_system(replace(SERVER_2016, build=9600)), None, PASS),
        ("Server 1709", with_system(replace(SERVER_2016, build=16299)), None, WARN),
        ("Server 2012", with_system(replace(SERVER_2016, build=9200)), None, FAIL),
        ("Nano Server 1803", windows(sku=143, product_type=3, build=17134), None, PASS),
        ("domain controller with an unheard-of edition", windows(sku=None, product_type=2), None, PASS),
        ("server with an unheard-of edition", windows(sku=9999, product_type=3), None, PASS),
        ("client with an unheard-of edition", windows(sku=9999, product_type=1), None, PASS),
        ("server or multi-session cannot be told", windows(sku=None, product_type=3), None, UNKNOWN),
        ("build not said", windows(build=None), None, UNKNOWN),
        ("kind not said", windows(sku=None, product_type=None), None, UNKNOWN),
        ("nothing said", snapshot(operating_system=None), None, UNKNOWN),
    ],
    CheckId.SERVER_SWITCHES: [
        ("client", snapshot(), None, NOT_APPLICABLE),
        ("Server 2019 with its switch", server(SERVER_2019, on_server=True), None, PASS),
        ("Server 2019 without its switch", server(SERVER_2019, on_server=False), None, FAIL),
        ("Server 2019, switch not said", server(SERVER_2019, on_server=None), None, UNKNOWN),
        ("Server 2016 with both", server(SERVER_2016, on_server=True, down_level=True), None, PASS),
        ("Server 2016 with one", server(SERVER_2016, on_server=True, down_level=False), None, FAIL),
        ("Server 2016, second not said", server(SERVER_2016, on_server=True), None, UNKNOWN),
        ("one off, other not said", server(SERVER_2016, on_server=None, down_level=False), None, FAIL),
        ("server, build not said", server(replace(SERVER_2019, build=None), on_server=True), None, UNKNOWN),
        ("multi-session on", server(replace(SYSTEM, sku=175), on_server=True), None, PASS),
        ("multi-session off", server(replace(SYSTEM, sku=175), on_server=False), None, FAIL),
        ("kind of Windows not said", windows(sku=None, product_type=None), None, UNKNOWN),
        ("preferences not said", snapshot(operating_system=SERVER_2019, preferences=None), None, UNKNOWN),
        ("nothing said", snapshot(operating_system=None), None, UNKNOWN),
    ],
    CheckId.SOLE_ANTIVIRUS: [
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
    CheckId.REAL_TIME_PROTECTION: [
        ("on", snapshot(), None, PASS),
        ("off", with_status(real_time_protection=False), None, FAIL),
        ("on, but not on access", with_status(on_access_protection=False), None, WARN),
        ("on, on access not said", with_status(on_access_protection=None), None, PASS),
        ("not said", with_status(real_time_protection=None), None, UNKNOWN),
        ("nothing said", snapshot(computer_status=None), None, UNKNOWN),
    ],
    CheckId.BEHAVIOR_MONITORING: [
        ("on", snapshot(), None, PASS),
        ("off", with_status(behavior_monitor=False), None, FAIL),
        ("not said", with_status(behavior_monitor=None), None, UNKNOWN),
    ],
    CheckId.CLOUD_PROTECTION: [
        ("advanced", with_preferences(maps_reporting=2), None, PASS),
        ("basic", with_preferences(maps_reporting=1), None, PASS),
        ("off", with_preferences(maps_reporting=0), None, FAIL),
        ("unheard-of", with_preferences(maps_reporting=7), None, UNKNOWN),
        ("not said", with_preferences(maps_reporting=None), None, UNKNOWN),
        ("nothing said", snapshot(preferences=None), None, UNKNOWN),
    ],
    CheckId.PLATFORM_VERSION: [
        ("current", snapshot(), None, PASS),
        ("just enough", with_status(product_version="4.18.1906.0"), None, PASS),
        ("too old", with_status(product_version="4.18.1905.999"), None, FAIL),
        ("numbers, not letters", with_status(product_version="4.9.9999.1"), None, FAIL),
        (
            "Server 2016 needs more",
            replace(with_status(product_version="4.18.1906.1"), operating_system=SERVER_2016),
            None,
            FAIL,
        ),
        (
            "Server 2016 with the unified solution",
            replace(with_status(product_version="4.18.2001.1"), operating_system=SERVER_2016),
            None,
            PASS,
        ),
        ("no version", with_status(product_version="n/a"), None, UNKNOWN),
        ("an empty version", with_status(product_version=" "), None, UNKNOWN),
        ("not said", with_status(product_version=None), None, UNKNOWN),
    ],
    CheckId.SIGNATURES: [
        ("fresh", snapshot(), None, PASS),
        ("seven days", with_status(signature_age_days=7), None, PASS),
        ("eight days", with_status(signature_age_days=8), None, FAIL),
        ("out of date", with_status(signatures_out_of_date=True), None, FAIL),
        ("out of date, age not said", with_status(signatures_out_of_date=True, signature_age_days=None), None, FAIL),
        ("never updated", with_status(signature_age_days=4294967295), None, FAIL),
        ("age not said", with_status(signature_age_days=None), None, UNKNOWN),
        ("an older platform does not tell", with_status(signatures_out_of_date=None), None, UNKNOWN),
        ("without a version", with_status(signature_version=None), None, PASS),
    ],
    CheckId.NETWORK_INSPECTION: [
        ("running", snapshot(), None, PASS),
        ("stopped", with_status(network_inspection=False), None, FAIL),
        ("not said", with_status(network_inspection=None), None, UNKNOWN),
    ],
    CheckId.PROXY: [
        ("none", snapshot(), None, INFO),
        ("Defender's own", with_preferences(proxy_server="http://10.0.0.6:8080"), None, INFO),
        ("Defender's PAC", with_preferences(proxy_pac_url="https://pac.example/proxy.pac"), None, INFO),
        ("only Windows has one", snapshot(winhttp_proxy=WinHttpProxy(server="proxy:8080")), None, WARN),
        ("localised words", snapshot(winhttp_proxy=WinHttpProxy(lines=("Direkter Zugriff",))), None, INFO),
        ("nothing said", snapshot(preferences=None, winhttp_proxy=None), None, INFO),
    ],
    CheckId.TAMPER_PROTECTION: [
        ("on", snapshot(), None, INFO),
        ("on, source not said", with_status(tamper_protection_source=None), None, INFO),
        ("off", with_status(tamper_protected=False), None, INFO),
        ("not said", with_status(tamper_protected=None), None, UNKNOWN),
    ],
    CheckId.TROUBLESHOOTING_MODE: [
        ("off", snapshot(), None, PASS),
        ("on", with_status(troubleshooting_mode="Enabled"), None, WARN),
        ("unheard-of", with_status(troubleshooting_mode="Sometimes"), None, UNKNOWN),
        ("not said", with_status(troubleshooting_mode=None), None, UNKNOWN),
    ],
}
