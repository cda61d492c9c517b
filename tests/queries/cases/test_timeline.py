from __future__ import annotations

import pytest
from django.utils import timezone

from tests.factories import CaseFactory, UserFactory
from tests.queries import made
from troubleshooting.actions import activity_log
from troubleshooting.models import Case, User
from troubleshooting.queries.cases import timeline as timeline_queries
from troubleshooting.queries.cases.timeline import (
    EARLIER_SHOWN,
    SENTENCES,
    SHOWN_AT_ONCE,
    TimelineEntry,
    read_timeline,
    read_timeline_page,
)

pytestmark = pytest.mark.django_db

ACTIONS = {
    "case_opened",
    "collection_given",
    "collector_downloaded",
    "case_withdrawn",
    "case_solved",
    "check_requested",
    "check_started",
    "check_waiting",
    "check_resumed",
    "check_requeued",
    "check_finished",
    "check_failed",
    "check_cancel_requested",
    "check_cancelled",
    "verdict_reached",
    "submission_prepared",
    "submission_sent",
    "submission_status_recorded",
    "exclusion_kept_after_answer",
    "evidence_exported",
    "test_consented",
    "test_approved",
    "test_rejected",
    "test_visited",
    "test_cancelled",
    "test_not_done",
    "lease_requested",
    "lease_active",
    "lease_end_requested",
    "lease_restored",
    "lease_superseded",
    "lease_refused",
    "lease_not_applied",
    "lease_retry_requested",
    "exclusion_requested",
    "exclusion_narrowed",
    "exclusion_approved",
    "exclusion_rejected",
    "exclusion_question_asked",
    "exclusion_answered",
    "exclusion_withdrawn",
    "exclusion_revoked",
    "exclusion_expired",
    "exclusion_failed",
    "exclusion_halted",
    "exclusion_verified",
    "exclusion_warned",
    "exclusion_renewal_requested",
    "exclusion_still_blocked",
    "exclusion_removed",
    "retest_asked",
    "retest_taken_off",
    "retest_done",
    "retest_not_done",
    "placement_verified",
    "placement_rejected",
    "placement_removed",
    "placement_joined",
    "placement_out_of_scope",
    "drift_apply_again",
    "drift_remove_again",
    "answers_removed",
}


def only_entry(case: Case, *, reader: User) -> TimelineEntry:
    (entry,) = read_timeline(case, reader=reader).newest
    return entry


def test_every_action_has_a_sentence():
    assert set(SENTENCES) == ACTIONS


def test_an_action_that_is_not_known_yet_still_has_a_line():
    case = CaseFactory()
    activity_log.record("lease_begun", case, case=case, actor=None, now=timezone.now())

    entry = only_entry(case, reader=case.reporter)

    assert (entry.who, entry.text) == ("The portal", "Changed the case")


def test_an_employee_reads_it_and_you_instead_of_names():
    case, ivo = CaseFactory(), made.reviewer()
    activity_log.record("check_requested", case, case=case, actor=case.reporter, now=timezone.now())
    activity_log.record("case_solved", case, case=case, actor=ivo, now=timezone.now(), note="Works again.")

    for_emma = read_timeline(case, reader=case.reporter).newest
    for_ivo = read_timeline(case, reader=ivo).newest

    assert [(entry.who, entry.detail) for entry in for_emma] == [("IT", "Works again."), ("You", "")]
    assert [entry.who for entry in for_ivo] == ["You", "Emma Meyer"]


def test_waiting_names_the_reason_and_the_next_try_and_the_code_only_for_it():
    case = CaseFactory()
    activity_log.record(
        "check_waiting",
        case,
        case=case,
        actor=None,
        now=timezone.now(),
        error_code="unreachable",
        next_attempt_at="2026-11-24T12:30:00+00:00",
    )

    for_emma = only_entry(case, reader=case.reporter).detail
    for_ivo = only_entry(case, reader=made.reviewer()).detail

    assert "The PC cannot be reached" in for_emma
    assert "24 Nov 2026, 13:30 CET" in for_emma  # Emma is in Berlin
    assert "unreachable" not in for_emma.replace("cannot be reached", "")
    assert "(unreachable)" in for_ivo


def test_an_error_code_or_time_that_nobody_knows_leaves_the_line_without_a_detail():
    case = CaseFactory()
    activity_log.record(
        "check_waiting", case, case=case, actor=None, now=timezone.now(), error_code="?", next_attempt_at="soon"
    )

    assert only_entry(case, reader=case.reporter).detail == ""


@pytest.mark.parametrize(
    ("action", "details", "for_employee", "for_it"),
    [
        ("check_started", {"attempt": 3}, "", "Attempt 3"),
        ("check_started", {"attempt": 1}, "", ""),
        ("check_failed", {"error_code": "access_denied"}, None, "(access_denied)"),
        ("verdict_reached", {"code": "excluded", "confidence": "high"}, "Excluded", "High confidence"),
        ("submission_sent", {"reference": "abc"}, "Submission number abc.", "Submission number abc."),
        ("submission_status_recorded", {"status": "closed", "note": "Clean"}, "Answered by Microsoft: Clean", "Clean"),
        ("evidence_exported", {"form": "json"}, "As JSON.", "As JSON."),
    ],
)
def test_details_are_put_into_words(action, details, for_employee, for_it):
    case = CaseFactory()
    activity_log.record(action, case, case=case, actor=None, now=timezone.now(), **details)

    employee = only_entry(case, reader=case.reporter).detail

    assert for_employee is None or for_employee in employee
    assert for_it in only_entry(case, reader=made.reviewer()).detail
    assert "High confidence" not in employee
    assert "access_denied" not in employee


@pytest.mark.parametrize("rows", [1, 3, 30, 45])
def test_a_timeline_costs_one_query_and_keeps_the_older_entries_apart(rows, django_assert_num_queries):
    case = CaseFactory()
    for _ in range(rows):
        activity_log.record("check_started", case, case=case, actor=UserFactory(), now=timezone.now())

    with django_assert_num_queries(1):
        timeline = read_timeline(case, reader=case.reporter)

    assert len(timeline.newest) == min(rows, SHOWN_AT_ONCE)
    assert len(timeline.newest) + len(timeline.earlier) == min(rows, SHOWN_AT_ONCE + EARLIER_SHOWN)
    assert timeline.has_more is (rows > SHOWN_AT_ONCE + EARLIER_SHOWN)


def test_the_whole_timeline_goes_page_by_page_to_its_end(monkeypatch):
    monkeypatch.setattr(timeline_queries, "ENTRIES_ON_A_PAGE", 2)
    case = CaseFactory()
    for number in range(5):
        activity_log.record("check_started", case, case=case, actor=None, now=timezone.now(), number=number)
    reader = made.reviewer()

    first = read_timeline_page(case, reader=reader, cursor=None)
    second = read_timeline_page(case, reader=reader, cursor=first.older)
    third = read_timeline_page(case, reader=reader, cursor=second.older)

    moments = [entry.at for page in (first, second, third) for entry in page.entries]
    assert (len(moments), moments) == (5, sorted(moments, reverse=True))
    assert (first.newer, third.older) == (None, None)


@pytest.mark.parametrize(
    ("action", "details", "for_emma", "for_it"),
    [
        ("test_consented", {"minutes": 15}, "For at most 15 minutes.", "For at most 15 minutes."),
        ("test_rejected", {"note": "Not today."}, "Not today.", "Not today."),
        ("test_not_done", {"outcome": "tamper_protection"}, *["Windows protects this setting from changes."] * 2),
        ("test_not_done", {"outcome": "of a later version"}, "", ""),
        ("lease_superseded", {"value_before": 1, "value_seen": 0}, "", "It was “Block”; now it is “Off”."),
        ("lease_superseded", {"value_before": 1, "value_seen": None}, "", ""),
    ],
)
def test_the_actions_of_a_test_say_more_where_there_is_more(action, details, for_emma, for_it):
    case = CaseFactory()
    activity_log.record(action, case, case=case, actor=None, now=timezone.now(), **details)

    assert only_entry(case, reader=case.reporter).detail == for_emma
    assert only_entry(case, reader=made.reviewer()).detail == for_it
