"""The emergency stop in a browser: an administrator stops everything, undoes the last hour, and lets changes go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.demo.lab.pcs import healthy_windows_11
from tests.journeys.conftest import barriers
from tests.support.exclusion_world import IP, approved, asked, checked_case
from tests.support.world import ADAM, EMMA, IVO, device_at, person
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.models import Exclusion

BAND = "All changes on PCs and in the tenant are stopped"


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
@pytest.mark.parametrize("width", [1280, 360])
def test_an_administrator_stops_everything_undoes_the_last_hour_and_lets_changes_go_on(
    signed_in, lab_server, celery_worker_process, width
):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    adam = signed_in(ADAM, viewport={"width": width, "height": 900})
    adam.goto(f"/exclusions/{exclusion.pk}/")
    swept_until(adam, "In force")
    assert pc.preferences["ExclusionIpAddress"] == [IP[1]]

    adam.get_by_role("link", name="Emergency stop").click()
    assert barriers(adam) == []
    adam.get_by_role("button", name="Stop all changes").click()
    assert barriers(adam) == []
    adam.get_by_role("button", name="Stop all changes now").click()
    expect(adam.locator(".field__error")).to_contain_text("Write why, for example")
    assert barriers(adam) == []
    adam.get_by_label("Why all changes stop").fill("An exclusion was put on the wrong PCs")
    adam.get_by_role("button", name="Stop all changes now").click()
    expect(adam.get_by_role("heading", name=BAND)).to_be_visible()
    expect(adam.locator("#state")).to_contain_text("No changes are in progress")
    assert barriers(adam) == []
    ivo = signed_in(IVO, viewport={"width": width, "height": 900})
    expect(ivo.get_by_role("heading", name=BAND)).to_be_visible()
    assert barriers(ivo) == []

    adam.get_by_role("link", name="From one hour before the stop").click()
    expect(adam.locator("#preview")).to_contain_text("PC-0142")
    expect(adam.locator("#preview")).to_contain_text(IP[1])
    assert barriers(adam) == []
    adam.get_by_role("button", name="Undo all of this").click()
    adam.get_by_label("Why it is undone").fill("The list of the supplier was wrong")
    assert barriers(adam) == []
    adam.get_by_role("button", name="Undo it now").click()
    adam.wait_for_url("**/emergency-stop/undos/*/")
    swept_until(adam, "Done")
    assert (pc.preferences["ExclusionIpAddress"], Exclusion.objects.get().status) == ([], "removed")
    expect(adam.locator("#places")).to_contain_text("Removed")
    assert barriers(adam) == []

    adam.get_by_role("link", name="What is waiting, and how to resume").click()
    adam.get_by_role("button", name="Resume changes").click()
    assert barriers(adam) == []
    adam.get_by_label("What was found").fill("Nothing else was wrong")
    adam.get_by_role("button", name="Resume now").click()
    expect(adam.get_by_role("heading", name="Changes are running as usual")).to_be_visible()
    expect(adam.locator("#stops")).to_contain_text("Nothing else was wrong")
    expect(adam.locator("#undos")).to_contain_text("Done")
    assert adam.get_by_role("heading", name=BAND).count() == 0
    assert barriers(adam) == []
