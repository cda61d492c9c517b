"""What a PC is asked to request for a case."""

from __future__ import annotations

import pytest

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.lease_world import begun, checked_case, mode_of
from tests.support.world import BLOCKED_SITE
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.leases.audit_mode_test import TestStatus

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_address_longer_than_the_pc_may_be_asked_for_is_tried_by_its_host(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    long = parse_indicator(BLOCKED_SITE + "/" + "x" * 1980)

    test = begun(checked_case(server, indicator=long), portal_visits=True)

    assert (test.status, mode_of(pc), test.case.verdict_code) == (TestStatus.DONE, 1, "would_be_blocked")
