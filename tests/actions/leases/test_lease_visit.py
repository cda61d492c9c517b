"""What a lease sets on a PC."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.lease_world import begun, checked_case, mode_of, tended
from tests.support.world import EMMA, person
from troubleshooting.actions.leases.audit_mode_tests import say_visited
from troubleshooting.domain.leases.lease import LeaseStatus

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_pcs_own_task_puts_the_mode_back_when_the_portal_is_gone(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))

    pc.tick(test.lease.ends_at - timedelta(minutes=1))
    assert mode_of(pc) == 2
    pc.tick(test.lease.task_fires_at + timedelta(seconds=10))

    assert mode_of(pc) == 1
    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    assert tended(test).lease.status == LeaseStatus.RESTORED
    assert pc.tasks == {}
