"""What is known of whether a case's exclusions work, and what the person is asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    approved,
    asked,
    case_in_tenant,
    checked_case,
    tenant_of,
    worked,
)
from tests.support.world import EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.retests import say_still_blocked
from troubleshooting.domain.exclusions.exclusion import Scope, ScopeKind
from troubleshooting.queries.cases.solving import Unproved, read_solving, said_to_be_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_said_of_an_ended_exclusion_is_not_held_against_the_next(lab_server):
    case = checked_case(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)))
    old = approved(asked(case))
    worked()
    say_still_blocked(old.pk, by=person(EMMA), now=timezone.now())
    said = read_solving(case)
    revoke_exclusion(old.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    new = approved(asked(case, (IP[0], "203.0.113.77")))
    worked()

    assert (said.unproved, said.in_force) == (Unproved.SAID_BLOCKED, old.pk)
    assert (read_solving(case).said_blocked_at, read_solving(case).in_force) == (None, new.pk)


def test_the_person_is_not_asked_about_an_exclusion_that_their_own_pc_refused(lab_server):
    own = healthy_windows_11()
    own.faults.add(Fault.SETTINGS_REFUSED)
    case = checked_case(device_at(lab_server(own), owner=person(EMMA)))
    device_at(lab_server(healthy_windows_11()), owner=person(IVO), hostname="PC-0099")
    exclusion = approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))
    worked()

    exclusion.refresh_from_db()
    assert exclusion.status == "verified"
    assert read_solving(case).in_force is None


def test_of_an_indicator_it_is_known_that_pcs_follow_later(defender_api):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant_of(defender_api))

    found = read_solving(exclusion.case)

    assert (found.in_force, found.is_in_tenant) == (exclusion.pk, True)


def test_it_finds_what_is_said_not_to_help_until_a_try_says_otherwise(lab_server):
    case = checked_case(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)))
    exclusion = approved(asked(case))
    worked()
    assert not said_to_be_blocked().exists()

    say_still_blocked(exclusion.pk, by=person(EMMA), now=timezone.now())
    assert list(said_to_be_blocked()) == [exclusion]
    exclusion.retests.filter(purpose="works").update(
        status="done", outcome="works", ended_at=timezone.now() + timedelta(seconds=1)
    )

    assert not said_to_be_blocked().exists()
