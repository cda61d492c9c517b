"""How the tests speak to the lab's tenant: the real client over HTTPS, with a clock that only moves when told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from portal.demo.lab.defender_api.server import DefenderApi
from troubleshooting.tenant.base import IndicatorType, TenantIndicator, TenantLimits, TenantSettings
from troubleshooting.tenant.client import TenantClient
from troubleshooting.tenant.indicators import Indicators, WantedIndicator
from troubleshooting.tenant.limiter import SlidingWindows
from troubleshooting.tenant.lookups import Lookups
from troubleshooting.tenant.wire import Timing

END = datetime(2090, 5, 4, 3, 2, 1, tzinfo=UTC)
LIMITS = TenantLimits(
    connect=timedelta(seconds=5),
    silence=timedelta(seconds=5),
    call=timedelta(seconds=20),
    patience=timedelta(seconds=30),
)
HASTY = replace(LIMITS, silence=timedelta(milliseconds=200))


@dataclass
class Clock:
    """A clock that moves by being slept on; ``slept`` tells how."""

    at: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.at += seconds

    @property
    def waits(self) -> list[float]:
        """Return the sleeps that took time."""
        return [seconds for seconds in self.slept if seconds]


def settings_for(api: DefenderApi, **further: Any) -> TenantSettings:
    return replace(
        TenantSettings(
            tenant=api.tenant.tenant_id,
            client_id=api.tenant.client_id,
            client_secret=api.tenant.client_secret,
            host=api.url,
            authority=api.url,
            ca_file=api.ca_file,
        ),
        **further,
    )


def freely() -> None:
    """Let every call that writes be sent."""


class Speaker:
    """A client of the lab's tenant with its clock; ``further`` are settings. closed after the test."""

    opened: ClassVar[list[Speaker]] = []

    def __init__(
        self,
        api: DefenderApi,
        *,
        limits: TenantLimits = LIMITS,
        limiter: SlidingWindows | None = None,
        timing: Timing | None = None,
        **further: Any,
    ) -> None:
        self.clock = Clock()
        timing = timing or Timing(self.clock.now, self.clock.sleep)
        self.client = TenantClient(settings_for(api, **further), limits=limits, timing=timing, limiter=limiter)
        Speaker.opened.append(self)
        self.indicators = Indicators(self.client)
        self.lookups = Lookups(self.client)

    @classmethod
    def close_all(cls) -> None:
        """Close every client that was made."""
        while cls.opened:
            cls.opened.pop().client.close()

    def allow(self, value: str = "invoices.contoso-partner.example", **further: Any) -> TenantIndicator:
        """Put an allow there, for the group Finance unless ``further`` says otherwise."""
        wanted: dict[str, Any] = {
            "type": IndicatorType.DOMAIN_NAME,
            "title": "NP-2026-00001",
            "description": "Wrongly blocked",
            "expires_at": END,
            "groups": () if further.get("for_everyone") else ("Finance",),
            "for_everyone": False,
        }
        may_write = further.pop("may_write", freely)
        return self.indicators.put(WantedIndicator(value, **(wanted | further)), may_write=may_write)
