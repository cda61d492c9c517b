"""No secret of a reported or logged address is stored, shown or written to a log."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.demo.lab import events
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.check_world import QUICK
from tests.support.world import EMMA, IVO, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.visits.page_requests import url_of
from troubleshooting.models import Case, DeviceAnswer

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "https://invoices.contoso-partner.example"
QUERIES = (
    "/reset?token={0}&email=ann.{1}%40contoso.example&page=2",
    "/cb?code={0}#access_token={1}",
    "/f.pdf?sv=2022-11-02&sig={0}%2B{1}%3D",
    "/reset/{0}/{1}Aa1",
    "/?x={0}&PHPSESSID={1}",
    "/in?next=https%3A%2F%2Fwww.example.com%2Freset%3Ftoken%3D{0}{1}",
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_secret_is_in_no_table_no_page_and_no_log(lab_server, client: Client, capfd, caplog, query: str):
    first, second = secrets.token_hex(16), secrets.token_hex(16)
    address = HOST + query.format(first, second)
    pc = healthy_windows_11()
    pc.log.records.clear()
    pc.log.add(_block(address, at=pc.now()))
    device = device_at(lab_server(pc), owner=person(EMMA))
    client.force_login(person(EMMA))

    shown = client.post("/report/steps/2/", _form(device.pk, address))
    client.post("/report/", _form(device.pk, address))
    case = Case.objects.get()
    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))
    assert "Before it is saved" in shown.content.decode()
    pages = client.get(f"/cases/{case.number}/").content.decode()
    client.force_login(person(IVO))
    pages += client.get(f"/cases/{case.number}/").content.decode()

    everything = "\n".join(_stored())
    assert DeviceAnswer.objects.filter(name="protection_events", content__icontains="contoso-partner").exists()
    assert "***" in everything
    case.refresh_from_db()
    assert case.verdict_code == "blocked_by_network_protection"
    logged = "".join(capfd.readouterr()) + caplog.text
    for secret in (first, second):
        for place in (everything, pages, logged, url_of(case), repr(case.report)):
            assert secret not in place


def _form(device: int, address: str) -> dict[str, str]:
    return {
        "kind": "safe_site_blocked",
        "program": "chrome",
        "address": address,
        "device": str(device),
        "happened_at": (timezone.now() - timedelta(minutes=5)).isoformat(),
        "saw": f"Blocked: {address}",
        "reason": f"I need {address}, see also <{address}>",
    }


def _block(address: str, *, at):
    return events.protection_event(
        events.BLOCKED, at=at, version="4.18.24090.11", user="LAB\\emma", destination=address, program="chrome.exe"
    )


def _stored() -> list[str]:
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            rows += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return rows
