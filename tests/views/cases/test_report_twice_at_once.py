"""A double click that no script held back: two sendings of one form at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import DeviceFactory
from troubleshooting.models import Case


@pytest.mark.django_db(transaction=True)
def test_a_report_sent_twice_at_once_leads_to_one_case():
    device = DeviceFactory()
    signed_in = Client()
    signed_in.force_login(device.owner)
    answers = {
        "token": "a-token",
        "kind": "safe_site_blocked",
        "program": "chrome",
        "address": "shop.example.com",
        "device": str(device.pk),
        "happened_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }

    def send(_: int) -> str:
        client = Client()
        client.cookies = signed_in.cookies
        try:
            return str(client.post(reverse("report"), answers)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        landed = set(pool.map(send, range(4)))

    case = Case.objects.get()
    assert landed == {reverse("case", args=[case.number])}
