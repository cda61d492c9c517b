"""Which PCs are looked at, and when the tenant is read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.world import EMMA, NOW, device_at, person
from troubleshooting.actions.runs.drift_scan import MOST_AT_ONCE, devices_to_look_at, nudge_drift_looks
from troubleshooting.models import Device, DriftLook

pytestmark = pytest.mark.django_db

DAY, HOUR, NOTHING = timedelta(days=1), timedelta(hours=1), timedelta(0)


@pytest.fixture
def nudges(django_capture_on_commit_callbacks):
    """Give ``nudges(now, **rhythm)``: how many messages are sent."""

    def count(now: datetime, **rhythm) -> int:
        with django_capture_on_commit_callbacks() as callbacks:
            nudge_drift_looks(now=now, **({"every": NOTHING, "tenant_every": HOUR, "has_tenant": True} | rhythm))
        return len(callbacks)

    return count


def pcs(count: int) -> list[Device]:
    return [device_at(None, owner=person(EMMA), hostname=f"PC-{number:02}") for number in range(count)]


def looked_at(device: Device | None, at: datetime) -> None:
    DriftLook.objects.create(device=device, at=at, ended_at=at)


def test_pcs_with_exclusions_come_first_then_those_not_looked_at_for_longest():
    devices = pcs(5)
    approved(asked(checked_case(devices[4])))
    for device, days in zip(devices[1:], (2, 3, 0.5, 1), strict=True):
        looked_at(device, NOW - days * DAY)

    found = devices_to_look_at(now=NOW, every=DAY)

    assert found == [devices[4].pk, devices[0].pk, devices[2].pk, devices[1].pk]


def test_one_sweep_asks_for_a_few_dozen_at_most(nudges):
    pcs(MOST_AT_ONCE + 2)

    assert nudges(NOW, every=DAY, has_tenant=False) == MOST_AT_ONCE


def test_a_rhythm_of_nothing_is_off_but_what_was_asked_for_is_done(nudges):
    (device,) = pcs(1)
    assert nudges(NOW, has_tenant=False) == 0

    DriftLook.objects.create(device=device, at=NOW)

    assert nudges(NOW, has_tenant=False) == 0  # its own message is on the way
    assert nudges(NOW + timedelta(minutes=1), has_tenant=False) == 1


@pytest.mark.parametrize(("rhythm", "readings"), [({}, 1), ({"tenant_every": NOTHING}, 0), ({"has_tenant": False}, 0)])
def test_the_tenant_is_read_at_its_rhythm_where_it_is_set_up(nudges, rhythm, readings):
    assert nudges(NOW, **rhythm) == readings

    looked_at(None, NOW)

    assert nudges(NOW + timedelta(minutes=59), **rhythm) == 0
    assert nudges(NOW + HOUR, **rhythm) == readings
    DriftLook.objects.create(device=None, at=NOW)
    assert nudges(NOW + timedelta(minutes=1), **rhythm) == 1
