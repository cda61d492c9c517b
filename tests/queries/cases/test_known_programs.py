"""Which programs the report offers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CheckRunFactory, DeviceFactory
from troubleshooting.domain.evidence.products import PRODUCTS
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.models import Device, DeviceAnswer, DeviceSnapshot
from troubleshooting.queries.cases.known_programs import IN_LOG, LONGEST_NAME, MOST_NAMED, known_programs

pytestmark = pytest.mark.django_db

NOW = timezone.now()
USUAL = [product.name for product in PRODUCTS]


def block(process: str, *, ago: timedelta = timedelta(minutes=5), event_id: int = 1126) -> str:
    at = (NOW - ago).isoformat()
    return (
        f"<Event><System><EventID>{event_id}</EventID><TimeCreated SystemTime='{at}'/></System><EventData>"
        f"<Data Name='Destination'>shop.example.com</Data><Data Name='Process Name'>{process}</Data>"
        "</EventData></Event>"
    )


def was_read(device: Device, *events: object, ago: timedelta = timedelta(minutes=1), **parts: object) -> None:
    """Keep what a visit to a PC read in its log."""
    run = CheckRunFactory(case__device=device, finished=True)
    snapshot = DeviceSnapshot.objects.create(check_run=run, attempt=1, endpoint="x", started_at=NOW - ago)
    values = {"name": "protection_events", "state": ReadState.ANSWERED.value, **parts}
    DeviceAnswer.objects.create(
        snapshot=snapshot,
        position=0,
        pipeline="x",
        sent_at=NOW - ago,
        seconds=0.1,
        content=list(events),
        errors=[],
        **values,
    )


def offered(*devices: Device) -> list[str]:
    return [program.name for program in known_programs(devices, now=NOW)]


def test_a_pc_that_was_never_read_offers_what_people_use():
    assert offered(DeviceFactory()) == USUAL


def test_the_programs_of_the_log_come_first_the_newest_before_the_others():
    device = DeviceFactory()
    older = block(r"C:\x\git-remote-https.exe", ago=timedelta(hours=3))
    was_read(
        device, older, block(r"C:\Docker\com.docker.backend.exe"), block("Unknown"), block("COM.docker.backend.exe")
    )

    programs = known_programs([device], now=NOW)

    assert [program.name for program in programs] == ["com.docker.backend.exe", "git-remote-https.exe", *USUAL]
    assert [program.note for program in programs][:3] == [IN_LOG, IN_LOG, ""]


def test_only_the_last_log_of_the_last_day_and_of_these_pcs_counts():
    device, other = DeviceFactory(), DeviceFactory()
    was_read(device, block("first.exe"), ago=timedelta(hours=2))
    was_read(device, block("second.exe"))
    was_read(other, block("others.exe"))
    old = DeviceFactory()
    was_read(old, block("old.exe", ago=timedelta(hours=26)), ago=timedelta(hours=25))

    assert offered(device, old) == ["second.exe", *USUAL]


def test_what_is_no_block_was_not_read_or_is_too_long_is_left_out():
    device, refused = DeviceFactory(), DeviceFactory()
    was_read(
        device,
        block("setting.exe", event_id=5007),
        block("y" * (LONGEST_NAME + 1)),
        block("of-yesterday.exe", ago=timedelta(hours=25)),
        "<broken",
        7,
    )
    was_read(refused, block("refused.exe"), state=ReadState.REFUSED.value)

    assert offered(device, refused) == USUAL


def test_a_log_full_of_programs_does_not_push_the_usual_ones_away():
    device = DeviceFactory()
    was_read(device, *(block(f"{number}.exe") for number in range(30)))

    assert len(offered(device)) == MOST_NAMED + len(USUAL)


def test_it_takes_one_query(django_assert_num_queries):
    devices = [DeviceFactory(), DeviceFactory()]
    was_read(devices[0], block("a.exe"))

    with django_assert_num_queries(1):
        known_programs(devices, now=NOW)
