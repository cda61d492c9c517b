"""What the endpoint of a simulated PC lets through: docs/reference/device-commands.md, read once more for the lab.

Written apart from the portal's own catalogue on purpose, so that a mistake in one reading meets the other.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.demo.lab import defender_classes, events, registry, tasks, windows_classes

Check = Callable[[Any], bool]

MPCMDRUN = r"C:\Program Files\Windows Defender\MpCmdRun.exe"
SUPPORT_CAB = r"C:\ProgramData\Microsoft\Windows Defender\Support\MpSupportFiles.cab"
# Of the text that pypsrp 0.9.1 sends to fetch a file.
FETCH_SCRIPT_SHA256 = "284a8f526a1860e2578ea4bfe098cf875fa8b71d313a2bdea74ef6da24a6d43e"


@dataclass(frozen=True)
class Rule:
    """One allowed use of a command."""

    parameters: Mapping[str, Check] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    positional: tuple[str, ...] = ()
    at_most: int = 99  # how many parameters at once
    selects: frozenset[str] | None = None  # names that Select-Object may ask for; None = no Select-Object
    may_be_whole: bool = False  # the answer may come without Select-Object
    to_xml: bool = False  # ForEach-Object -MemberName ToXml has to follow


def one_of(*allowed: Any) -> Check:
    """Allow these values; texts in any case."""
    texts = {value.casefold() for value in allowed if isinstance(value, str)}
    others = {value for value in allowed if not isinstance(value, str)}
    return lambda value: value.casefold() in texts if isinstance(value, str) else value in others


def matches(pattern: str) -> Check:
    """Allow texts of that form."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def is_switch(value: Any) -> bool:
    """Allow a switch parameter."""
    return value is None or value is True


def is_bool(value: Any) -> bool:
    """Allow $true and $false."""
    return isinstance(value, bool)


def number(lowest: int, highest: int) -> Check:
    """Allow whole numbers of that range."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def one(check: Check) -> Check:
    """Allow one value, alone or as a list of one."""
    return lambda value: check(value[0]) if isinstance(value, list) and len(value) == 1 else check(value)


def is_ipv4(value: Any) -> bool:
    """Allow an IPv4 address."""
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return isinstance(value, str)


def is_event_filter(value: Any) -> bool:
    """Allow the two forms of event filter."""
    return isinstance(value, str) and events.read_query(value) is not None


def is_restore_task(value: Any) -> bool:
    """Allow the XML of a task whose one action sets settings of the closed list."""
    try:
        tasks.settings_of(tasks.ScheduledTask("", value, ""))
    except (tasks.BadTask, TypeError):
        return False
    return True


def _keys(*paths: str) -> Check:
    allowed = {registry.normal(path) for path in paths}
    return lambda value: isinstance(value, str) and registry.normal(value) in allowed


def _rule(parameters: Mapping[str, Check], **further: Any) -> Rule:
    """Make a rule whose parameters are all required."""
    return Rule(parameters, required=frozenset(parameters), **further)


IS_PATH = matches(r"[A-Z]:\\[^*?<>|\"]+")
IS_PROGRAM = matches(r"[^*?<>|\"\r\n]+\.exe")
IS_HOST = matches(r"[\w.:-]{1,253}")
IS_URL = matches(r"https?://[^\s\"<>]+")
IS_PROXY = matches(r"https?://[\w.-]+:\d{1,5}")
IS_TASK_NAME = matches(r"[\w .-]{1,100}")

POLICY_KEYS = (
    registry.POLICY,
    registry.POLICY_NP,
    registry.POLICY_MANAGER,
    *(rf"{registry.POLICY}\{name}" for name in ("NIS", r"NIS\Consumers\IPS", "Spynet", "MpEngine")),
    *(rf"{registry.POLICY}\{name}" for name in ("Real-Time Protection", "Exclusions")),
    *(rf"{registry.POLICY}\Exclusions\{name}" for name in ("IpAddresses", "Processes", "Paths", "Extensions")),
    registry.LOCAL,
    registry.LOCAL_NP,
    *(rf"{registry.LOCAL}\{name}" for name in ("Spynet", "Real-Time Protection", "Features", "Exclusions")),
    *(rf"{registry.LOCAL}\Exclusions\{name}" for name in ("IpAddresses", "Processes", "Paths", "Extensions")),
    registry.ATP_POLICY,
    r"HKLM:\SOFTWARE\Microsoft\SenseCM",
)
BROWSER_KEYS = (registry.CHROME, registry.EDGE, registry.FIREFOX)
POLICY_NAMES = frozenset(
    {
        "EnableNetworkProtection",
        "AllowNetworkProtectionOnWinServer",
        "AllowNetworkProtectionDownLevel",
        "DisableDatagramProcessing",
        "AllowDatagramProcessingOnWinServer",
        "SpynetReporting",
        "SubmitSamplesConsent",
        "LocalSettingOverrideSpynetReporting",
        "SSLOptions",
        "MpCloudBlockLevel",
        "MpBafsExtendedTimeout",
        "DisableRealtimeMonitoring",
        "DisableBehaviorMonitoring",
        "Exclusions_IpAddresses",
        "Exclusions_Processes",
        "Exclusions_Paths",
        "Exclusions_Extensions",
        "ProxyServer",
        "ProxyPacUrl",
        "ProxyBypass",
        "SupportLogLocation",
        "DisableAntiSpyware",
        "DisableLocalAdminMerge",
        "HideExclusionsFromLocalAdmins",
        "ForceDefenderPassiveMode",
        "PreferStaticProxyForHttpRequest",
        "ManagedDefenderProductType",
        "EnrollmentStatus",
        "TPExclusions",
        "AllowRealtimeMonitoring",
        "AllowBehaviorMonitoring",
        "AllowCloudProtection",
        "ExcludedIpAddresses",
        "ExcludedProcesses",
        "PSPath",
    }
)
COMPONENTS = (
    "AllowDatagramProcessingOnWinServer",
    "DisableDatagramProcessing",
    "DisableNetworkProtectionPerfTelemetry",
    "DisableFtpParsing",
    "DisableSshParsing",
    "DisableRdpParsing",
    "DisableHttpParsing",
    "DisableSmtpParsing",
    "DisableDnsOverTcpParsing",
    "DisableDnsParsing",
    "DisableInboundConnectionFiltering",
    "DisableTlsParsing",
)
EXCLUSION_PARAMETERS = {"ExclusionIpAddress": one(is_ipv4), "ExclusionProcess": one(IS_PROGRAM)}
DOCUMENTED_ONLY = frozenset({"DisableIntrusionPreventionSystem"})  # in the documentation, not in the class


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


RULES: dict[str, tuple[Rule, ...]] = {
    "Get-CimInstance": (
        _rule(
            {"ClassName": one_of("Win32_OperatingSystem")}, selects=frozenset(windows_classes.OPERATING_SYSTEM.types)
        ),
        _rule({"ClassName": one_of("Win32_ComputerSystem")}, selects=frozenset(windows_classes.COMPUTER_SYSTEM.types)),
        _rule(
            {
                "Namespace": one_of("root/SecurityCenter2", r"root\SecurityCenter2"),
                "ClassName": one_of("AntiVirusProduct"),
            },
            selects=frozenset(windows_classes.ANTIVIRUS_PRODUCT.types),
        ),
    ),
    "Get-ItemProperty": (
        _rule(
            {"Path": _keys(registry.CURRENT_VERSION)},
            selects=_names("EditionID DisplayVersion ReleaseId CurrentBuild UBR ProductName PSPath"),
        ),
        _rule({"Path": _keys(registry.ATP_STATUS)}, selects=_names("OnboardingState OrgId PSPath")),
        _rule(
            {"Path": _keys(*BROWSER_KEYS)},
            selects=_names(
                "QuicAllowed EncryptedClientHelloEnabled SmartScreenEnabled DisableEncryptedClientHello PSPath"
            ),
        ),
        _rule({"Path": _keys(*POLICY_KEYS)}, selects=POLICY_NAMES, may_be_whole=True),
    ),
    "Get-MpComputerStatus": (Rule(selects=frozenset(defender_classes.COMPUTER_STATUS.types)),),
    "Get-MpPreference": (Rule(selects=frozenset(defender_classes.PREFERENCE.types) | DOCUMENTED_ONLY),),
    "Get-Date": (Rule(),),
    "Get-WinEvent": (  # the failure of the last rule is told
        _rule(
            {"LogName": one_of(events.DEFENDER_LOG), "MaxEvents": number(1, 1), "Oldest": is_switch},
            selects=_names("TimeCreated RecordId"),
        ),
        _rule(
            {
                "LogName": one_of(events.DEFENDER_LOG, events.SYSTEM_LOG),
                "FilterXPath": is_event_filter,
                "MaxEvents": number(1, 500),
            },
            to_xml=True,
        ),
    ),
    "Resolve-DnsName": (_rule({"Name": IS_HOST, "DnsOnly": is_switch, "QuickTimeout": is_switch}),),
    "Test-NetConnection": (
        _rule(
            {"ComputerName": IS_HOST, "Port": number(1, 65535), "WarningAction": one_of("SilentlyContinue")},
            selects=_names("ComputerName RemoteAddress RemotePort TcpTestSucceeded"),
        ),
    ),
    "Invoke-WebRequest": (
        _rule(
            {
                "Uri": IS_URL,
                "Method": one_of("Head"),
                "UseBasicParsing": is_switch,
                "TimeoutSec": number(20, 20),
                "MaximumRedirection": number(0, 0),
            },
            selects=_names("StatusCode"),
        ),
    ),
    "Test-ComputerSecureChannel": (Rule(),),
    "Get-Item": (_rule({"LiteralPath": IS_PATH}, selects=_names("FullName Length LastWriteTimeUtc")),),
    "Get-FileHash": (
        _rule({"LiteralPath": IS_PATH, "Algorithm": one_of("SHA256")}, selects=_names("Hash Algorithm Path")),
    ),
    "Set-MpPreference": (
        Rule(
            {
                "EnableNetworkProtection": one_of("Enabled", "AuditMode", "Disabled"),
                "ProxyServer": IS_PROXY,
                "ProxyPacUrl": IS_URL,
                **dict.fromkeys(COMPONENTS, is_bool),
            },
            at_most=1,
        ),
    ),
    "Add-MpPreference": (Rule(EXCLUSION_PARAMETERS, at_most=1),),
    "Remove-MpPreference": (
        Rule({"ProxyServer": is_switch, "ProxyPacUrl": is_switch, **EXCLUSION_PARAMETERS}, at_most=1),
    ),
    "Register-ScheduledTask": (
        _rule({"TaskName": IS_TASK_NAME, "Xml": is_restore_task, "User": one_of("SYSTEM"), "Force": is_switch}),
    ),
    "Unregister-ScheduledTask": (_rule({"TaskName": IS_TASK_NAME, "Confirm": one_of(False)}),),
    "Get-ScheduledTask": (_rule({"TaskName": IS_TASK_NAME}, selects=_names("TaskName State")),),
    MPCMDRUN: (Rule(positional=("-ValidateMapsConnection",)), Rule(positional=("-GetFiles",))),
    "Read-PortalSupportFiles": (_rule({"Offset": number(0, 2**30), "Count": number(1, 2**22)}),),
    "netsh.exe": (Rule(positional=("winhttp", "show", "proxy")),),
}

# Every restricted endpoint shows these, whatever its role says.
SHOWN_BY_DEFAULT: dict[str, tuple[Rule, ...]] = {
    "Get-Command": (
        _rule(
            {"Name": lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value)},
            selects=_names("Name CommandType Source"),
        ),
    ),
}
