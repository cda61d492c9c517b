"""What the tasks hand down from the settings: how PCs and the tenant are reached, and within which limits."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from troubleshooting.actions.runs.in_tenant import TenantPlan
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.machines.base import Limits
from troubleshooting.machines.credentials import load_credential
from troubleshooting.tenant.connection import connect, settings_of


def visit_plan() -> VisitPlan:
    """Make the plan of a visit from the settings."""
    directory: Path | None = settings.DEVICE_CREDENTIAL_DIRECTORY
    return VisitPlan(
        clock=timezone.now,
        credential=partial(load_credential, environ=os.environ, directory=directory),
        ca_file=settings.DEVICE_CA_FILE,
        limits=Limits(visit=settings.VISIT_LIMIT, may_be_local=settings.DEVICES_MAY_BE_LOCAL),
        events_since=settings.EVENTS_SINCE,
    )


def tenant_plan() -> TenantPlan:
    """Make the plan of a call to the tenant from the settings."""
    return TenantPlan(clock=timezone.now, connect=partial(connect, settings_of(settings)))
