"""An administrator gets the endpoint's files in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.conftest import barriers
from tests.support.world import ADAM
from troubleshooting.machines.endpoint.files import Groups, endpoint_zip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_an_administrator_names_two_groups_and_downloads_the_files(signed_in):
    page = signed_in(ADAM)
    page.goto("/device-endpoint/")

    page.get_by_label("Group that may read").fill("Readers")
    page.get_by_role("button", name="Download the files").click()
    page.get_by_text("Write the group with its domain").first.wait_for()
    assert barriers(page) == []
    page.get_by_label("Group that may read").fill("CONTOSO\\Readers")
    page.get_by_label("Group that may also change").fill("CONTOSO\\Changers")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the files").click()

    assert Path(started.value.path()).read_bytes() == endpoint_zip(Groups("CONTOSO\\Readers", "CONTOSO\\Changers"))
