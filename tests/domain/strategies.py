"""Any snapshot a device could make the portal read, for properties."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, get_type_hints

from hypothesis import strategies as st

from tests.domain.builders import GROUP_POLICY_KEY, MDM_KEY, NAMES, NOW, POLICIES, event, report
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.evidence import snapshot as shapes
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    BrowserPolicy,
    CloudConnectivity,
    ComputerStatus,
    DeviceClock,
    ListValue,
    OperatingSystem,
    PolicyKey,
    Preferences,
    ProtectionEvent,
    Reading,
    ReadState,
    Snapshot,
    WinHttpProxy,
)

words = st.text(max_size=12) | st.sampled_from(
    [
        "Normal",
        "Passive Mode",
        "SxS Passive Mode",
        "EDR Block Mode",
        "Not running",
        "4.18.24090.11",
        "4.18.1807.1",
        "9.9",
        "Disabled",
        "Enabled",
        "0x80072EE7",
        "0x80070005",
        "10.0.0.1",
        r"C:\x\chrome.exe",
        "*",
        "N/A: hidden",
        "%(x)s",
    ]
)
numbers = st.sampled_from([0, 1, 2, 3, 4, 7, 48, 101, 121, 143, 175, 999, 9600, 14393, 16299, 17763, 22631, 4294967295])
moments = st.timedeltas(timedelta(days=-9000), timedelta(days=9000)).map(lambda distance: NOW + distance)
lists = st.builds(ListValue, st.lists(words, max_size=3).map(tuple), st.booleans())

BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str | None: st.none() | words,
    int | None: st.none() | numbers | st.integers(-1, 2**32),
    bool | None: st.none() | st.booleans(),
    datetime | None: st.none() | moments,
    ListValue | None: st.none() | lists,
    tuple[str, ...]: st.just(()),
    bool: st.booleans(),
    int: st.sampled_from([1125, 1126, 5007, 5013]) | st.integers(0, 65535),
    str: words,
    datetime: moments,
}


def any_of(shape: type) -> st.SearchStrategy[Any]:
    """Return any value of a dataclass of the snapshot."""
    hints = get_type_hints(shape, vars(shapes))
    return st.builds(shape, **{field.name: BY_TYPE[hints[field.name]] for field in fields(shape)})


readings = st.builds(
    Reading, st.sampled_from(ReadState), st.none() | words | st.sampled_from([c.value for c in DeviceErrorCode]), words
)
paths = st.sampled_from([POLICIES, GROUP_POLICY_KEY, MDM_KEY])
policy_names = st.sampled_from(["EnableNetworkProtection", "HideExclusionsFromLocalAdmins"])
policy_keys = st.builds(
    PolicyKey, paths, st.none() | st.lists(st.tuples(policy_names, numbers | words), max_size=2).map(tuple)
)
near_moments = st.timedeltas(timedelta(hours=-30), timedelta(hours=3)).map(lambda distance: NOW + distance)
events = st.builds(
    replace,
    st.sampled_from([event(), event(event_id=1125), event("cdn.shop.example.com"), event(process_name=None)]),
    recorded_at=near_moments,
    record_id=st.none() | st.integers(1, 9),
) | any_of(ProtectionEvent)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return it or None."""
    return st.none() | strategy


snapshots = st.builds(
    Snapshot,
    collected_at=near_moments,
    readings=st.fixed_dictionaries(dict.fromkeys(NAMES, readings)).map(lambda states: tuple(states.items()))
    | st.just(tuple((name, Reading(ReadState.ANSWERED)) for name in NAMES)),
    operating_system=maybe(any_of(OperatingSystem)),
    computer_status=maybe(any_of(ComputerStatus)),
    preferences=maybe(any_of(Preferences)),
    antivirus_products=maybe(st.lists(any_of(AntivirusProduct), max_size=3).map(tuple)),
    policy_keys=st.lists(policy_keys, max_size=3).map(tuple),
    browser_policies=st.lists(any_of(BrowserPolicy), max_size=2).map(tuple),
    clock=maybe(any_of(DeviceClock)),
    cloud_connectivity=maybe(any_of(CloudConnectivity)),
    winhttp_proxy=maybe(any_of(WinHttpProxy)),
    events=maybe(st.lists(events, max_size=4).map(tuple)),
)

addresses = st.sampled_from(
    [
        "https://shop.example.com/",
        "https://shop.example.com/page",
        "bücher.de",
        "10.0.0.1",
        "203.0.113.7",
        "2001:db8::1",
        "https://example.com:8443/" + "a" * 1900,
    ]
)
reports: st.SearchStrategy[Report] = st.builds(
    lambda address, kind, program, name, moment, saw: report(
        address, kind=kind, program=program, program_name=name, happened_at=moment, saw=saw, reason=saw * 200
    ),
    addresses,
    st.sampled_from(ProblemKind),
    st.sampled_from(Program),
    words,
    near_moments,
    words,
)
