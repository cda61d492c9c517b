"""An allow indicator in a browser as three people: asked for, approved, in the tenant and read back, revoked, gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.demo.lab.pcs import healthy_windows_11
from tests.journeys.conftest import barriers
from tests.journeys.test_exclusion import A_VISIT_MS, RITA, swept_until
from tests.support.world import EMMA, IVO, case_on, device_at, person
from tests.tenant.speaking import settings_for
from troubleshooting.models import DeviceGroup, Exclusion

HOST = "invoices.contoso-partner.example"


@pytest.fixture
def portal_with_tenant(settings, monkeypatch, defender_api):
    """Let the web server and the worker process speak to the lab's tenant."""
    found = settings_for(defender_api)
    for name, value in {
        "DEFENDER_API_TENANT": found.tenant,
        "DEFENDER_API_CLIENT_ID": found.client_id,
        "DEFENDER_API_CLIENT_SECRET": found.client_secret,
        "DEFENDER_API_HOST": found.host,
        "DEFENDER_API_AUTHORITY": found.authority,
        "DEFENDER_API_CA_FILE": found.ca_file,
    }.items():
        setattr(settings, name, value)
        monkeypatch.setenv(name, str(value))
    return defender_api


@pytest.mark.django_db(transaction=True)
def test_an_allow_indicator_lives_in_the_tenant_from_approval_to_its_end(
    portal_with_tenant, signed_in, lab_server, celery_worker_process
):
    tenant = portal_with_tenant.tenant
    emma = signed_in(EMMA)
    case = case_on(device_at(lab_server(healthy_windows_11()), owner=person(EMMA)), by=person(EMMA))
    DeviceGroup.objects.update(tenant_name="Finance")
    emma.goto(f"/cases/{case.number}/")
    emma.get_by_role("link", name="Ask for an exclusion").click(timeout=A_VISIT_MS)

    emma.get_by_role("link", name="Use this in the form").first.click()
    expect(emma.get_by_role("radio", name="One site")).to_be_checked()
    expect(emma.get_by_label("Address or program")).to_have_value(HOST)
    expect(emma.get_by_label("For whom?")).to_have_value("group")
    emma.get_by_label("Reason", exact=True).select_option("partner_portal")
    emma.get_by_label("What is it needed for?").fill("Invoices of Contoso")
    emma.get_by_role("button", name="Ask for the exclusion").click()
    expect(emma.locator(".page-title")).to_contain_text("Waiting for a decision")
    assert barriers(emma) == []

    ivo = signed_in(IVO)
    ivo.goto(f"/exclusions/{Exclusion.objects.get().pk}/")
    expect(ivo.locator("main")).to_contain_text("POST /api/indicators")
    assert barriers(ivo) == []
    ivo.get_by_role("button", name="Approve as requested").click()
    swept_until(ivo, "In force")
    expect(ivo.locator("#placements")).to_contain_text("Tenant (Defender for Endpoint)")
    (entity,) = tenant.indicators()
    assert (entity["indicatorValue"], entity["action"], entity["rbacGroupNames"]) == (HOST, "Allowed", ["Finance"])
    assert barriers(ivo) == []

    rita = signed_in(RITA)
    rita.goto(f"/exclusions/{Exclusion.objects.get().pk}/")
    rita.get_by_role("button", name="Revoke the exclusion").click()
    rita.get_by_label("Why it ends early").fill("Microsoft has corrected the list")
    rita.get_by_role("button", name="Revoke it now").click()
    swept_until(rita, "Removed")
    assert tenant.indicators() == []
