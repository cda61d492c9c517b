"""The live part of an exclusion's page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.roles import as_owner
from tests.support.world import EMMA, IVO, SARA, device_at, person
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion, Placement, Retest

pytestmark = pytest.mark.django_db


def in_force() -> Exclusion:
    return approved(asked(checked_case(device_at(None, owner=person(EMMA)))))


def as_(who) -> Client:
    client = Client()
    client.force_login(person(who))
    return client


def polled_by(client: Client, exclusion: Exclusion) -> str:
    """Return the address that the page asks for."""
    page = client.get(reverse("exclusion", args=[exclusion.pk])).content.decode()
    return re.search(r'hx-get="([^"]*/state/[^"]*)"', page)[1].replace("&amp;", "&")


def test_an_unchanged_poll_has_no_body_and_costs_few_queries(django_assert_max_num_queries):
    client = as_(EMMA)
    address = polled_by(client, in_force())

    with django_assert_max_num_queries(6):
        response = client.get(address)

    assert (response.status_code, response.content) == (204, b"")


def test_what_moved_is_given_and_equals_the_part_of_the_page():
    client, exclusion = as_(IVO), in_force()
    address = polled_by(client, exclusion)
    Placement.objects.update(attempts=1, error_code="unreachable", next_attempt_at=timezone.now() + timedelta(hours=1))

    fragment = client.get(address).content.decode().strip()
    page = client.get(reverse("exclusion", args=[exclusion.pk])).content.decode()

    words = re.sub(r"\s+", " ", fragment)
    assert words in re.sub(r"\s+", " ", page)
    assert "The PC cannot be reached" in fragment
    assert "every 30s" in fragment, "while all wait for their next try, the page asks seldom"


def test_a_new_status_lets_the_whole_page_follow():
    client, exclusion = as_(IVO), in_force()
    address = polled_by(client, exclusion)
    Exclusion.objects.filter(pk=exclusion.pk).update(status="applying")

    response = client.get(address)

    assert response.headers["HX-Trigger-After-Swap"] == "exclusion-changed"


def test_a_page_on_which_nothing_moves_asks_for_nothing():
    exclusion = in_force()
    with as_owner(past_triggers=True):
        Placement.objects.update(status=PlacementStatus.VERIFIED)

    page = as_(IVO).get(reverse("exclusion", args=[exclusion.pk])).content.decode()

    assert "/state/" not in page


def test_a_stranger_gets_nothing():
    assert as_(SARA).get(reverse("exclusion-state", args=[in_force().pk])).status_code == 404


def test_a_re_test_that_ended_lets_the_whole_page_follow():
    client, exclusion = as_(IVO), in_force()
    with as_owner(past_triggers=True):
        Placement.objects.update(status=PlacementStatus.VERIFIED)
    now = timezone.now()
    tried = Retest.objects.create(
        exclusion=exclusion, device=exclusion.case.device, purpose="works", asked_at=now, due_at=now
    )
    address = polled_by(client, exclusion)
    Retest.objects.filter(pk=tried.pk).update(status="done", outcome="works", ended_at=now)

    response = client.get(address)

    assert response.headers["HX-Trigger-After-Swap"] == "exclusion-changed"
    assert "hx-get" not in response.content.decode()
