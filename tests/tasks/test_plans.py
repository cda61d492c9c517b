"""What the tasks hand down from the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from troubleshooting.machines.errors import MachineError
from troubleshooting.tasks.plans import visit_plan


def test_a_visit_has_the_limits_and_the_credentials_of_the_settings(settings, monkeypatch):
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_USERNAME", "LAB\\portal")
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_PASSWORD", "a password")
    settings.VISIT_LIMIT, settings.EVENTS_SINCE = timedelta(seconds=77), timedelta(hours=5)

    plan = visit_plan()

    assert (plan.limits.visit, plan.events_since) == (timedelta(seconds=77), timedelta(hours=5))
    assert plan.credential("lab").username == "LAB\\portal"


def test_a_profile_without_credentials_is_named():
    with pytest.raises(MachineError, match="NOWHERE"):
        visit_plan().credential("nowhere")
