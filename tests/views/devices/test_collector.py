from __future__ import annotations

import hashlib

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import ADAM, person
from troubleshooting.machines.collector.script import collector_script

pytestmark = pytest.mark.django_db


def test_an_administrator_downloads_the_script_whose_sha_256_the_page_shows():
    client = Client()
    client.force_login(person(ADAM))

    response = client.get(reverse("collector"))
    page = client.get(reverse("device-endpoint")).content.decode()

    assert response.content == collector_script()
    assert hashlib.sha256(response.content).hexdigest() in page
    assert response.headers["Content-Disposition"] == 'attachment; filename="Collect-NetworkProtection.ps1"'
