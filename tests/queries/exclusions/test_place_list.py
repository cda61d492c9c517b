"""What needs a look comes first, many places are counted, and all of them have a page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import DeviceFactory, ExclusionFactory
from tests.queries import made
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion, Placement, User
from troubleshooting.queries.exclusions import place_list
from troubleshooting.queries.exclusions.place_list import Places, read_places

pytestmark = pytest.mark.django_db


def on_pcs(exclusion: Exclusion, count: int) -> None:
    names = [f"LAP-{number:04d}" for number in range(count)]
    Placement.objects.bulk_create(Placement(exclusion=exclusion, device=DeviceFactory(hostname=name)) for name in names)
    exclusion.placements.update(status=PlacementStatus.APPLYING)
    exclusion.placements.update(status=PlacementStatus.VERIFIED, verified_at=timezone.now())


def places_of(exclusion: Exclusion, *, for_it: bool = True) -> Places:
    return read_places(exclusion, for_it=for_it, may_open=lambda _: True)


def page_as(reader: User, exclusion: Exclusion, **query: str) -> str:
    client = Client()
    client.force_login(reader)
    return client.get(reverse("exclusion-places", args=[exclusion.pk]), query).content.decode()


def test_of_many_places_those_that_need_a_look_are_shown_and_the_rest_is_counted(monkeypatch):
    monkeypatch.setattr(place_list, "SHOWN_AT_ONCE", 3)
    exclusion = ExclusionFactory(for_group=True)
    on_pcs(exclusion, 8)
    Placement.objects.filter(device__hostname="LAP-0006").update(status=PlacementStatus.APPLYING, verified_at=None)
    Placement.objects.filter(device__hostname="LAP-0007").update(error_code="no_answer")

    found = places_of(exclusion)

    assert [line.device for line in found.lines] == ["LAP-0006", "LAP-0007", "LAP-0000"]
    assert found.total == 8
    assert sorted(number for _label, number in found.counts) == [1, 7]


@pytest.mark.parametrize("count", [1, 25, 60])
def test_the_places_of_a_page_cost_at_most_three_queries(count, django_assert_max_num_queries):
    exclusion = ExclusionFactory(for_group=True)
    on_pcs(exclusion, count)

    with django_assert_max_num_queries(3):
        found = places_of(exclusion)

    assert (len(found.lines), found.total) == (min(count, 25), count)


def test_all_places_are_listed_page_by_page_and_found_by_name(monkeypatch):
    monkeypatch.setattr(place_list, "PAGE_SIZE", 3)
    exclusion = ExclusionFactory(for_group=True)
    on_pcs(exclusion, 4)
    ivo = made.reviewer()

    first, second = page_as(ivo, exclusion), page_as(ivo, exclusion, page="2")

    assert ["LAP-0000" in first, "LAP-0003" in first, "LAP-0003" in second] == [True, False, True]
    assert "page=2" in first
    assert ["Next page" in first, "Previous page" in second, "Show older" in first] == [True, True, False]
    assert "LAP-0002" in page_as(ivo, exclusion, search="lap-0002")
    assert "LAP-0001" not in page_as(ivo, exclusion, search="lap-0002")
    assert "LAP-0003" in page_as(ivo, exclusion, page="99")
    assert "LAP-0000" in page_as(ivo, exclusion, page="x")
    assert "has a name like that" in page_as(ivo, exclusion, search="nothing")


def test_an_employee_is_told_of_the_own_pc_and_how_many_others_there_are():
    exclusion = ExclusionFactory(for_group=True)
    on_pcs(exclusion, 2)
    Placement.objects.create(exclusion=exclusion, device=exclusion.case.device)

    found = places_of(exclusion, for_it=False)
    page = page_as(exclusion.case.reporter, exclusion)

    assert [line.device for line in found.lines] == [exclusion.case.device.hostname]
    assert found.elsewhere == 2
    assert [f"LAP-{number:04d}" in page for number in (0, 1)] == [False, False]
