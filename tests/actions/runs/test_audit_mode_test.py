"""An audit-mode test on its lease: who visits the site, what the log says, and what is concluded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.sites import Site
from tests.support.lease_world import begun, checked_case, mode_of, tended
from tests.support.world import EMMA, person
from troubleshooting.actions.leases.audit_mode_tests import cancel_test, say_visited
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.models import SettingLease

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_portal_lets_the_pc_request_a_site_that_is_reported_as_safe(lab_server):
    pc = healthy_windows_11()

    test = begun(checked_case(lab_server(pc)), portal_visits=True)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == "would_be_blocked"


def test_a_dangerous_site_is_never_requested_but_the_test_page_is(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)

    test = begun(checked_case(server, kind=ProblemKind.DANGEROUS_SITE_MISSED))

    requested = [command for command in server.commands if "Invoke-WebRequest" in command]
    assert len(requested) == 1
    assert "smartscreentestratings2.net" in requested[0]
    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "not_reproduced")


def test_a_test_page_that_is_not_caught_says_that_protection_does_not_work(lab_server):
    pc = healthy_windows_11()
    pc.sites["smartscreentestratings2.net"] = Site()  # it answers, and nobody minds

    test = begun(checked_case(lab_server(pc), kind=ProblemKind.DANGEROUS_SITE_MISSED))

    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "protection_not_working")


@pytest.mark.parametrize("kind", ProblemKind)
def test_a_connection_that_could_not_be_made_shows_nothing(lab_server, kind):
    pc = healthy_windows_11()
    pc.sites.clear()  # no such name

    test = begun(checked_case(lab_server(pc), kind=kind), portal_visits=True)

    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "cannot_tell")


def test_a_visit_without_an_event_is_not_network_protections_doing(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))

    say_visited(test.pk, by=person(EMMA), now=timezone.now())

    assert tended(test).case.verdict_code == "not_blocked_by_network_protection"


def test_time_over_puts_the_mode_back_and_says_that_nothing_happened(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))
    past = timezone.now() - timedelta(minutes=1)
    SettingLease.objects.filter(pk=test.lease_id).update(ends_at=past)

    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.DONE, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == "nothing_happened"


def test_ending_early_puts_the_mode_back_without_a_verdict(lab_server):
    pc = healthy_windows_11()
    test = begun(checked_case(lab_server(pc)))

    cancel_test(test.pk, by=person(EMMA), now=timezone.now())
    test = tended(test)

    assert (test.status, test.lease.status, mode_of(pc)) == (TestStatus.CANCELLED, LeaseStatus.RESTORED, 1)
    assert test.case.verdict_code == ""
