"""When a CAB was made, as far as its files tell; never later than it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.machines.support_files.texts import (
    EVENTS,
    NOW,
    STATE,
    SYSTEM,
    files,
)


def test_when_a_cab_was_made_is_known_where_its_local_times_can_be_placed():
    """The files carry 14:10:02 by the PC's clock; the event shows that it is an hour ahead of UTC."""
    by_event, by_zone, by_nothing = files(events=EVENTS), files(system=SYSTEM), files(state=STATE)
    by_log = files(log="2026-11-27T13:09:58.114Z something\nno time\n2026-11-27T13:10:01.500Z last\n")
    by_both = files(system=SYSTEM, log="2026-11-27T19:08:00.000Z last\n")

    assert (by_event.snapshot.collected_at, by_event.is_made_at_known) == (
        datetime(2026, 11, 27, 13, 10, 2, tzinfo=UTC),
        True,
    )
    assert by_zone.snapshot.collected_at == datetime(2026, 11, 27, 18, 10, 2, tzinfo=UTC)  # summer time, maybe
    assert by_zone.is_made_at_known is False
    assert (by_both.snapshot.collected_at, by_both.is_made_at_known) == (
        datetime(2026, 11, 27, 19, 10, 2, tzinfo=UTC),
        True,
    )
    assert by_log.snapshot.collected_at == datetime(2026, 11, 27, 13, 10, 1, tzinfo=UTC)
    assert by_log.is_made_at_known is False
    assert by_nothing.snapshot.collected_at == datetime(2026, 11, 27, 0, 10, 2, tzinfo=UTC)  # never later than it was


def test_a_moment_in_the_future_is_not_believed():
    read = files(log="2199-01-01T00:00:00.000Z a log that lies\n", state=STATE)

    assert read.snapshot.collected_at < NOW + timedelta(days=1)
