"""What a drift scan read on a PC, for IT and auditors."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from portal.demo.lab.pcs import healthy_windows_11
from tests.actions.runs.test_drift_scan_on_the_wire import looked
from tests.support.world import ADA, EMMA, IVO, device_at, person
from troubleshooting.models import DeviceAnswer, DriftScan

pytestmark = pytest.mark.django_db(transaction=True)


def page(device, who=IVO, **query: object):
    client = Client()
    client.force_login(person(who))
    return client.get(reverse("drift-record", args=[device.pk]), query)


def test_every_command_of_the_newest_scan_is_shown_and_the_earlier_ones_lead_to_theirs(lab_server):
    device = device_at(lab_server(healthy_windows_11()), owner=person(EMMA))
    first, second = looked(device), looked(device)
    assert isinstance(first, DriftScan)

    shown = page(device).content.decode()

    assert "Get-MpPreference" in shown
    assert "What the scan read on PC-0142" in shown
    assert f"?scan={first.pk}" in shown
    assert f"?scan={second.pk}" not in shown
    assert f"?scan={second.pk}" in page(device, ADA, scan=first.pk).content.decode()


def test_a_raw_answer_is_that_of_a_scan_of_this_pc(lab_server):
    device = device_at(lab_server(healthy_windows_11()), owner=person(EMMA))
    looked(device)
    answer = DeviceAnswer.objects.filter(snapshot__drift_scan__device=device, name="preferences").get()
    other = device_at(None, owner=None, hostname="PC-0143")

    assert "EnableNetworkProtection" in page(device, answer=answer.pk).content.decode()
    assert page(other, answer=answer.pk).status_code == 404


def test_a_pc_that_no_scan_reached_says_so_and_what_is_not_there_is_not_found():
    device = device_at(None, owner=person(EMMA))

    assert "No scan has reached this PC yet" in page(device).content.decode()
    assert page(device, scan=4711).status_code == 404
    assert page(device, scan="all").status_code == 404
    assert page(device, EMMA).status_code == 403
