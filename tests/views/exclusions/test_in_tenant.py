"""The pages of allow indicators: with a tenant they can be asked for, without one they explain themselves."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import ExclusionFactory, UserFactory
from tests.views.exclusions.test_exclusions import FOR_IT_ONLY, readable_case, signed_in, text_of
from tests.views.exclusions.test_request_page import ask
from tests.views.reading import words_on
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus
from troubleshooting.models import DeviceGroup, Exclusion, TenantReading
from troubleshooting.models.choices import Role

pytestmark = pytest.mark.django_db

HOST = "shop.example.com"  # the case is about it
WANTED = {"kind": "allow_indicator", "value": HOST, "scope": "group"}


@pytest.fixture
def _tenant(settings):
    """Set a tenant up; nothing of these tests calls it."""
    settings.DEFENDER_API_TENANT = "contoso.example"
    settings.DEFENDER_API_CLIENT_ID = "client"
    settings.DEFENDER_API_CLIENT_SECRET = "secret"


def case_of_group(tenant_name: str = "Finance"):
    case = readable_case()
    DeviceGroup.objects.filter(pk=case.device.group_id).update(tenant_name=tenant_name)
    return case


def indicator(**scope: bool) -> Exclusion:
    return ExclusionFactory(case=case_of_group(), kind=ExclusionKind.ALLOW_INDICATOR, value=HOST, **scope)


@pytest.mark.usefixtures("_tenant")
def test_a_site_is_asked_for_with_its_group_chosen_already():
    case = case_of_group()
    address = reverse("exclusion-ask", args=[case.number])

    page = text_of(signed_in(case.reporter).get(address, {"kind": "allow_indicator", "value": HOST}))

    assert "not set up" not in page
    assert 'value="group" selected' in page
    assert f'value="{HOST}"' in page
    assert words_on(page, FOR_IT_ONLY) == []


def test_without_a_tenant_the_kind_explains_itself_and_cannot_be_chosen():
    case = case_of_group()

    page = text_of(signed_in(case.reporter).get(reverse("exclusion-ask", args=[case.number])))
    sent = text_of(ask(case, **WANTED))

    assert "Allow indicators are not set up yet" in page
    assert re.search(r"<input[^>]*value=\"allow_indicator\"[^>]* disabled", page)
    assert "Allow indicators are not set up yet" in sent
    assert not Exclusion.objects.exists()


@pytest.mark.usefixtures("_tenant")
def test_a_request_for_a_group_stands_with_the_exact_call():
    case = case_of_group()

    response = ask(case, **WANTED)

    asked = Exclusion.objects.get()
    page = text_of(signed_in(UserFactory(role=Role.REVIEWER)).get(response.headers["Location"]))
    assert (asked.kind, asked.value, asked.scope_group_id) == ("allow_indicator", HOST, case.device.group_id)
    assert "POST /api/indicators" in page
    assert "&quot;action&quot;: &quot;Allowed&quot;" in page
    assert "&quot;Finance&quot;" in page
    assert "DELETE /api/indicators/{id}" in page


@pytest.mark.usefixtures("_tenant")
@pytest.mark.parametrize(
    ("changes", "tenant_name", "field", "sentence"),
    [
        ({"scope": "device"}, "Finance", "scope", "device group"),
        ({}, "", "scope", "does not have a name in Defender for Endpoint yet"),
        ({"value": "contoso-partner.example/*"}, "Finance", "value", "wildcard"),
        ({"value": "10.0.0.1"}, "Finance", "value", "internal"),
    ],
)
def test_what_an_indicator_cannot_be_is_said_beside_its_field(changes, tenant_name, field, sentence):
    case = case_of_group(tenant_name)

    page = text_of(ask(case, **(WANTED | changes)))

    beside = page.partition(f'id="id_{field}_error"')[2][:600]
    assert sentence.lower() in beside.lower()
    assert not Exclusion.objects.exists()


@pytest.mark.usefixtures("_tenant")
@pytest.mark.parametrize("is_read", [True, False])
def test_what_the_tenant_decides_is_only_told_where_its_list_was_read(is_read):
    if is_read:
        TenantReading.objects.create(at=timezone.now(), active=0)
    reviewer = UserFactory(role=Role.REVIEWER)

    page = text_of(signed_in(reviewer).get(reverse("exclusion", args=[indicator(for_group=True).pk])))

    assert "No other open exclusion has this value." in page
    assert ("The tenant has no other indicator that affects it, as of" in page) is is_read
    assert ("list has not been read yet, so it is not known whether the tenant has" in page) is not is_read


@pytest.mark.usefixtures("_tenant")
def test_an_indicator_is_never_narrowed_to_one_pc():
    exclusion = indicator(for_everyone=True)
    client = signed_in(UserFactory(role=Role.REVIEWER))

    page = text_of(client.get(reverse("exclusion", args=[exclusion.pk])))

    assert "All PCs in the group" in page
    assert "Only PC" not in page


@pytest.mark.usefixtures("_tenant")
def test_a_group_that_lost_its_name_in_the_tenant_is_not_approved():
    exclusion = indicator(for_group=True)
    client = signed_in(UserFactory(role=Role.REVIEWER))
    DeviceGroup.objects.update(tenant_name="")
    page = text_of(client.get(reverse("exclusion", args=[exclusion.pk])))
    digest = page.partition('name="digest" value="')[2][:64]

    answer = client.post(reverse("exclusion-approve", args=[exclusion.pk]), {"digest": digest}, follow=True)

    exclusion.refresh_from_db()
    assert "does not have a name in Defender for Endpoint yet" in text_of(answer)
    assert exclusion.status == ExclusionStatus.REQUESTED
