"""Emma's PC cannot be reached: she downloads the script, runs it, and uploads the file that it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.conftest import barriers
from tests.support.collected import collected
from tests.support.world import EMMA, case_on, device_at, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SIZES = ({"width": 360, "height": 800}, {"width": 1280, "height": 900})


def fits(page) -> bool:
    """Tell whether nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def looked_at(page):
    for size in SIZES:
        page.set_viewport_size(size)
        assert fits(page)
        assert barriers(page) == []


def test_a_person_uploads_what_the_script_wrote(signed_in, tmp_path):
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))
    page = signed_in(EMMA)
    page.goto(f"/cases/{case.number}/")

    page.get_by_role("link", name="Read this PC with a script").click()
    looked_at(page)
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the script").click()
    written = tmp_path / "network-protection-PC-0142.json"
    written.write_bytes(b"{}")
    page.get_by_label("File that the script wrote").set_input_files(written)
    page.get_by_role("button", name="Upload the file").click()
    page.get_by_text("did not write this file").first.wait_for()
    looked_at(page)
    written.write_bytes(collected(Path(started.value.path()).read_bytes()))
    page.get_by_label("File that the script wrote").set_input_files(written)
    page.get_by_role("button", name="Upload the file").click()

    page.get_by_text("Not read by the portal itself").wait_for()
    looked_at(page)
