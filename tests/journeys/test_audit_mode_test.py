"""The article's second step in a browser: agree, see protection only log, visit, and read what that showed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.demo.lab.pcs import MISSED, healthy_windows_11
from tests.journeys.conftest import barriers
from tests.support.world import BLOCKED_SITE, EMMA, IVO, case_on, device_at, person
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.leases.lease import NORMAL_END
from troubleshooting.models import Case, SettingLease

A_VISIT_MS = 60_000
MODE = "EnableNetworkProtection"
BLOCK, AUDIT = 1, 2


def checked_case(page: Page, server, **changes: object) -> Case:
    """Open a case of Emma, let the worker check its PC, and show the page."""
    emma = person(EMMA)
    case = case_on(device_at(server, owner=emma), by=emma, **changes)
    page.goto(f"/cases/{case.number}/")
    expect(page.locator(".verdict")).to_be_visible(timeout=A_VISIT_MS)
    return case


def agree(page: Page) -> None:
    page.get_by_role("link", name="Test in audit mode (logs instead of blocking)").click()
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Agree and start the test").click()


@pytest.mark.django_db(transaction=True)
def test_a_safe_site_is_opened_in_audit_mode_and_would_be_blocked(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    emma = signed_in(EMMA)
    case = checked_case(emma, lab_server(pc))
    agree(emma)

    expect(emma.get_by_role("heading", name="Now open the site again")).to_be_visible(timeout=A_VISIT_MS)
    assert int(pc.preferences[MODE]) == AUDIT
    timer = emma.get_by_role("timer")
    first = timer.inner_text()
    assert re.fullmatch(r"1[45]:\d\d", first)
    expect(timer).not_to_have_text(first)
    assert barriers(emma) == []
    assert MODE not in emma.locator("main").inner_text()
    ivo = signed_in(IVO)
    ivo.goto(f"/cases/{case.number}/")
    expect(ivo.get_by_role("heading", name="Audit-mode test in progress")).to_be_visible()
    assert barriers(ivo) == []

    pc.visit(BLOCKED_SITE)
    emma.get_by_role("button", name="I opened the site").click()
    expect(emma.locator(".verdict__title")).to_have_text(
        "Network protection is what blocks this site.", timeout=A_VISIT_MS
    )
    assert barriers(emma) == []

    assert (int(pc.preferences[MODE]), pc.tasks) == (BLOCK, {})
    case.refresh_from_db()
    assert case.verdict_code == "would_be_blocked"
    expect(ivo.locator("#test-events")).to_contain_text("1125", timeout=A_VISIT_MS)  # his page found out by itself
    assert barriers(ivo) == []
    emma.get_by_role("link", name="What the test did on your PC").click()
    expect(emma.locator("main")).to_contain_text("Set-MpPreference -EnableNetworkProtection AuditMode")
    assert barriers(emma) == []


@pytest.mark.django_db(transaction=True)
def test_a_dangerous_site_is_never_visited_and_the_test_page_tells(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    server = lab_server(pc)
    emma = signed_in(EMMA)
    missed = {"kind": ProblemKind.DANGEROUS_SITE_MISSED, "indicator": parse_indicator(MISSED)}
    case = checked_case(emma, server, **missed)
    agree(emma)

    expect(emma.locator(".verdict__title")).to_contain_text("Network protection works on your PC", timeout=A_VISIT_MS)

    asked = [command for command in server.commands if "Invoke-WebRequest" in command]
    assert len(asked) == 1
    assert "smartscreentestratings2.net" in asked[0]
    assert (int(pc.preferences[MODE]), pc.tasks) == (BLOCK, {})
    assert barriers(emma) == []
    ivo = signed_in(IVO)
    ivo.goto(f"/cases/{case.number}/")
    expect(ivo.locator("#test-events")).to_contain_text("1125")
    assert barriers(ivo) == []


@pytest.mark.django_db(transaction=True)
def test_time_that_runs_out_ends_the_test_and_puts_protection_back(signed_in, lab_server, celery_worker_process):
    pc = healthy_windows_11()
    emma = signed_in(EMMA)
    checked_case(emma, lab_server(pc))
    agree(emma)
    expect(emma.get_by_role("timer")).to_be_visible(timeout=A_VISIT_MS)

    SettingLease.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    emma.reload()
    expect(emma.locator(".countdown")).to_contain_text("Time is up")
    ivo = signed_in(IVO)
    expect(ivo.locator(".late")).to_have_count(0)  # a normal end takes as long
    SettingLease.objects.update(ends_at=timezone.now() - NORMAL_END)
    ivo.reload()
    expect(ivo.locator(".late")).to_contain_text("PC-0142")
    assert barriers(ivo) == []
    sweep(now=timezone.now(), lost_after=timedelta(minutes=2))

    expect(emma.locator(".verdict__title")).to_contain_text("Nothing was recorded", timeout=A_VISIT_MS)
    assert (int(pc.preferences[MODE]), pc.tasks) == (BLOCK, {})
    ivo.reload()
    expect(ivo.locator(".late")).to_have_count(0)
