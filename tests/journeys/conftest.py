"""What browser stories share: the lab's credentials, a signed-in browser, and a look for barriers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from tests.support.world import PASSWORD, person
from troubleshooting.actions.heartbeats import beat
from troubleshooting.domain.base.processes import Process
from troubleshooting.models.choices import Role

SignedIn = Callable[..., Page]
A_STORY = timedelta(minutes=10)  # longer than any story takes
NO_BARRIERS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(autouse=True)
def lab_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker process sign in to the lab's PCs."""
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_USERNAME", LAB_USERNAME)
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_PASSWORD", LAB_PASSWORD)


@pytest.fixture
def signed_in(browser: Browser, live_server) -> SignedIn:
    """Return ``signed_in(who, **context)``: a page of that person's own browser, on the portal's home.

    The portal's other processes have said that they live, so that no page says otherwise.
    """
    contexts: list[BrowserContext] = []

    def enter(who: tuple[str, Role], **context: object) -> Page:
        person(who)
        beat(Process, now=timezone.now() + A_STORY)
        contexts.append(browser.new_context(base_url=live_server.url, reduced_motion="reduce", **context))
        page = contexts[-1].new_page()
        page.goto("/")
        page.get_by_label("Username").fill(who[0])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        return page

    yield enter
    for context in contexts:
        context.close()


def barriers(page: Page) -> list[str]:
    """Return axe's violations on the page, each with the elements that it names."""
    found = Axe().run(page, options=NO_BARRIERS).response["violations"]
    return [f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found]
