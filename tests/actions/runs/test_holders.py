"""Whoever stands on a lease is found by what it is, with what was read with the lease."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.exclusion_world import approved, asked
from tests.support.lease_world import MINUTES, checked_case
from tests.support.world import EMMA, person
from troubleshooting.actions.leases.audit_mode_tests import ask_for_test
from troubleshooting.actions.leases.leases import request_lease
from troubleshooting.actions.runs.audit_mode_test import TestOnLease
from troubleshooting.actions.runs.holders import HOLDERS, JOINED, LEFT, UNTOLD, holder_of
from troubleshooting.actions.runs.retest_without import RetestOnLease
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import Case, Retest, SettingLease

pytestmark = pytest.mark.django_db


def read(pk: int | None) -> SettingLease:
    return SettingLease.objects.select_related("case", *JOINED).get(pk=pk)


def lease_of(case: Case) -> SettingLease:
    by, now = person(EMMA), timezone.now()
    return request_lease(case, value_during=ProtectionMode.AUDIT, length=MINUTES, by=by, reason="re-test", now=now)


def retest_on(lease: SettingLease, **changes: object) -> Retest:
    now = timezone.now()
    facts = {"purpose": "still_needed", "device": lease.device, "asked_at": now, "due_at": now, "lease": lease}
    return Retest.objects.create(exclusion=approved(asked(lease.case)), **(facts | changes))


@pytest.mark.parametrize("portal_visits", [True, False])
def test_a_test_is_found_and_waited_for_where_the_employee_visits(portal_visits):
    case = checked_case(None)
    by, now = person(EMMA), timezone.now()
    asked_for = {"by": by, "length": MINUTES, "portal_visits": portal_visits, "needs_approval": False, "now": now}
    lease = read(ask_for_test(case.pk, **asked_for).lease_id)

    with CaptureQueriesContext(connection) as statements:
        holder = holder_of(lease)

    assert isinstance(holder, TestOnLease)
    assert (holder.is_waited_for, len(statements)) == (not portal_visits, 0)


def test_the_log_is_read_once_the_mode_is_back_and_only_where_it_was_changed():
    case = checked_case(None)
    by, now = person(EMMA), timezone.now()
    asked_for = {"by": by, "length": MINUTES, "portal_visits": False, "needs_approval": False, "now": now}
    lease = read(ask_for_test(case.pk, **asked_for).lease_id)
    holder = holder_of(lease)

    wants = {}
    for status in LeaseStatus:
        lease.status = status
        wants[status] = holder.wants_visit(lease, now=now)

    assert {status for status, wanted in wants.items() if wanted} == {LeaseStatus.RESTORED, LeaseStatus.SUPERSEDED}


def test_a_re_test_is_found_and_nobody_waits_for_it():
    lease = lease_of(checked_case(None))
    retest_on(lease)

    holder = holder_of(read(lease.pk))

    assert isinstance(holder, RetestOnLease)
    assert not holder.is_waited_for


def test_a_re_test_that_is_over_holds_nothing():
    lease = lease_of(checked_case(None))
    retest_on(lease, status="not_done", outcome="exclusion_ended", ended_at=timezone.now())

    assert holder_of(read(lease.pk)) is None


def test_the_sweep_finds_a_lease_by_any_holder():
    lease = lease_of(checked_case(None))
    assert not SettingLease.objects.filter(LEFT | UNTOLD).exists()

    retest_on(lease)

    assert list(SettingLease.objects.filter(LEFT, UNTOLD)) == [lease]
    assert len(HOLDERS) == len(JOINED)
