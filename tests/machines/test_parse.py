"""From stored answers to a snapshot: tolerant of everything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troubleshooting.domain.evidence.snapshot import (
    BrowserPolicy,
    CloudConnectivity,
    DeviceClock,
    ListValue,
    PolicyKey,
    Reading,
    ReadState,
    Snapshot,
    WinHttpProxy,
)
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer, answer_as_json, answer_from_json
from troubleshooting.machines.event_xml import read_event, read_events
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.properties import BROWSER_KEYS, COMPUTER_STATUS, POLICY_KEYS, PREFERENCES
from troubleshooting.machines.readers import entries, flag, moment, number

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
NAMES = [entry.name for entry in catalogue.prerequisite_visit(timedelta(hours=1))]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
PROPERTIES = st.sampled_from([*COMPUTER_STATUS, *PREFERENCES, "BuildNumber", "LastBootUpTime", "displayName", "PSPath"])

BLOCK = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
<Provider Name='Microsoft-Windows-Windows Defender'/><EventID>1126</EventID>
<TimeCreated SystemTime='2026-11-24T01:30:00.1234567Z'/><EventRecordID>42</EventRecordID><Computer>PC-1</Computer>
</System><EventData><Data Name='Product Name'>Microsoft Defender</Data><Data Name='Product Version'>4.18</Data>
<Data Name='ID'>E1</Data><Data Name='Detection Time'>2026-11-24T01:29:59.984Z</Data>
<Data Name='User'>LAB\\emma</Data><Data Name='Destination'>bad.example</Data>
<Data Name='Process Name'>C:\\chrome.exe</Data></EventData></Event>"""


def answer(name, content=(), *, state=ReadState.ANSWERED, errors=(), code=None):
    return Answer(name, name, NOW, 0.5, Reading(state, code), list(content), list(errors))


def snapshot(*answers):
    return build_snapshot(answers, collected_at=NOW)


def test_nothing_came_of_nothing():
    assert snapshot() == Snapshot(collected_at=NOW)


def test_an_answer_survives_its_storage():
    stored = json.loads(json.dumps(answer_as_json(answer("clock", ["x"], code="timed_out"))))

    assert answer_from_json(stored) == answer("clock", ["x"], code="timed_out")


def test_each_field_is_filled_from_its_property():
    filled = snapshot(
        answer("computer_status", [dict.fromkeys(COMPUTER_STATUS, True) | {"AMProductVersion": "4.18.1"}]),
        answer("preferences", [dict.fromkeys(PREFERENCES, 1)]),
    )

    assert filled.computer_status.real_time_protection is True
    assert filled.computer_status.product_version == "4.18.1"
    assert filled.computer_status.running_mode is None  # True is no text
    assert filled.preferences.network_protection == 1
    assert filled.preferences.disable_tls_parsing is True  # 1 is a flag
    assert filled.preferences.proxy_server is None


def test_a_property_that_is_read_is_used():
    answers = [answer(entry.name, [dict.fromkeys(entry.properties, 1)]) for entry in catalogue.PREREQUISITE_READS]
    used = snapshot(*answers)

    assert used.operating_system.build == 1
    assert used.computer.domain_role == 1
    assert used.onboarding.state == 1
    assert used.windows_version.ubr == 1


def test_a_log_that_cannot_be_read_again_is_as_it_was_read_before():
    first = answer("protection_events", [BLOCK])

    assert snapshot(first, answer("protection_events", state=ReadState.FAILED, code="timed_out")) == snapshot(first)
    assert snapshot(first, answer("protection_events", [BLOCK] * 2)).log.returned == 2


def test_the_devices_own_time_is_read_with_its_own_zone():
    zone = timezone(timedelta(hours=1))
    read = snapshot(
        answer("clock", ["2026-11-24T03:00:10+01:00"]),
        answer("computer_status", [{"AntivirusSignatureLastUpdated": "2026-11-23T10:00:00"}]),
    )

    assert read.clock == DeviceClock(datetime(2026, 11, 24, 3, 0, 10, tzinfo=zone), NOW + timedelta(seconds=0.5))
    assert read.clock.skew_s == 9.5
    assert read.computer_status.signature_updated_at == datetime(2026, 11, 23, 10, tzinfo=zone)


def test_without_a_clock_a_time_without_zone_is_unknown():
    read = snapshot(answer("computer_status", [{"AntivirusSignatureLastUpdated": "2026-11-23T10:00:00"}]))

    assert read.computer_status.signature_updated_at is None


def test_a_list_that_may_not_be_read_is_not_an_exclusion():
    hidden = "N/A: Must be and administrator to view exclusions"
    read = snapshot(answer("preferences", [{"ExclusionProcess": [hidden], "ExclusionIpAddress": hidden}])).preferences

    assert read.exclusion_process == ListValue(readable=False)
    assert read.exclusion_ip_address == ListValue(readable=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ListValue()),
        ([], ListValue()),
        ("10.0.0.1", ListValue(("10.0.0.1",))),
        (["a", "b", " "], ListValue(("a", "b"))),
        ([1], None),
        ({"a": 1}, None),
    ],
)
def test_a_list_preference_is_read(value, expected):
    assert entries(value) == expected


def test_policy_keys_are_present_absent_or_unread():
    path = {part: key for part, (key, _) in POLICY_KEYS.items()}
    read = snapshot(
        answer(
            "policy_values:spynet", [{"SpynetReporting": 2, "SSLOptions": None, "PSPath": "x", "Multi": ["a", "b"]}]
        ),
        answer("policy_values:defender", state=ReadState.ABSENT),
        answer("policy_values:exclusions"),
        answer("policy_values:features", state=ReadState.REFUSED),
    )

    assert read.policy_keys == (
        PolicyKey(path["defender"]),
        PolicyKey(path["spynet"], (("SpynetReporting", 2), ("Multi", "a|b"))),
        PolicyKey(path["exclusions"], ()),
    )
    assert read.policy("Windows Defender\\Spynet", "spynetreporting") == 2


def parts(prefix, keys, *states):
    spread = [*states, *[states[-1]] * len(keys)]
    return [answer(f"{prefix}:{part}", state=state) for part, state in zip(keys, spread, strict=False)]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((ReadState.ABSENT,), ReadState.ABSENT),
        ((ReadState.ANSWERED, ReadState.ABSENT), ReadState.ANSWERED),
        ((ReadState.ANSWERED, ReadState.REFUSED, ReadState.ABSENT), ReadState.REFUSED),
        ((ReadState.FAILED, ReadState.REFUSED, ReadState.ANSWERED), ReadState.FAILED),
    ],
)
def test_several_keys_are_summed_by_the_worst(states, expected):
    read = snapshot(*parts("policy_values", POLICY_KEYS, *states), *parts("browser_policies", BROWSER_KEYS, *states))

    assert read.reading("policy_values").state is expected
    assert read.reading("browser_policies").state is expected


def test_a_sum_waits_for_its_last_part():
    read = snapshot(*parts("policy_values", POLICY_KEYS, ReadState.ANSWERED)[:-1])

    assert read.reading("policy_values").state is ReadState.WAITING


def test_browser_policies_are_read_in_each_browsers_words():
    read = snapshot(
        answer("browser_policies:chrome", [{"QuicAllowed": 0, "EncryptedClientHelloEnabled": 0}]),
        answer("browser_policies:edge", state=ReadState.ABSENT),
        answer("browser_policies:firefox", [{"DisableEncryptedClientHello": 1}]),
    )

    assert read.browser_policies == (
        BrowserPolicy("chrome", present=True, quic_allowed=False, encrypted_client_hello=False),
        BrowserPolicy("edge"),
        BrowserPolicy("firefox", present=True, encrypted_client_hello=False),
    )


def test_no_security_center_is_not_an_empty_one():
    assert snapshot(answer("antivirus_products", state=ReadState.ABSENT)).antivirus_products is None
    assert snapshot(answer("antivirus_products")).antivirus_products == ()


def native_error(message):
    return {"fq_error": "NativeCommandError", "message": message}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["ValidateMapsConnection successfully established a connection to MAPS"], (True, None, None)),
        (
            ["ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072EE7 httpcode=451)"],
            (False, "0x80072EE7", 451),
        ),
        (["… (hr=80072f8f httpcore=451)", "MpCmdRun.exe: hr = 0x80072F8F."], (False, "0x80072F8F", 451)),
        (["ValidateMapsConnection failed (800106BA)"], (False, "0x800106BA", None)),
        (["Etwas anderes"], (None, None, None)),
        ([], (None, None, None)),
    ],
)
def test_the_lines_of_mpcmdrun_are_read(lines, expected):
    read = snapshot(answer("cloud_connectivity", lines)).cloud_connectivity

    assert read == CloudConnectivity(*expected, tuple(lines))


def test_error_lines_of_a_native_command_are_lines():
    read = snapshot(answer("cloud_connectivity", errors=[native_error("MpCmdRun.exe: hr = 0x80070005")]))

    assert read.cloud_connectivity.hresult == "0x80070005"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["", "Current WinHTTP proxy settings:", "", "    Direct access (no proxy server)."], (True, None)),
        (["Aktuelle WinHTTP-Proxyeinstellungen:", "    Direktzugriff (kein Proxyserver)."], (True, None)),
        (
            ["Current…:", "    Proxy Server(s) :  proxy.example:8080", "    Bypass List     :  <local>"],
            (False, "proxy.example:8080"),
        ),
        (["Aktuelle…:", "    Proxyserver:  http=a:1;https=b:2"], (False, "http=a:1;https=b:2")),
        (["?"], (None, None)),
        ([], (None, None)),
    ],
)
def test_the_lines_of_netsh_are_read_in_any_language(lines, expected):
    assert snapshot(answer("winhttp_proxy", lines)).winhttp_proxy == WinHttpProxy(
        *expected, lines=tuple(filter(None, lines))
    )


def test_an_event_is_read_by_its_names():
    event = read_event(BLOCK)

    assert (event.event_id, event.record_id, event.computer) == (1126, 42, "PC-1")
    assert (event.destination, event.process_name, event.user) == ("bad.example", "C:\\chrome.exe", "LAB\\emma")
    assert event.recorded_at == datetime(2026, 11, 24, 1, 30, 0, 123456, tzinfo=UTC)
    assert event.detected_at == datetime(2026, 11, 24, 1, 29, 59, 984000, tzinfo=UTC)
    assert event.xml == BLOCK


@pytest.mark.parametrize(
    "fold", [lambda text: text.replace(" ", ""), lambda text: text.upper(), lambda _: "x"], ids=range(3)
)
def test_blanks_case_and_missing_names_do_not_matter(fold):
    spelled = BLOCK
    for name in ("Product Name", "Product Version", "Detection Time", "User", "Destination", "Process Name", "ID"):
        spelled = spelled.replace(f"Name='{name}'", f"Name='{fold(name)}'")

    assert read_event(spelled) == read_event(BLOCK)


def test_a_changed_setting_is_read():
    changed = BLOCK.replace("1126", "5007")
    start = changed.index("<EventData>")
    changed = (
        changed[:start] + "<EventData><Data Name='Product Name'>x</Data><Data Name='Old Value'></Data>"
        "<Data Name='New Value'>HKLM\\x = 0x1</Data></EventData></Event>"
    )

    event = read_event(changed)

    assert (event.old_value, event.new_value, event.destination) == (None, "HKLM\\x = 0x1", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<Event>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><Event/>",
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Event/>',
        BLOCK.replace("1126", "4624"),
        BLOCK.replace("1126", "x"),
        BLOCK.replace("2026-11-24T01:30:00.1234567Z", "yesterday"),
        BLOCK + " " * 64_001,
        "\ud800",
    ],
    ids=range(9),
)
def test_what_is_no_event_is_left_out(text):
    assert read_events([text, BLOCK, 5, None]) == (read_event(BLOCK),)


def test_an_empty_log_is_known_and_an_unread_one_is_not():
    assert snapshot(answer("protection_events", state=ReadState.ABSENT)).events == ()
    assert snapshot(answer("protection_events")).events == ()
    assert snapshot(answer("protection_events", state=ReadState.REFUSED)).events is None
    assert snapshot().events is None


@pytest.mark.parametrize("value", [None, True, "x", "１２", [], {}, 1.0, 10**30, "9" * 19])
def test_what_is_no_number_is_none(value):
    assert number(value) is None


@pytest.mark.parametrize("value", [None, 2, "true", [], 1.0])
def test_what_is_no_flag_is_none(value):
    assert flag(value) is None


@pytest.mark.parametrize("value", [None, 5, "", "x", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "2026-11-24"])
def test_what_is_no_moment_is_none(value):
    assert moment(value) is None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ReadState), JSON, JSON), max_size=6))
def test_no_stored_json_ever_raises(stored):
    answers = [Answer(name, "", NOW, 0.1, Reading(state), content, errors) for name, state, content, errors in stored]

    assert isinstance(build_snapshot(answers, collected_at=NOW), Snapshot)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(NAMES), st.lists(st.dictionaries(PROPERTIES | st.text(max_size=5), JSON, max_size=6), max_size=3)
)
def test_no_object_ever_raises(name, content):
    assert isinstance(snapshot(answer(name, content)), Snapshot)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.text(max_size=60).map(lambda text: BLOCK.replace("bad.example", text)))
def test_no_event_text_ever_raises(text):
    read_events([text])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_no_line_ever_raises(lines):
    snapshot(answer("winhttp_proxy", lines), answer("cloud_connectivity", lines))
