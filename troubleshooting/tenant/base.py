"""The words the portal speaks to the tenant; nothing here knows how they travel.

Source: docs/reference/apis.md sections 1 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from troubleshooting.domain.exclusions.values import IndicatorType as IndicatorType

APPLICATION = "Network protection portal"  # how the tenant calls the indicators that the portal made
MOST_INDICATORS = 15_000  # active ones per tenant, not raised on request (docs/reference/apis.md section 3)
NEARLY_FULL = 13_500  # from here on pages warn

DEFAULT_HOST = "https://api.security.microsoft.com"
DEFAULT_AUTHORITY = "https://login.microsoftonline.com"
DEFAULT_SCOPE = "https://api.securitycenter.microsoft.com/.default"


ALLOWED = "Allowed"  # the action of an allow, as the API spells it
MADE_BY_APPLICATION = "AadApp"  # sourceType of what a program made


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """How to reach one tenant, and as whom. Its repr hides the secret, so that no log can show it."""

    tenant: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    certificate: Path | None = None  # PEM, instead of a secret
    certificate_key: Path | None = None
    host: str = DEFAULT_HOST
    authority: str = DEFAULT_AUTHORITY
    scope: str = DEFAULT_SCOPE
    ca_file: Path | None = None  # None: the system's trust store; verification is never off
    proxy: str = field(default="", repr=False)  # none is taken from the environment
    processes: int = 1  # that share the tenant's limits: each keeps to its part

    @property
    def is_set_up(self) -> bool:
        """Tell whether everything is given that a sign-in needs."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the settings that are still to be given, as people write them."""
        named = {"DEFENDER_API_TENANT": self.tenant, "DEFENDER_API_CLIENT_ID": self.client_id}
        absent = [name for name, value in named.items() if not value]
        if not self.client_secret and not self.certificate:
            absent.append("DEFENDER_API_CLIENT_SECRET or DEFENDER_API_CERTIFICATE")
        if self.certificate and not self.certificate_key:
            absent.append("DEFENDER_API_CERTIFICATE_KEY")
        return tuple(absent)


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """How long a call may take, and how much it may bring."""

    connect: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=30)
    call: timedelta = timedelta(seconds=60)  # one answer from first to last byte
    patience: timedelta = timedelta(seconds=30)  # for limits, in all: longer is said instead of waited
    confirm_pauses: tuple[timedelta, ...] = (  # between the reads after a write
        timedelta(seconds=0),
        timedelta(seconds=1),
        timedelta(seconds=2),
        timedelta(seconds=5),
    )
    answer_bytes: int = 16_000_000
    page: int = 1_000  # items; the API's own limit is 10,000


@dataclass(frozen=True, slots=True)
class TenantIndicator:
    """An indicator as the tenant has it. ``type`` and ``action`` may be others than the portal makes.

    ``expiration_time`` None = never; ``rbac_group_names`` empty = all PCs of the tenant.
    """

    id: str
    value: str
    type: str
    action: str
    title: str = ""
    description: str = ""
    expiration_time: datetime | None = None
    rbac_group_names: tuple[str, ...] = ()
    application: str = ""
    source: str = ""
    source_type: str = ""
    created_by: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_allow(self) -> bool:
        """Tell whether it allows."""
        return self.action == ALLOWED

    @property
    def is_ours(self) -> bool:
        """Tell whether the portal made it: people and other programs carry other marks."""
        return self.source_type == MADE_BY_APPLICATION and self.application == APPLICATION

    @property
    def is_for_everyone(self) -> bool:
        """Tell whether it holds on all PCs of the tenant."""
        return not self.rbac_group_names

    def is_active(self, *, now: datetime) -> bool:
        """Tell whether it has not yet expired (the end itself is outside)."""
        return self.expiration_time is None or now < self.expiration_time


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal came to: read to be gone. ``others`` still decide about the value, and are not the portal's."""

    was_there: bool
    others: tuple[TenantIndicator, ...] = ()


@dataclass(frozen=True, slots=True)
class IndicatorCount:
    """How full the tenant is."""

    active: int
    most: int = MOST_INDICATORS
    warn_from: int = NEARLY_FULL

    @property
    def is_nearly_full(self) -> bool:
        """Tell whether pages should warn."""
        return self.active >= self.warn_from

    @property
    def is_full(self) -> bool:
        """Tell whether not one more fits."""
        return self.active >= self.most


@dataclass(frozen=True, slots=True)
class TenantMachine:
    """A PC as the tenant knows it; empty texts are what the tenant did not say."""

    id: str
    name: str
    os_platform: str = ""
    last_seen: datetime | None = None
    health_status: str = ""
    onboarding_status: str = ""
    device_group: str = ""  # rbacGroupName


@dataclass(frozen=True, slots=True)
class TenantAlert:
    """An alert of one PC, as far as the evidence of a case needs it."""

    id: str
    title: str
    severity: str = ""
    status: str = ""
    category: str = ""
    detection_source: str = ""
    machine_id: str = ""
    last_event_at: datetime | None = None
    urls: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
