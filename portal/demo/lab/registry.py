"""Registry keys of a simulated PC that the portal reads, and what policy makes of Defender's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

POLICY = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender"
LOCAL = r"HKLM:\SOFTWARE\Microsoft\Windows Defender"
POLICY_NP = rf"{POLICY}\Windows Defender Exploit Guard\Network Protection"
LOCAL_NP = rf"{LOCAL}\Windows Defender Exploit Guard\Network Protection"
FEATURES = rf"{LOCAL}\Features"
POLICY_MANAGER = rf"{POLICY}\Policy Manager"
ATP_POLICY = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection"
ATP_STATUS = r"HKLM:\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status"
CURRENT_VERSION = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
CHROME = r"HKLM:\SOFTWARE\Policies\Google\Chrome"
EDGE = r"HKLM:\SOFTWARE\Policies\Microsoft\Edge"
FIREFOX = r"HKLM:\SOFTWARE\Policies\Mozilla\Firefox"

# Where a policy value stands, and the preference it decides; earlier rows win (docs/reference/defender-cmdlets.md
# section 6).
POLICY_VALUES: tuple[tuple[str, str, str], ...] = (
    (POLICY_NP, "EnableNetworkProtection", "EnableNetworkProtection"),
    (POLICY_MANAGER, "EnableNetworkProtection", "EnableNetworkProtection"),
    (POLICY_NP, "AllowNetworkProtectionOnWinServer", "AllowNetworkProtectionOnWinServer"),
    (rf"{POLICY}\NIS", "DisableDatagramProcessing", "DisableDatagramProcessing"),
    (
        rf"{POLICY}\NIS\Consumers\IPS",
        "AllowDatagramProcessingOnWinServer",
        "AllowDatagramProcessingOnWinServer",
    ),
    (rf"{POLICY}\Spynet", "SpynetReporting", "MAPSReporting"),
    (rf"{POLICY}\Spynet", "SubmitSamplesConsent", "SubmitSamplesConsent"),
    (rf"{POLICY}\MpEngine", "MpCloudBlockLevel", "CloudBlockLevel"),
    (rf"{POLICY}\Real-Time Protection", "DisableRealtimeMonitoring", "DisableRealtimeMonitoring"),
    (rf"{POLICY}\Real-Time Protection", "DisableBehaviorMonitoring", "DisableBehaviorMonitoring"),
    (POLICY, "ProxyServer", "ProxyServer"),
    (POLICY, "ProxyPacUrl", "ProxyPacUrl"),
)

# Preference -> its place under LOCAL, for the texts of event 5007; what is missing stands under NIS\Consumers\IPS.
PLACES = {
    "EnableNetworkProtection": r"Windows Defender Exploit Guard\Network Protection\EnableNetworkProtection",
    "AllowNetworkProtectionOnWinServer": (
        r"Windows Defender Exploit Guard\Network Protection\AllowNetworkProtectionOnWinServer"
    ),
    "AllowNetworkProtectionDownLevel": (
        r"Windows Defender Exploit Guard\Network Protection\AllowNetworkProtectionDownLevel"
    ),
    "DisableRealtimeMonitoring": r"Real-Time Protection\DisableRealtimeMonitoring",
    "DisableBehaviorMonitoring": r"Real-Time Protection\DisableBehaviorMonitoring",
    "MAPSReporting": r"Spynet\SpynetReporting",
    "ProxyServer": "ProxyServer",
    "ProxyPacUrl": "ProxyPacUrl",
    "ProxyBypass": "ProxyBypass",
    "ExclusionIpAddress": r"Exclusions\IpAddresses",
    "ExclusionProcess": r"Exclusions\Processes",
    "ExclusionPath": r"Exclusions\Paths",
}
MIRRORED = (
    "EnableNetworkProtection",
    "AllowNetworkProtectionOnWinServer",
    "AllowNetworkProtectionDownLevel",
)

Registry = dict[str, dict[str, Any]]


def place(preference: str) -> str:
    """Return the registry path of a preference as event 5007 writes it."""
    return "HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\" + PLACES.get(preference, rf"NIS\Consumers\IPS\{preference}")


def find_key(registry: Registry, path: str) -> dict[str, Any] | None:
    """Return the values of a key (any case), or None where there is no such key."""
    wanted = normal(path)
    return next((values for key, values in registry.items() if normal(key) == wanted), None)


def normal(path: str) -> str:
    """Return a path in the form that paths are compared in."""
    return path.rstrip("\\").casefold()


def policies(registry: Registry) -> dict[str, Any]:
    """Return the preferences that policy decides, by name."""
    decided: dict[str, Any] = {}
    for key, name, preference in POLICY_VALUES:
        values = find_key(registry, key) or {}
        if name in values:
            decided.setdefault(preference, values[name])
    return decided


def mirror(registry: Registry, preferences: Mapping[str, Any]) -> None:
    """Write the local values that Defender keeps in the registry."""
    registry.setdefault(LOCAL_NP, {}).update({name: int(preferences[name]) for name in MIRRORED})
