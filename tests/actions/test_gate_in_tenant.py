"""The emergency stop against a visit to the tenant that has begun: no call that writes is sent after it.

The client may make one call every ten seconds here, so that a test strikes in the pauses between its calls.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.support.exclusion_world import (
    INDICATOR,
    approved,
    asked,
    case_in_tenant,
    present,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.world import ADAM, IVO, person
from tests.tenant.speaking import Clock, Speaker
from troubleshooting.actions.emergency_stop.stop import lift_stop, stop_writes
from troubleshooting.actions.emergency_stop.undo import undo_since
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.gate import is_stopped, writes_under_way
from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import Exclusion, Placement
from troubleshooting.queries.emergency_stop.undo import preview_undo
from troubleshooting.tenant.connection import Tenant
from troubleshooting.tenant.limiter import SlidingWindows, Window
from troubleshooting.tenant.wire import Timing

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = [ApiFault.UNAUTHORIZED, ApiFault.THROTTLED]


def stop() -> None:
    stop_writes(by=person(ADAM), reason="wrong value", now=timezone.now())
    assert writes_under_way() == 1, "the stop says that somebody is about to write"


def lift() -> None:
    lift_stop(by=person(ADAM), note="", now=timezone.now())


def nothing() -> None:
    """Strike nothing in this pause."""


def visited(api: DefenderApi, *strikes: Callable[[], None]) -> list[str]:
    """Let a worker come, and strike once in each pause between its calls, in this order; returns what it called."""
    clock, left = Clock(), iter(strikes)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        next(left, nothing)()

    speaker = Speaker(api, limiter=SlidingWindows([Window(1, 10.0)]), timing=Timing(clock.now, sleep))
    tenant = TenantPlan(clock=timezone.now, connect=lambda: Tenant(speaker.indicators, speaker.lookups))
    api.requests.clear()
    run_placement(Placement.objects.get().pk, plan=quick_plan(), tenant=tenant)
    return [line.split()[0] for line in api.api_requests]


def faulty(api: DefenderApi, fault: ApiFault) -> Callable[[], None]:
    return lambda: api.faults.add(fault, times=1)


def stands(exclusion: Exclusion) -> tuple[str, str, str, int]:
    placement = Placement.objects.get()
    return present(exclusion).status, placement.status, placement.error_code, placement.attempts


def test_a_stop_between_the_read_and_the_post_lets_no_post_out_and_it_is_put_afterwards(defender_api):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))

    assert visited(defender_api, stop) == ["GET"]

    assert stands(exclusion) == (ExclusionStatus.APPLYING, "applying", "emergency_stopped", 0)
    assert (defender_api.tenant.indicators(), writes_under_way()) == ([], 0)
    assert not due_placements(now=timezone.now() + timedelta(days=1)).exists()
    lift()
    worked(tenant=tenant_of(defender_api), rounds=1)
    assert (present(exclusion).status, len(defender_api.tenant.indicators())) == (ExclusionStatus.VERIFIED, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_post_that_the_tenant_did_not_take_is_not_sent_again_after_the_stop(defender_api, fault):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))

    assert visited(defender_api, faulty(defender_api, fault), stop) == ["GET", "POST"]

    assert stands(exclusion) == (ExclusionStatus.APPLYING, "applying", "emergency_stopped", 0)
    assert defender_api.tenant.indicators() == []
    lift()
    worked(tenant=tenant_of(defender_api), rounds=1)
    assert (present(exclusion).status, len(defender_api.tenant.indicators())) == (ExclusionStatus.VERIFIED, 1)


def test_a_post_that_was_sent_before_the_stop_is_still_read_back(defender_api):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))

    assert visited(defender_api, nothing, nothing, stop)[:3] == ["GET", "POST", "GET"]

    assert is_stopped()
    assert stands(exclusion) == (ExclusionStatus.VERIFIED, "verified", "", 0)


def ending(defender_api: DefenderApi) -> Exclusion:
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant_of(defender_api), rounds=1)
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    return exclusion


def test_a_stop_between_the_read_and_the_delete_lets_no_delete_out_and_it_is_taken_out_afterwards(defender_api):
    exclusion = ending(defender_api)

    assert visited(defender_api, nothing, stop) == ["GET", "GET"]

    assert stands(exclusion) == (ExclusionStatus.REVOKED, "removing", "emergency_stopped", 0)
    assert (len(defender_api.tenant.indicators()), writes_under_way()) == (1, 0)
    lift()
    worked(tenant=tenant_of(defender_api), rounds=1)
    assert (present(exclusion).status, defender_api.tenant.indicators()) == (ExclusionStatus.REMOVED, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_delete_that_the_tenant_did_not_take_is_not_sent_again_after_the_stop(defender_api, fault):
    exclusion = ending(defender_api)

    assert visited(defender_api, nothing, faulty(defender_api, fault), stop) == ["GET", "GET", "DELETE"]

    assert stands(exclusion) == (ExclusionStatus.REVOKED, "removing", "emergency_stopped", 0)
    assert len(defender_api.tenant.indicators()) == 1
    lift()
    worked(tenant=tenant_of(defender_api), rounds=1)
    assert (present(exclusion).status, defender_api.tenant.indicators()) == (ExclusionStatus.REMOVED, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_what_an_administrator_takes_back_passes_a_stop_that_comes_meanwhile(defender_api, fault):
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant_of(defender_api), rounds=1)
    since = timezone.now() - timedelta(hours=1)
    undo_since(since, by=person(ADAM), reason="wrong value", seen=preview_undo(since).digest, now=timezone.now())

    calls = visited(defender_api, nothing, faulty(defender_api, fault), stop)

    assert (calls[:4], is_stopped()) == (["GET", "GET", "DELETE", "DELETE"], True)
    assert (present(exclusion).status, defender_api.tenant.indicators()) == (ExclusionStatus.REMOVED, [])
