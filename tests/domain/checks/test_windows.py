"""What a PC may say about Windows itself, check by check, and what each comes to."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    SERVER_2016,
    SERVER_2019,
    SYSTEM,
    report,
    snapshot,
    status,
    with_preferences,
    with_system,
)
from tests.domain.checks.cases import (
    FAIL,
    INFO,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    WARN,
    Cases,
    Needed,
    each_case,
    each_needed,
    without,
)
from troubleshooting.domain.checks.windows import OS_EDITION, OS_VERSION, PROXY, SERVER_SWITCHES
from troubleshooting.domain.evidence.snapshot import (
    OperatingSystem,
    Snapshot,
    WinHttpProxy,
)


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
    OS_EDITION: [
        ("Enterprise", windows(sku=4), None, PASS),
        ("Enterprise evaluation", windows(sku=72), None, PASS),
        ("Enterprise LTSC", windows(sku=125), None, PASS),
        ("IoT Enterprise", windows(sku=188), None, PASS),
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
    OS_VERSION: [
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
    SERVER_SWITCHES: [
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
    PROXY: [
        ("none", snapshot(), None, INFO),
        ("Defender's own", with_preferences(proxy_server="http://10.0.0.6:8080"), None, INFO),
        ("Defender's PAC", with_preferences(proxy_pac_url="https://pac.example/proxy.pac"), None, INFO),
        ("only Windows has one", snapshot(winhttp_proxy=WinHttpProxy(server="proxy:8080")), None, WARN),
        ("localised words", snapshot(winhttp_proxy=WinHttpProxy(lines=("Direkter Zugriff",))), None, INFO),
        ("nothing said", snapshot(preferences=None, winhttp_proxy=None), None, INFO),
    ],
}

# What each check cannot do without.
NEEDED: Needed = {
    OS_EDITION: [("operating_system", "sku")],
    OS_VERSION: [("operating_system", "build")],
}


@each_case(CASES)
def test_each_check_judges_as_its_table_says(check, device, about, expected):
    assert status(check, device, about) is expected


@each_needed(NEEDED)
def test_silence_about_what_a_check_needs_is_unknown(check, part, name):
    assert status(check, without(part, name), report()) is UNKNOWN
