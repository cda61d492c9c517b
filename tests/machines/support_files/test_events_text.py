"""MPOperationalEvents.txt in several languages, with times that can be placed and others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.machines.support_files.texts import (
    EVENTS,
    FINNISH_EVENTS,
    GERMAN_EVENTS,
    SYSTEM,
    files,
    snapshot,
)
from troubleshooting.domain.evidence.snapshot import ReadState


def test_events_are_read_in_english():
    read = files(events=EVENTS)
    blocked, changed = read.snapshot.events

    assert blocked.recorded_at == datetime(2026, 11, 27, 13, 3, 11, 120_000, tzinfo=UTC)
    assert (blocked.event_id, blocked.destination, blocked.user) == (1126, "test.example", r"CONTOSO\u1")
    assert (blocked.process_name, blocked.computer) == (r"C:\Apps\app.exe", "PC01.contoso.example")
    assert changed.recorded_at == datetime(2026, 11, 27, 12, 50, tzinfo=UTC)
    assert changed.new_value.endswith("X = 0x1")
    assert [place.text for place in read.event_places] == [
        "Destination: test.example",
        r"New value: HKLM\SOFTWARE\Microsoft\Windows Defender\X = 0x1",
    ]
    assert read.snapshot.events_since == changed.recorded_at


@pytest.mark.parametrize(
    ("events", "destination", "user", "process"),
    [
        (GERMAN_EVENTS, "https://größe.example:8443/a", "NT-AUTORITÄT\\SYSTEM", r"C:\Programme\Büro\app.exe"),
        (FINNISH_EVENTS, "203.0.113.9", r"CONTOSO\u1", r"\Device\HarddiskVolume3\Apps\app.exe"),
    ],
    ids=["German", "Finnish, whose labels nobody listed"],
)
def test_events_are_read_in_other_languages(events, destination, user, process):
    (event,) = snapshot(events=events).events

    assert event.recorded_at == datetime(2026, 11, 27, 13, 3, 11, 120_000, tzinfo=UTC)
    assert (event.destination, event.user, event.process_name) == (destination, user, process)


def test_the_older_part_of_the_log_counts_too():
    older = EVENTS.replace("2026-11-27T13", "2026-11-20T13").replace("11/27/2026", "11/20/2026")

    assert [event.recorded_at.day for event in snapshot(events=EVENTS, older=older).events] == [27, 27, 20, 20]


def test_an_event_without_a_moment_that_can_be_known_is_left_out():
    only_change = "*" * 80 + EVENTS.split("*" * 80)[2]

    assert snapshot(events=only_change).events == ()


UNDATED = EVENTS.replace(" \tDetection time: 2026-11-27T13:03:11.120Z\n", "")


@pytest.mark.parametrize("local", ["01/01/0001 1:50:00 AM", "12/31/9999 11:50:00 PM"])
def test_a_time_that_no_zone_can_move_dates_nothing(local):
    changed = EVENTS.replace("11/27/2026 1:50:00 PM", local)
    blocked = UNDATED.replace("11/27/2026 2:03:11 PM", local)

    assert [event.event_id for event in snapshot(events=changed).events] == [1126]
    assert snapshot(events=blocked, system=SYSTEM).events is None


def test_a_block_without_a_time_of_its_own_is_dated_by_the_zone_of_the_pc():
    (event,) = [event for event in snapshot(events=UNDATED, system=SYSTEM).events if event.event_id == 1126]

    assert event.recorded_at == datetime(2026, 11, 27, 19, 3, 11, tzinfo=UTC)
    assert event.destination == "test.example"


@pytest.mark.parametrize("events", [UNDATED, UNDATED.replace("11/27/2026", "11/12/2026").replace(" PM", "")])
def test_a_block_that_cannot_be_dated_makes_the_log_one_that_was_not_read(events):
    """To leave it out would be to say that nothing was blocked."""
    texts = {} if "PM" in events else {"system": SYSTEM}  # no zone, or a date that may be two

    assert snapshot(events=events, **texts).events is None


def test_head_lines_with_blanks_instead_of_tabs_are_read_and_others_are_no_log():
    blanks = EVENTS.replace("\t\t\t", "    ").replace("\tM", "   M").replace("\tW", "   W").replace("\tPC", "    PC")
    commas = EVENTS.replace("\t\t\t", ",").replace("\tM", ",M").replace("\tW", ",W").replace("\tPC", ",PC")

    assert [event.event_id for event in snapshot(events=blanks).events] == [1126, 5007]
    assert snapshot(events=commas.replace("\tI", ",I")).events is None


def test_a_log_that_is_empty_is_an_answer_and_one_that_is_none_is_not():
    assert snapshot(events="").events == ()
    assert snapshot(events="").reading("protection_events").state is ReadState.ANSWERED
    assert snapshot(events="The log could not be exported.").events is None
    assert snapshot().events is None
