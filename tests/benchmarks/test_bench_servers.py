"""Our web server answers beside slow clients; times are printed, never asserted (``make bench`` shows them)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from tests.benchmarks.bench_servers import compare
from tests.support.world import EMMA, case_on, device_at, person
from troubleshooting.queries.checks.checklist import page_token

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_servers_are_compared(tmp_path, test_servers):
    run = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA)).check_runs.get()
    paths = {
        "poll": f"{reverse('checklist', args=[run.pk])}?seen={quote(page_token(run))}",
        "page": reverse("login"),
    }
    env = {
        "DATABASE_URL": test_servers.url_of(str(connection.settings_dict["NAME"])),
        "REDIS_URL": test_servers.redis_url,
        "DJANGO_SETTINGS_MODULE": "portal.settings.test",
        "SECRET_KEY": settings.SECRET_KEY,
    }

    held = compare(tmp_path, env, paths, seconds=2)

    assert held["the portal's"]
