"""From MPRegistry.txt to the settings of a snapshot (docs/reference/diagnostics.md section 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from troubleshooting.domain.evidence.places import Place
from troubleshooting.domain.evidence.policies import MODE_VALUE
from troubleshooting.domain.evidence.snapshot import ListValue, PolicyKey
from troubleshooting.machines import field_tables
from troubleshooting.machines.properties import POLICY_KEYS
from troubleshooting.machines.readers import flag
from troubleshooting.machines.support_files.facts import Facts
from troubleshooting.machines.support_files.registry_text import (
    BLOCKS,
    CURRENT_VERSION,
    EFFECTIVE,
    GROUP_POLICY,
    LOCAL,
    MDM_POLICY,
    NETWORK_PROTECTION,
    ROOT,
    WINDOWS,
    Block,
    Value,
)

Registry = Mapping[str, Block]

# Where a preference stands; the section of the others is not known, so they are looked for by their names.
_SECTIONS = {
    "EnableNetworkProtection": NETWORK_PROTECTION,
    "AllowNetworkProtectionOnWinServer": NETWORK_PROTECTION,
    "AllowNetworkProtectionDownLevel": NETWORK_PROTECTION,
    "AllowDatagramProcessingOnWinServer": r"nis\consumers\ips",
    "DisableDatagramProcessing": "nis",
    "MAPSReporting": "spynet",
    "ProxyServer": ROOT,
    "ProxyPacUrl": ROOT,
}
_OTHER_NAMES = {"MAPSReporting": "SpynetReporting"}
_LISTS = {"exclusion_ip_address": r"exclusions\ipaddresses", "exclusion_process": r"exclusions\processes"}
_NOT_FROM_HERE = frozenset({"proxy_bypass", *_LISTS})
_MOST_PLACES = 200  # entries that a finding can point at

_POLICY_ROOT = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender"
_LOCAL_ROOT = r"HKLM:\SOFTWARE\Microsoft\Windows Defender"
_MDM_PART = "policy_manager"

TAMPER_PROTECTION = {1: True, 5: True, 0: False, 2: False, 4: False, 6: False}
PASSIVE = 1


def take_preferences(facts: Facts, registry: Registry) -> None:
    """Take the settings that Defender really uses."""
    block = registry.get(EFFECTIVE)
    if block is None:
        return
    facts.said("preferences", block.place)
    for field, (name, reader) in field_tables.PREFERENCES.items():
        if field in _NOT_FROM_HERE:
            continue
        value = _preference(block, name)
        if value is not None:
            facts.add("preferences", field, (reader(value.data), value.place))
    for field, section in _LISTS.items():
        _take_list(facts, block, field, section)
    if not facts.get("preferences", "proxy_server") and not facts.get("preferences", "proxy_pac_url"):
        facts.add("preferences", "proxy_server", ("", block.place))  # the block is whole: there is none


def _preference(block: Block, name: str) -> Value | None:
    written, section = _OTHER_NAMES.get(name, name), _SECTIONS.get(name)
    return block.value(section, written) if section is not None else block.anywhere(written)


def _take_list(facts: Facts, block: Block, field: str, section: str) -> None:
    """Take a list of exclusions: each name is an entry. A block is whole, so a missing section is an empty list."""
    values = list(block.sections.get(section, {}).values())
    listed = ListValue(tuple(value.name for value in values))
    facts.add("preferences", field, (listed, block.heads.get(section, block.place)))
    for value in values[:_MOST_PLACES]:
        facts.places["preferences", field, value.name] = value.place


def policy_keys(facts: Facts, registry: Registry) -> tuple[PolicyKey, ...]:
    """Return the keys of policy that the file holds, as a visit reads them."""
    keys = tuple(_policy_keys(facts, registry))
    blocks = [registry.get(GROUP_POLICY), registry.get(MDM_POLICY)]
    sets_mode = any(key.get(MODE_VALUE) is not None and not key.path.startswith(_LOCAL_ROOT) for key in keys)
    if all(blocks) or sets_mode:  # without both blocks "no policy" would only be a guess
        facts.said("policy_values", next(block.place for block in blocks if block is not None))
    return keys


def _policy_keys(facts: Facts, registry: Registry) -> Iterator[PolicyKey]:
    for part, (path, names) in POLICY_KEYS.items():
        found = _block_and_section(registry, part, path)
        if found is None:
            continue
        block, section = found
        values = [value for name in names if (value := block.value(section, name)) and value.data is not None]
        for value in values:
            facts.places["policy_keys", path, value.name] = value.place
        yield PolicyKey(path, tuple(_pairs(values)) or None)


def _pairs(values: Iterable[Value]) -> Iterator[tuple[str, str | int]]:
    return ((value.name, value.data) for value in values if value.data is not None)


def _block_and_section(registry: Registry, part: str, path: str) -> tuple[Block, str] | None:
    """Return where the values of a key stand in the file; None for one that it does not hold."""
    if part == _MDM_PART:
        block, section = registry.get(MDM_POLICY), NETWORK_PROTECTION
    elif path.startswith(_POLICY_ROOT):
        block, section = registry.get(GROUP_POLICY), path.removeprefix(_POLICY_ROOT).lstrip("\\") or ROOT
    elif path.startswith(_LOCAL_ROOT):
        block, section = registry.get(LOCAL), path.removeprefix(_LOCAL_ROOT).lstrip("\\") or ROOT
    else:
        return None
    return (block, section) if block is not None else None


def first_value(registry: Registry, section: str, name: str) -> Value | None:
    """Return a value from the first block that has it, what is in force first."""
    blocks = (registry[name_of_block] for name_of_block in BLOCKS if name_of_block in registry)
    values = (block.value(section, name) for block in blocks)
    return next((value for value in values if value is not None and value.data is not None), None)


def take_status(facts: Facts, registry: Registry) -> None:
    """Take versions, tamper protection and parts of Defender that are off by configuration."""
    _take(facts, "signature_version", first_value(registry, "Signature Updates", "AVSignatureVersion"))
    _take(facts, "engine_version", first_value(registry, "Signature Updates", "EngineVersion"))
    tamper = first_value(registry, "Features", "TamperProtection")
    if tamper is not None and isinstance(tamper.data, int):
        facts.add("computer_status", "tamper_protected", (TAMPER_PROTECTION.get(tamper.data), tamper.place))
    effective = registry.get(EFFECTIVE)
    for name, field in (
        ("DisableRealtimeMonitoring", "real_time_protection"),
        ("DisableBehaviorMonitoring", "behavior_monitor"),
    ):
        value = effective.value("Real-Time Protection", name) if effective else None
        if value is not None and flag(value.data) is not None:
            _take_switch(facts, field, is_on=not value.data, place=value.place)


def _take(facts: Facts, field: str, value: Value | None) -> None:
    if value is not None and isinstance(value.data, str):
        facts.add("computer_status", field, (value.data, value.place))


def _take_switch(facts: Facts, field: str, *, is_on: bool, place: Place) -> None:
    """Take what is configured: off is off; on counts only beside real-time protection that is known to be on."""
    if not is_on or (field == "behavior_monitor" and facts.get("computer_status", "real_time_protection")):
        facts.add("computer_status", field, (is_on, place))


def running_mode(registry: Registry, *, is_running: bool | None) -> tuple[str, Place] | None:
    """Return AMRunningMode as PassiveMode and IsServiceRunning tell it; other numbers of PassiveMode stay unknown."""
    passive, service = (first_value(registry, ROOT, name) for name in ("PassiveMode", "IsServiceRunning"))
    if passive is None:
        return None
    if passive.data == PASSIVE:
        return "Passive Mode", passive.place
    runs = flag(service.data) if service is not None else is_running
    return ("Normal", passive.place) if passive.data == 0 and runs else None


def windows(registry: Registry, name: str) -> Value | None:
    """Return a value of Windows itself (``CurrentVersion``), which stands after Defender's part."""
    block = registry.get(WINDOWS)
    return block.value(CURRENT_VERSION, name) if block is not None else None
