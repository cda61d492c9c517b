"""What PostgreSQL refuses, whoever asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError
from django.db.models import ProtectedError
from django.utils import timezone

from tests.support.roles import as_owner
from tests.support.world import EMMA, NOW, case_on, device_at, person
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import (
    ActivityEntry,
    Case,
    CaseVerdict,
    CheckRun,
    DeviceAnswer,
    DeviceSnapshot,
    Submission,
    User,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"stage": "forgotten"}, "case_closed_at_says_stage"),
        ({"stage": "solved"}, "case_closed_at_says_stage"),
        ({"closed_at": NOW}, "case_closed_at_says_stage"),
        ({"kind": "odd"}, "case_kind_known"),
        ({"program": "odd"}, "case_program_known"),
        ({"verdict_code": "cannot_tell"}, "case_verdict_whole"),
        ({"updated_at": NOW - timedelta(days=1)}, "case_updated_after_opened"),
    ],
)
def test_a_case_keeps_its_promises(case, changes, constraint):
    with pytest.raises(IntegrityError, match=constraint), as_owner():
        Case.objects.filter(pk=case.pk).update(**changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"status": "odd"}, "run_finished_at_says_status"),
        ({"status": "finished"}, "run_finished_at_says_status"),
        ({"finished_at": NOW}, "run_finished_at_says_status"),
        ({"status": "waiting", "error_code": "unreachable"}, "run_waiting_has_next_attempt"),
        ({"status": "running"}, "run_running_was_claimed"),
        ({"status": "failed", "finished_at": NOW}, "run_failure_has_code"),
    ],
)
def test_a_check_run_keeps_its_promises(case, changes, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        CheckRun.objects.filter(case=case).update(**changes)


def test_a_case_has_one_live_run(case):
    run = case.check_runs.get()
    run.pk = None

    with pytest.raises(IntegrityError, match="run_one_live_per_case"):
        run.save()


def test_a_pc_is_visited_once_at_a_time(case):
    other = case_on(case.device, by=person(EMMA), now=NOW)
    claimed = {"status": RunStatus.RUNNING, "attempt": 1, "started_at": NOW, "heartbeat_at": NOW}
    CheckRun.objects.filter(case=case).update(**claimed)

    with pytest.raises(IntegrityError, match="run_one_visit_per_device"):
        CheckRun.objects.filter(case=other).update(**claimed)


def test_a_submission_is_sent_whole_or_not_at_all(case):
    with pytest.raises(IntegrityError, match="submission_sent_whole"):
        Submission.objects.create(case=case, status="submitted", prepared_at=NOW, updated_at=NOW)


def test_a_person_has_a_known_role():
    with pytest.raises(IntegrityError, match="user_role_known"):
        User.objects.filter(pk=person(EMMA).pk).update(role="king")


def answer(case):
    snapshot = DeviceSnapshot.objects.create(
        check_run=case.check_runs.get(), attempt=1, credential_profile="lab", endpoint="x", started_at=NOW
    )
    return DeviceAnswer.objects.create(
        snapshot=snapshot,
        position=0,
        name="clock",
        pipeline="Get-Date",
        sent_at=timezone.now(),
        seconds=0.1,
        state="answered",
        content=[],
        errors=[],
    )


@pytest.mark.parametrize("action", ["UPDATE {} SET id = id", "DELETE FROM {}"])
@pytest.mark.parametrize("table", [DeviceAnswer, ActivityEntry])
def test_evidence_and_audit_are_append_only_even_for_direct_sql(case, table, action):
    answer(case)

    with pytest.raises(DatabaseError, match="append-only"), as_owner() as cursor:
        cursor.execute(action.format(table._meta.db_table))

    assert table.objects.exists()


def verdict(case):
    return CaseVerdict.objects.create(
        case=case,
        check_run=case.check_runs.get(),
        code="cannot_tell",
        confidence="low",
        content={},
        concluded_at=NOW,
    )


@pytest.mark.parametrize("action", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_a_verdict_is_never_overwritten(case, action):
    verdict(case)

    with pytest.raises(DatabaseError, match="append-only"), as_owner() as cursor:
        cursor.execute(action.format(CaseVerdict._meta.db_table))


def test_who_visited_a_pc_is_filled_in_once_and_stays(case):
    visit = answer(case).snapshot
    rows = DeviceSnapshot.objects.filter(pk=visit.pk)
    rows.update(account="LAB\\portal")

    for change in ({"account": "somebody else"}, {"endpoint": "elsewhere"}):
        with pytest.raises(DatabaseError, match="append-only"), as_owner():
            rows.update(**change)


def test_a_case_with_history_is_not_deleted(case):
    with pytest.raises(ProtectedError):
        case.delete()
