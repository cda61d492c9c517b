"""What the sweep finds."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from tests.support.exclusion_world import IP, approved, asked, checked_case, present
from tests.support.roles import as_owner
from tests.support.world import EMMA, IVO, NOW, case_on, device_at, person
from troubleshooting.actions.checks.check_runs import cancel_check_run
from troubleshooting.actions.exclusions.decisions import ask_question
from troubleshooting.actions.runs.sweep import MOST_LOSSES, sweep
from troubleshooting.domain.cases.case import Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import ActivityEntry, Case, CheckRun

pytestmark = pytest.mark.django_db

LOST_AFTER = timedelta(minutes=2)


@pytest.fixture
def run():
    return case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW).check_runs.get()


@pytest.fixture
def notified(django_capture_on_commit_callbacks):
    def swept(*, now):
        with django_capture_on_commit_callbacks() as callbacks:
            sweep(now=now, lost_after=LOST_AFTER)
        return len(callbacks)

    return swept


def running(run: CheckRun, **changes: object) -> CheckRun:
    fields = {"status": RunStatus.RUNNING, "attempt": 1, "started_at": NOW, "heartbeat_at": NOW}
    CheckRun.objects.filter(pk=run.pk).update(**(fields | changes))
    run.refresh_from_db()
    return run


def waiting(run: CheckRun, **changes: object) -> CheckRun:
    fields = {
        "status": RunStatus.WAITING,
        "attempt": 1,
        "next_attempt_at": NOW + timedelta(minutes=1),
        "error_code": DeviceErrorCode.UNREACHABLE,
    }
    with as_owner():
        CheckRun.objects.filter(pk=run.pk).update(**(fields | changes))
    run.refresh_from_db()
    return run


def test_a_queued_run_whose_message_was_lost_is_sent_again(run, notified):
    assert notified(now=NOW + timedelta(seconds=29)) == 0
    assert notified(now=NOW + timedelta(seconds=30)) == 1


def test_a_waiting_run_is_queued_when_its_pause_is_over(run, notified):
    waiting(run)

    assert notified(now=NOW + timedelta(seconds=59)) == 0
    assert notified(now=NOW + timedelta(seconds=60)) == 1
    run.refresh_from_db()
    assert (run.status, run.next_attempt_at) == (RunStatus.QUEUED, None)


def test_one_among_many_that_cannot_be_queued_stops_no_other_and_leaves_nothing_half(run, notified):
    other = case_on(device_at(None, owner=person(EMMA), hostname="PC-2"), by=person(EMMA), now=NOW).check_runs.get()
    for one in (run, other):
        waiting(one)
    with as_owner() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON troubleshooting_activityentry FOR EACH ROW "
            f"WHEN (NEW.action = 'check_requeued' AND NEW.subject_id = {run.pk}) EXECUTE FUNCTION refuse();"
        )

    assert notified(now=NOW + timedelta(minutes=1)) == 1

    assert [CheckRun.objects.get(pk=one.pk).status for one in (run, other)] == [RunStatus.WAITING, RunStatus.QUEUED]
    entries = ActivityEntry.objects.filter(action="check_requeued").values_list("subject_id", "case_id", "details")
    assert list(entries) == [(other.pk, other.case_id, {"attempt": 1})]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_somebody_has_locked_is_left_to_them(run):
    waiting(run)
    later = NOW + timedelta(minutes=1)
    with contextlib.closing(connection.copy()) as other, other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("SELECT FROM troubleshooting_checkrun WHERE id = %s FOR UPDATE", [run.pk])
        sweep(now=later, lost_after=LOST_AFTER)
        other.rollback()
    run.refresh_from_db()
    assert run.status == RunStatus.WAITING

    sweep(now=later, lost_after=LOST_AFTER)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED


def test_a_run_past_its_deadline_fails_with_its_last_error_and_a_verdict(run, notified):
    waiting(run, next_attempt_at=run.deadline_at + timedelta(hours=1))

    notified(now=run.deadline_at)

    run.refresh_from_db()
    assert (run.status, run.error_code) == (RunStatus.FAILED, DeviceErrorCode.UNREACHABLE)
    assert (run.case.stage, run.case.verdict_code) == (Stage.CHECKED, "cannot_tell")


def test_a_run_whose_worker_is_silent_goes_to_another(run, notified):
    running(run)

    assert notified(now=NOW + LOST_AFTER - timedelta(seconds=1)) == 0
    notified(now=NOW + LOST_AFTER)

    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert ActivityEntry.objects.filter(action="check_requeued").get().details["reason"] == "worker_lost"


def test_a_run_that_loses_its_workers_again_and_again_is_ended(run, notified):
    running(run, attempt=MOST_LOSSES)

    notified(now=NOW + LOST_AFTER)

    run.refresh_from_db()
    assert (run.status, run.error_code) == (RunStatus.FAILED, DeviceErrorCode.PORTAL_FAULT)


def test_a_lost_run_that_was_to_be_stopped_is_stopped(run, notified):
    running(run)
    cancel_check_run(run.pk, by=person(EMMA), now=NOW)

    notified(now=NOW + LOST_AFTER)

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


def test_sweeping_twice_is_as_once(run, notified):
    waiting(run)
    later = NOW + timedelta(minutes=1)

    notified(now=later)
    version = CheckRun.objects.values_list("version", flat=True).get(pk=run.pk)
    notified(now=later)

    assert CheckRun.objects.filter(pk=run.pk, version=F("version")).values_list("version", flat=True).get() == version


def test_a_run_that_cannot_be_judged_ends_all_the_same_and_stops_no_other(run, notified):
    other = case_on(device_at(None, owner=person(EMMA), hostname="PC-2"), by=person(EMMA), now=NOW).check_runs.get()
    waiting(
        other, next_attempt_at=run.deadline_at - timedelta(hours=1), deadline_at=run.deadline_at + timedelta(days=1)
    )
    waiting(run, next_attempt_at=run.deadline_at + timedelta(hours=1))
    with as_owner():
        Case.objects.filter(pk=run.case_id).update(indicator={})  # as if the row had been damaged

    notified(now=run.deadline_at)

    run.refresh_from_db()
    other.refresh_from_db()
    assert (run.status, run.error_code, run.case.stage) == (
        RunStatus.FAILED,
        DeviceErrorCode.PORTAL_FAULT,
        Stage.CHECKED,
    )
    assert other.status == RunStatus.QUEUED


@pytest.mark.parametrize("has_question", [False, True])
def test_a_request_that_nobody_decided_lapses_at_its_end_and_can_be_asked_for_again(has_question):
    case = checked_case(device_at(None, owner=person(EMMA), hostname="PC-0098"))
    exclusion = asked(case)
    if has_question:
        ask_question(exclusion.pk, by=person(IVO), note="Who?", now=timezone.now())
    before = present(exclusion).status

    sweep(now=exclusion.expires_at - timedelta(seconds=1), lost_after=LOST_AFTER)
    assert present(exclusion).status == before
    sweep(now=exclusion.expires_at, lost_after=LOST_AFTER)

    ended = present(exclusion)
    assert (ended.status, ended.ended_at, ended.ended_by) == ("not_applied", exclusion.expires_at, None)
    [entry] = ActivityEntry.objects.filter(subject_id=exclusion.pk, action="exclusion_expired")
    assert entry.actor is None
    assert asked(case).status == "requested"


def test_an_exclusion_that_cannot_be_ended_keeps_no_other_in_force():
    case = checked_case(device_at(None, owner=person(EMMA), hostname="PC-0099"))
    broken, sound = approved(asked(case)), approved(asked(case, (IP[0], "203.0.113.77")))
    with as_owner() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON troubleshooting_exclusion FOR EACH ROW "
            f"WHEN (OLD.id = {broken.pk}) EXECUTE FUNCTION refuse();"
        )

    sweep(now=sound.expires_at + timedelta(seconds=1), lost_after=LOST_AFTER)

    assert (present(broken).status, present(sound).status) == ("approved", "not_applied")
