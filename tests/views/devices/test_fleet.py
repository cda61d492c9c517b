"""The page with a setting for many PCs, and its files."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests.factories import CaseFactory, ExclusionFactory
from tests.queries import made
from tests.views.checks.test_check_runs import signed_in, text_of
from tests.views.submissions.test_sheet_in_browser import opened
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.fleet.settings import FIXED

pytestmark = pytest.mark.django_db


def test_a_failed_check_leads_it_to_the_setting_for_many_pcs():
    case = CaseFactory(checked=True, kind=ProblemKind.DANGEROUS_SITE_MISSED)
    made.finished_run(case, snapshot=made.RTP_OFF)

    for_it = text_of(signed_in(made.reviewer()).get(reverse("case", args=[case.number])))
    for_emma = text_of(signed_in(case.reporter).get(reverse("case", args=[case.number])))

    link = reverse("fleet-setting", args=["real-time-protection"])
    assert link in for_it
    assert reverse("fleet-setting", args=["cloud-protection"]) not in for_it  # that check has not failed
    assert link not in for_emma


@pytest.mark.parametrize("code", FIXED)
def test_every_setting_has_its_page_and_its_files(code):
    client = signed_in(made.reviewer())

    page = text_of(client.get(reverse("fleet-setting", args=[code])))
    script = client.get(reverse("fleet-file", args=[code, "ps1"]))
    registry = client.get(reverse("fleet-file", args=[code, "reg"]))

    assert made.escape(FIXED[code].set) in page
    assert script.content.startswith(b"\xef\xbb\xbf#Requires")  # the mark lets Windows PowerShell read UTF-8
    assert script.content.count(b"\r\n") == script.content.count(b"\n") == 3
    assert registry.status_code == (200 if FIXED[code].registry else 404)
    assert script.headers["Content-Disposition"] == f'attachment; filename="{code}.ps1"'


@pytest.mark.parametrize(
    "path", ["/settings/no-such/", "/settings/no-such/file.reg", "/settings/cloud-protection/file.exe"]
)
def test_what_does_not_exist_is_not_found(path):
    assert signed_in(made.reviewer()).get(path).status_code == 404


def test_an_indicator_holds_for_the_tenant_already():
    exclusion = ExclusionFactory(kind="allow_indicator", value="shop.example.com", for_everyone=True)

    assert signed_in(made.reviewer()).get(reverse("exclusion-fleet", args=[exclusion.pk])).status_code == 404


def test_an_exclusion_is_ready_to_copy_and_says_that_it_would_never_end():
    exclusion = ExclusionFactory(value="203.0.113.7")
    client = signed_in(made.reviewer())

    page = text_of(client.get(reverse("exclusion-fleet", args=[exclusion.pk])))

    assert reverse("exclusion-fleet", args=[exclusion.pk]) in text_of(
        client.get(reverse("exclusion", args=[exclusion.pk]))
    )
    assert "Add-MpPreference -ExclusionIpAddress 203.0.113.7" in page
    assert "has no end date" in page
    file = client.get(reverse("exclusion-fleet-file", args=[exclusion.pk, "reg"])).content.decode("utf-16")
    assert '"203.0.113.7"="0"' in file


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_has_no_barriers(browser, live_server, width):
    path = reverse("fleet-setting", args=["network-protection-block"])
    page = opened(browser, live_server, path, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    page.context.close()
