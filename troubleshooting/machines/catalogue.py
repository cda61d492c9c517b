"""Every command that may leave the portal for a device: docs/reference/device-commands.md (what changes: ``changing``).

An entry is a constant, or comes from a function that checks its arguments. Nothing else can be sent: ``psrp`` asks
:func:`is_known` before it sends, and the role capability of a JEA endpoint is made from :data:`VISIBLE`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines import changing, properties
from troubleshooting.machines.pipeline import Entry, Shape, cmdlet, rendered, select

__all__ = ["PREREQUISITE_READS", "VISIBLE", "Entry", "is_known", "prerequisite_visit", "rendered"]

MP_CMD_RUN = r"C:\Program Files\Windows Defender\MpCmdRun.exe"
DEFENDER_LOG = "Microsoft-Windows-Windows Defender/Operational"
LONGEST_PERIOD = timedelta(days=30)

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?\Z")
_LOCAL_PATH = re.compile(r'[A-Za-z]:\\[^\x00-\x1f<>:"|?*/]{1,250}\Z')
_URL = re.compile(r"https?://[\x21-\x7e]{1,2000}\Z")


class InvalidArgument(ValueError):
    """A value may not become a parameter of a command."""


def _seconds(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


def _cim(name: str, wanted: tuple[str, ...], *, required: bool = True, **parameters: str) -> Entry:
    """Read a CIM class; only what is wanted, for a whole CIM object carries its class declaration along."""
    return Entry(
        name=name,
        pipeline=(cmdlet("Get-CimInstance", **parameters), select(*wanted)),
        deadline=_seconds(20),
        shape=Shape.OBJECT if required else Shape.OBJECTS,
        quick=True,
        required=required,
        properties=wanted,
    )


def _registry(name: str, key: str, wanted: tuple[str, ...]) -> Entry:
    """Read values of one key; ``PSPath`` lets the answer tell which. A key without any value answers nothing."""
    names = (*wanted, "PSPath")
    return Entry(
        name=name,
        pipeline=(cmdlet("Get-ItemProperty", Path=key), select(*names)),
        deadline=_seconds(20),
        quick=True,
        required=False,
        properties=names,
        key=key,
    )


def _defender(name: str, command: str, wanted: tuple[str, ...]) -> Entry:
    return Entry(name, (cmdlet(command), select(*wanted)), _seconds(30), quick=True, properties=wanted)


def _events(name: str, log: str, condition: str, *, since: timedelta, most: int) -> Entry:
    """Read events as XML (docs/reference/events.md section 6); the record itself would lose its data on the way."""
    if not timedelta(0) < since <= LONGEST_PERIOD:
        raise InvalidArgument(f"The period must be longer than nothing and at most {LONGEST_PERIOD.days} days.")
    milliseconds = since // timedelta(milliseconds=1)
    xpath = f"*[System[{condition} and TimeCreated[timediff(@SystemTime) <= {milliseconds}]]]"
    read = cmdlet("Get-WinEvent", LogName=log, FilterXPath=xpath, MaxEvents=most)
    to_xml = cmdlet("ForEach-Object", MemberName="ToXml")
    return Entry(name, (read, to_xml), _seconds(45), shape=Shape.XML, required=False)


CLOCK = Entry("clock", (cmdlet("Get-Date"),), _seconds(10), shape=Shape.MOMENT, quick=True)
# The last statement of every batch: it always speaks, if only to be refused, so what was silent before it had its turn.
CLOSING = replace(CLOCK, name="end_of_batch")
OPERATING_SYSTEM = _cim("operating_system", properties.OPERATING_SYSTEM, ClassName="Win32_OperatingSystem")
COMPUTER = _cim("computer", properties.COMPUTER, ClassName="Win32_ComputerSystem")
ANTIVIRUS_PRODUCTS = _cim(
    "antivirus_products",
    properties.ANTIVIRUS_PRODUCT,
    required=False,
    Namespace="root/SecurityCenter2",
    ClassName="AntiVirusProduct",
)
WINDOWS_VERSION = _registry(
    "windows_version", r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion", properties.WINDOWS_VERSION
)
ONBOARDING = _registry(
    "onboarding", r"HKLM:\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status", properties.ONBOARDING
)
COMPUTER_STATUS = _defender("computer_status", "Get-MpComputerStatus", properties.COMPUTER_STATUS)
PREFERENCES = _defender("preferences", "Get-MpPreference", properties.PREFERENCES)
POLICY_VALUES: Mapping[str, Entry] = {
    part: _registry(f"policy_values:{part}", key, wanted) for part, (key, wanted) in properties.POLICY_KEYS.items()
}
BROWSER_POLICIES: Mapping[str, Entry] = {
    browser: _registry(f"browser_policies:{browser}", key, properties.BROWSER_POLICY)
    for browser, key in properties.BROWSER_KEYS.items()
}
WINHTTP_PROXY = Entry(
    "winhttp_proxy",
    (cmdlet("netsh.exe", "winhttp", "show", "proxy"),),
    _seconds(20),
    shape=Shape.LINES,
    quick=True,
)
CLOUD_CONNECTIVITY = Entry(
    "cloud_connectivity", (cmdlet(MP_CMD_RUN, "-ValidateMapsConnection"),), _seconds(60), shape=Shape.LINES
)
SECURE_CHANNEL = Entry("secure_channel", (cmdlet("Test-ComputerSecureChannel"),), _seconds(45), shape=Shape.VALUE)


def protection_events(since: timedelta) -> Entry:
    """Read the network protection events of that period (docs/reference/events.md section 2)."""
    condition = "(EventID=1125 or EventID=1126 or EventID=5007 or EventID=5013)"
    return _events("protection_events", DEFENDER_LOG, condition, since=since, most=500)


def netlogon_events(since: timedelta) -> Entry:
    """Read the cancelled calls to a domain controller of that period (docs/reference/events.md section 5)."""
    condition = "Provider[@Name='NETLOGON'] and (EventID=5783)"
    return _events("netlogon_events", "System", condition, since=since, most=100)


def resolve_name(host: str) -> Entry:
    """Resolve a name as the device does; raises InvalidArgument for what is no host name."""
    read = cmdlet("Resolve-DnsName", Name=host_name(host), DnsOnly=None, QuickTimeout=None)
    return Entry("resolve_name", (read,), _seconds(30), shape=Shape.OBJECTS, required=False)


def test_port(host: str, *, port: int) -> Entry:
    """Open a TCP connection from the device; raises InvalidArgument for a bad host or port."""
    if not 1 <= port <= 65535:
        raise InvalidArgument("A port is a number from 1 to 65535.")
    wanted = ("ComputerName", "RemoteAddress", "RemotePort", "TcpTestSucceeded")
    read = cmdlet("Test-NetConnection", ComputerName=host_name(host), Port=port, WarningAction="SilentlyContinue")
    return Entry("test_port", (read, select(*wanted)), _seconds(45), properties=wanted)


def request_page(url: str) -> Entry:
    """Ask for a page's head from the device. Never for a suspected bad site (docs/reference/device-commands.md).

    Raises InvalidArgument for anything but an http or https address in plain ASCII without a user name.
    """
    address = urlsplit(url) if _URL.match(url) else None
    if address is None or not address.hostname or "@" in address.netloc:
        raise InvalidArgument("Only a plain http or https address can be requested.")
    read = cmdlet(
        "Invoke-WebRequest", Uri=url, Method="Head", UseBasicParsing=None, TimeoutSec=20, MaximumRedirection=0
    )
    return Entry("request_page", (read, select("StatusCode")), _seconds(40), properties=("StatusCode",))


def file_facts(path: str) -> tuple[Entry, Entry]:
    """Read size, time and SHA-256 of a local file; raises InvalidArgument for anything but a full local path."""
    if not _LOCAL_PATH.match(path) or ".." in path.split("\\"):
        raise InvalidArgument("Only a full path on a local drive can be read.")
    facts, digest = ("FullName", "Length", "LastWriteTimeUtc"), ("Hash",)
    item = cmdlet("Get-Item", LiteralPath=path)
    hashed = cmdlet("Get-FileHash", LiteralPath=path, Algorithm="SHA256")
    return (
        Entry("file_facts:item", (item, select(*facts)), _seconds(60), properties=facts),
        Entry("file_facts:hash", (hashed, select(*digest)), _seconds(60), properties=digest),
    )


def host_name(host: str) -> str:
    """Return a host name or IP address unchanged in meaning; raises InvalidArgument for anything else."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if _HOST_NAME.match(host):
            return host
        raise InvalidArgument("This is neither a host name nor an IP address.") from None


# The clock comes first, so that no module has to be loaded before it answers.
PREREQUISITE_READS: tuple[Entry, ...] = (
    CLOCK,
    OPERATING_SYSTEM,
    WINDOWS_VERSION,
    COMPUTER,
    ONBOARDING,
    *POLICY_VALUES.values(),
    *BROWSER_POLICIES.values(),
    ANTIVIRUS_PRODUCTS,
    WINHTTP_PROXY,
    COMPUTER_STATUS,
    PREFERENCES,
    CLOUD_CONNECTIVITY,
)


def prerequisite_visit(since: timedelta) -> tuple[Entry, ...]:
    """Return what one visit asks: everything the checks need, and the protection events of that period."""
    return (*PREREQUISITE_READS, protection_events(since))


_EXAMPLE = datetime(2026, 1, 1, tzinfo=UTC)
_ASKED_WITH_ARGUMENTS: tuple[Entry, ...] = (
    changing.set_protection_mode(changing.ProtectionMode.ENABLED),
    changing.set_restore_task(1, back_to=changing.ProtectionMode.ENABLED, at=_EXAMPLE),
    changing.remove_restore_task(1),
    changing.restore_task_state(1),
    *(
        change(kind, value)
        for kind, value in ((ExclusionKind.IP_ADDRESS, "192.0.2.1"), (ExclusionKind.PROCESS, r"C:\Example\app.exe"))
        for change in (changing.add_exclusion, changing.remove_exclusion)
    ),
    protection_events(timedelta(hours=24)),
    netlogon_events(timedelta(hours=24)),
    resolve_name("example.com"),
    test_port("example.com", port=443),
    request_page("https://example.com/"),
    *file_facts(r"C:\Windows\example.txt"),
)
_FIXED: frozenset[Entry] = frozenset({*PREREQUISITE_READS, SECURE_CHANNEL})


def _outline(entry: Entry) -> tuple[object, ...]:
    """Return an entry without its values: name and, for each cmdlet, its name and its parameters' names."""
    return (entry.name, *((part.name, *(parameter.name for parameter in part.parameters)) for part in entry.pipeline))


_OUTLINES: frozenset[tuple[object, ...]] = frozenset(map(_outline, _ASKED_WITH_ARGUMENTS))


def is_known(entry: Entry) -> bool:
    """Tell whether an entry is one of this catalogue, as it stands or made by one of its functions."""
    return entry in _FIXED or _outline(entry) in _OUTLINES


def _visible(entries: Iterable[Entry]) -> dict[str, frozenset[str | None]]:
    allowed: dict[str, frozenset[str | None]] = {}
    for part in (part for entry in entries for part in entry.pipeline):
        names = frozenset(parameter.name for parameter in part.parameters)
        allowed[part.name] = allowed.get(part.name, frozenset()) | names
    return allowed


# Every command name with the parameters that may go with it (None: positional arguments), for a JEA endpoint.
VISIBLE: Mapping[str, frozenset[str | None]] = _visible((*_FIXED, *_ASKED_WITH_ARGUMENTS))
