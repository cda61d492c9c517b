"""One simulated Windows PC: a small state that commands read and change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from portal.demo.lab import events, preferences, registry, tasks
from portal.demo.lab.defender_classes import COMPUTER_STATUS, PREFERENCE
from portal.demo.lab.endpoint import Endpoint
from portal.demo.lab.engine import Engine
from portal.demo.lab.faults import Fault, FaultSet, FaultSettings
from portal.demo.lab.registry import Registry
from portal.demo.lab.sites import Site, host_of, visible_part
from portal.demo.lab.tasks import ScheduledTask
from portal.demo.lab.windows_classes import ANTIVIRUS_PRODUCT, OPERATING_SYSTEM

__all__ = ["Fault", "FaultSettings", "SimulatedPC", "Visit"]

CHROME = r"C:\Program Files\Google\Chrome\Application\chrome.exe"
HOME_SKUS = frozenset({98, 99, 100, 101})
SERVER_TYPES = frozenset({2, 3})


class Visit(StrEnum):
    """How a visit to a site went."""

    OPENED = "opened"
    AUDITED = "audited"  # opened, and event 1125
    BLOCKED = "blocked"  # the connection was ended, and event 1126


@dataclass(frozen=True)
class MapsFailure:
    """Why the cloud is not reached."""

    hresult: str
    http_code: int | None = None


def system_clock() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.fromtimestamp(time.time(), tz=UTC)


@dataclass
class SimulatedPC:
    """A PC; the defaults are a healthy, managed Windows 11 Enterprise in block mode."""

    hostname: str = "PC-0142"
    domain: str = "lab.example"
    part_of_domain: bool = True
    console_user: str | None = "LAB\\emma"
    allowed_accounts: frozenset[str] | None = None  # None: every account that can sign in
    endpoints: frozenset[str] | None = None  # None: every configuration name is registered
    max_shells: int = 30
    engine: Engine = Engine.RECORDED
    restricted: Mapping[str, Endpoint] = field(default_factory=dict)  # by name in lower case: made of registered files
    hidden_commands: frozenset[str] = frozenset()  # that the endpoint does not show, whatever else it does
    full_language: bool = False  # the administrators' endpoint: whole objects may be asked for
    operating_system: dict[str, Any] = field(default_factory=lambda: dict(OPERATING_SYSTEM.defaults))
    windows_version: dict[str, Any] = field(
        default_factory=lambda: {
            "EditionID": "Enterprise",
            "ProductName": "Windows 10 Enterprise",
            "DisplayVersion": "24H2",
            "ReleaseId": "2009",
            "CurrentBuild": "26100",
            "UBR": 2161,
        }
    )
    status: dict[str, Any] = field(default_factory=lambda: dict(COMPUTER_STATUS.defaults))
    preferences: dict[str, Any] = field(default_factory=lambda: dict(PREFERENCE.defaults))
    registry: Registry = field(default_factory=dict)
    antivirus_products: list[dict[str, Any]] | None = field(  # None: no such namespace (servers)
        default_factory=lambda: [dict(ANTIVIRUS_PRODUCT.defaults)]
    )
    log: events.EventLog = field(default_factory=events.EventLog)
    log_begins: timedelta | None = timedelta(days=60)  # before now, by records of other kinds; None: there are none
    files: dict[str, bytes] = field(default_factory=dict)
    written_at: dict[str, datetime] = field(default_factory=dict)  # when, by path; else at start-up
    tasks: dict[str, ScheduledTask] = field(default_factory=dict)
    winhttp_proxy: str | None = None
    maps_failure: MapsFailure | None = None
    required_proxy: str | None = None  # with this one as Defender's ProxyServer the cloud is reached after all
    sites: dict[str, Site] = field(default_factory=dict)
    tenant_allows: Callable[[str], bool] = lambda _host: False  # what indicators of a tenant let pass here, at once
    clock_offset: timedelta = timedelta(0)  # how far the PC's clock is ahead
    time_zone: timezone = timezone(timedelta(hours=1))
    clock: Callable[[], datetime] = system_clock
    fault_settings: FaultSettings = field(default_factory=FaultSettings)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        """Fill in what depends on the name and on the clock."""
        self._faults = FaultSet()
        self.booted_at = self.now() - timedelta(days=2, hours=3)
        registry.mirror(self.registry, self.preferences)

    @property
    def faults(self) -> FaultSet:
        """The faults that are on."""
        return self._faults

    @faults.setter
    def faults(self, faults: Iterable[Fault]) -> None:
        self._faults.replace(faults)

    @property
    def full_name(self) -> str:
        """The name with its domain."""
        return f"{self.hostname}.{self.domain}" if self.part_of_domain else self.hostname

    @property
    def platform(self) -> str:
        """Defender's platform version."""
        return str(self.status["AMProductVersion"])

    def now(self) -> datetime:
        """Return the moment by the PC's own clock, in its time zone."""
        return (self.clock() + self.clock_offset).astimezone(self.time_zone)

    def admits(self, user: str) -> bool:
        """Tell whether the account may open a session."""
        allowed = self.allowed_accounts
        return allowed is None or user.casefold() in {account.casefold() for account in allowed}

    def has_endpoint(self, name: str) -> bool:
        """Tell whether a session configuration of that name is registered."""
        return name.casefold() in self.restricted or self.endpoints is None or name in self.endpoints

    @property
    def protection_mode(self) -> int:
        """The mode in which network protection really works: 0 off, 1 block, 2 audit."""
        return int(preferences.in_force(self)["EnableNetworkProtection"]) if self._can_protect() else 0

    @property
    def cloud_failure(self) -> MapsFailure | None:
        """Why Defender does not reach the cloud; None when it does."""
        if Fault.DEFENDER_STOPPED in self.faults:
            return MapsFailure("0x800106BA")
        proxy = preferences.in_force(self)["ProxyServer"]
        return None if proxy and proxy == self.required_proxy else self.maps_failure

    def _can_protect(self) -> bool:
        settings = preferences.in_force(self)
        works = (
            Fault.DEFENDER_STOPPED not in self.faults
            and self.status["AMRunningMode"] == "Normal"
            and self.is_real_time_protected
            and settings["MAPSReporting"] in {1, 2}
            and self.cloud_failure is None
            and self.operating_system["OperatingSystemSKU"] not in HOME_SKUS
        )
        is_server = self.operating_system["ProductType"] in SERVER_TYPES
        return works and (not is_server or bool(settings["AllowNetworkProtectionOnWinServer"]))

    @property
    def is_real_time_protected(self) -> bool:
        """Tell whether real-time protection is on."""
        is_off = preferences.in_force(self)["DisableRealtimeMonitoring"]
        return bool(self.status["RealTimeProtectionEnabled"]) and not is_off

    def visit(self, url: str, *, program: str = CHROME, user: str | None = None, at: datetime | None = None) -> Visit:
        """Open a site as the employee would; Microsoft's verdict and the settings decide what happens."""
        with self.lock:
            mode = self.protection_mode
            site = self.sites.get(host_of(url))
            if mode == 0 or site is None or not site.is_blocked:
                return Visit.OPENED
            if self._is_excluded(site, program) or self.tenant_allows(host_of(url)):
                return Visit.OPENED
            event_id = events.BLOCKED if mode == 1 else events.AUDITED
            self.log.add(
                events.protection_event(
                    event_id,
                    at=at or self.now(),
                    version=self.platform,
                    user=user or self.console_user or "(unknown user)",
                    destination=visible_part(url),
                    program=program,
                )
            )
            return Visit.BLOCKED if mode == 1 else Visit.AUDITED

    def _is_excluded(self, site: Site, program: str) -> bool:
        settings = preferences.in_force(self)
        name = program.rpartition("\\")[2].casefold()
        processes = {entry.casefold() for entry in settings["ExclusionProcess"]}
        return (
            name == "msedge.exe"
            or site.address in settings["ExclusionIpAddress"]
            or not processes.isdisjoint({name, program.casefold()})
        )

    def set_preferences(self, values: Mapping[str, Any]) -> None:
        """Change Defender's settings as Set-MpPreference on the PC itself would."""
        preferences.set_values(self, values)

    def tick(self, now: datetime) -> None:
        """Run the scheduled tasks whose one-time trigger is due."""
        with self.lock:
            for task in tuple(self.tasks.values()):
                if tasks.is_due(task, now):
                    task.has_run = True
                    self._run_task(task)

    def reboot(self) -> None:
        """Start again: tasks with a start-up trigger run."""
        with self.lock:
            self.booted_at = self.now()
            for task in tuple(self.tasks.values()):
                if tasks.runs_at_startup(task):
                    self._run_task(task)

    def _run_task(self, task: ScheduledTask) -> None:
        self.set_preferences(tasks.settings_of(task))
