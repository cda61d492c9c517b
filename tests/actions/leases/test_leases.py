"""A setting is lent to one, given back to what it was, and left alone where it cannot be."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11, stuck_in_audit
from portal.demo.lab.registry import POLICY_NP
from tests.support.lease_world import MODE, begun, checked_case, mode_of, tended
from tests.support.world import EMMA, checked_case_on, person
from troubleshooting.actions.leases.audit_mode_tests import say_visited
from troubleshooting.actions.leases.leases import LeaseHeld
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LeaseStatus, Outcome
from troubleshooting.models import SettingLease

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_policy_that_came_during_the_test_does_not_hide_audit_mode_underneath(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    pc.registry[POLICY_NP] = {MODE: 1}

    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.lease.status, mode_of(pc)) == (LeaseStatus.RESTORED, 1)


@pytest.mark.parametrize(
    ("make", "fault", "outcome"),
    [
        (healthy_windows_11, Fault.SETTINGS_REFUSED, Outcome.TAMPER_PROTECTION),
        (stuck_in_audit, None, Outcome.MANAGED_BY_POLICY),
        (healthy_windows_11, Fault.POLICY_PUTS_BACK, Outcome.NOT_TAKEN),
        (healthy_windows_11, Fault.DEFENDER_STOPPED, Outcome.VALUE_UNREADABLE),
        (healthy_windows_11, Fault.REFUSED, Outcome.NOT_REACHED),
    ],
)
def test_a_change_that_cannot_be_made_says_why_and_leaves_the_pc_as_it_was(lab_server, make, fault, outcome):
    pc = make()
    before = mode_of(pc)
    case = checked_case(lab_server(pc))
    if fault:
        pc.faults.add(fault)

    test = begun(case)

    assert (test.status, test.lease.outcome) == (TestStatus.NOT_DONE, outcome)
    assert (mode_of(pc), pc.tasks) == (before, {})


def test_another_persons_value_stays(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    pc.preferences[MODE] = 0  # an administrator switched it off meanwhile

    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.lease.status, test.lease.value_seen, mode_of(pc)) == (LeaseStatus.SUPERSEDED, 0, 0)
    assert pc.tasks == {}


def test_a_second_person_is_told_who_holds_the_pc_and_until_when(lab_server):
    pc = healthy_windows_11()
    case = checked_case(lab_server(pc))
    first = begun(case)
    other = checked_case_on(case.device, by=person(EMMA))

    with pytest.raises(LeaseHeld) as held:
        begun(other)

    assert held.value.lease == first.lease
    assert held.value.lease.requested_by == person(EMMA)
    assert not other.audit_mode_tests.exists()


def test_a_value_that_the_pc_does_not_take_back_is_not_called_restored(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    pc.faults.add(Fault.SETTINGS_REFUSED)

    say_visited(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.ENDING, LeaseStatus.RESTORING, 2)

    pc.faults.clear()
    SettingLease.objects.update(next_attempt_at=None)
    test = tended(test)
    assert (test.lease.status, mode_of(pc)) == (LeaseStatus.RESTORED, 1)
