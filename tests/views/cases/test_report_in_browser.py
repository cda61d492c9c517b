"""The report in Chromium: one step at a time with script, one page without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from limits import parse_many
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.factories import DeviceFactory
from tests.support.world import LIFTED
from troubleshooting.models import Case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pc():
    return DeviceFactory(hostname="PC-0142")


@pytest.fixture
def open_page(browser: Browser, live_server, pc) -> Iterator[Callable[..., Page]]:
    """Return ``open_page(query, **context)``: the report in a browser of Emma's own."""
    contexts: list[BrowserContext] = []
    client = Client()
    client.force_login(pc.owner)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}

    def open_report(query: str, **context: object) -> Page:
        contexts.append(browser.new_context(base_url=live_server.url, **context))
        contexts[-1].add_cookies([session])
        page = contexts[-1].new_page()
        page.goto(f"{reverse('report')}?{query}")
        return page

    yield open_report
    for context in contexts:
        context.close()


@pytest.fixture
def page_of_emma(open_page) -> Page:
    return open_page("kind=safe_site_blocked")


def expect_no_violations(page: Page) -> None:
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []


def go_on(page: Page, *, to: int) -> None:
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(f"#step-{to}-title")).to_be_focused()


def test_the_report_is_written_step_by_step_and_sent(page_of_emma: Page):
    page = page_of_emma
    violations: list[str] = []
    page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
    expect(page.locator(".step:visible")).to_have_count(1)
    page.get_by_label("Google Chrome").check()
    go_on(page, to=2)
    page.get_by_label("Address of the site").fill("shop.example.com")
    page.keyboard.press("Enter")
    expect(page.locator("#step-3-title")).to_be_focused()
    go_on(page, to=4)
    page.get_by_role("button", name="I saw no message.").click()
    expect(page.get_by_label("What did the message say?")).to_have_value("I saw no message.")
    go_on(page, to=5)
    expect(page.locator("#review")).to_contain_text("shop.example.com")
    assert violations == []  # the content security policy found nothing to stop

    page.get_by_role("button", name="Send the report").click()

    expect(page).to_have_url(re.compile(r"/cases/NP-\d{4}-\d{5}/$"))
    assert Case.objects.get().saw == "I saw no message."


def test_a_wrong_step_stays_and_its_field_has_the_focus(page_of_emma: Page):
    page = page_of_emma
    page.get_by_label("Another program").check()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_label("Name of the program")).to_be_focused()
    expect(page.locator("#id_program_name_error")).to_contain_text("Enter the name of the program")
    expect_no_violations(page)


def test_back_keeps_what_was_typed(page_of_emma: Page):
    page = page_of_emma
    page.get_by_label("Google Chrome").check()
    go_on(page, to=2)
    page.get_by_label("Address of the site").fill("shop.example.com")
    go_on(page, to=3)

    page.go_back()

    expect(page.get_by_label("Address of the site")).to_have_value("shop.example.com")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_label("Google Chrome")).to_be_checked()


def test_a_later_step_is_not_reached_through_the_address_bar(page_of_emma: Page):
    page_of_emma.evaluate("location.hash = '#step-4'")

    expect(page_of_emma.locator("#step-1")).to_be_visible()
    expect(page_of_emma.locator("#step-4")).to_be_hidden()


def test_edge_is_told_at_once_that_smartscreen_guards_it(page_of_emma: Page):
    page = page_of_emma
    note = page.locator("#edge-note")
    expect(note).to_be_hidden()

    page.get_by_label("Microsoft Edge").check()

    expect(note).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("SmartScreen")
    go_on(page, to=2)


def test_a_warning_is_told_at_once_to_open_by_the_person(page_of_emma: Page):
    page = page_of_emma
    page.get_by_label("Google Chrome").check()
    go_on(page, to=2)
    page.get_by_label("Address of the site").fill("shop.example.com/reset?token=S1")
    go_on(page, to=3)
    go_on(page, to=4)
    note = page.get_by_text("You can open this site yourself")
    expect(note).to_be_hidden()

    page.get_by_label("Yes").check()

    expect(note).to_be_visible()
    expect_no_violations(page)
    go_on(page, to=5)
    expect(page.locator("#review")).to_contain_text("Before it is saved, we hide what may be secret (***): token.")
    expect_no_violations(page)


def test_a_broken_connection_loses_nothing(page_of_emma: Page):
    page = page_of_emma
    page.get_by_label("Google Chrome").check()
    page.context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The portal did not respond. What you typed is still here. Try again")).to_be_visible()
    page.context.set_offline(False)

    go_on(page, to=2)

    expect(page.locator("#report-trouble")).to_be_hidden()


def test_errors_found_on_sending_are_listed_and_lead_to_their_field(page_of_emma: Page):
    page = page_of_emma
    page.get_by_label("Google Chrome").check()
    for step, address in ((2, "shop.example.com"), (3, ""), (4, ""), (5, "")):
        go_on(page, to=step)
        if address:
            page.get_by_label("Address of the site").fill(address)
    page.get_by_role("link", name="Change Address").click()
    page.get_by_label("Address of the site").fill("a..b")
    page.evaluate("location.hash = '#step-5'")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect_no_violations(page)

    page.locator(".error-summary a").click()

    expect(page.get_by_label("Address of the site")).to_be_focused()
    assert not Case.objects.exists()


def test_without_javascript_the_form_is_one_page(open_page):
    page = open_page("url=a..b", java_script_enabled=False)
    expect(page.locator(".step:visible")).to_have_count(5)
    expect(page.get_by_role("button", name="Continue")).to_have_count(0)
    page.get_by_label("A dangerous site was not blocked").check()
    page.get_by_label("Mozilla Firefox").check()
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".error-summary")).to_contain_text("two dots in a row")
    page.get_by_label("Address of the site").fill("bad.example")
    page.get_by_label("Why do you think the site is dangerous?").fill("It asked for my password.")

    page.get_by_role("button", name="Send the report").click()

    expect(page).to_have_url(re.compile(r"/cases/NP-\d{4}-\d{5}/$"))
    case = Case.objects.get()
    assert (case.kind, case.reason) == ("dangerous_site_missed", "It asked for my password.")


def test_the_address_inside_a_link_is_offered_and_taken_on_consent(page_of_emma: Page):
    page = page_of_emma
    page.get_by_label("Google Chrome").check()
    go_on(page, to=2)
    page.get_by_label("Address of the site").fill(
        "https://nam06.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.example.org%2Fdoc&reserved=0"
    )
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("group", name="Is it this one?")).to_be_visible()
    expect_no_violations(page)

    page.get_by_label("Yes, this address").check()
    go_on(page, to=3)
    go_on(page, to=4)
    go_on(page, to=5)
    expect(page.locator("#review")).to_contain_text("https://www.example.org/doc")
    page.get_by_role("button", name="Send the report").click()

    expect(page).to_have_url(re.compile(r"/cases/NP-"))
    assert Case.objects.get().indicator_value == "https://www.example.org/doc"


def test_what_was_taken_from_a_sentence_is_shown_before_it_is_sent_without_javascript_too(open_page):
    page = open_page("kind=safe_site_blocked&program=chrome", java_script_enabled=False)
    page.get_by_label("Address of the site").fill("I cannot open shop.example.com today")
    page.get_by_role("button", name="Send the report").click()

    expect(page.get_by_text("We read this as shop.example.com")).to_be_visible()
    expect(page.get_by_text("Only the address was taken from your text.")).to_be_visible()
    page.get_by_role("button", name="Send the report").click()

    expect(page).to_have_url(re.compile(r"/cases/NP-"))
    case = Case.objects.get()
    assert (case.indicator_value, case.typed_address) == ("shop.example.com", "I cannot open shop.example.com today")


@pytest.mark.usefixtures("nothing_counted")
def test_a_report_too_many_says_so_at_its_last_step_and_one_too_often_is_sent_again(open_page, settings):
    settings.CASE_LIMITS = replace(LIFTED, open_per_person=1)
    settings.RATES = {"report_step": tuple(parse_many("9/hour")), "report": tuple(parse_many("2/hour"))}
    page = open_page("kind=safe_site_blocked&program=chrome&url=shop.example.com&saw=Connection+blocked")
    for step in (2, 3, 4, 5):
        go_on(page, to=step)
    page.get_by_role("button", name="Send the report").click()
    number = page.url.rsplit("/", 2)[1]

    page.goto(f"{reverse('report')}?kind=safe_site_blocked&program=chrome&url=shop.example.com&saw=Blocked+again")
    for step in (2, 3, 4, 5):
        go_on(page, to=step)
    page.get_by_role("button", name="Send the report").click()

    expect(page.locator("[data-refused]")).to_be_focused()
    expect(page.get_by_role("link", name=f"Open case {number}")).to_be_visible()
    expect(page.locator("#step-5")).to_be_visible()
    expect_no_violations(page)

    page.get_by_role("button", name="Send the report").click()  # the third within an hour

    expect(page.get_by_role("heading", name="Please wait a moment")).to_be_visible()
    expect_no_violations(page)
    settings.RATES, settings.CASE_LIMITS = {"report_step": settings.RATES["report_step"]}, LIFTED
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(re.compile(r"/cases/NP-\d{4}-\d{5}/$"))
    assert [case.saw for case in Case.objects.order_by("pk")] == ["Connection blocked", "Blocked again"]

    page.goto(f"{reverse('report')}?kind=safe_site_blocked&program=chrome")
    go_on(page, to=2)  # the ninth step within an hour
    page.get_by_label("Address of the site").fill("shop.example.com")
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("#messages")).to_contain_text("You can do it again in 60 minutes")
    expect(page.get_by_label("Address of the site")).to_have_value("shop.example.com")
    expect(page.locator("#report-trouble")).to_be_hidden()
