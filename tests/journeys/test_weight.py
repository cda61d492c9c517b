"""What a page may weigh: counts and bytes as they travel (no times)."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Page, Response

from tests.support.world import EMMA, case_on, device_at, person

MOST_REQUESTS = 8
MOST_BYTES = 60_000


def weigh(page: Page, path: str) -> list[tuple[str, int]]:
    """Open a page with an empty cache and give each request with the compressed bytes of its answer's body.

    The test's own server sends static files as they are; in production WhiteNoise sends them compressed.
    """
    seen: list[Response] = []
    page.on("response", lambda response: seen.append(response))  # noqa: PLW0108  Playwright takes no built-in method
    page.goto(path, wait_until="networkidle")
    return [(response.url, len(gzip.compress(response.body()))) for response in seen]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/login/", "/", "/report/", "case"])
def test_a_first_visit_is_light_and_asks_no_other_host(browser, live_server, signed_in, path):
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))
    cookies = signed_in(EMMA).context.cookies()
    context = browser.new_context(base_url=live_server.url)
    if path != "/login/":
        context.add_cookies(cookies)

    loaded = weigh(context.new_page(), f"/cases/{case.number}/" if path == "case" else path)

    context.close()
    assert all(url.startswith(live_server.url) for url, _ in loaded)
    assert sum(size for _, size in loaded) <= MOST_BYTES
    assert len(loaded) <= MOST_REQUESTS
