"""What was done in one place of an exclusion, as each person may read it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import INDICATOR, approved, asked, case_in_tenant, checked_case, tenant_of, worked
from tests.support.world import EMMA, IVO, device_at, person
from troubleshooting.domain.exclusions.exclusion import Scope, ScopeKind
from troubleshooting.models import DeviceAnswer, Placement

pytestmark = pytest.mark.django_db(transaction=True)


def read_as(who, placement: Placement, query: str = ""):
    client = Client()
    client.force_login(person(who))
    return client.get(reverse("placement-transcript", args=[placement.exclusion_id, placement.pk]) + query)


def test_every_command_on_the_pc_stands_there_for_it_and_for_the_owner(lab_server):
    approved(asked(checked_case(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)))))
    worked()
    placement = Placement.objects.get()

    for who in (IVO, EMMA):
        page = read_as(who, placement).content.decode()
        assert page.count("Add-MpPreference -ExclusionIpAddress 203.0.113.10") == 1
        assert page.count("Get-MpPreference") == 2, "read before, and read back"


def test_a_raw_answer_is_given_to_who_may_read_it(lab_server):
    approved(asked(checked_case(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)))))
    worked()
    answer = DeviceAnswer.objects.filter(name="preferences").last()

    response = read_as(IVO, Placement.objects.get(), f"?answer={answer.pk}")

    assert "203.0.113.10" in response.content.decode()


def test_somebody_elses_pc_is_not_the_employees_to_read_about(lab_server):
    case = checked_case(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)))
    device_at(None, owner=person(IVO), hostname="PC-0099")
    approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))

    others = Placement.objects.exclude(device=case.device).get()

    assert read_as(EMMA, others).status_code == 403


def test_what_the_tenant_showed_stands_there_for_it_alone(defender_api):
    approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant_of(defender_api))
    placement = Placement.objects.get()

    page = read_as(IVO, placement).content.decode()

    assert "Applied and verified" in page
    assert "invoices.contoso-partner.example" in page
    assert read_as(EMMA, placement).status_code == 403
    assert read_as(IVO, placement, "?answer=1").status_code == 404


def test_before_anything_was_done_the_page_says_so():
    case = checked_case(device_at(None, owner=person(EMMA)))
    exclusion = approved(asked(case))

    page = read_as(IVO, exclusion.placements.get()).content.decode()

    assert "Nothing has run on this PC yet" in page
    assert exclusion.approved_at < timezone.now()
