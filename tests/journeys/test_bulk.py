"""Three requests with one cause in a browser: selected by keyboard, read, approved at once; and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import ExclusionFactory
from tests.journeys.conftest import barriers
from tests.queries import made
from tests.support.world import IVO
from troubleshooting.models import Exclusion

ADDRESS = "203.0.113.77"


@pytest.mark.django_db(transaction=True)
def test_requests_with_one_cause_are_selected_by_keyboard_and_approved_together(signed_in):
    wanted = [ExclusionFactory(case=made.blocked_case(), value=ADDRESS) for _ in range(3)]
    other = ExclusionFactory(case=made.blocked_case(), value="203.0.113.99")
    ivo = signed_in(IVO)
    ivo.goto("/exclusions/")
    bar = ivo.locator(".bulk-bar")
    expect(bar).to_be_hidden()
    assert barriers(ivo) == []

    for key in "jxjx":
        ivo.keyboard.press(key)
    expect(bar).to_contain_text("Selected: 2")
    expect(ivo.locator("#announcer")).to_have_text("Selected: 2")
    assert barriers(ivo) == []
    ivo.get_by_role("button", name="Decide together").click()
    expect(ivo.locator("main")).to_contain_text(
        "These requests are not for the same value"
    )  # the newest is about another address
    assert barriers(ivo) == []

    ivo.go_back()
    for key in "jxjjxjx":  # not the newest, but the three before it
        ivo.keyboard.press(key)
    expect(bar).to_contain_text("Selected: 3")
    ivo.get_by_role("button", name="Decide together").click()
    assert barriers(ivo) == []
    ivo.get_by_role("button", name="Reject all 3 requests").click()
    expect(ivo.locator("#id_note_error")).to_contain_text("Say why, and what would change")
    assert barriers(ivo) == []
    ivo.get_by_label("Note for all of them").fill("Contoso confirmed the address")
    ivo.get_by_role("button", name="Approve all 3 requests").click()

    expect(ivo.locator("h1")).to_have_text("3 requests approved")
    assert barriers(ivo) == []
    approved = Exclusion.objects.filter(status="approved").values_list("pk", flat=True)
    assert set(approved) == {exclusion.pk for exclusion in wanted}
    assert Exclusion.objects.get(pk=other.pk).status == "requested"


@pytest.mark.django_db(transaction=True)
def test_the_bar_appears_and_leads_on_without_script(signed_in, browser, live_server):
    for _ in range(2):
        ExclusionFactory(case=made.blocked_case(), value=ADDRESS)
    cookies = signed_in(IVO).context.cookies()
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto("/exclusions/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    expect(page.get_by_role("button", name="Select none")).to_be_visible()
    expect(page.get_by_text("Selected:")).to_be_hidden()  # nobody counts without script

    page.get_by_role("button", name="Decide together").click()

    expect(page.get_by_role("button", name="Approve all 2 requests")).to_be_visible()
    context.close()
