"""Every command that may leave the portal for a device: docs/reference/device-commands.md (what changes: ``changing``).

An entry is a constant, or comes from a function that checks its arguments. Nothing else can be sent: ``psrp`` asks
:func:`is_known` before it sends. The portal's own endpoint is made from these entries (``endpoint``); it shows no
programs, because an endpoint cannot limit their arguments, but a function for each (:func:`form_for`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines import changing, collecting, patterns, properties
from troubleshooting.machines.collecting import MP_CMD_RUN
from troubleshooting.machines.pipeline import Cmdlet, Entry, Shape, cmdlet, rendered, select

__all__ = ["PREREQUISITE_READS", "Entry", "is_known", "prerequisite_visit", "rendered"]

# The session configurations of the portal's own endpoint: the first reads, the second changes as well.
READING_ENDPOINT = "NetworkProtectionPortal.Reading"
CHANGING_ENDPOINT = "NetworkProtectionPortal.Changing"

NETSH = r"C:\Windows\System32\netsh.exe"
DEFENDER_LOG = "Microsoft-Windows-Windows Defender/Operational"
LONGEST_PERIOD = timedelta(days=30)

_HOST_NAME = re.compile(patterns.HOST_NAME)
_LOCAL_PATH = re.compile(patterns.LOCAL_PATH)
_URL = re.compile(patterns.SENT_WEB_ADDRESS)


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
    xpath = event_filter(condition, since // timedelta(milliseconds=1))
    read = cmdlet("Get-WinEvent", LogName=log, FilterXPath=xpath, MaxEvents=most)
    to_xml = cmdlet("ForEach-Object", MemberName="ToXml")
    return Entry(name, (read, to_xml), _seconds(45), shape=Shape.XML, required=False)


def event_filter(condition: str, milliseconds: int | str) -> str:
    """Return the XPath for events of the last milliseconds."""
    return f"*[System[{condition} and TimeCreated[timediff(@SystemTime) <= {milliseconds}]]]"


PROTECTION_EVENTS = "(EventID=1125 or EventID=1126 or EventID=5007 or EventID=5013)"
NETLOGON_EVENTS = "Provider[@Name='NETLOGON'] and (EventID=5783)"
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
ENDPOINT = Entry(  # asked of the portal's own endpoint only
    "endpoint",
    (cmdlet("Get-PortalEndpoint"), select(*properties.ENDPOINT)),
    _seconds(20),
    quick=True,
    properties=properties.ENDPOINT,
)
# What each function of the portal's own endpoint runs, with the whole path, and the entry that it stands for.
PROGRAMS: Mapping[str, tuple[Cmdlet, Entry]] = {
    "Get-PortalWinHttpProxy": (cmdlet(NETSH, "winhttp", "show", "proxy"), WINHTTP_PROXY),
    "New-PortalSupportFiles": (collecting.COLLECT.command, collecting.COLLECT),
    "Test-PortalCloudConnection": (CLOUD_CONNECTIVITY.command, CLOUD_CONNECTIVITY),
}
# Where the log begins: what was logged before is gone, so the absence of an event means nothing for that time.
LOG_START = Entry(
    "log_start",
    (cmdlet("Get-WinEvent", LogName=DEFENDER_LOG, MaxEvents=1, Oldest=None), select(*properties.LOG_START)),
    _seconds(45),
    required=False,
    properties=properties.LOG_START,
)
SECURE_CHANNEL = Entry("secure_channel", (cmdlet("Test-ComputerSecureChannel"),), _seconds(45), shape=Shape.VALUE)


def protection_events(since: timedelta) -> Entry:
    """Read the network protection events of that period (docs/reference/events.md section 2)."""
    return _events("protection_events", DEFENDER_LOG, PROTECTION_EVENTS, since=since, most=500)


def netlogon_events(since: timedelta) -> Entry:
    """Read the cancelled calls to a domain controller of that period (docs/reference/events.md section 5)."""
    return _events("netlogon_events", "System", NETLOGON_EVENTS, since=since, most=100)


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
    try:
        address = urlsplit(url if _URL.match(url) else "")
    except ValueError:  # brackets that hold no IPv6 address
        address = urlsplit("")
    if not address.hostname or "@" in address.netloc:
        raise InvalidArgument("Only a plain http or https address can be requested.")
    read = cmdlet(
        "Invoke-WebRequest", Uri=url, Method="Head", UseBasicParsing=None, TimeoutSec=20, MaximumRedirection=0
    )
    return Entry("request_page", (read, select("StatusCode")), _seconds(40), properties=("StatusCode",))


def file_facts(path: str) -> tuple[Entry, Entry]:
    """Read size, time and SHA-256 of a local file; raises InvalidArgument for anything but a full local path."""
    if not _LOCAL_PATH.match(path):
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
    if _HOST_NAME.match(host):
        return host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise InvalidArgument("This is neither a host name nor an IP address.") from None
    if "%" in host:  # what follows would be any text
        raise InvalidArgument("An IP address stands here without its zone.")
    return str(address)


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


def prerequisite_visit(since: timedelta, *, configuration_name: str = "") -> tuple[Entry, ...]:
    """Return what one visit asks: everything the checks need, and the protection events of that period.

    The portal's own endpoint is also asked which version it is.
    """
    about = (ENDPOINT,) if is_own_endpoint(configuration_name) else ()
    return (CLOCK, *about, *PREREQUISITE_READS[1:], protection_events(since))


# without arguments
_READS: tuple[Entry, ...] = (*PREREQUISITE_READS, LOG_START, SECURE_CHANNEL, collecting.COLLECT)
OWN_FUNCTIONS = frozenset({ENDPOINT.command.name, collecting.read_support_files(0, 1).command.name, *PROGRAMS})
_EXAMPLE = datetime(2026, 1, 1, tzinfo=UTC)
_FUNCTIONS: Mapping[Entry, Entry] = {
    entry: replace(entry, pipeline=(cmdlet(name),)) for name, (_, entry) in PROGRAMS.items()
}
_ON_OWN_ENDPOINT: frozenset[Entry] = frozenset({ENDPOINT, *_FUNCTIONS.values()})
_READ_WITH_ARGUMENTS: tuple[Entry, ...] = (
    protection_events(timedelta(hours=24)),
    netlogon_events(timedelta(hours=24)),
    resolve_name("example.com"),
    test_port("example.com", port=443),
    request_page("https://example.com/"),
    *file_facts(r"C:\Windows\example.txt"),
    collecting.read_support_files(0, 1),
)
_CHANGED_WITH_ARGUMENTS: tuple[Entry, ...] = (
    changing.set_protection_mode(changing.ProtectionMode.ENABLED),
    changing.set_restore_task(1, back_to=changing.ProtectionMode.ENABLED, at=_EXAMPLE),
    changing.remove_restore_task(1),
    changing.restore_task_state(1),
    *(
        change(kind, value)
        for kind, value in ((ExclusionKind.IP_ADDRESS, "192.0.2.1"), (ExclusionKind.PROCESS, r"C:\Example\app.exe"))
        for change in (changing.add_exclusion, changing.remove_exclusion)
    ),
)
_ASKED_WITH_ARGUMENTS: tuple[Entry, ...] = (*_CHANGED_WITH_ARGUMENTS, *_READ_WITH_ARGUMENTS)


def _all_commands() -> tuple[str, ...]:
    """Return the name of every command of the catalogue, in the forms for both kinds of endpoint."""
    entries = (*_READS, *_ON_OWN_ENDPOINT, *_ASKED_WITH_ARGUMENTS)
    return tuple(sorted({part.name for entry in entries for part in entry.pipeline}))


CANARY = "Invoke-Expression"  # never sent, only asked about: an endpoint that shows it shows everything
SHOWN_COMMANDS = Entry(
    "shown_commands",
    (
        cmdlet("Get-Command", Name=(*_all_commands(), CANARY)),
        select(*properties.SHOWN_COMMAND),
    ),
    _seconds(30),
    shape=Shape.OBJECTS,
    required=False,
    properties=properties.SHOWN_COMMAND,
)
_FIXED: frozenset[Entry] = frozenset({*_READS, ENDPOINT, SHOWN_COMMANDS})


def _outline(entry: Entry) -> tuple[object, ...]:
    """Return an entry without its values: name and, for each cmdlet, its name and its parameters' names."""
    return (entry.name, *((part.name, *(parameter.name for parameter in part.parameters)) for part in entry.pipeline))


_OUTLINES: frozenset[tuple[object, ...]] = frozenset(map(_outline, _ASKED_WITH_ARGUMENTS))


def is_known(entry: Entry) -> bool:
    """Tell whether an entry is one of this catalogue, as it stands or made by one of its functions."""
    return entry in _FIXED or entry in _ON_OWN_ENDPOINT or _outline(entry) in _OUTLINES


def is_own_endpoint(configuration_name: str) -> bool:
    """Tell whether this is the name of one of the portal's own session configurations (case does not count)."""
    return configuration_name.casefold() in {READING_ENDPOINT.casefold(), CHANGING_ENDPOINT.casefold()}


def form_for(configuration_name: str, entry: Entry) -> Entry:
    """Return an entry as it is sent to that endpoint: on the portal's own, a function stands for each program."""
    return _FUNCTIONS.get(entry, entry) if is_own_endpoint(configuration_name) else entry


def entries_by_role() -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Return what the portal's own endpoint shows to who reads, and what it shows besides to who changes."""
    fixed = (ENDPOINT, *(form_for(READING_ENDPOINT, entry) for entry in _READS))
    return (*fixed, *_READ_WITH_ARGUMENTS), _CHANGED_WITH_ARGUMENTS
