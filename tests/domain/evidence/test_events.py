"""Which events belong to a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import NOW, event, report, snapshot
from troubleshooting.domain.cases.case import Program
from troubleshooting.domain.evidence.events import (
    Strength,
    clock_skew,
    match_event,
    matches_in,
    matching_events,
)
from troubleshooting.domain.evidence.programs import Degree, file_name
from troubleshooting.domain.evidence.snapshot import DeviceClock

EXACT, NEAR, OPEN, NO = Degree.EXACT, Degree.NEAR, Degree.OPEN, Degree.NO

DESTINATIONS = [
    # reported, destination in the event, degree (None: about something else)
    ("https://shop.example.com/", "shop.example.com", EXACT),
    ("https://shop.example.com/", "https://shop.example.com/any/page", EXACT),
    ("https://shop.example.com/", "SHOP.EXAMPLE.COM.", EXACT),
    ("https://shop.example.com/", "shop.example.com:443", EXACT),
    ("https://shop.example.com:8443/", "shop.example.com:8443", EXACT),
    ("https://shop.example.com:8443/", "shop.example.com", EXACT),
    ("https://shop.example.com:8443/", "shop.example.com:9443", None),
    ("example.com", "cdn.example.com", NEAR),
    ("www.example.com", "example.com", NEAR),
    ("www.example.com", "com", None),
    ("example.com", "notexample.com", None),
    ("bücher.de", "xn--bcher-kva.de", EXACT),
    ("xn--bcher-kva.de", "https://www.bücher.de/", NEAR),
    ("203.0.113.7", "203.0.113.7:443", EXACT),
    ("203.0.113.7", "203.0.113.8", None),
    ("2001:db8::1", "[2001:DB8:0:0::1]:443", EXACT),
    ("example.com", "", None),
    ("example.com", None, None),
    ("example.com", "not an address", None),
]

PROGRAMS = [
    # program, name typed, process in the event, degree
    (Program.CHROME, "", r"C:\Program Files\Google\Chrome\Application\chrome.exe", EXACT),
    (Program.CHROME, "", r"\Device\HarddiskVolume3\X\CHROME.EXE", EXACT),
    (Program.CHROME, "", "C:/x/firefox.exe", NO),
    (Program.FIREFOX, "", "firefox.exe", EXACT),
    (Program.EDGE, "", "msedge.exe", EXACT),
    (Program.EDGE, "", "chrome.exe", NO),
    (Program.OTHER, "Outlook", "OUTLOOK.EXE", EXACT),
    (Program.OTHER, r"C:\Apps\tool.exe", r"D:\Other\Tool.exe", EXACT),
    (Program.OTHER, "tool", r"C:\x\tool", EXACT),
    (Program.OTHER, "Teams", "ms-teams.exe", NEAR),
    (Program.OTHER, "ms", "ms-teams.exe", OPEN),
    (Program.OTHER, "", "anything.exe", NEAR),
    (Program.OTHER_BROWSER, "", "vivaldi.exe", NEAR),
    (Program.UNKNOWN, "", "anything.exe", NEAR),
    (Program.CHROME, "", None, NEAR),
]

TIMES = [
    (timedelta(0), EXACT),
    (timedelta(minutes=15), EXACT),
    (timedelta(minutes=-15), EXACT),
    (timedelta(minutes=16), NEAR),
    (timedelta(hours=-2), NEAR),
    (timedelta(hours=2, seconds=1), NO),
]


@pytest.mark.parametrize(("reported", "destination", "degree"), DESTINATIONS)
def test_the_address_is_compared_by_host_port_and_subdomain(
    reported: str, destination: str | None, degree: Degree | None
):
    match = match_event(event(destination), report(reported))

    assert (match.address if match else None) == degree


@pytest.mark.parametrize(("program", "typed", "process", "degree"), PROGRAMS)
def test_the_program_is_compared_by_its_file_name(program: Program, typed: str, process: str | None, degree: Degree):
    match = match_event(event(process_name=process), report(program=program, program_name=typed))

    assert match is not None
    assert match.program is degree


@pytest.mark.parametrize(("distance", "degree"), TIMES)
def test_the_time_is_close_within_a_quarter_of_an_hour_and_near_within_two_hours(distance: timedelta, degree: Degree):
    about = report()

    match = match_event(event(recorded_at=about.happened_at + distance), about)

    assert match is not None
    assert (match.time, match.distance) == (degree, abs(distance))


def test_a_short_window_also_narrows_what_counts_as_close():
    about = report()
    late = event(recorded_at=about.happened_at + timedelta(minutes=10))

    match = match_event(late, about, window=timedelta(minutes=5))

    assert match is not None
    assert match.time is NO


@pytest.mark.parametrize("event_id", [1121, 1123, 1127, 5007, 5013])
def test_other_events_never_belong_to_a_report(event_id: int):
    assert match_event(event(event_id=event_id), report()) is None


def test_an_event_by_another_program_at_another_time_is_about_something_else():
    other = event(process_name="firefox.exe", recorded_at=NOW - timedelta(hours=9))

    assert match_event(other, report()) is None


@pytest.mark.parametrize(
    ("found", "strength", "counts"),
    [
        (event(), Strength.STRONG, True),
        (event("cdn.shop.example.com"), Strength.FAIR, True),
        (event(process_name="firefox.exe"), Strength.WEAK, False),
        (event(recorded_at=NOW - timedelta(hours=9)), Strength.WEAK, False),
    ],
)
def test_the_strength_is_that_of_the_weakest_feature(found, strength: Strength, counts: bool):
    match = match_event(found, report())

    assert match is not None
    assert (match.strength, match.counts) == (strength, counts)


def test_the_measured_clock_skew_is_taken_out():
    device_is_ahead = timedelta(hours=5)
    about = report()
    device = snapshot(
        events=(event(recorded_at=about.happened_at + device_is_ahead),),
        clock=DeviceClock(device=NOW + device_is_ahead, portal=NOW),
    )

    assert clock_skew(device) == device_is_ahead
    assert device.clock.skew_s == device_is_ahead.total_seconds()
    assert [match.time for match in matches_in(device, about)] == [EXACT]
    assert [match.time for match in matches_in(replace(device, clock=None), about)] == [NO]


def test_matching_events_come_best_first_blocks_before_audits():
    about = report()
    strong_audit = event(event_id=1125, record_id=1)
    strong_block = event(record_id=2)
    nearer_block = event(record_id=3, recorded_at=about.happened_at)
    fair = event("cdn.shop.example.com", record_id=4)
    weak = event(process_name="firefox.exe", record_id=5)
    later = replace(strong_block, recorded_at=about.happened_at + timedelta(minutes=3))

    order = matching_events([weak, strong_audit, fair, later, nearer_block, event("other.example")], about)

    assert [match.event.record_id for match in order] == [3, 2, 1, 4, 5]
    assert [match.is_block for match in order] == [True, True, False, True, True]


def test_a_match_gives_its_evidence_as_json():
    match = match_event(event(), report())

    assert match is not None
    assert match.as_json() == {
        "event_id": 1126,
        "record_id": 4711,
        "address": "exact",
        "program": "exact",
        "time": "exact",
        "strength": "strong",
        "distance_s": 0.0,
        "reasons": [reason.as_json() for reason in match.reasons],
    }


def test_no_events_in_the_log_and_no_log_match_nothing():
    assert matches_in(snapshot(events=()), report()) == matches_in(snapshot(events=None), report()) == ()


destinations = st.sampled_from([row[1] for row in DESTINATIONS if row[1]])
processes = st.sampled_from([row[2] for row in PROGRAMS if row[2]])
shifts = st.timedeltas(min_value=timedelta(days=-3000), max_value=timedelta(days=3000))


@given(destinations, processes)
def test_matching_is_the_same_in_any_case_of_letters(destination: str, process: str):
    plain = match_event(event(destination, process_name=process), report())
    upper = match_event(event(destination.upper(), process_name=process.upper()), report())
    swapped = match_event(event(destination.swapcase(), process_name=process.swapcase()), report())

    assert degrees(plain) == degrees(upper) == degrees(swapped)


@given(destinations, processes, st.timedeltas(timedelta(hours=-5), timedelta(hours=5)), shifts)
def test_matching_does_not_change_when_everything_moves_in_time(
    destination: str, process: str, distance: timedelta, shift: timedelta
):
    about = report()
    found = event(destination, process_name=process, recorded_at=about.happened_at + distance)
    moved_report = replace(about, happened_at=about.happened_at + shift)
    moved_event = replace(found, recorded_at=found.recorded_at + shift)

    assert degrees(match_event(found, about)) == degrees(match_event(moved_event, moved_report))
    assert degrees(match_event(found, about)) == degrees(match_event(moved_event, about, skew=shift))


@given(st.text(max_size=80), st.text(max_size=80))
def test_matching_copes_with_any_text_of_a_device(destination: str, process: str):
    match = match_event(event(destination, process_name=process), report())

    assert match is None or all(str(reason) for reason in match.reasons)


def degrees(match) -> tuple[Degree, Degree, Degree, Strength] | None:
    """Return what was judged."""
    return (match.address, match.program, match.time, match.strength) if match else None


@pytest.mark.parametrize(
    ("path", "name"), [(None, ""), ("", ""), (r'"C:\a b\C.exe"', "c.exe"), ("a/b", "b"), ("x", "x")]
)
def test_file_name_is_the_last_part_of_a_windows_path(path: str | None, name: str):
    assert file_name(path) == name
