"""Which of Microsoft's forms is the right one."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.domain.builders import missed, report, snapshot
from tests.domain.strategies import reports, snapshots
from tests.domain.submissions.test_submission import DEVICE, REPORT, verdict
from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.submissions.forms import form_links

FILE, NETWORK, SITE, HISTORY = "file_form", "network_protection_form", "smart_screen_form", "history"


@pytest.mark.parametrize(
    ("about", "device", "category", "codes"),
    [
        (REPORT, DEVICE, "", [FILE, NETWORK, SITE, HISTORY]),
        (missed(), snapshot(), "", [FILE, NETWORK, SITE, HISTORY]),
        (report(program=Program.EDGE), snapshot(), "", [SITE, HISTORY]),
        (REPORT, DEVICE, "Phishing", [SITE, FILE, NETWORK, HISTORY]),
        (REPORT, DEVICE, "malicious", [SITE, FILE, NETWORK, HISTORY]),
        (REPORT, DEVICE, "Untrusted", [SITE, FILE, NETWORK, HISTORY]),
        (REPORT, DEVICE, "C2", [NETWORK, FILE, SITE, HISTORY]),
        (REPORT, DEVICE, "something new", [NETWORK, FILE, SITE, HISTORY]),
        (missed(), snapshot(), "Malicious", [NETWORK, FILE, SITE, HISTORY]),
    ],
)
def test_the_right_form_comes_first(about: Report, device: Snapshot, category: str, codes: list[str]):
    links = form_links(about, verdict(about, device), response_category=category)

    assert [link.code for link in links] == codes
    assert all(link.url.startswith("https://www.microsoft.com/wdsi/") for link in links)


@given(snapshots, reports)
def test_no_link_carries_a_persona(device: Snapshot, about: Report):
    assert not [link for link in form_links(about, verdict(about, device)) if "persona" in link.url]
