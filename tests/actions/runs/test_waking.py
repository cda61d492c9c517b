"""Who waits for a PC that a worker has left is told so, and nobody else."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.exclusion_world import approved, asked
from tests.support.lease_world import MINUTES, checked_case
from tests.support.world import EMMA, IVO, case_on, device_at, person
from troubleshooting.actions.leases.leases import request_lease
from troubleshooting.actions.runs.waking import wake_others
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import Retest

pytestmark = pytest.mark.django_db


def test_all_that_wait_for_the_pc_are_woken_and_nobody_of_another(django_capture_on_commit_callbacks):
    now, emma = timezone.now(), person(EMMA)
    case = checked_case(None)
    exclusion = approved(asked(case))
    facts = {"purpose": "works", "device": case.device, "asked_at": now, "due_at": now}
    Retest.objects.create(exclusion=exclusion, **facts)
    request_lease(case, value_during=ProtectionMode.AUDIT, length=MINUTES, by=emma, reason="test", now=now)
    case_on(case.device, by=person(IVO))
    case_on(device_at(None, owner=emma, hostname="PC-0143"), by=emma)

    with django_capture_on_commit_callbacks() as messages, CaptureQueriesContext(connection) as statements:
        wake_others(case.device_id, now=timezone.now())

    assert len(messages) == 4  # the lease, the placement, the re-test and the check
    assert len(statements) <= 2  # who waits, and whether writes are stopped
