"""The evidence of one visit: what the device said, unjudged.

Every field is ``None`` where the device did not say (not asked yet, refused, or the property does not exist on an
older platform); silence is never read as "fine". Names follow the properties of Windows
(docs/reference/defender-cmdlets.md, sections 2 to 6), in snake case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Where a snapshot comes from."""

    VISIT = "visit"
    FILE = "file"  # the support files of the PC: what they do not say cannot be asked


class ReadState(StrEnum):
    """How far the reading of one catalogue entry has come."""

    WAITING = "waiting"  # not answered yet
    ANSWERED = "answered"
    ABSENT = "absent"  # the device says that there is no such thing (key, namespace, log entry)
    REFUSED = "refused"  # access denied
    FAILED = "failed"  # any other error, or the deadline passed


@dataclass(frozen=True, slots=True)
class Reading:
    """State of one catalogue entry in a visit, with the device's own words where it failed."""

    state: ReadState
    error_code: str | None = None  # a DeviceErrorCode value
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """Win32_OperatingSystem."""

    caption: str | None = None
    version: str | None = None
    build: int | None = None
    sku: int | None = None
    product_type: int | None = None  # 1 workstation, 2 domain controller, 3 server
    name: str | None = None
    last_boot_at: datetime | None = None
    local_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class WindowsVersion:
    """Registry CurrentVersion."""

    edition_id: str | None = None
    ubr: int | None = None


@dataclass(frozen=True, slots=True)
class ComputerStatus:
    """Get-MpComputerStatus, section 2."""

    running_mode: str | None = None
    real_time_protection: bool | None = None
    behavior_monitor: bool | None = None
    on_access_protection: bool | None = None
    network_inspection: bool | None = None
    tamper_protected: bool | None = None
    tamper_protection_source: str | None = None
    product_version: str | None = None
    engine_version: str | None = None
    signature_version: str | None = None
    signature_updated_at: datetime | None = None
    signature_age_days: int | None = None
    signatures_out_of_date: bool | None = None
    troubleshooting_mode: str | None = None


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list preference: its entries, or the fact that this account may not read it (``N/A: …``)."""

    entries: tuple[str, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Preferences:
    """Get-MpPreference, sections 3 and 4; enumerations as numbers."""

    network_protection: int | None = None  # 0 off, 1 block, 2 audit
    maps_reporting: int | None = None  # 0 off, 1 basic, 2 advanced
    allow_network_protection_on_win_server: bool | None = None
    allow_network_protection_down_level: bool | None = None
    allow_datagram_processing_on_win_server: bool | None = None
    disable_datagram_processing: bool | None = None
    disable_network_protection_perf_telemetry: bool | None = None
    disable_ftp_parsing: bool | None = None
    disable_ssh_parsing: bool | None = None
    disable_rdp_parsing: bool | None = None
    disable_http_parsing: bool | None = None
    disable_smtp_parsing: bool | None = None
    disable_dns_over_tcp_parsing: bool | None = None
    disable_dns_parsing: bool | None = None
    disable_inbound_connection_filtering: bool | None = None
    disable_tls_parsing: bool | None = None
    allow_switch_to_async_inspection: bool | None = None
    enable_convert_warn_to_block: bool | None = None
    force_use_proxy_only: bool | None = None
    proxy_server: str | None = None
    proxy_pac_url: str | None = None
    proxy_bypass: ListValue | None = None
    exclusion_ip_address: ListValue | None = None
    exclusion_process: ListValue | None = None


@dataclass(frozen=True, slots=True)
class AntivirusProduct:
    """One row of root/SecurityCenter2 AntiVirusProduct."""

    name: str
    product_state: int | None = None
    executable: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One registry key: its values by name, or ``None`` where the key is absent.

    Source: docs/reference/defender-cmdlets.md section 6.
    """

    path: str
    values: tuple[tuple[str, str | int], ...] | None = None

    def get(self, name: str) -> str | int | None:
        """Return the value of that name (any case), or None."""
        wanted = name.casefold()
        return next((value for key, value in self.values or () if key.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class Computer:
    """Win32_ComputerSystem."""

    name: str | None = None
    domain: str | None = None
    domain_role: int | None = None
    user_name: str | None = None  # at the console; None when nobody, or only a remote session


@dataclass(frozen=True, slots=True)
class Onboarding:
    """Defender for Endpoint onboarding."""

    state: int | None = None  # 1 = onboarded


@dataclass(frozen=True, slots=True)
class BrowserPolicy:
    """Policies of one browser that hide traffic from network protection; None = not set.

    Source: docs/reference/checks.md section 5, C6 to C8.
    """

    browser: str  # "chrome", "edge" or "firefox"
    present: bool = False
    quic_allowed: bool | None = None
    encrypted_client_hello: bool | None = None
    smart_screen: bool | None = None


@dataclass(frozen=True, slots=True)
class CloudConnectivity:
    """Lines of MpCmdRun -ValidateMapsConnection, read."""

    connected: bool | None = None  # None: neither the success nor a failure line was there
    hresult: str | None = None  # "0x80072EE7"
    http_code: int | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WinHttpProxy:
    """netsh winhttp show proxy; the words are localised, so only what is sure is read."""

    direct: bool | None = None
    server: str | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """The device's clock beside the portal's at the same moment; both aware."""

    device: datetime
    portal: datetime

    @property
    def skew_s(self) -> float:
        """Seconds that the device is ahead of the portal."""
        return (self.device - self.portal).total_seconds()


@dataclass(frozen=True, slots=True)
class ProtectionEvent:
    """One event of Windows Defender/Operational, raw XML beside what was read.

    Source: docs/reference/events.md sections 2 and 3.
    """

    event_id: int
    recorded_at: datetime  # System/TimeCreated, UTC, device clock
    record_id: int | None = None
    computer: str | None = None
    destination: str | None = None  # 1125, 1126
    process_name: str | None = None
    user: str | None = None
    detected_at: datetime | None = None
    rule_id: str | None = None
    product_version: str | None = None
    old_value: str | None = None  # 5007
    new_value: str | None = None
    changed_type: str | None = None  # 5013
    value: str | None = None
    xml: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NameResolution:
    """Resolve-DnsName for the reported host; no addresses where the device says that there is no such name."""

    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortTest:
    """Test-NetConnection to the reported host."""

    is_open: bool | None = None
    address: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Invoke-WebRequest of the reported page, which is asked only of a site that was reported as safe."""

    was_reached: bool | None = None  # a server answered, with whatever status


@dataclass(frozen=True, slots=True)
class LogReading:
    """How much of the log the events stand for."""

    returned: int | None = None  # records that came, read or not; None: as many as there are events
    unread: int = 0  # of these, the ones that could not be read
    broke_off: bool = False  # an error came with them, or the answer was cut
    begins_at: datetime | None = None  # the oldest record of any kind, device clock; None where it was not told
    is_empty: bool = False  # the device says that there is no record of any kind

    @property
    def is_whole(self) -> bool:
        """Tell whether everything that was asked for came and could be read."""
        return not (self.broke_off or self.unread)


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """What the portal's own endpoint says about itself; other endpoints are not asked."""

    version: str | None = None
    roles: str | None = None  # "reading", or "reading, changing"
    account: str | None = None  # the virtual account that runs the commands
    caller: str | None = None  # who signed in


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one visit brought home, or that the support files of a PC say."""

    collected_at: datetime
    source: Source = Source.VISIT
    readings: tuple[tuple[str, Reading], ...] = ()  # by catalogue name; what is missing is WAITING
    operating_system: OperatingSystem | None = None
    windows_version: WindowsVersion | None = None
    computer_status: ComputerStatus | None = None
    preferences: Preferences | None = None
    antivirus_products: tuple[AntivirusProduct, ...] | None = None
    policy_keys: tuple[PolicyKey, ...] = ()
    computer: Computer | None = None
    onboarding: Onboarding | None = None
    browser_policies: tuple[BrowserPolicy, ...] = ()
    clock: DeviceClock | None = None
    cloud_connectivity: CloudConnectivity | None = None
    winhttp_proxy: WinHttpProxy | None = None
    events: tuple[ProtectionEvent, ...] | None = None  # None: the log could not be read
    events_since: datetime | None = None  # how far back they reach, where that is not the span of a visit
    log: LogReading = LogReading()
    name_resolution: NameResolution | None = None
    port_test: PortTest | None = None
    page_request: PageRequest | None = None
    endpoint: EndpointFacts | None = None

    def reading(self, name: str) -> Reading:
        """Return the state of a catalogue entry; WAITING where it has not been answered."""
        return dict(self.readings).get(name, Reading(ReadState.WAITING))

    def policy(self, path_end: str, name: str) -> str | int | None:
        """Return a policy value by the end of its key's path and its name (any case), or None."""
        wanted = path_end.casefold()
        found = (key for key in self.policy_keys if key.path.casefold().endswith(wanted))
        return next((value for key in found if (value := key.get(name)) is not None), None)
