"""Which PC is likely meant."""

from __future__ import annotations

import pytest

from tests.factories import CaseFactory, DeviceFactory, UserFactory
from troubleshooting.queries.cases.device_choices import device_choices, is_at_console

pytestmark = pytest.mark.django_db


def choices(person) -> list[tuple[str, str | None]]:
    return [(c.device.hostname, str(c.reason) if c.reason else None) for c in device_choices(person)]


def test_the_only_pc_is_the_likely_one():
    device = DeviceFactory(hostname="PC-1")

    assert choices(device.owner) == [("PC-1", "Your only PC")]


def test_the_pc_at_whose_console_the_person_sits_comes_first():
    emma = UserFactory(username="emma")
    DeviceFactory(hostname="PC-1", owner=emma, console_user="CONTOSO\\ivo")
    DeviceFactory(hostname="PC-2", owner=emma, console_user="CONTOSO\\Emma")

    assert choices(emma) == [("PC-2", "You were last seen signed in on it"), ("PC-1", None)]


def test_else_the_pc_of_the_last_report_comes_first():
    emma = UserFactory()
    DeviceFactory(hostname="PC-1", owner=emma)
    CaseFactory(device=DeviceFactory(hostname="PC-2", owner=emma))

    assert choices(emma) == [("PC-2", "You reported a problem with it last time"), ("PC-1", None)]


def test_without_a_hint_no_pc_is_likelier():
    emma = UserFactory()
    for number in (2, 1):
        DeviceFactory(hostname=f"PC-{number}", owner=emma)

    assert choices(emma) == [("PC-1", None), ("PC-2", None)]


def test_nobody_elses_pc_can_be_chosen():
    DeviceFactory()

    assert choices(UserFactory(stranger=True)) == []


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("CONTOSO\\emma", True),
        ("emma@contoso.example", True),
        ("EMMA", True),
        ("CONTOSO\\emmanuel", False),
        ("", False),
    ],
)
def test_a_console_account_is_the_person_in_every_way_of_writing_it(seen, expected):
    device = DeviceFactory(owner=UserFactory(username="emma"), console_user=seen)

    assert is_at_console(device.owner, device) is expected
