"""Rules about network protection itself: mode, origin, cloud, exclusions.

Source: docs/reference/checks.md section 1, P6, P7, and section 5, C1, C15.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.checks.base import SILENT, Judgement, shortened, strange
from troubleshooting.domain.evidence.events import file_name, program_file
from troubleshooting.domain.evidence.readings import ON, POLICY_ROOT, as_number, is_answered, mode_policy
from troubleshooting.domain.evidence.snapshot import CloudConnectivity, ListValue, Preferences, Snapshot

OFF, BLOCK, AUDIT = 0, 1, 2

MODES: Mapping[int, Text] = {
    OFF: say(_("Off (0)")),
    BLOCK: say(_("Block (1)")),
    AUDIT: say(_("Audit (2)")),
}

# Result codes of -ValidateMapsConnection by cause (docs/reference/defender-cmdlets.md section 8,
# docs/reference/performance-and-proxy.md section 6).
CLOUD_REASONS: Mapping[int, str] = {
    0x80070005: "not_tested",
    0x800106BA: "not_tested",
    0x80070667: "not_tested",
    0x80072EE7: "name_not_resolved",
    0x80072F8F: "certificate",
    0x80072F0D: "certificate",
    0x80070006: "firewall",
    0x80004005: "firewall",
    0x80508015: "firewall",
    0x80072EFE: "firewall",
    0x80072EFD: "firewall",
}


def cloud_connectivity(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P6: the success line of the test is there; a test that could not run is unknown, not a failure."""
    answer = snapshot.cloud_connectivity or CloudConnectivity()
    if answer.connected is None:
        return SILENT
    if answer.connected:
        return Judgement("connected", say(_("Connected")))
    code = shortened(answer.hresult or "?", 20)
    reason = CLOUD_REASONS.get(_hresult(answer.hresult), "not_connected")
    return Judgement(reason, say(_("Not connected (%(hresult)s)"), hresult=code), {"hresult": code})


def _hresult(text: str | None) -> int:
    """Read a result code with or without 0x; 0 where it is none."""
    digits = (text or "").strip().casefold().removeprefix("0x")
    return as_number("0x" + digits) or 0


def protection_mode(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P7: three facts (mode, origin, what was reported) and one judgement.

    A missed site needs block; a blocked site block or audit; audit that policy keeps never passes; without a report
    block is asked for.
    """
    mode = (snapshot.preferences or Preferences()).network_protection
    if mode is None:
        return SILENT
    if mode not in MODES:
        return strange(mode)
    policy = mode_policy(snapshot)
    values = {"origin": policy.origin or "?"}
    if mode != AUDIT:
        return Judgement("block" if mode == BLOCK else "off", MODES[mode], values)
    return Judgement(_audit_reason(snapshot, report), MODES[mode], values)


def _audit_reason(snapshot: Snapshot, report: Report | None) -> str:
    """Judge audit mode."""
    policy = mode_policy(snapshot)
    if AUDIT in {policy.mdm, policy.group_policy}:
        return "audit_by_policy"
    if report is None or report.kind is not ProblemKind.SAFE_SITE_BLOCKED:
        return "audit"
    return "audit_origin_unknown" if policy.origin is None else "audit_suits"


def mode_origin(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C1: who sets the mode."""
    policy = mode_policy(snapshot)
    if policy.origin is None or policy.value is None:  # nothing set there
        return Judgement("local", say(_("Set on the PC itself")))
    if policy.mdm is not None and policy.group_policy is not None and policy.mdm != policy.group_policy:
        values = {"mdm": policy.mdm, "gpo": policy.group_policy}
        return Judgement("conflict", say(_("MDM says %(mdm)s, Group Policy says %(gpo)s"), **values), values)
    observed = say(_("%(origin)s sets %(value)s"), origin=policy.origin, value=policy.value)
    return Judgement("policy", observed, {"origin": policy.origin, "value": policy.value})


def exclusions_in_force(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C15: excluded traffic is not looked at; a list that is hidden or not readable proves nothing."""
    preferences = snapshot.preferences or Preferences()
    addresses, processes = preferences.exclusion_ip_address, preferences.exclusion_process
    if addresses is None or processes is None:
        return SILENT
    coverage = list(_coverage(addresses, processes, report))
    observed = _list_facts(addresses, processes)
    covering = next((entry for entry, covered in coverage if covered), None)
    if report is not None and covering is not None:
        return _covered(report, covering)
    if _may_hide(snapshot, addresses, processes):
        return Judgement("hidden", say(_("Not visible")))
    if not coverage:
        return Judgement("none" if report else "no_entries", observed)
    if report is None:
        return Judgement("listed", observed)
    return Judgement("perhaps" if None in {covered for _entry, covered in coverage} else "none", observed)


def _coverage(addresses: ListValue, processes: ListValue, report: Report | None) -> Iterator[tuple[str, bool | None]]:
    """Return each entry with whether it covers the report; None where that cannot be told."""
    for entry in addresses.entries:
        yield entry, _covers_address(entry, report) if report else None
    for entry in processes.entries:
        yield entry, _covers_program(entry, report) if report else None


def _covered(report: Report, entry: str) -> Judgement:
    """Judge an exclusion that covers the report: it explains a miss, and makes a block puzzling."""
    reason = "covers_missed" if report.kind is ProblemKind.DANGEROUS_SITE_MISSED else "covers_blocked"
    shown = shortened(entry)
    return Judgement(reason, say(_("Excluded: %(entry)s"), entry=shown), {"entry": shown})


def _list_facts(addresses: ListValue, processes: ListValue) -> Text:
    """Write how many entries there are."""
    return say(
        _("IP addresses: %(addresses)s, programs: %(processes)s"),
        addresses=len(addresses.entries),
        processes=len(processes.entries),
    )


def _may_hide(snapshot: Snapshot, addresses: ListValue, processes: ListValue) -> bool:
    """Tell whether entries may exist that the portal cannot see."""
    if not (addresses.readable and processes.readable):
        return True
    if as_number(snapshot.policy(POLICY_ROOT, "HideExclusionsFromLocalAdmins")) == ON:
        return True
    shows_nothing = not addresses.entries and not processes.entries
    return shows_nothing and not is_answered(snapshot, "policy_values")


def _covers_address(entry: str, report: Report) -> bool | None:
    """Tell whether an IP exclusion covers the reported address; None for a name, whose addresses are not known."""
    address = report.indicator.address
    if address is None:
        return None
    try:
        return address in ipaddress.ip_network(entry.strip(), strict=False)
    except ValueError:
        return None


def _covers_program(entry: str, report: Report) -> bool | None:
    """Tell whether a process exclusion covers the reported program, by file name; None where that cannot be told."""
    wanted, pattern = program_file(report), file_name(entry)
    if wanted is None or not pattern.strip("*?."):
        return None
    return fnmatchcase(wanted, pattern.replace("[", "[[]"))
