"""The door of this room: ``connect(settings_of(django_settings))`` gives a Tenant that speaks our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troubleshooting.tenant.base import TenantSettings
from troubleshooting.tenant.client import client_for
from troubleshooting.tenant.indicators import Indicators
from troubleshooting.tenant.lookups import Lookups


@dataclass(frozen=True, slots=True)
class Tenant:
    """One Defender for Endpoint tenant."""

    indicators: Indicators
    lookups: Lookups


def connect(settings: TenantSettings) -> Tenant:
    """Return the tenant; nothing is asked of it yet. Raises TenantError NOT_SET_UP, which says what is missing."""
    client = client_for(settings)
    return Tenant(Indicators(client), Lookups(client))


def settings_of(source: Any) -> TenantSettings:
    """Gather the ``DEFENDER_API_…`` settings; ``source`` is ``django.conf.settings``, handed in by a door."""
    return TenantSettings(
        tenant=source.DEFENDER_API_TENANT,
        client_id=source.DEFENDER_API_CLIENT_ID,
        client_secret=source.DEFENDER_API_CLIENT_SECRET,
        certificate=source.DEFENDER_API_CERTIFICATE,
        certificate_key=source.DEFENDER_API_CERTIFICATE_KEY,
        host=source.DEFENDER_API_HOST,
        authority=source.DEFENDER_API_AUTHORITY,
        scope=source.DEFENDER_API_SCOPE,
        ca_file=source.DEFENDER_API_CA_FILE,
        proxy=source.DEFENDER_API_PROXY,
        processes=source.DEFENDER_API_PROCESSES,
    )
