"""Nothing reaches a PC that was not built from the catalogue: what lab PCs received, and hostile stored values."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import IP, PROCESS, approved, asked, checked_case, present, seen, worked
from tests.support.roles import as_owner
from tests.support.world import ADAM, EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus
from troubleshooting.domain.exclusions.values import InvalidExclusionValue
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.pipeline import Entry, rendered
from troubleshooting.models import Exclusion, Placement

pytestmark = pytest.mark.django_db(transaction=True)

# All that a visit for an exclusion may ask, beside the one change: what decides about exclusions, and the log.
READS: tuple[Entry, ...] = (
    catalogue.PREFERENCES,
    catalogue.COMPUTER_STATUS,
    *catalogue.POLICY_VALUES.values(),
    catalogue.CLOCK,
    catalogue.protection_events(catalogue.LONGEST_PERIOD),
)
PERIOD = re.compile(r"(?<=timediff\(@SystemTime\) <= )\d+")  # the one number that differs from visit to visit


def without_period(command: str) -> str:
    return PERIOD.sub("N", command).replace("'", "")  # the lab also quotes what needs none


@pytest.mark.parametrize(("what", "people"), [(IP, [IVO]), (PROCESS, [IVO, ADAM])])
def test_a_pc_receives_the_reads_of_the_catalogue_and_the_approved_change_and_nothing_else(lab_server, what, people):
    server = lab_server(healthy_windows_11())
    exclusion = approved(asked(checked_case(device_at(server, owner=person(EMMA))), what), *people)
    worked()
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked()
    assert present(exclusion).status == ExclusionStatus.REMOVED

    put, removed = changing.add_exclusion(*what), changing.remove_exclusion(*what)

    assert all(map(catalogue.is_known, (*READS, put, removed)))
    changes = [command for command in server.commands if not command.startswith("Get-")]
    assert changes == [rendered(put), rendered(removed)]
    assert [{"command": command} for command in changes] == exclusion.approved_change["steps"]
    read = {without_period(command) for command in server.commands if command not in changes}
    assert read <= {without_period(rendered(entry)) for entry in READS}
    assert not [command for command in server.commands if "script" in command]


HOSTILE_ADDRESSES = [
    "203.0.113.10; calc",
    "203.0.113.10' -Force",
    "$(Remove-Item C:\\ -Recurse)",
    "203.0.113.0/24",
    "203.0.113.10 ",
    "203.0.113.10,0.0.0.0",
    "*",
    "",
    "::",
    "203.0.113.10\n0.0.0.0",
]
HOSTILE_PROGRAMS = [
    "app.exe",
    r"C:\App\*.exe",
    r"C:\App\app.exe; calc",
    r"C:\App\..\Windows\app.exe",
    r"\\server\share\app.exe",
    "C:/App/app.exe",
    r" C:\App\app.exe",
    r'"C:\App\app.exe"',
    r"%TEMP%\app.exe",
    "C:\\App\\a\tpp.exe",
    "C:\\",
]
HOSTILE = [(ExclusionKind.IP_ADDRESS, value) for value in HOSTILE_ADDRESSES]
HOSTILE += [(ExclusionKind.PROCESS, value) for value in HOSTILE_PROGRAMS]


@pytest.mark.parametrize("make", [changing.add_exclusion, changing.remove_exclusion])
@pytest.mark.parametrize(("kind", "value"), HOSTILE)
def test_a_value_that_is_not_in_its_normal_form_becomes_no_command(make, kind, value):
    with pytest.raises(InvalidExclusionValue):
        make(kind, value)


@pytest.mark.parametrize(("what", "value"), [(IP, HOSTILE_ADDRESSES[0]), (PROCESS, HOSTILE_PROGRAMS[2])])
def test_a_hostile_value_put_into_a_request_by_direct_sql_is_shown_and_never_approved(lab_server, what, value):
    server = lab_server(healthy_windows_11())
    exclusion = asked(checked_case(device_at(server, owner=person(EMMA))), what)
    # Before the approval the database lets a value be changed, in a new round: it cannot know what a path is.
    with as_owner():
        Exclusion.objects.filter(pk=exclusion.pk).update(value=value, value_key=value.lower(), round=2)
    client = Client()
    client.force_login(person(IVO))

    page = client.get(reverse("exclusion", args=[exclusion.pk])).content.decode()
    together = client.get(reverse("exclusions-bulk"), {"pick": exclusion.pk}).content.decode()
    with pytest.raises(InvalidExclusionValue):
        approved(exclusion)
    client.post(reverse("exclusion-approve", args=[exclusion.pk]), {"digest": seen(exclusion)})
    worked()

    for shown in (page, together):
        assert "cannot be approved" in shown
        assert "MpPreference -" not in shown
    assert present(exclusion).status == ExclusionStatus.REQUESTED
    assert not Placement.objects.exists()
    assert server.commands == []
