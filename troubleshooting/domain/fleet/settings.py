"""The same setting for many PCs: PowerShell, registry, Group Policy, Intune and Configuration Manager.

Source: docs/reference/equivalents.md, sections 2, 5 and 6. None where Microsoft's documents know no such place; what is
not confirmed there is said in the notes. A setting is changed where it is managed, and never in two places at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from troubleshooting.domain.base import powershell
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.fleet.registry_file import RegistryValue

_GP = "Computer Configuration > Administrative Templates > Windows Components > Microsoft Defender Antivirus"
_DEFENDER_CSP = "./Device/Vendor/MSFT/Defender/Configuration"
_POLICY_CSP = "./Device/Vendor/MSFT/Policy/Config/Defender"
_INTUNE = "Endpoint security > Antivirus > Microsoft Defender Antivirus"


@dataclass(frozen=True, slots=True)
class OmaUri:
    """A setting of a custom profile."""

    node: str
    kind: str  # the data type, as Intune names it
    value: str


@dataclass(frozen=True, slots=True)
class FleetSetting:
    """One setting with every place where it can be made; names of places are Microsoft's own and stay English."""

    code: str  # names the files
    title: Text
    parameter: str  # of Set-MpPreference, Add-MpPreference and Remove-MpPreference
    set: str  # PowerShell
    undo: str  # PowerShell
    registry: tuple[RegistryValue, ...]
    group_policy: str | None
    oma_uri: OmaUri | None
    intune: str | None
    config_manager: str | None
    notes: tuple[Text, ...] = ()

    def script(self) -> str:
        """Return a script that makes the setting and shows what was read back; its comments are fixed text."""
        read_back = powershell.pipeline(
            ("Get-MpPreference", powershell.command("Select-Object", [("Property", self.parameter)]))
        )
        return "\n".join(("#Requires -RunAsAdministrator", self.set, read_back, ""))


def _switch(
    code: str,
    title: str,
    *,
    parameter: str,
    value: str | bool,
    registry: RegistryValue | None,
    group_policy: str | None,
    oma_uri: OmaUri,
    intune: str | None = None,
    config_manager: str | None = None,
    notes: tuple[Text, ...] = (),
) -> FleetSetting:
    return FleetSetting(
        code=code,
        title=say(title),
        parameter=parameter,
        set=powershell.command("Set-MpPreference", [(parameter, value)]),
        undo=powershell.command("Remove-MpPreference", [(parameter, None)]),
        registry=(registry,) if registry else (),
        group_policy=f"{_GP} > {group_policy}" if group_policy else None,
        oma_uri=oma_uri,
        intune=f"{_INTUNE} > {intune}" if intune else None,
        config_manager=config_manager,
        notes=notes,
    )


_NETWORK_PROTECTION = r"Windows Defender Exploit Guard\Network Protection"
_EXPLOIT_GUARD = "Microsoft Defender Exploit Guard > Network Protection"
_TAMPER = say(_("Tamper protection refuses this on the PC itself, whatever tool runs it; use Intune or a policy."))
_NAMES = say(_("The wording in Intune is not confirmed in Microsoft's documents."))

BLOCK_MODE = _switch(
    "network-protection-block",
    _("Network protection in block mode"),
    parameter="EnableNetworkProtection",
    value="Enabled",
    registry=RegistryValue(_NETWORK_PROTECTION, "EnableNetworkProtection", 1),
    group_policy=f"{_EXPLOIT_GUARD} > Prevent users and apps from accessing dangerous websites: Enabled, Block",
    oma_uri=OmaUri(f"{_POLICY_CSP}/EnableNetworkProtection", "Integer", "1"),
    intune="Enable network protection: Enabled (block mode)",
    config_manager=(
        "Assets and Compliance > Endpoint Protection > Windows Defender Exploit Guard > Create Exploit Guard Policy > "
        "Network protection: Block"
    ),
    notes=(
        say(
            _(
                "Removing the policy of Configuration Manager leaves the value on the PC. Do not combine such policies "
                "with DisableLocalAdminMerge."
            )
        ),
    ),
)
ON_SERVERS = _switch(
    "network-protection-on-servers",
    _("Network protection allowed on Windows Server"),
    parameter="AllowNetworkProtectionOnWinServer",
    value=True,
    registry=RegistryValue(_NETWORK_PROTECTION, "AllowNetworkProtectionOnWinServer", 1),
    group_policy=(
        f"{_EXPLOIT_GUARD} > This settings controls whether Network Protection is allowed to be configured into block "
        "or audit mode on Windows Server: Enabled"
    ),
    oma_uri=OmaUri(f"{_DEFENDER_CSP}/AllowNetworkProtectionOnWinServer", "Integer", "1"),
    notes=(say(_("Intune's antivirus profile is not confirmed to list it; the OMA-URI works.")),),
)
DOWN_LEVEL = _switch(
    "network-protection-down-level",
    _("Network protection allowed on Windows Server 2012 R2 and 2016"),
    parameter="AllowNetworkProtectionDownLevel",
    value=True,
    registry=None,
    group_policy=None,
    oma_uri=OmaUri(f"{_DEFENDER_CSP}/AllowNetworkProtectionDownLevel", "Integer", "1"),
    intune="Allow Network Protection Down Level",
    notes=(say(_("It only counts together with the switch for Windows Server.")),),
)
CLOUD_PROTECTION = _switch(
    "cloud-protection",
    _("Cloud-delivered protection"),
    parameter="MAPSReporting",
    value="Advanced",
    registry=RegistryValue("Spynet", "SpynetReporting", 2),
    group_policy="MAPS > Join Microsoft MAPS: Enabled, Advanced MAPS",
    oma_uri=OmaUri(f"{_POLICY_CSP}/AllowCloudProtection", "Integer", "1"),
    intune="Allow cloud protection",
    config_manager="Antimalware Policies > Cloud Protection Service > membership: Advanced",
    notes=(_TAMPER, _NAMES),
)
BEHAVIOR_MONITORING = _switch(
    "behavior-monitoring",
    _("Behavior monitoring"),
    parameter="DisableBehaviorMonitoring",
    value=False,
    registry=RegistryValue("Real-Time Protection", "DisableBehaviorMonitoring", 0),
    group_policy="Real-time Protection > Turn on behavior monitoring: Enabled",
    oma_uri=OmaUri(f"{_POLICY_CSP}/AllowBehaviorMonitoring", "Integer", "1"),
    intune="Allow behavior monitoring",
    config_manager="Antimalware Policies > Real-time protection > Enable behavior monitoring: Yes",
    notes=(_TAMPER, _NAMES),
)
REAL_TIME_PROTECTION = _switch(
    "real-time-protection",
    _("Real-time protection"),
    parameter="DisableRealtimeMonitoring",
    value=False,
    registry=RegistryValue("Real-Time Protection", "DisableRealtimeMonitoring", 0),
    group_policy="Real-time Protection > Turn off real-time protection: Disabled",
    oma_uri=OmaUri(f"{_POLICY_CSP}/AllowRealtimeMonitoring", "Integer", "1"),
    intune="Allow realtime monitoring",
    config_manager="Antimalware Policies > Real-time protection > Enable real-time protection: Yes",
    notes=(_TAMPER, _NAMES),
)

FIXED: Mapping[str, FleetSetting] = {
    setting.code: setting
    for setting in (BLOCK_MODE, ON_SERVERS, DOWN_LEVEL, CLOUD_PROTECTION, BEHAVIOR_MONITORING, REAL_TIME_PROTECTION)
}
# What puts a failed check right, by the check's id.
BY_CHECK: Mapping[str, tuple[FleetSetting, ...]] = {
    "protection_mode": (BLOCK_MODE,),
    "server_switches": (ON_SERVERS, DOWN_LEVEL),
    "cloud_protection": (CLOUD_PROTECTION,),
    "behavior_monitoring": (BEHAVIOR_MONITORING,),
    "real_time_protection": (REAL_TIME_PROTECTION,),
}


def ip_exclusion(value: str) -> FleetSetting:
    """Return the exclusion of an IP address."""
    is_single = "/" not in value
    return FleetSetting(
        code="exclusion-ip-address",
        title=say(_("Exclusion of an IP address")),
        parameter="ExclusionIpAddress",
        set=powershell.command("Add-MpPreference", [("ExclusionIpAddress", value)]),
        undo=powershell.command("Remove-MpPreference", [("ExclusionIpAddress", value)]),
        registry=(
            RegistryValue("Exclusions", "Exclusions_IpAddresses", 1),
            RegistryValue(r"Exclusions\IpAddresses", value, "0"),
        ),
        group_policy=f"{_GP} > Exclusions > Ip Address Exclusions: {value}, 0",
        oma_uri=OmaUri(f"{_DEFENDER_CSP}/ExcludedIpAddresses", "String", value) if is_single else None,
        intune=None,
        config_manager=None,
        notes=(
            say(
                _("The OMA-URI holds all addresses as one text, joined by vertical bars. Add this one to those there.")
            ),
            *(() if is_single else (say(_("Intune takes single addresses only, no networks.")),)),
            _ENDS,
        ),
    )


def process_exclusion(value: str) -> FleetSetting:
    """Return the exclusion of a program."""
    return FleetSetting(
        code="exclusion-process",
        title=say(_("Exclusion of a program")),
        parameter="ExclusionProcess",
        set=powershell.command("Add-MpPreference", [("ExclusionProcess", value)]),
        undo=powershell.command("Remove-MpPreference", [("ExclusionProcess", value)]),
        registry=(
            RegistryValue("Exclusions", "Exclusions_Processes", 1),
            RegistryValue(r"Exclusions\Processes", value, "0"),
        ),
        group_policy=f"{_GP} > Exclusions > Process Exclusions: {value}, 0",
        oma_uri=OmaUri(f"{_POLICY_CSP}/ExcludedProcesses", "String", value) if "|" not in value else None,
        intune="Endpoint security > Antivirus > Microsoft Defender Antivirus exclusions > Excluded processes",
        config_manager="Antimalware Policies > Exclusion settings > Excluded processes",
        notes=(
            say(_("The OMA-URI holds all programs as one text, joined by vertical bars. Add this one to those there.")),
            _ENDS,
        ),
    )


_ENDS = say(_("What you set elsewhere has no end date, and the portal neither watches nor removes it."))
OF_EXCLUSION: Mapping[ExclusionKind, Callable[[str], FleetSetting]] = {
    ExclusionKind.IP_ADDRESS: ip_exclusion,
    ExclusionKind.PROCESS: process_exclusion,
}
