"""An exclusion in force, in a browser as two people: does it work, is it still needed, renewed without a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.demo.lab.pcs import healthy_windows_11
from tests.journeys.conftest import barriers
from tests.support.retest_world import ADDRESS, LIST, MODE, in_force, state_of
from tests.support.world import EMMA, IVO
from troubleshooting.actions.exclusions.warnings import warn_of_ends
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.models import Exclusion, Retest


def swept_until(page: Page, place: str, words: str) -> None:
    """Let the clockwork wake the worker until the page says so."""
    for _ in range(40):
        Retest.objects.open().update(due_at=timezone.now())  # its pauses are not the story
        sweep(now=timezone.now(), lost_after=timedelta(minutes=2))
        page.wait_for_timeout(1000)
        page.reload()
        if words in page.locator(place).inner_text():
            return
    expect(page.locator(place)).to_contain_text(words)


@pytest.mark.django_db(transaction=True)
def test_it_is_tried_announced_tried_without_renewed_and_never_gone(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    old = in_force(lab_server(pc), days=10)

    emma = signed_in(EMMA)
    emma.goto(f"/exclusions/{old.pk}/")
    swept_until(emma, "#works", "It works: the PC opened the site")
    assert barriers(emma) == []
    emma.goto(f"/cases/{old.case.number}/")
    expect(emma.locator("#does-it-work")).to_contain_text("Does it work now?")
    assert barriers(emma) == []
    emma.get_by_role("button", name="No, it is still blocked").click()
    expect(emma.locator("#does-it-work")).to_contain_text("IT can see that in the case")
    assert barriers(emma) == []

    ivo = signed_in(IVO)
    ivo.goto(f"/cases/{old.case.number}/")
    expect(ivo.locator("#why-not-solved")).to_contain_text("the employee says that the site is still blocked")
    assert barriers(ivo) == []
    ivo.get_by_role("link", name="Open the exclusion").click()
    ivo.get_by_role("button", name="Test whether it works now").click()
    expect(ivo.locator("main")).to_contain_text("The PC is requesting the site now, by itself")
    assert barriers(ivo) == []
    ivo.goto(f"/cases/{old.case.number}/")
    swept_until(ivo, "#case", "It works now: close the case")

    warn_of_ends(now=old.expires_at - timedelta(days=7), may_retest=True)
    emma.goto("/")
    emma.get_by_role("link", name=ADDRESS).click()
    expect(emma.locator("#ending")).to_contain_text("This exclusion ends in 10 days")
    swept_until(emma, "#ending", "would still be blocked")
    assert state_of(pc) == (1, [ADDRESS])
    assert barriers(emma) == []
    emma.get_by_role("link", name="Ask to renew it").click()
    assert barriers(emma) == []
    emma.get_by_role("button", name="Ask for the renewal").click()
    expect(emma.locator("#id_reason_error")).to_contain_text("Write why it is needed for longer")
    assert barriers(emma) == []
    emma.get_by_label("Reason", exact=True).select_option("partner_portal")
    emma.get_by_label("Why is it needed for longer?").fill("Microsoft has not answered yet")
    emma.get_by_role("button", name="Ask for the renewal").click()
    expect(emma.locator("#renews")).to_contain_text(f"exclusion #{old.pk}")

    renewal = Exclusion.objects.get(renews=old)
    ivo.goto(f"/exclusions/{renewal.pk}/")
    expect(ivo.locator("#renews")).to_contain_text("one it would block")
    assert barriers(ivo) == []
    ivo.get_by_role("button", name="Approve as requested").click()
    swept_until(ivo, ".page-title", "In force")
    emma.goto(f"/exclusions/{old.pk}/")
    swept_until(emma, ".page-title", "Removed")
    assert (pc.preferences[LIST], pc.preferences[MODE]) == ([ADDRESS], 1)
