"""Actions on cases: open, withdraw, solve."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.case_stage import move_case
from troubleshooting.actions.checks import check_runs
from troubleshooting.actions.checks.limits import check_live_checks, check_open_cases, lock_counted
from troubleshooting.actions.leases import audit_mode_tests
from troubleshooting.domain.base.masking import mask_text
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.cases.case import Report, Stage, case_number
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.domain.cases.masked import mask_report
from troubleshooting.models import Case, Device, User
from troubleshooting.permissions import check_may_report, check_may_solve, check_may_withdraw, is_party
from troubleshooting.queries.cases.solving import WHY_NOT_SOLVED, Unproved, read_solving

NEXT_NUMBER = """
    INSERT INTO troubleshooting_casecounter (year, last) VALUES (%s, 1)
    ON CONFLICT (year) DO UPDATE SET last = troubleshooting_casecounter.last + 1
    RETURNING last
"""


class NotProved(Refused):
    """Nobody knows whether the case's exclusion works; ``unproved`` says what is missing."""

    def __init__(self, unproved: Unproved) -> None:
        super().__init__(WHY_NOT_SOLVED[unproved])
        self.unproved = unproved


@transaction.atomic
def open_case(
    reporter: User,
    device: Device,
    *,
    report: Report,
    typed_address: str,
    now: datetime,
    deadline: timedelta,
    limits: CaseLimits,
) -> Case:
    """Open a case and queue the first check of its PC, which is tried for as long as ``deadline``.

    Secrets in addresses are masked before anything is stored. Raises TooMany.
    """
    check_may_report(reporter, device)
    lock_counted(reporter, device)
    check_open_cases(reporter, device, limits)
    check_live_checks(reporter, device, limits)
    report = mask_report(report)
    case = Case.objects.create(
        number=_next_number(now.year),
        reporter=reporter,
        device=device,
        device_owner_id=device.owner_id,
        kind=report.kind.value,
        typed_address=mask_text(typed_address),
        indicator_kind=report.indicator.kind.value,
        indicator_value=report.indicator.value,
        indicator_host=report.indicator.host,
        indicator=report.indicator.as_json(),
        program=report.program.value,
        program_name=report.program_name,
        happened_at=report.happened_at,
        saw=report.saw,
        reason=report.reason,
        unblock=report.unblock.value,
        stage=Stage.CHECKING.value,
        opened_at=now,
        updated_at=now,
    )
    activity_log.record("case_opened", case, case=case, actor=reporter, now=now, device=device.hostname, kind=case.kind)
    check_runs.queue_check_run(case, by=reporter, now=now, deadline=deadline)
    return case


@transaction.atomic
def withdraw_case(case_id: int, *, by: User, now: datetime) -> Case:
    """Close a case because the reporter no longer needs it; a check under way is stopped."""
    case = Case.objects.locked().get(pk=case_id)
    check_may_withdraw(by, case)
    check_runs.cancel_live_runs(case, by=by, now=now)
    audit_mode_tests.cancel_open_tests(case, by=by, now=now)
    move_case(case, to=Stage.WITHDRAWN, now=now)
    activity_log.record("case_withdrawn", case, case=case, actor=by, now=now)
    return case


@transaction.atomic
def solve_case(case_id: int, *, by: User, note: str, now: datetime) -> Case:
    """Close a case because a person says that it works now.

    While it has an exclusion in force, IT needs a re-test that says so: raises NotProved. The people of the case know.
    """
    case = Case.objects.locked().get(pk=case_id)
    check_may_solve(by, case)
    unproved = None if is_party(by, case) else read_solving(case).unproved
    if unproved is not None:
        raise NotProved(unproved)
    audit_mode_tests.cancel_open_tests(case, by=by, now=now)
    move_case(case, to=Stage.SOLVED, now=now)
    activity_log.record("case_solved", case, case=case, actor=by, now=now, note=note)
    return case


def _next_number(year: int) -> str:
    """Count on in one statement: the counter's row stays locked until the case is committed."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [year])
        (last,) = cursor.fetchone()
    return case_number(year, last)
