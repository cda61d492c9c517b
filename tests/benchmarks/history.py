"""A long history in the database: copies of one case that was checked, with other people, PCs, addresses and times.

Written by the server itself (INSERT … SELECT), so 100,000 cases take a minute or two.
"""

from __future__ import annotations

from django.db import connection

from tests.factories import DeviceFactory, ExclusionFactory, UserFactory
from tests.queries import made
from troubleshooting.models import (
    ActivityEntry,
    Case,
    CaseVerdict,
    CheckFinding,
    CheckRun,
    Device,
    DriftScan,
    Exclusion,
    User,
)

PEOPLE = 8_000
DEVICES = 10_000
ENTRIES = 10  # of the activity log, for each case
WITH_EVIDENCE = 2_000  # of the newest cases: lists do not read it, and it is most of what a database holds

FIRST = 1_000_000  # the id before the first copy's
COPY_ID = f"{FIRST} + n"  # of the copy with this number; ``n`` counts from 1

PERSON = f"{FIRST} + mod(n * 7919, {PEOPLE}) + 1"
DEVICE = f"{FIRST} + mod(n * 6863, {DEVICES}) + 1"


def earlier(*columns: str, by: str = "5 minutes") -> dict[str, str]:
    """Return moments as far back as the copy's number says."""
    return {column: f"source.{column} - n * interval '{by}'" for column in columns}


# What differs from the copied row.
CASES = {
    "id": COPY_ID,
    "number": "'NP-2025-' || lpad(n::text, 6, '0')",
    "reporter_id": PERSON,
    "device_id": DEVICE,
    "device_owner_id": "NULL",
    "indicator_host": "'shop' || mod(n, 5000) || '.example.com'",
    "indicator_value": "'https://shop' || mod(n, 5000) || '.example.com/orders/' || n",
    "stage": "(ARRAY['checked', 'solved', 'withdrawn'])[1 + mod(n, 3)]",
    "closed_at": "CASE WHEN mod(n, 3) = 0 THEN NULL ELSE source.updated_at - n * interval '5 minutes' END",
    **earlier("happened_at", "opened_at", "updated_at"),
}
RUNS = {
    "id": COPY_ID,
    "case_id": COPY_ID,
    "device_id": DEVICE,
    "requested_by_id": PERSON,
    **earlier("requested_at", "queued_at", "deadline_at", "started_at", "heartbeat_at", "finished_at"),
}
EXCLUSIONS = {
    "case_id": COPY_ID,
    "requested_by_id": PERSON,
    "scope_device_id": DEVICE,
    **dict.fromkeys(("value", "value_key"), "'10.' || n / 65536 || '.' || mod(n / 256, 256) || '.' || mod(n, 256)"),
    **earlier("requested_at", by="1 hour"),
}


def copy(table: str, source: int, count: int, changes: dict[str, str]) -> None:
    """Insert ``count`` copies of a row; ``changes`` are SQL by column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = '' AND (attname <> 'id' OR %s)",
            [table, "id" in changes],
        )
        columns = [name for (name,) in cursor.fetchall()]
        values = ", ".join(changes.get(name, f'source."{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS source, generate_series(1, %s) AS n"
            " WHERE source.id = %s",
            [count, source],
        )


def copies_of_each(table: str, sources: list[int], count: int, changes: dict[str, str]) -> None:
    """Insert copies of several rows."""
    for source in sources:
        copy(table, source, count, changes)


def make_history(cases: int) -> Case:
    """Make a case that was checked, and ``cases`` copies of it with theirs; returns the one copied from."""
    case = made.blocked_case(reporter=UserFactory(username="source"), device=DeviceFactory(hostname="PC-SOURCE"))
    named = {"username": "'copy-' || n", "last_name": "'Name' || n"}
    copy(User._meta.db_table, case.reporter_id, PEOPLE, {"id": COPY_ID, **named})
    copy(Device._meta.db_table, case.device_id, DEVICES, {"id": COPY_ID, "hostname": "'PC-C' || lpad(n::text, 5, '0')"})
    copy(Case._meta.db_table, case.pk, cases, CASES)
    run, evidence = case.check_runs.get(), min(cases, WITH_EVIDENCE)
    copy(CheckRun._meta.db_table, run.pk, cases, RUNS)
    verdict = {"case_id": COPY_ID, "check_run_id": COPY_ID, **earlier("concluded_at")}
    copy(CaseVerdict._meta.db_table, CaseVerdict.objects.get().pk, cases, verdict)
    findings = list(CheckFinding.objects.filter(check_run=run).values_list("pk", flat=True))
    copies_of_each(CheckFinding._meta.db_table, findings, evidence, {"check_run_id": COPY_ID})
    entry = ActivityEntry.objects.create(
        at=case.opened_at, actor_name="portal", action="check_started", case=case, subject_type="case", subject_id=1
    )
    entries = {"case_id": COPY_ID, "subject_id": COPY_ID, **earlier("at")}
    copies_of_each(ActivityEntry._meta.db_table, [entry.pk] * ENTRIES, cases, entries)
    exclusion = ExclusionFactory(case=case, requested_by=case.reporter)
    copy(Exclusion._meta.db_table, exclusion.pk, cases // 20, EXCLUSIONS)
    scan = DriftScan.objects.create(device=case.device, at=case.opened_at, ended_at=case.opened_at)
    for number in range(min(cases // 1000 + 1, 30)):
        at = f"source.at - interval '{number} days' - n * interval '1 second'"
        looked = {"device_id": COPY_ID, "at": at, "ended_at": at}
        copy(DriftScan._meta.db_table, scan.pk, min(cases, DEVICES), looked)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")  # as the server's own would by then: it lets pages read indexes alone
    return case
