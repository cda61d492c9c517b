"""Where a PC is visited, and as whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.world import device_at, plan
from troubleshooting.actions.visits.evidence import open_snapshot
from troubleshooting.actions.visits.plan import access_to
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.machines.base import Credential
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import DriftScan

pytestmark = pytest.mark.django_db


def no_credential(profile: str) -> Credential:
    raise MachineError(DeviceErrorCode.CREDENTIALS_MISSING, profile)


def test_a_visit_that_only_reads_never_opens_the_endpoint_for_changing():
    device = device_at(None, owner=None)
    device.group.configuration_name, device.group.changing_configuration_name = "Reading", "Changing"

    endpoints = [access_to(device, plan(), changes=changes).address.configuration_name for changes in (False, True)]

    assert endpoints == ["Reading", "Changing"]


def test_a_pc_has_its_own_port_or_its_groups():
    device = device_at(None, owner=None)
    own = access_to(device, plan(), changes=False).address.port
    device.port, device.group.port = None, 5999

    assert (own, access_to(device, plan(), changes=False).address.port) == (9, 5999)


def test_a_missing_credential_is_told_after_the_visit_has_its_evidence():
    device = device_at(None, owner=None)
    at = plan().clock()
    scan = DriftScan.objects.create(device=device, at=at)
    access = access_to(device, replace(plan(), credential=no_credential), changes=False)

    snapshot = open_snapshot(access, attempt=1, now=at, drift_scan=scan)

    assert (snapshot.account, snapshot.credential_profile) == ("", "lab")
    with pytest.raises(MachineError) as error:
        access.credential()
    assert error.value.code is DeviceErrorCode.CREDENTIALS_MISSING
