"""MPRegistry.txt of a simulated PC (docs/reference/diagnostics.md section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from typing import Any

from portal.demo.lab import preferences, registry
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC

Sections = Mapping[str, Mapping[str, Any]]

NETWORK_PROTECTION = r"Windows Defender Exploit Guard\Network Protection"
NUMBERS_ELSEWHERE = {  # section -> value name -> preference
    "Spynet": {"SpynetReporting": "MAPSReporting", "SubmitSamplesConsent": "SubmitSamplesConsent"},
    "Real-Time Protection": {
        "DisableRealtimeMonitoring": "DisableRealtimeMonitoring",
        "DisableBehaviorMonitoring": "DisableBehaviorMonitoring",
    },
    "NIS": {"DisableDatagramProcessing": "DisableDatagramProcessing"},
    r"NIS\Consumers\IPS": {
        "AllowDatagramProcessingOnWinServer": "AllowDatagramProcessingOnWinServer",
        "DisableTlsParsing": "DisableTlsParsing",
        "DisableHttpParsing": "DisableHttpParsing",
    },
}
LISTS = {
    r"Exclusions\IpAddresses": "ExclusionIpAddress",
    r"Exclusions\Processes": "ExclusionProcess",
    r"Exclusions\Paths": "ExclusionPath",
}


def registry_text(pc: SimulatedPC) -> str:
    """Return the file: the four blocks, and the keys of Windows after them."""
    blocks = {
        "effective policy": _effective(pc),
        "system policy": _policy(pc),
        "mdm policy": {NETWORK_PROTECTION: registry.find_key(pc.registry, registry.POLICY_MANAGER) or {}},
        "preferences": {".": _root(pc), **_settings(pc.preferences), "Features": _features(pc)},
    }
    lines = [line for name, sections in blocks.items() for line in _block(name, sections)]
    current = {name: value for name, value in pc.windows_version.items() if name != "ProductName"}
    lines += [
        "Windows Setup keys from the registry:",
        "",
        *_section(r"HKEY_LOCAL_MACHINE\SYSTEM\Setup", {"Upgrade": 0}),
    ]
    lines += _section(r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion", current)
    return "\r\n".join(lines) + "\r\n"


def _block(name: str, sections: Sections) -> Iterator[str]:
    yield f'Current configuration options for location "{name}"'
    yield ""
    for section, values in sections.items():
        yield from _section(section, values)


def _section(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    if not values:
        return
    yield f"[{name}]"
    for value_name, value in values.items():
        yield f"    {value_name:<35} {_written(value)}"
    yield ""


def _written(value: Any) -> str:
    if isinstance(value, int):
        return f"[REG_DWORD] : {int(value)} (0x{int(value):x})"
    return f"[REG_SZ] : {value or '(null)'}"


def _effective(pc: SimulatedPC) -> Sections:
    in_force = preferences.in_force(pc)
    return {
        ".": {**_root(pc), "ProxyServer": in_force["ProxyServer"], "ProxyPacUrl": in_force["ProxyPacUrl"]},
        **_settings(in_force),
        "Signature Updates": _signatures(pc),
        "Features": _features(pc),
    }


def _settings(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    sections = {NETWORK_PROTECTION: {name: int(values[name]) for name in registry.MIRRORED}}
    for section, names in NUMBERS_ELSEWHERE.items():
        sections[section] = {name: int(values[preference]) for name, preference in names.items()}
    for section, preference in LISTS.items():
        sections[section] = dict.fromkeys(values[preference] or (), 0)
    return sections


def _root(pc: SimulatedPC) -> dict[str, Any]:
    return {
        "PassiveMode": int(str(pc.status["AMRunningMode"]).startswith("Passive")),
        "IsServiceRunning": int(Fault.DEFENDER_STOPPED not in pc.faults),
        "InstallLocation": rf"C:\ProgramData\Microsoft\Windows Defender\Platform\{pc.platform}-0" + "\\",
    }


def _features(pc: SimulatedPC) -> dict[str, Any]:
    return {"TamperProtection": 5 if pc.status["IsTamperProtected"] else 4}


def _signatures(pc: SimulatedPC) -> dict[str, Any]:
    updated = (pc.now() - timedelta(days=int(pc.status["AntivirusSignatureAge"]), hours=4)).astimezone(UTC)
    return {
        "AVSignatureVersion": pc.status["AntivirusSignatureVersion"],
        "EngineVersion": pc.status["AMEngineVersion"],
        "SignaturesLastUpdated": f"{updated:%a %b %d %Y %H:%M:%S} [UTC]",
    }


def _policy(pc: SimulatedPC) -> Sections:
    """Return what Group Policy sets: the keys below Defender's policy key, without the one of MDM."""
    root = registry.normal(registry.POLICY)
    return {
        key[len(registry.POLICY) :].strip("\\") or ".": values
        for key, values in pc.registry.items()
        if registry.normal(key).startswith(root) and registry.normal(key) != registry.normal(registry.POLICY_MANAGER)
    }
