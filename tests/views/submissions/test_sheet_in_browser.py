"""The sheet and the packs in Chromium: done-marks, keys, a narrow window, and what axe finds."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.queries import made

pytestmark = pytest.mark.django_db(transaction=True)


def opened(browser: Browser, live_server, path: str, **context: object) -> Page:
    client = Client()
    client.force_login(made.reviewer())
    found = browser.new_context(base_url=live_server.url, **context)
    found.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = found.new_page()
    page.goto(path)
    return page


def barriers(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("width", [360, 1280])
def test_done_marks_survive_a_reload_and_the_keyboard_is_enough(browser, live_server, width):
    case = made.blocked_case()
    path = reverse("submission", args=[case.number])
    page = opened(browser, live_server, path, viewport={"width": width, "height": 900})
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.reload()

    page.locator("[data-done=said]").focus()
    page.keyboard.press("Space")
    copy = page.locator("[data-code=product]").get_by_role("button")
    copy.focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-done-count]")).to_have_text("2 of 13 done")
    page.reload()
    expect(page.locator("[data-done-count]")).to_have_text("2 of 13 done")
    expect(page.locator("[data-done=product]")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    assert errors == []
    page.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_the_packs_have_no_barriers_and_the_download_is_whole(browser, live_server, width):
    case = made.blocked_case()
    page = opened(
        browser, live_server, reverse("redacted-pack", args=[case.number]), viewport={"width": width, "height": 900}
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    page.get_by_label("More words to take out").fill("Network protection")
    page.get_by_role("button", name="Take these words out too").click()
    expect(page.locator("main")).to_contain_text("[own word 1]")
    with page.expect_download() as found:
        page.get_by_role("button", name="I looked at it: download").click()
    assert found.value.suggested_filename == f"{case.number}-pack-redacted.zip"

    page.goto(reverse("pack", args=[case.number]))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    page.context.close()
