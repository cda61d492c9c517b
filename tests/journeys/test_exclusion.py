"""An exclusion in a browser as three people: asked for, approved, put and read back on the PC, revoked, gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.demo.lab.pcs import healthy_windows_11
from tests.journeys.conftest import barriers
from tests.support.world import EMMA, IVO, case_on, device_at, person
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.models import Exclusion
from troubleshooting.models.choices import Role

A_VISIT_MS = 60_000
RITA = ("rita", Role.REVIEWER)
ADDRESS = "203.0.113.10"  # of the blocked site, as the lab resolves it


def swept_until(page: Page, words: str) -> None:
    """Let the clockwork wake the worker until the page says so."""
    for _ in range(30):
        sweep(now=timezone.now(), lost_after=timedelta(minutes=2))
        page.wait_for_timeout(1000)
        page.reload()
        if words in page.locator(".page-title").inner_text():
            return
    expect(page.locator(".page-title")).to_contain_text(words)


@pytest.mark.django_db(transaction=True)
def test_an_ip_exclusion_is_asked_for_approved_proved_revoked_and_gone(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    emma = signed_in(EMMA)
    case = case_on(device_at(lab_server(pc), owner=person(EMMA)), by=person(EMMA))
    emma.goto(f"/cases/{case.number}/")
    emma.get_by_role("link", name="Ask for an exclusion").click(timeout=A_VISIT_MS)
    assert barriers(emma) == []

    emma.get_by_role("radio", name="One IP address").check()
    emma.get_by_label("Address or program").fill(ADDRESS + "/24")
    emma.get_by_label("Reason", exact=True).select_option("partner_portal")
    emma.get_by_label("What is it needed for?").fill("Invoices of Contoso")
    emma.get_by_role("button", name="Ask for the exclusion").click()
    expect(emma.locator("#id_value_error")).to_contain_text("whole network")
    assert barriers(emma) == []
    emma.get_by_label("Address or program").fill(ADDRESS)
    emma.get_by_role("button", name="Ask for the exclusion").click()
    expect(emma.locator(".findings")).to_contain_text("Many sites may share the address")
    assert barriers(emma) == []
    emma.get_by_label("I have read this").check()
    emma.get_by_role("button", name="Ask for the exclusion").click()
    emma.wait_for_url("**/exclusions/*/")
    assert "MpPreference" not in emma.locator("main").inner_text()
    assert barriers(emma) == []

    ivo = signed_in(IVO)
    ivo.get_by_role("link", name="Exclusions").click()
    assert barriers(ivo) == []
    ivo.get_by_role("link", name=ADDRESS).click()
    expect(ivo.locator("main")).to_contain_text(f"Add-MpPreference -ExclusionIpAddress {ADDRESS}")
    assert barriers(ivo) == []
    ivo.get_by_role("button", name="Approve as requested").click()
    swept_until(ivo, "In force")
    expect(ivo.locator("#placements")).to_contain_text("Applied and verified")
    assert pc.preferences["ExclusionIpAddress"] == [ADDRESS]
    assert barriers(ivo) == []

    rita = signed_in(RITA)
    rita.goto(f"/exclusions/{Exclusion.objects.get().pk}/")
    rita.get_by_role("button", name="Revoke the exclusion").click()
    assert barriers(rita) == []
    rita.get_by_label("Why it ends early").fill("Microsoft has corrected the list")
    rita.get_by_role("button", name="Revoke it now").click()
    swept_until(rita, "Removed")
    assert pc.preferences["ExclusionIpAddress"] == []
    emma.reload()
    expect(emma.locator("#placements")).to_contain_text("Removed")
    assert barriers(emma) == []
