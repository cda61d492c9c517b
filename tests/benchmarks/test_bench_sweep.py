"""What the minute's sweep asks of the database does not grow with what is due; its times are printed."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from celery import signals
from django.core.cache import cache
from django.utils import timezone

from tests.benchmarks.history import COPY_ID, copy
from tests.benchmarks.statements import Statements
from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.roles import as_owner
from tests.support.world import EMMA, case_on, device_at, person
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import ActivityEntry, Case, CheckRun, Device, Exclusion, ExclusionWarning
from troubleshooting.tasks import sweep

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DUE = 1_000
MOST_STATEMENTS = 60
ANNOUNCED = 100  # exclusions in force that were announced already


def make_due(count: int) -> None:
    """Make runs whose pause is over, each on a PC of its own."""
    now, emma = timezone.now(), person(EMMA)
    run = case_on(device_at(None, owner=emma), by=emma, now=now - timedelta(hours=1)).check_runs.get()
    CheckRun.objects.filter(pk=run.pk).update(
        status=RunStatus.WAITING,
        next_attempt_at=now - timedelta(minutes=1),
        attempt=1,
        error_code=DeviceErrorCode.UNREACHABLE,
    )
    names = {"id": COPY_ID, "hostname": "'PC-D' || lpad(n::text, 5, '0')"}
    copy(Device._meta.db_table, run.device_id, count - 1, names)
    numbered = {"id": COPY_ID, "number": "'NP-2025-' || lpad(n::text, 6, '0')", "device_id": COPY_ID}
    copy(Case._meta.db_table, run.case_id, count - 1, numbered)
    copy(CheckRun._meta.db_table, run.pk, count - 1, {"case_id": COPY_ID, "device_id": COPY_ID})


def make_announced(count: int) -> None:
    """Make exclusions in force that end within the week and were announced."""
    case = checked_case(device_at(None, owner=person(EMMA), hostname="PC-0099"))
    exclusion = approved(asked(case, days=30))
    warning = ExclusionWarning.objects.create(exclusion=exclusion, days=7, warned_at=timezone.now())
    value = "'10.0.0.' || n"
    in_force = {
        "id": COPY_ID,
        "status": "'verified'",
        "expires_at": "now() + interval '3 days'",
        "value": value,
        "value_key": value,
    }
    with as_owner(past_triggers=True):
        copy(Exclusion._meta.db_table, exclusion.pk, count, in_force)
        copy(ExclusionWarning._meta.db_table, warning.pk, count, {"exclusion_id": COPY_ID})


def swept() -> tuple[Statements, tuple[float, float], list[int]]:
    """Return the statements of one sweep, its seconds and those of CPU, and the runs that workers were notified of."""
    statements, notified = Statements(), []

    def note(body=None, **_more):
        notified.extend(value for name, value in body[1].items() if name == "check_run_id")

    signals.before_task_publish.connect(note)
    try:
        with statements.recorded():
            began, cpu_began = time.perf_counter(), time.process_time()
            sweep()
            seconds = time.perf_counter() - began, time.process_time() - cpu_began
    finally:
        signals.before_task_publish.disconnect(note)
    return statements, seconds, notified


def test_a_thousand_due_runs_take_few_statements_an_entry_each_and_a_message_for_each_pc():
    make_announced(ANNOUNCED)
    idle, idle_seconds, _none = swept()
    make_due(DUE)
    cache.clear()  # no message of before is under way
    busy, busy_seconds, notified = swept()
    again, _seconds, repeated = swept()

    print(f"\nThe sweep, with {ANNOUNCED} exclusions that were announced")
    for name, statements, (seconds, cpu) in (
        ("nothing due", idle, idle_seconds),
        (f"{DUE} runs due", busy, busy_seconds),
    ):
        counted = f"{statements.total} statements in {statements.transactions} transactions"
        print(f"  {name:14} {seconds:5.2f} s   CPU {cpu:5.2f} s   {counted}")
    queued = set(CheckRun.objects.filter(status=RunStatus.QUEUED).values_list("pk", flat=True))
    entries = ActivityEntry.objects.filter(action="check_requeued").values_list("subject_id", flat=True)
    assert len(queued) == DUE
    assert sorted(entries) == sorted(notified) == sorted(queued)
    assert busy.total <= MOST_STATEMENTS, busy.repeated()
    assert busy.total - idle.total <= DUE / 50
    assert (again.total, repeated) == (idle.total, [])
