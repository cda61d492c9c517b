"""The page of an exclusion follows what happens, but takes no words away from who is writing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.exclusion_world import approved, asked, checked_case
from tests.support.roles import as_owner
from tests.support.world import EMMA, IVO, device_at, person
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion, Placement

WORDS = "It opens far too much"


@pytest.mark.django_db(transaction=True)
def test_a_reason_that_is_being_written_stays_while_the_exclusion_moves_on(signed_in):
    exclusion = approved(asked(checked_case(device_at(None, owner=person(EMMA)))))
    here = Exclusion.objects.filter(pk=exclusion.pk)
    here.update(status="applying")
    ivo = signed_in(IVO)
    ivo.goto(f"/exclusions/{exclusion.pk}/")
    ivo.get_by_role("button", name="Revoke the exclusion").click()
    ivo.get_by_label("Why it ends early").fill(WORDS)

    with as_owner(past_triggers=True):
        Placement.objects.update(status=PlacementStatus.VERIFIED)
    for status in ("applied", "verified"):
        here.update(status=status)
    expect(ivo.locator("#placements")).to_contain_text("Applied and verified", timeout=15_000)
    ivo.wait_for_timeout(1_500)  # the whole page would have followed by now
    assert ivo.get_by_label("Why it ends early").input_value() == WORDS
    ivo.get_by_label("Why it ends early").fill("")
    ivo.keyboard.press("Escape")

    expect(ivo.locator(".page-title")).to_contain_text("In force", timeout=15_000)
