"""Differences from the register: a table of situations, and what holds for any."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import NOW, POLICIES, answered, event, policy, snapshot, with_preferences
from tests.domain.strategies import snapshots
from troubleshooting.domain.drift.covers import covers_more, is_for_more, own_name, wider_names
from troubleshooting.domain.drift.drift import (
    BY_POLICY,
    LISTING_LAG,
    Drift,
    DriftCode,
    Listed,
    Place,
    Registered,
    Terms,
    compare,
    place_of,
    stored_key,
)
from troubleshooting.domain.drift.texts import BY_POLICY_TEXT, IN_TENANT, ON_PC, drift_text, removal_command
from troubleshooting.domain.evidence.snapshot import ListValue, ReadState
from troubleshooting.domain.exclusions.events import ExclusionChange, exclusion_change, policy_exclusions
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus

SITE, IP, APP = ExclusionKind.ALLOW_INDICATOR, ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS
C, P = DriftCode, PlacementStatus
DAY = timedelta(days=1)
ADDRESS, PROGRAM, HOST = "203.0.113.7", r"C:\Program Files\App\app.exe", "shop.example.com"
VALUES = {IP: ADDRESS, APP: PROGRAM, SITE: HOST}
FINANCE = Terms(frozenset({"Finance"}), NOW + 5 * DAY)


def registered(kind: ExclusionKind = IP, status: PlacementStatus = P.VERIFIED, **parts) -> Registered:
    fields = {"exclusion_id": 1, "value": VALUES[kind], "expires_at": NOW + 5 * DAY, "settled_at": NOW - DAY}
    return Registered(kind=kind, status=status, **(fields | {"terms": FINANCE if kind is SITE else None} | parts))


def place(kind: ExclusionKind, *values: str, **parts) -> Place:
    return Place({kind: tuple(Listed(kind, value) for value in values)}, **parts)


def codes(found: tuple[Drift, ...]) -> list[tuple[DriftCode, str, int | None]]:
    return [(drift.code, drift.value, drift.exclusion_id) for drift in found]


GONE = registered(status=P.REMOVED)
HANDED_OVER = replace(GONE, outcome=PlacementOutcome.NEEDED_BY_ANOTHER.value)
WAS_THERE = replace(GONE, was_there_before=True)

# what the list has, what the register says, what differs
ROWS = [
    ("nothing anywhere", IP, [], [], []),
    ("as approved", IP, [ADDRESS], [registered()], []),
    ("case does not count", APP, [PROGRAM.upper()], [registered(APP)], []),
    ("no one approved it", IP, [ADDRESS], [], [(C.NOT_APPROVED, ADDRESS, None)]),
    ("listed twice", IP, [ADDRESS, ADDRESS], [], [(C.NOT_APPROVED, ADDRESS, None)]),
    ("approved and gone", IP, [], [registered()], [(C.APPROVED_BUT_MISSING, ADDRESS, 1)]),
    ("taken off and back", IP, [ADDRESS], [GONE], [(C.ENDED_BUT_PRESENT, ADDRESS, 1)]),
    ("taken off and gone", IP, [], [GONE], []),
    ("was there before the portal", IP, [ADDRESS], [WAS_THERE], [(C.NOT_APPROVED, ADDRESS, 1)]),
    ("there before, and still in force", IP, [ADDRESS], [registered(was_there_before=True)], []),
    ("handed over to one in force", IP, [ADDRESS], [HANDED_OVER, registered(exclusion_id=2)], []),
    (
        "handed over to one that has ended",
        IP,
        [ADDRESS],
        [HANDED_OVER, replace(GONE, exclusion_id=2)],
        [(C.ENDED_BUT_PRESENT, ADDRESS, 2)],
    ),
    (
        "the last one that had it answers",
        IP,
        [ADDRESS],
        [replace(GONE, settled_at=NOW - 9 * DAY), replace(WAS_THERE, exclusion_id=2)],
        [(C.NOT_APPROVED, ADDRESS, 2)],
    ),
    ("refused, and there all the same", IP, [ADDRESS], [registered(status=P.REJECTED)], [(C.NOT_APPROVED, ADDRESS, 1)]),
    ("never sent, and there", IP, [ADDRESS], [registered(status=P.NOT_APPLIED)], [(C.NOT_APPROVED, ADDRESS, 1)]),
    ("refused and not there", IP, [], [registered(status=P.REJECTED)], []),
    ("to be put", IP, [ADDRESS], [registered(status=P.WAITING)], []),
    ("being put", IP, [], [registered(status=P.APPLYING)], []),
    ("being removed", IP, [ADDRESS], [registered(status=P.REMOVING)], []),
    ("just over", IP, [], [registered(expires_at=NOW)], []),
    ("a network", IP, ["203.0.113.0/24"], [registered()], "broader and missing"),
    ("a range", IP, [ADDRESS, "203.0.113.1-203.0.113.9"], [registered()], "broader"),
    ("a pattern", IP, [ADDRESS, "203.0.*"], [registered()], "broader"),
    ("the bare name", APP, [PROGRAM, "APP.exe"], [registered(APP)], "broader"),
    ("its folder", APP, [PROGRAM, "C:\\Program Files\\App\\"], [registered(APP)], "broader"),
    ("everything in its folder", APP, [PROGRAM, r"%ProgramFiles%\*\*.exe"], [registered(APP)], "broader"),
    ("another address", IP, ["203.0.113.8"], [registered(status=P.REJECTED)], [(C.NOT_APPROVED, "203.0.113.8", None)]),
    ("wider than what has ended", IP, ["203.0.*"], [GONE], [(C.NOT_APPROVED, "203.0.*", None)]),
    ("the domain above it", SITE, [HOST, "example.com"], [registered(SITE)], "broader"),
]


@pytest.mark.parametrize(("_name", "kind", "listed", "register", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_a_place_differs_as_the_table_says(_name, kind, listed, register, expected):
    if isinstance(expected, str):
        wide = (C.BROADER_THAN_APPROVED, listed[-1], 1)
        expected = [wide, (C.APPROVED_BUT_MISSING, VALUES[kind], 1)] if "missing" in expected else [wide]
        listed_terms = Place({kind: tuple(Listed(kind, v, FINANCE if kind is SITE else None) for v in listed)})
        assert codes(compare(listed_terms, register, now=NOW)) == expected
        return

    assert codes(compare(place(kind, *listed), register, now=NOW)) == expected


TENANT_ROWS = [
    ("as approved", FINANCE, True, []),
    ("group written otherwise", replace(FINANCE, groups=frozenset({"finance"})), True, []),
    ("ends earlier", replace(FINANCE, expires_at=NOW + DAY), True, []),
    ("for everyone", replace(FINANCE, groups=frozenset()), True, [C.BROADER_THAN_APPROVED]),
    ("one group more", replace(FINANCE, groups=frozenset({"Finance", "Sales"})), True, [C.BROADER_THAN_APPROVED]),
    ("ends later", replace(FINANCE, expires_at=NOW + 6 * DAY), True, [C.BROADER_THAN_APPROVED]),
    ("never ends", replace(FINANCE, expires_at=None), False, [C.BROADER_THAN_APPROVED]),
    ("somebody else's", FINANCE, False, [C.NOT_APPROVED]),
]


@pytest.mark.parametrize(("_name", "terms", "is_ours", "expected"), TENANT_ROWS, ids=[row[0] for row in TENANT_ROWS])
def test_an_indicator_is_compared_with_its_groups_and_its_end(_name, terms, is_ours, expected):
    listed = Place({SITE: (Listed(SITE, HOST, terms, is_ours),)})

    assert [drift.code for drift in compare(listed, [registered(SITE)], now=NOW)] == expected


def test_an_indicator_for_all_that_was_approved_for_all_is_not_broader():
    everyone = Terms(frozenset(), NOW + DAY)
    listed = Place({SITE: (Listed(SITE, HOST, replace(everyone, groups=frozenset({"Sales"}))),)})

    assert compare(listed, [registered(SITE, terms=everyone)], now=NOW) == ()


def test_what_was_approved_without_a_group_in_the_tenant_cannot_be_compared_and_is_no_drift():
    assert compare(Place({SITE: (Listed(SITE, HOST, FINANCE),)}), [registered(SITE, terms=None)], now=NOW) == ()


def test_an_ended_value_that_somebody_else_allows_is_not_the_portals_to_take_off():
    listed = Place({SITE: (Listed(SITE, HOST, FINANCE, is_ours=False),)})

    found = compare(listed, [registered(SITE, P.REMOVED)], now=NOW)

    assert codes(found) == [(C.NOT_APPROVED, HOST, 1)]


def test_the_tenant_tells_when_and_by_whom_but_not_of_what_is_missing():
    by_hand = Listed(SITE, HOST, FINANCE, is_ours=False, changed_at=NOW, changed_by="sec.admin")

    assert compare(Place({SITE: (by_hand,)}), [], now=NOW) == (
        Drift(C.NOT_APPROVED, SITE, HOST, None, NOW, "sec.admin"),
    )
    assert compare(Place({SITE: ()}), [registered(SITE)], now=NOW) == (Drift(C.APPROVED_BUT_MISSING, SITE, HOST, 1),)


@pytest.mark.parametrize("status", [P.VERIFIED, P.REMOVED])
def test_what_has_just_settled_is_not_judged_by_a_list_that_lags(status):
    listed = () if status is P.VERIFIED else (Listed(SITE, HOST, FINANCE),)
    fresh = registered(SITE, status, settled_at=NOW - LISTING_LAG / 2)

    assert compare(Place({SITE: listed}, lag=LISTING_LAG), [fresh], now=NOW) == ()
    assert len(compare(Place({SITE: listed}, lag=LISTING_LAG), [replace(fresh, settled_at=NOW - DAY)], now=NOW)) == 1


@pytest.mark.parametrize(
    ("is_there", "change", "told"),
    [
        (True, ExclusionChange(IP, ADDRESS, True, NOW), (NOW, "")),
        (True, ExclusionChange(IP, ADDRESS, True, NOW, by_policy=True), (NOW, BY_POLICY)),
        (True, ExclusionChange(IP, ADDRESS, False, NOW), (None, "")),
        (True, ExclusionChange(IP, "203.0.113.8", True, NOW), (None, "")),
        (False, ExclusionChange(IP, ADDRESS, False, NOW), (NOW, "")),
        (False, ExclusionChange(IP, ADDRESS, True, NOW), (None, "")),
    ],
)
def test_event_5007_tells_of_the_last_change_that_led_here(is_there, change, told):
    earlier = replace(change, is_added=not change.is_added, at=NOW - DAY)
    found = compare(
        place(IP, *([ADDRESS] if is_there else []), changes=(change, earlier)),
        [] if is_there else [registered()],
        now=NOW,
    )

    assert [(drift.changed_at, drift.changed_by) for drift in found] == [told]


def test_a_list_that_cannot_be_read_says_nothing():
    unread = snapshot(preferences=None)
    refused = with_preferences(exclusion_ip_address=ListValue((), readable=False))
    hidden = snapshot(policy_keys=policy(POLICIES, HideExclusionsFromLocalAdmins=1))

    policy_unread = snapshot(readings=answered(policy_values=ReadState.REFUSED))

    assert place_of(unread).read == frozenset()
    assert place_of(policy_unread).read == frozenset()
    assert (place_of(refused).read, place_of(refused).is_whole) == ({APP}, False)
    assert place_of(snapshot()).is_whole
    assert place_of(hidden).read == frozenset()
    assert compare(place_of(unread), [registered(), registered(APP)], now=NOW) == ()


def test_a_visit_gives_lists_without_blanks_and_the_changes_of_the_log():
    change = replace(
        event(event_id=5007),
        new_value=r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\IpAddresses\203.0.113.7 = 0x0",
        old_value="",
    )
    other = replace(change, new_value=r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\C:\X = 0x0")
    lists = with_preferences(exclusion_ip_address=ListValue((" 203.0.113.7 ", " ")))
    visited = replace(lists, events=(change, other, event()))

    found = place_of(visited)

    assert found.lists[IP] == (Listed(IP, ADDRESS),)
    assert [(known.value, known.is_added) for known in found.changes] == [(ADDRESS, True)]


def test_policy_sets_what_its_last_event_added():
    def changed(value: str, *, added: bool, minutes: int, where: str = r"\Policies"):
        path = rf"HKLM\SOFTWARE{where}\Microsoft\Windows Defender\Exclusions\IpAddresses\{value} = 0x0"
        texts = {"new_value": path, "old_value": ""} if added else {"new_value": "", "old_value": path}
        return replace(event(event_id=5007), recorded_at=NOW + timedelta(minutes=minutes), **texts)

    log = [
        changed("203.0.113.9", added=False, minutes=2),
        changed("203.0.113.9", added=True, minutes=1),
        changed("203.0.113.8", added=True, minutes=1),
        changed("203.0.113.7", added=True, minutes=1, where=""),
        event(),
    ]

    assert [change.value for change in policy_exclusions(log)] == ["203.0.113.8"]
    assert exclusion_change(log[3]).by_policy is False


@pytest.mark.parametrize(
    ("kind", "entry", "value", "expected"),
    [
        (IP, "0.0.0.0/0", ADDRESS, True),
        (IP, "203.0.113.7/32", ADDRESS, False),
        (IP, "203.0.114.0/24", ADDRESS, False),
        (IP, "203.0.113.7 - 203.0.113.7", ADDRESS, False),
        (IP, "203.0.113.8-203.0.113.9", ADDRESS, False),
        (IP, "203.0.113-203.0.114", ADDRESS, False),
        (IP, "203.0.113.?", ADDRESS, True),
        (IP, "203.1.113.*", ADDRESS, False),
        (IP, "2001:db8::/32", ADDRESS, False),
        (IP, "203.0.113.0/24", "2001:db8::1", False),
        (IP, ADDRESS, ADDRESS, False),
        (APP, r"%ProgramFiles%\App\app.exe", PROGRAM, False),
        (APP, "C:/Program Files/App/", PROGRAM, True),
        (APP, r"C:\Program Files", PROGRAM, True),
        (APP, r"C:\Program Files\Ap", PROGRAM, False),
        (APP, r"C:\Program Files\App\app.exe\more", PROGRAM, False),
        (APP, "*.exe", PROGRAM, True),
        (APP, "[a]pp.exe", PROGRAM, False),
        (APP, "other.exe", PROGRAM, False),
        (SITE, HOST, "https://shop.example.com/page", True),
        (SITE, "https://shop.example.com/", HOST, False),
        (SITE, "example.net", HOST, False),
        (SITE, "*.example.com", HOST, False),
        (SITE, "example.com", "not a host!", False),
    ],
)
def test_an_entry_covers_more_as_the_table_says(kind, entry, value, expected):
    assert covers_more(kind, entry, value) is expected
    assert own_name(kind, entry) in wider_names(kind, value) or not expected


def test_a_hostile_pattern_is_compared_quickly():
    assert not covers_more(APP, "C:\\" + "*a" * 5000, "C:\\" + "a" * 240 + "b.exe")


def test_device_groups_are_compared_without_case():
    assert is_for_more(frozenset({"a", "b"}), frozenset({"A"}))
    assert not is_for_more(frozenset({"a"}), frozenset({"A", "B"}))


values = st.sampled_from([ADDRESS, "203.0.113.8", "203.0.113.0/24", "203.0.*", "x"])
places = st.builds(
    lambda entries: Place({IP: entries and tuple(Listed(IP, value) for value in entries)}),
    st.none() | st.lists(values, max_size=4).map(tuple),
)
registers = st.lists(
    st.builds(
        registered,
        st.just(IP),
        st.sampled_from(P),
        exclusion_id=st.integers(1, 5),
        value=st.sampled_from([ADDRESS, "203.0.113.8"]),
        was_there_before=st.booleans(),
        expires_at=st.sampled_from([NOW - DAY, NOW + DAY]),
        outcome=st.sampled_from(["", PlacementOutcome.NEEDED_BY_ANOTHER.value]),
    ),
    max_size=4,
)


@given(places, registers)
def test_every_difference_is_said_once_and_only_of_what_was_read(looked_at, register):
    found = compare(looked_at, register, now=NOW)
    keys = [(drift.code, drift.kind, drift.value, drift.exclusion_id) for drift in found]

    assert len(set(keys)) == len(keys)
    assert {drift.kind for drift in found} <= looked_at.read


@given(places, registers)
def test_what_is_missing_is_never_listed_and_everything_else_is(looked_at, register):
    listed = {entry.value for entry in looked_at.lists[IP] or ()}

    for drift in compare(looked_at, register, now=NOW):
        assert (drift.value in listed) is (drift.code is not C.APPROVED_BUT_MISSING)


@given(registers)
def test_a_place_that_has_exactly_what_was_read_back_there_differs_in_nothing_missing(register):
    there = [one.value for one in register if one.status is P.VERIFIED]

    found = compare(place(IP, *there), register, now=NOW)

    assert [drift for drift in found if drift.code is C.APPROVED_BUT_MISSING] == []


@given(snapshots)
def test_any_visit_can_be_compared(visited):
    compare(place_of(visited), [registered(), registered(APP)], now=NOW)


def test_every_code_has_words_for_a_pc_and_for_the_tenant():
    assert set(ON_PC) == set(IN_TENANT) == set(DriftCode)
    assert drift_text(C.NOT_APPROVED, IP, is_by_policy=True) is BY_POLICY_TEXT
    assert drift_text(C.ENDED_BUT_PRESENT, IP, is_by_policy=True) is ON_PC[C.ENDED_BUT_PRESENT]
    assert drift_text(C.NOT_APPROVED, SITE) is IN_TENANT[C.NOT_APPROVED]


@pytest.mark.parametrize(
    ("code", "kind", "value", "command"),
    [
        (C.NOT_APPROVED, IP, "203.0.113.0/24", "Remove-MpPreference -ExclusionIpAddress '203.0.113.0/24'"),
        (C.BROADER_THAN_APPROVED, APP, "it’s.exe", "Remove-MpPreference -ExclusionProcess 'it’’s.exe'"),
        (C.NOT_APPROVED, APP, "a'; Remove-Item x", "Remove-MpPreference -ExclusionProcess 'a''; Remove-Item x'"),
        (C.NOT_APPROVED, APP, "a\u202eexe.txt", ""),
        (C.NOT_APPROVED, SITE, HOST, ""),
        (C.ENDED_BUT_PRESENT, IP, ADDRESS, ""),
    ],
)
def test_the_command_to_take_it_off_by_hand_cannot_become_another(code, kind, value, command):
    assert removal_command(code, kind, value) == command


def test_a_key_is_never_too_long_for_an_index():
    long = "C:\\" + "Ä" * 20_000

    assert stored_key(ADDRESS) == ADDRESS
    assert len(stored_key(long).encode()) < 2_000
    assert stored_key(long) != stored_key(long + "x")
    assert stored_key(long) == stored_key(long.upper())
