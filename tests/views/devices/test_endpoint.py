from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import ADA, ADAM, IVO, person
from troubleshooting.machines.endpoint.files import Groups, endpoint_zip
from troubleshooting.machines.endpoint.version import VERSION

pytestmark = pytest.mark.django_db

GROUPS = {"reading": "CONTOSO\\Readers", "changing": "CONTOSO\\It’s"}


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def test_an_administrator_gets_the_files_for_two_groups():
    response = client_of(ADAM).post(reverse("device-endpoint"), GROUPS)

    assert response.content == endpoint_zip(Groups(**GROUPS))
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == (f'attachment; filename="NetworkProtectionPortal-{VERSION}.zip"')


@pytest.mark.parametrize("name", [IVO, ADA])
def test_nobody_else_gets_them(name):
    assert client_of(name).post(reverse("device-endpoint"), GROUPS).status_code == 403


@pytest.mark.parametrize("wrong", ["", "Readers", "CONTOSO\\", "CONTOSO\\A;B", "CONTOSO\\A|B"])
def test_what_is_no_group_stays_in_its_field_with_an_example(wrong):
    response = client_of(ADAM).post(reverse("device-endpoint"), {**GROUPS, "reading": wrong})

    assert set(response.context["form"].errors) == {"reading"}
    assert "CONTOSO\\It’s" in response.content.decode()
    assert "error-summary" in response.content.decode()
