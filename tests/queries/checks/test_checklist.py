from __future__ import annotations

import pytest

from tests.domain import builders
from tests.factories import CaseFactory, CheckRunFactory, UserFactory
from tests.queries import made
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.registry import CHECKS, PREREQUISITES
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import CheckRun
from troubleshooting.queries.checks.checklist import (
    is_unchanged,
    page_token,
    read_checklist,
    read_token,
    runs_visible_to,
)
from troubleshooting.queries.checks.transcript import read_raw_answer, read_transcript

pytestmark = pytest.mark.django_db


def opened(run: CheckRun) -> CheckRun:
    """Return the run as the views do: with what its pages need."""
    return runs_visible_to(run.case.reporter).get(pk=run.pk)


def test_a_live_run_shows_every_check_in_order_and_those_without_a_finding_as_waiting():
    run = CheckRunFactory(running=True)
    made.save_findings(run, judge(builders.snapshot(), report=run.case.report)[:2])

    checklist = read_checklist(opened(run), reader=run.case.reporter)

    assert [line.check_id for line in checklist.lines] == [check.id for check in CHECKS]
    judged = [line for line in checklist.lines if line.status != CheckStatus.WAITING]
    assert judged == list(checklist.lines[:2])
    assert (checklist.done, checklist.total) == (2, len(CHECKS))
    assert [line.check_id for line in checklist.prerequisites] == [check.id for check in PREREQUISITES]
    assert len(checklist.others) == len(CHECKS) - len(PREREQUISITES)


def test_an_ended_run_shows_only_the_checks_that_were_judged():
    run = made.finished_run(CaseFactory(checked=True))

    checklist = read_checklist(opened(run), reader=run.case.reporter)

    assert not checklist.is_live
    assert checklist.total == checklist.done == len(CHECKS)


def test_a_run_that_was_stopped_before_its_visit_has_no_checks():
    run = CheckRunFactory(status="cancelled", finished_at=made.timezone.now())

    assert read_checklist(opened(run), reader=run.case.reporter).lines == ()


def test_failures_come_before_warnings_and_the_rest_needs_no_attention():
    run = made.finished_run(CaseFactory(checked=True), snapshot=made.RTP_OFF)

    checklist = read_checklist(opened(run), reader=run.case.reporter)

    statuses = [line.status for line in checklist.attention]
    assert statuses == sorted(statuses, key=["fail", "warn"].index)
    assert "real_time_protection" in [line.check_id for line in checklist.attention]
    assert len(checklist.attention) + len(checklist.rest) == len(CHECKS)


@pytest.mark.parametrize("role", ["reviewer", "auditor", "administrator"])
def test_it_reads_its_remedies_and_the_commands(role):
    run = made.finished_run(CaseFactory(checked=True), snapshot=made.RTP_OFF)

    checklist = read_checklist(opened(run), reader=UserFactory(**{role: True}))

    line = next(line for line in checklist.lines if line.check_id == "real_time_protection")
    assert checklist.for_it
    assert line.it_remedy is not None
    assert line.commands == ("computer_status",)


def test_an_employee_gets_neither_the_remedies_for_it_nor_the_commands():
    run = made.finished_run(CaseFactory(checked=True), snapshot=made.RTP_OFF)

    checklist = read_checklist(opened(run), reader=run.case.reporter)

    assert all(line.it_remedy is None and line.commands == () for line in checklist.lines)
    assert any(line.remedy is not None for line in checklist.lines)


def test_an_employee_reads_why_a_run_failed_without_code_and_original_words():
    run = made.failed_run(CaseFactory(checked=True), DeviceErrorCode.WRONG_CREDENTIALS)

    error = read_checklist(opened(run), reader=run.case.reporter).error

    assert error is not None
    assert str(error.title)
    assert (error.code, error.detail, error.it_remedy) == ("", "", None)


def test_it_reads_code_original_words_and_remedy_of_a_failed_run():
    run = made.failed_run(CaseFactory(checked=True), DeviceErrorCode.WRONG_CREDENTIALS, detail="HTTP 401")

    error = read_checklist(opened(run), reader=made.reviewer()).error

    assert error is not None
    assert (error.code, error.detail) == ("wrong_credentials", "HTTP 401")
    assert error.it_remedy is not None


def test_the_reason_of_an_earlier_try_is_not_shown_once_the_run_is_queued_again():
    run = CheckRunFactory(error_code=DeviceErrorCode.UNREACHABLE)

    assert read_checklist(opened(run), reader=run.case.reporter).error is None


def test_a_waiting_run_asks_less_often_than_a_running_one():
    waiting, running = CheckRunFactory(waiting=True), CheckRunFactory(running=True)

    assert read_checklist(opened(waiting), reader=waiting.case.reporter).poll_s == 10
    assert read_checklist(opened(running), reader=running.case.reporter).poll_s == 2


def test_a_live_run_names_how_long_the_last_check_of_its_pc_took():
    run = CheckRunFactory(running=True)
    earlier = CheckRunFactory(case__device=run.device, finished=True)
    CheckRun.objects.filter(pk=earlier.pk).update(finished_at=made.later(earlier.started_at, seconds=34))

    assert read_checklist(opened(run), reader=run.case.reporter).usual_s == 34


def test_the_news_say_in_words_how_far_the_run_is_and_what_is_wrong():
    run = CheckRunFactory(running=True)
    findings = judge(made.RTP_OFF, report=run.case.report)
    made.save_findings(run, tuple(found for found in findings if found.check == "real_time_protection"))

    news = read_checklist(opened(run), reader=run.case.reporter).news

    assert news == f"1 of {len(CHECKS)} checks done. Needs attention: Real-time protection."


def test_a_token_names_run_version_and_status_and_no_other_run():
    run = CheckRunFactory(version=7)

    token = page_token(run)

    seen = read_token(token, run.pk)
    assert seen is not None
    assert (seen.version, seen.status) == (7, "queued")
    assert read_token(token, run.pk + 1) is None


@pytest.mark.parametrize("token", ["", "x", "1:2:queued", "1:2:queued:forged"])
def test_a_forged_token_is_worth_nothing_and_costs_no_query(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not is_unchanged(1, token)


def test_a_run_is_unchanged_until_its_version_grows(django_assert_num_queries):
    run = CheckRunFactory(version=3)
    token = page_token(run)

    with django_assert_num_queries(1):
        assert is_unchanged(run.pk, token)
    CheckRun.objects.filter(pk=run.pk).update(version=4)
    assert not is_unchanged(run.pk, token)


@pytest.mark.parametrize(("findings", "queries"), [(1, 2), (len(CHECKS) - 1, 2), (len(CHECKS), 3)])
def test_a_checklist_costs_two_queries_and_one_more_for_what_comes_after_the_checks(
    findings, queries, django_assert_num_queries
):
    run = CheckRunFactory(running=True)
    made.save_findings(run, judge(builders.snapshot(), report=run.case.report)[:findings])
    found, reader = opened(run), run.case.reporter

    with django_assert_num_queries(queries):
        read_checklist(found, reader=reader)


@pytest.mark.parametrize("visits", [1, 3])
def test_a_transcript_costs_two_queries_and_has_the_newest_visit_first(visits, django_assert_num_queries):
    run = CheckRunFactory(running=True)
    for attempt in range(1, visits + 1):
        made.make_visit(run, attempt=attempt)

    with django_assert_num_queries(2):
        transcript = read_transcript(run)

    assert [visit.attempt for visit in transcript] == list(range(visits, 0, -1))
    assert [command.name for command in transcript[0].commands] == [
        "operating_system",
        "computer_status",
        "protection_events",
    ]
    assert (transcript[0].account, transcript[0].seconds) == ("svc-portal", 1.5)


def test_a_raw_answer_is_given_only_for_the_run_it_belongs_to():
    run, other = CheckRunFactory(running=True), CheckRunFactory(running=True)
    answer = made.make_visit(run).answers.first()
    assert answer is not None

    assert "Microsoft Windows 11 Enterprise" in (read_raw_answer(run, answer.pk) or "")
    assert read_raw_answer(other, answer.pk) is None


def test_runs_are_found_only_for_those_who_may_open_the_case():
    run = CheckRunFactory()

    assert list(runs_visible_to(run.case.reporter)) == [run]
    assert list(runs_visible_to(made.reviewer())) == [run]
    assert list(runs_visible_to(UserFactory(stranger=True))) == []
