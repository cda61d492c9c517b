"""Whether an exclusion would have an effect on a PC, from what the PC said (docs/reference/exclusions.md section 5).

Asked for at the request and once more before anything is sent. A row that was not read is "not known", never "fine".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from troubleshooting.domain.advice.lint_base import LintFinding, found
from troubleshooting.domain.advice.lint_texts import LintCode
from troubleshooting.domain.evidence.policies import (
    EXCLUSIONS_HIDDEN,
    LOCAL_LISTS_IGNORED,
    ON,
    excluded_by_policy,
    is_on,
)
from troubleshooting.domain.evidence.readings import as_number, is_answered, version_numbers
from troubleshooting.domain.evidence.snapshot import ComputerStatus, ListValue, Onboarding, Preferences, Snapshot
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind
from troubleshooting.domain.exclusions.values import ExclusionValue, canonical

FEATURES_KEY = r"\Microsoft\Windows Defender\Features"
ONBOARDED = 1
OLDEST_CLIENT = (4, 18, 1906)  # section 2
MODE_ON = "enabled"

_POLICY_LISTS: Mapping[ExclusionKind, tuple[str, str]] = {  # of Group Policy, of MDM
    ExclusionKind.IP_ADDRESS: ("Exclusions_IpAddresses", "ExcludedIpAddresses"),
    ExclusionKind.PROCESS: ("Exclusions_Processes", "ExcludedProcesses"),
}


def about_effect(kind: ExclusionKind, snapshot: Snapshot | None) -> Iterator[LintFinding]:
    """Return what would keep an exclusion of that kind from working on the PC, or from being proved."""
    if kind in LOCAL_KINDS:
        yield from _on_the_pc(kind, snapshot)
    elif snapshot is not None:
        yield from _from_the_tenant(snapshot)


def about_present(value: ExclusionValue, snapshot: Snapshot | None) -> Iterator[LintFinding]:
    """Tell of an entry on the PC that has the same effect already: the value itself, or the program's bare name."""
    same = {value.canonical, value.expanded, value.file_name} - {""}
    for entry in _listed(value.kind, snapshot).entries:
        if canonical(entry) in same:
            yield found(LintCode.PRESENT_ON_DEVICE, entry=entry.strip())


def _on_the_pc(kind: ExclusionKind, snapshot: Snapshot | None) -> Iterator[LintFinding]:
    """Judge the rows of section 5."""
    if snapshot is None or not is_answered(snapshot, "policy_values"):
        yield found(LintCode.EFFECT_UNKNOWN)
    if snapshot is None:
        return
    yield from (found(code) for code, is_so in _HINDRANCES.items() if is_so(snapshot))
    if not _listed(kind, snapshot).readable:
        yield found(LintCode.LISTS_UNREADABLE)
    lists, mdm = _POLICY_LISTS[kind]
    if (name := excluded_by_policy(snapshot, lists=lists, mdm=mdm)) is not None:
        yield found(LintCode.POLICY_LIST, value=name)


def _from_the_tenant(snapshot: Snapshot) -> Iterator[LintFinding]:
    """Judge what indicators need on the PC (section 2); silence is left to the checks."""
    state = (snapshot.onboarding or Onboarding()).state
    if state is not None and state != ONBOARDED:
        yield found(LintCode.NOT_ONBOARDED)
    written = (snapshot.computer_status or ComputerStatus()).product_version
    version = version_numbers(written)
    if version is not None and version < OLDEST_CLIENT:
        yield found(LintCode.CLIENT_TOO_OLD, version=str(written))


def _listed(kind: ExclusionKind, snapshot: Snapshot | None) -> ListValue:
    """Return the PC's own list for a kind; an empty one where nothing was said or where the kind has none."""
    preferences = (snapshot.preferences if snapshot else None) or Preferences()
    lists = {
        ExclusionKind.IP_ADDRESS: preferences.exclusion_ip_address,
        ExclusionKind.PROCESS: preferences.exclusion_process,
    }
    return lists.get(kind) or ListValue()


def _is_troubleshooting(snapshot: Snapshot) -> bool:
    """Tell whether troubleshooting mode is on."""
    mode = (snapshot.computer_status or ComputerStatus()).troubleshooting_mode or ""
    return mode.strip().casefold() == MODE_ON


_HINDRANCES: Mapping[LintCode, Callable[[Snapshot], bool]] = {
    LintCode.LOCAL_LISTS_IGNORED: lambda snapshot: is_on(snapshot, LOCAL_LISTS_IGNORED),
    LintCode.TAMPER_PROTECTED: lambda snapshot: as_number(snapshot.policy(FEATURES_KEY, "TPExclusions")) == ON,
    LintCode.LISTS_HIDDEN: lambda snapshot: is_on(snapshot, EXCLUSIONS_HIDDEN),
    LintCode.TROUBLESHOOTING_MODE: _is_troubleshooting,
}
