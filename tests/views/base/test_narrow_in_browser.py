"""Pages with the longest names on a phone, in Chromium: nothing is wider than the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from tests.actions.exclusions.test_warnings import in_force, renewed, warned
from tests.factories import DriftFindingFactory
from tests.support.world import EMMA, IVO, moved, person
from troubleshooting.domain.drift.drift import DriftCode
from troubleshooting.models import Exclusion

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 780}
LONGEST_NAME = ".".join(["FINANCEANDCONTROLLING" * 3] * 4)[:253]  # labels of 63 letters, without a place to break


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Return ``open_page(who, path)``: the page on that person's phone."""
    contexts: list[BrowserContext] = []

    def enter(who, path: str) -> Page:
        client = Client()
        client.force_login(person(who))
        contexts.append(browser.new_context(base_url=live_server.url, viewport=PHONE, reduced_motion="reduce"))
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        contexts[-1].add_cookies([session])
        page = contexts[-1].new_page()
        page.goto(path)
        return page

    yield enter
    for context in contexts:
        context.close()


def differing() -> Exclusion:
    """Return an exclusion in force that ends soon on a PC with the longest name, and that is missing there."""
    exclusion = in_force()
    warned(exclusion, days_left=7)
    device = exclusion.case.device
    moved(device, hostname=LONGEST_NAME)
    DriftFindingFactory(device=device, exclusion=exclusion, code=DriftCode.APPROVED_BUT_MISSING, value=exclusion.value)
    return exclusion


def test_the_longest_name_of_a_pc_makes_no_page_wider_than_a_phone(open_page):
    exclusion = differing()
    case, renew, shown = (
        reverse("case", args=[exclusion.case.number]),
        reverse("exclusion-renew", args=[exclusion.pk]),
        reverse("exclusion", args=[exclusion.pk]),
    )
    pages = [(who, path) for who in (EMMA, IVO) for path in (case, renew, shown, reverse("home"))]
    pages += [(IVO, reverse("drift")), (IVO, reverse("exclusions"))]
    pages += [(EMMA, reverse("exclusion-ask", args=[exclusion.case.number]))]

    widths = {(who[0], path): width_of(open_page(who, path)) for who, path in pages}
    again = reverse("exclusion", args=[renewed(exclusion).pk])
    widths |= {(who[0], again): width_of(open_page(who, again)) for who in (EMMA, IVO)}

    assert {place: width for place, width in widths.items() if width > PHONE["width"]} == {}


def width_of(page: Page) -> int:
    """Return how wide what is on the page is, in CSS pixels."""
    return int(page.evaluate("document.documentElement.scrollWidth"))
