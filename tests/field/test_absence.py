"""“No record” of a block, beside logs that broke off, were cut, wrapped around, or hold a block that comes close."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import NOW, answered, event, missed, report, snapshot
from tests.field.rows import Row, each
from tests.field.visits import INVALID_DATA, answer, log_of, record, visited
from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import DeviceClock, LogReading, ReadState, Snapshot
from troubleshooting.domain.verdict.verdict import Confidence, Verdict, VerdictCode, conclude

SURE, UNSURE, UNKNOWN = "not_reproduced high", "not_reproduced medium", "cannot_tell low"
HERE = "blocked_by_network_protection high"
MINUTE = timedelta(minutes=1)
CHROME = r"C:\Program Files\Google\Chrome\Application\chrome.exe"
OTHERS = [record(ago=second * timedelta(seconds=1), New_Value=r"HKLM\x = 0x1") for second in range(1, 501)]
BLOCK = record(1126, ago=10 * MINUTE, Destination="https://shop.example.com", Process_Name=CHROME)


def began(ago: timedelta) -> LogReading:
    """Return a log whose oldest record is that old."""
    return LogReading(returned=0, begins_at=NOW - ago)


# fed: what happened to the log, and the visit; right: verdict and confidence for a site blocked ten minutes ago
LOGS = (
    Row(
        ("nothing in it", visited(log_of(error="NoMatchingEventsFound,x"))),
        SURE,
        "C65",
    ),
    Row(("no events", visited(answer("protection_events", state=ReadState.ABSENT))), SURE, "C65"),
    Row(("other events", visited(log_of(OTHERS[0]))), SURE, "C65"),
    Row(("one event, then 'The data is invalid'", visited(log_of(OTHERS[0], error=INVALID_DATA))), UNKNOWN, "C14"),
    Row(("the block, then 'The data is invalid'", visited(log_of(BLOCK, error=INVALID_DATA))), HERE, "C14", "a fact"),
    Row(("ended by an error", visited(log_of(OTHERS[0], error=INVALID_DATA, failed=True))), UNKNOWN, "C14"),
    Row(("the block, ended by an error", visited(log_of(BLOCK, error=INVALID_DATA, failed=True))), HERE, "C14"),
    Row(("an error alone", visited(log_of(error=INVALID_DATA, failed=True))), UNKNOWN, "C14"),
    Row(("cut for its size", visited(log_of(OTHERS[0], truncated=True))), UNKNOWN, "F2", "2 MB at most"),
    Row(("500 young events", visited(log_of(*OTHERS))), UNKNOWN, "F2 (b)"),
    Row(("499 young events", visited(log_of(*OTHERS[:499]))), SURE, "F2 (b)"),
    Row(("500 events, one too long", visited(log_of(*OTHERS[:499], "x" * 70_000))), UNKNOWN, "F2 (b), full_log"),
    Row(("500 events, one broken", visited(log_of(*OTHERS[:499], "<Event>"))), UNKNOWN, "F2 (b)"),
    Row(
        ("500 events, the oldest an hour old", visited(log_of(*OTHERS[:499], record(ago=60 * MINUTE)))),
        SURE,
        "docs/reference/device-commands.md",
    ),
    Row(("one record too long to be read", visited(log_of(OTHERS[0], "x" * 70_000))), UNKNOWN, "F2 (b)"),
    Row(("one record of broken XML", visited(log_of(OTHERS[0], "<Event"))), UNKNOWN, "F2 (b)"),
    Row(("one record with an entity", visited(log_of("<!DOCTYPE e [<!ENTITY a 'b'>]><Event/>"))), UNKNOWN, "F2 (b)"),
    Row(("one record that is no text", visited(log_of(OTHERS[0], 7))), UNKNOWN, "F2 (b)"),
    Row(("one record without a number", visited(log_of("<Event><System/></Event>"))), UNKNOWN, "F2 (b)"),
    Row(
        ("one record without a time", visited(log_of("<Event><System><EventID>1126</EventID></System></Event>"))),
        UNKNOWN,
        "F2 (b)",
    ),
    Row(("another feature's event", visited(log_of(record(1127, Path="x")))), SURE, "C10", "can't be the block"),
    Row(("the block, and a broken record", visited(log_of("<Event", BLOCK))), HERE, "F2 (b)", "a fact"),
    Row(
        ("access denied", visited(answer("protection_events", state=ReadState.REFUSED))),
        UNKNOWN,
        "docs/reference/events.md section 6",
    ),
    Row(("no such log", visited(answer("protection_events", state=ReadState.FAILED))), UNKNOWN, "C65"),
    Row(("not asked", visited()), UNKNOWN, "no answer is no absence"),
    Row(("began a month ago", snapshot(log=began(timedelta(days=30)))), SURE, "F2: younger than the report"),
    Row(("began after the report", snapshot(log=began(5 * MINUTE))), UNKNOWN, "F2: cleared since"),
    Row(("began just before the report", snapshot(log=began(12 * MINUTE))), UNKNOWN, "F2: people round the time up"),
    Row(("began an hour ago", snapshot(log=began(60 * MINUTE))), SURE, "F2"),
    Row(
        (
            "began after the report, by a clock that is ahead",
            snapshot(log=began(-60 * MINUTE), clock=DeviceClock(device=NOW + 70 * MINUTE, portal=NOW)),
        ),
        UNKNOWN,
        "F2, docs/reference/events.md",
    ),
    Row(
        (
            "began before the report, by a clock that is ahead",
            snapshot(log=began(-60 * MINUTE), clock=DeviceClock(device=NOW + timedelta(hours=3), portal=NOW)),
        ),
        SURE,
        "F2, docs/reference/events.md",
    ),
    Row(("has no record of any kind", snapshot(log=LogReading(returned=0, is_empty=True))), UNKNOWN, "F2: cleared"),
    Row(
        ("its beginning may not be read", snapshot(readings=answered(log_start=ReadState.REFUSED))),
        UNSURE,
        "silence is never fine",
    ),
    Row(("the clock was not measured", snapshot(clock=None)), UNSURE, "docs/reference/events.md"),
)


def verdict(about: Report, device: Snapshot) -> Verdict:
    return conclude(about, device, judge(device, report=about))


def in_short(found: Verdict) -> str:
    return f"{found.code} {found.confidence}"


@each(LOGS)
def test_no_record_needs_a_whole_log(row: Row):
    _name, device = row.fed

    assert in_short(verdict(report(), device)) == row.right


def seen(destination: str | None, process: str | None = CHROME, **parts: object) -> Snapshot:
    return snapshot(events=(event(destination, process_name=process, **parts),))


EDGE = {"program": Program.EDGE}
FAR = {"recorded_at": NOW - 40 * MINUTE}

# fed: what was reported otherwise, and a visit with one event; right: verdict, and what both readers are told
CLOSE = (
    Row(({}, seen("203.0.113.7")), ("not_reproduced medium", "chrome.exe at a different address, 203.0.113.7"), "C16"),
    Row(({}, seen("cdn.example.net")), ("not_reproduced medium", "different address, cdn.example.net"), "C16, a CDN"),
    Row(({}, seen("203.0.113.7", "firefox.exe")), ("not_reproduced high", ""), "C16", "another browser elsewhere"),
    Row(({}, seen("203.0.113.7", **FAR)), ("not_reproduced high", ""), "C16", "half an hour later"),
    Row(({}, seen("203.0.113.7", "Unknown")), ("not_reproduced medium", "blocked ? at"), "C08, C16"),
    Row(({}, seen(None)), ("not_reproduced medium", "could not read"), "C11: destination missing"),
    Row(({}, seen("not an address")), ("not_reproduced medium", "could not read"), "C11"),
    Row(({}, seen("", "firefox.exe")), ("not_reproduced medium", "could not read"), "C11", "it may be anything"),
    Row(({}, seen("203.0.113.7", event_id=1125)), ("not_reproduced medium", "logged chrome.exe"), "C16, audit mode"),
    Row(
        ({}, seen("shop.example.com", "firefox.exe")),
        ("not_reproduced medium", "in a different program, firefox.exe"),
        "F2 (c)",
    ),
    Row(
        ({}, seen("shop.example.com", "wsmprovhost.exe")),
        ("not_reproduced medium", "when the PC requested it for a check"),
        "the portal's own request",
    ),
    Row(
        ({}, seen("shop.example.com", recorded_at=NOW - timedelta(hours=5))),
        ("not_reproduced medium", "290 minutes before"),
        "F2 (c): at another time",
    ),
    Row(
        ({"happened_at": NOW - timedelta(hours=5)}, seen("shop.example.com")),
        ("not_reproduced medium", "290 minutes after"),
        "F2 (c): at another time",
    ),
    Row((EDGE, seen("shop.example.com", "msedgewebview2.exe")), ("not_covered medium", "msedgewebview2.exe"), "F2 (c)"),
    Row((EDGE, seen("203.0.113.7", "msedge.exe")), ("not_covered medium", "203.0.113.7"), "F2 (c)"),
    Row((EDGE, seen("203.0.113.7", "chrome.exe")), ("not_covered high", ""), "another browser elsewhere"),
    Row(
        ({"program": Program.OTHER, "program_name": "Docker Desktop"}, seen("203.0.113.7", "com.docker.backend.exe")),
        ("not_reproduced medium", "com.docker.backend.exe at a different address"),
        "C04, C16",
    ),
    Row(
        ({"program": Program.UNKNOWN}, seen("203.0.113.7", "firefox.exe")),
        ("not_reproduced medium", "firefox.exe at a different address"),
        "C16",
        "it may have been that one",
    ),
    Row(
        ({"kind": ProblemKind.DANGEROUS_SITE_MISSED}, seen("203.0.113.7")),
        ("not_reproduced low", "203.0.113.7"),
        "C16, missed",
    ),
)


@each(CLOSE)
def test_a_block_that_comes_close_lowers_the_confidence_and_is_shown_to_both(row: Row):
    changes, device = row.fed
    code, told = row.right

    found = verdict(report(**changes), device)

    assert in_short(found) == code
    assert told in " ".join(map(str, found.notes))
    assert bool(found.notes) == bool(told)
    assert Verdict.from_json(found.as_json()) == found


# --- Properties -------------------------------------------------------------------------------------------------------

RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}
FROM_ABSENCE = {VerdictCode.NOT_REPRODUCED, VerdictCode.NOT_BLOCKED}
settings = st.builds(
    record, st.just(5007), ago=st.timedeltas(MINUTE, timedelta(hours=30)), New_Value=st.just("x = 0x1")
)
far_blocks = st.builds(
    record,
    st.sampled_from([1125, 1126]),
    ago=st.timedeltas(timedelta(hours=4), timedelta(hours=30)),
    Destination=st.just("other.example.net"),
)
quiet_logs = st.lists(settings | far_blocks, max_size=12) | st.just(OTHERS)
kinds = st.sampled_from([report(), missed("https://shop.example.com/"), report(program=Program.UNKNOWN)])
rubbish = st.sampled_from(["", "<Event", "x" * 70_000, 7, None, "<Event><System/></Event>"])


def sureness(found: Verdict) -> int:
    """Return how sure a verdict is that there is no record; -1 where it does not say so."""
    return RANK[found.confidence] if found.code in FROM_ABSENCE else -1


@given(kinds, quiet_logs, st.data())
def test_records_that_cannot_be_read_never_make_an_absence_surer(about: Report, log: list[str], data: st.DataObject):
    broken = [data.draw(st.just(each) | rubbish) for each in log] if len(log) < 100 else [*log[1:], data.draw(rubbish)]

    assert sureness(verdict(about, visited(log_of(*broken)))) <= sureness(verdict(about, visited(log_of(*log))))


@given(kinds, quiet_logs, st.integers(0, 500), st.booleans(), st.booleans())
def test_a_log_that_breaks_off_or_is_cut_never_makes_an_absence_surer(
    about: Report, log: list[str], kept: int, is_cut: bool, failed: bool
):
    part = log_of(*log[:kept], error="" if is_cut else INVALID_DATA, failed=failed and not is_cut, truncated=is_cut)

    assert sureness(verdict(about, visited(part))) <= sureness(verdict(about, visited(log_of(*log))))
    assert sureness(verdict(about, visited(part))) == -1


@given(kinds, st.timedeltas(timedelta(0), timedelta(days=40)), st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_younger_log_never_makes_an_absence_surer(about: Report, one: timedelta, other: timedelta):
    older, younger = (verdict(about, snapshot(log=began(ago))) for ago in (max(one, other), min(one, other)))

    assert sureness(younger) <= sureness(older)


@given(kinds, st.sampled_from([row.fed[1] for row in CLOSE]))
def test_a_block_that_comes_close_never_makes_an_absence_surer(about: Report, device: Snapshot):
    assert sureness(verdict(about, device)) <= sureness(verdict(about, replace(device, events=())))


def test_a_sentence_for_both_readers_has_all_its_values():
    notes = [note for row in CLOSE for note in verdict(report(**row.fed[0]), row.fed[1]).notes]

    assert all(isinstance(note, Text) and "%(" not in str(note) for note in notes)
