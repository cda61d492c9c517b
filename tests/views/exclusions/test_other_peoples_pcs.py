"""What an employee reads of an exclusion that is for other people's PCs as well: how many, not which."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.exclusion_world import approved, asked, checked_case, worked
from tests.support.world import EMMA, IVO, SARA, device_at, person
from troubleshooting.domain.exclusions.exclusion import Scope, ScopeKind
from troubleshooting.models import ActivityEntry, Exclusion

pytestmark = pytest.mark.django_db(transaction=True)


def for_the_group() -> Exclusion:
    case = checked_case(device_at(None, owner=person(EMMA)))
    for number in range(3):
        device_at(None, owner=person(SARA), hostname=f"SARA-PC-{number}")
    return approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))


def page_as(who, *where) -> str:
    client = Client()
    client.force_login(person(who))
    return client.get(reverse(where[0], args=where[1:])).content.decode()


def test_an_employee_reads_of_their_own_pc_and_how_many_others_there_are():
    exclusion = for_the_group()

    for where in [("exclusion", exclusion.pk), ("exclusion-state", exclusion.pk)]:
        page = page_as(EMMA, *where)
        assert "SARA-PC" not in page
        assert "It also applies to 3 other PCs." in page
        assert "PC-0142" in page
    assert "SARA-PC-0" in page_as(IVO, "exclusion", exclusion.pk)


def test_the_timeline_of_an_employee_has_nothing_of_other_peoples_pcs():
    exclusion = for_the_group()
    worked(rounds=1)
    for pc in ("PC-0142", "SARA-PC-1"):
        ActivityEntry.objects.create(
            at=exclusion.requested_at,
            actor_name="portal",
            action="placement_verified",
            case=exclusion.case,
            subject_type="exclusion",
            subject_id=exclusion.pk,
            details={"device": pc, "outcome": ""},
        )

    employee, it = (page_as(who, "case", exclusion.case.number) for who in (EMMA, IVO))

    assert ("SARA-PC" in employee, "SARA-PC-1." in it) == (False, True)
    assert employee.count("Applied the exclusion and read it back") == 1
