"""Nothing that a view answers is kept; static files are."""

from __future__ import annotations

from contextlib import closing

import pytest
from django.test import Client

from tests.layout.test_urls import TABLE, url_of
from tests.support.world import ADAM, person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", TABLE)
def test_no_answer_is_kept(name):
    url, method = url_of(name, "NP-1", 1), TABLE[name][0].lower()
    administrator = Client()
    administrator.force_login(person(ADAM))

    for client in (Client(), administrator):
        assert getattr(client, method)(url).headers["Cache-Control"] == "no-store"


def test_static_files_are_kept(client):
    with closing(client.get("/static/css/foundation.css")) as response:
        assert response.status_code == 200
        assert "no-store" not in response.headers["Cache-Control"]
