"""Which PCs are looked at, and when the tenant is read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.world import EMMA, NOW, device_at, person
from troubleshooting.actions.runs.drift_scan import MOST_AT_ONCE, devices_to_scan, request_due_scans
from troubleshooting.models import Device, DriftScan

pytestmark = pytest.mark.django_db

DAY, HOUR, NOTHING = timedelta(days=1), timedelta(hours=1), timedelta(0)


@pytest.fixture
def notified(django_capture_on_commit_callbacks):
    """Return ``notified(now, **rhythm)``: how many messages are sent."""

    def count(now: datetime, **rhythm) -> int:
        with django_capture_on_commit_callbacks() as callbacks:
            request_due_scans(now=now, **({"every": NOTHING, "tenant_every": HOUR, "has_tenant": True} | rhythm))
        return len(callbacks)

    return count


def pcs(count: int) -> list[Device]:
    return [device_at(None, owner=person(EMMA), hostname=f"PC-{number:02}") for number in range(count)]


def looked_at(device: Device | None, at: datetime) -> None:
    DriftScan.objects.create(device=device, at=at, ended_at=at)


def test_pcs_with_exclusions_come_first_then_those_not_looked_at_for_longest():
    devices = pcs(5)
    approved(asked(checked_case(devices[4])))
    for device, days in zip(devices[1:], (2, 3, 0.5, 1), strict=True):
        looked_at(device, NOW - days * DAY)

    found = devices_to_scan(now=NOW, every=DAY)

    assert found == [devices[4].pk, devices[0].pk, devices[2].pk, devices[1].pk]


def test_one_sweep_asks_for_a_few_dozen_at_most(notified):
    pcs(MOST_AT_ONCE + 2)

    assert notified(NOW, every=DAY, has_tenant=False) == MOST_AT_ONCE


def test_a_rhythm_of_nothing_is_off_but_what_was_asked_for_is_done(notified):
    (device,) = pcs(1)
    assert notified(NOW, has_tenant=False) == 0

    DriftScan.objects.create(device=device, at=NOW)

    assert notified(NOW, has_tenant=False) == 0  # its own message is on the way
    assert notified(NOW + timedelta(minutes=1), has_tenant=False) == 1


@pytest.mark.parametrize(("rhythm", "readings"), [({}, 1), ({"tenant_every": NOTHING}, 0), ({"has_tenant": False}, 0)])
def test_the_tenant_is_read_at_its_rhythm_where_it_is_set_up(notified, rhythm, readings):
    assert notified(NOW, **rhythm) == readings

    looked_at(None, NOW)

    assert notified(NOW + timedelta(minutes=59), **rhythm) == 0
    assert notified(NOW + HOUR, **rhythm) == readings
    DriftScan.objects.create(device=None, at=NOW)
    assert notified(NOW + timedelta(minutes=1), **rhythm) == 1
