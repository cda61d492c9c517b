"""The countdown of an audit-mode test, with the browser's clock in the test's hands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.factories import AuditModeTestFactory
from tests.queries import made


@pytest.fixture
def open_page(browser: Browser, live_server, transactional_db) -> Iterator[Page]:
    """Return Emma's case page, four minutes into a test of fifteen."""
    case = made.blocked_case()
    AuditModeTestFactory(case=case, open=True, consented_at=timezone.now() - timedelta(minutes=4))
    client = Client()
    client.force_login(case.reporter)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context = browser.new_context(reduced_motion="reduce")
    context.add_cookies([cookie])
    page = context.new_page()
    page.clock.install(time=timezone.now())
    page.route("**/tests/**", lambda route: route.fulfill(status=204))
    page.goto(f"{live_server.url}/cases/{case.number}/")
    yield page
    context.close()


def test_the_countdown_goes_down_without_moving_and_speaks_at_five_minutes_at_one_and_at_the_end(open_page):
    timer, announcer = open_page.get_by_role("timer"), open_page.locator("#announcer")
    place = timer.bounding_box()
    open_page.clock.pause_at(timezone.now() + timedelta(minutes=5))
    expect(timer).to_have_text(re.compile(r"^(5:5|6:0)\d$"))
    expect(announcer).not_to_contain_text("left")

    for ahead_ms, words in ((70_000, "5 minutes left."), (240_000, "1 minute left."), (60_000, "Time is up")):
        open_page.clock.fast_forward(ahead_ms)
        open_page.clock.run_for(500)  # the announcer takes a moment, so that the words count as new
        expect(announcer).to_contain_text(words)

    expect(timer).to_have_text("0:00")
    expect(open_page.locator(".countdown")).to_contain_text("Time is up")
    expect(open_page.locator(".test__steps")).to_be_hidden()
    assert timer.bounding_box() == place
