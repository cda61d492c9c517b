"""The main job: an employee reports, the PC is checked live, IT finds the verdict and the submission ready."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.journeys.conftest import barriers
from tests.support.world import BLOCKED_SITE, EMMA, IVO, device_at, person
from troubleshooting.models import ActivityEntry, Case

A_VISIT_MS = 60_000


def go_on(page: Page, step: int) -> None:
    """Leave a step that is filled in well."""
    page.locator(f"#step-{step}").get_by_role("button", name="Continue").click()
    expect(page.locator(f"#step-{step + 1}")).to_be_visible()


def fill_report(page: Page) -> None:
    """Walk through the steps as Emma, with one mistake on the way."""
    page.get_by_label("A safe site is blocked").check()
    page.get_by_label("Google Chrome").check()
    go_on(page, 1)
    page.get_by_label("Address of the site").fill("not an address at all")
    page.locator("#step-2").get_by_role("button", name="Continue").click()
    wrong = page.locator("#step-2 [aria-invalid=true]")
    expect(wrong).to_be_visible()
    assert barriers(page) == []
    wrong.fill(BLOCKED_SITE.replace("https", "hxxps").replace(".", "[.]"))
    go_on(page, 2)
    page.get_by_label("PC-0142").check()
    go_on(page, 3)
    page.locator("#step-4 textarea").nth(-1).fill("Supplier invoices")
    go_on(page, 4)


@pytest.mark.django_db(transaction=True)
def test_from_the_report_to_the_verdict_and_a_ready_submission(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    pc.faults.add(Fault.SLOW)
    pc.fault_settings.command_delay_s = 0.15  # long enough to watch the checks come in
    device_at(lab_server(pc), owner=person(EMMA))
    emma = signed_in(EMMA)
    assert barriers(emma) == []

    emma.get_by_role("link", name=re.compile("A safe site is blocked")).click()
    assert barriers(emma) == []
    fill_report(emma)
    expect(emma.locator("#review")).to_contain_text("PC-0142")
    assert barriers(emma) == []
    emma.get_by_role("button", name="Send the report and check the PC").click()

    emma.wait_for_url("**/cases/NP-*/")
    expect(emma.locator("#checklist")).to_be_visible()
    assert barriers(emma) == []
    expect(emma.locator(".verdict")).to_be_visible(timeout=A_VISIT_MS)
    case = Case.objects.get()
    assert case.verdict_code == "blocked_by_network_protection"
    assert "MpPreference" not in emma.locator("main").inner_text()
    assert barriers(emma) == []

    emma.get_by_role("link", name="What we did on your PC").click()
    expect(emma.locator("main")).to_contain_text("Get-MpPreference")
    assert barriers(emma) == []

    ivo = signed_in(IVO)
    assert barriers(ivo) == []
    ivo.goto("/cases/")
    assert barriers(ivo) == []
    ivo.get_by_role("link", name=case.number).click()
    expect(ivo.locator(".verdict")).to_contain_text("Blocked by network protection")
    assert barriers(ivo) == []
    ivo.get_by_role("button", name="Prepare the submission").click()
    expect(ivo.locator("main")).to_contain_text("Microsoft Defender Antivirus (Windows 11)")
    assert barriers(ivo) == []
    ivo.locator("#record").get_by_role("textbox").first.fill("4f7c1c9e-0000-4000-8000-000000000001")
    ivo.get_by_role("button", name="Record that it was sent").click()
    expect(ivo.locator("#record")).to_contain_text("4f7c1c9e-0000-4000-8000-000000000001")
    assert ActivityEntry.objects.filter(case=case, action="submission_sent", actor_name="ivo").exists()


@pytest.mark.django_db(transaction=True)
def test_the_report_works_without_javascript(signed_in, lab_server):
    device_at(lab_server(), owner=person(EMMA))
    emma = signed_in(EMMA, java_script_enabled=False)

    emma.goto("/report/?url=" + BLOCKED_SITE)
    emma.get_by_role("button", name="Send the report and check the PC").click()
    expect(emma.locator(".error-summary")).to_be_visible()
    emma.get_by_label("A safe site is blocked").check()
    emma.get_by_label("Mozilla Firefox").check()
    emma.get_by_label("PC-0142").check()
    emma.locator("textarea").nth(-1).fill("Supplier invoices")
    emma.get_by_role("button", name="Send the report and check the PC").click()

    emma.wait_for_url("**/cases/NP-*/")
    assert Case.objects.get().indicator_host == "invoices.contoso-partner.example"


@pytest.mark.django_db(transaction=True)
def test_a_check_that_is_under_way_is_stopped_from_the_page(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    pc.faults.add(Fault.HANGING_COMMAND)
    server = lab_server(pc)
    device_at(server, owner=person(EMMA))
    emma = signed_in(EMMA)
    emma.goto("/report/?kind=safe_site_blocked&program=chrome&url=" + BLOCKED_SITE)
    for step in (1, 2, 3):
        go_on(emma, step)
    emma.locator("#step-4 textarea").nth(-1).fill("Supplier invoices")
    go_on(emma, 4)
    emma.get_by_role("button", name="Send the report and check the PC").click()
    emma.wait_for_url("**/cases/NP-*/")

    emma.get_by_role("button", name="Stop this check").click()

    expect(emma.get_by_role("button", name="Check this PC again").first).to_be_visible(timeout=A_VISIT_MS)
    assert server.sessions_open == 0
