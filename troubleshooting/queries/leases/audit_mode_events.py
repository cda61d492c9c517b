"""The events that Defender logged during an audit-mode test, read again from the stored answers."""

from __future__ import annotations

from datetime import timedelta

from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.evidence.events import clock_skew
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.leases.audit_mode_test import TEST_PAGE
from troubleshooting.domain.leases.audit_mode_verdict import TestFacts, Visit
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.models import AuditModeTest, DeviceAnswer, SettingLease
from troubleshooting.queries.cases.verdict import EVENTS_SHOWN, EventRow, event_row
from troubleshooting.queries.checks.evidence import answer_of

NEEDED = ("clock", "protection_events")
SLACK = timedelta(seconds=1)  # clocks are compared to the second


def events_of(test: AuditModeTest) -> tuple[EventRow, ...]:
    """Return the events since the start of a test: those that decided it first, then the others; one query."""
    if test.lease is None or test.lease.started_at is None:
        return ()
    snapshot = read_events(test.lease)
    facts = facts_of(test, test.lease, snapshot)
    matches = {id(match.event): match for match in facts.matches}
    since = facts.started_at + facts.skew - SLACK
    events = [event for event in snapshot.events or () if event.recorded_at >= since]
    events.sort(key=lambda event: (id(event) not in matches, event.recorded_at))
    return tuple(event_row(event, matches.get(id(event)), anchors="test-event") for event in events[:EVENTS_SHOWN])


def read_events(lease: SettingLease) -> Snapshot:
    """Return what the visits for a lease read last of the log and the clock."""
    answers = DeviceAnswer.objects.filter(snapshot__lease=lease, name__in=NEEDED)
    stored = [answer_of(row) for row in answers.order_by("snapshot__attempt", "position")]
    return build_snapshot(stored, collected_at=lease.ended_at or lease.ends_at)


def facts_of(test: AuditModeTest, lease: SettingLease, snapshot: Snapshot) -> TestFacts:
    """Return what is known of an ended test."""
    return TestFacts(
        report=test.case.report,
        events=snapshot.events,
        visit=Visit(test.visit_outcome or Visit.NONE),
        visited_at=test.visited_at,
        started_at=lease.started_at or lease.requested_at,
        ended_at=lease.ended_at or lease.ends_at,
        test_page=parse_indicator(TEST_PAGE),
        skew=clock_skew(snapshot),
        is_log_whole=snapshot.log.is_whole,
    )
