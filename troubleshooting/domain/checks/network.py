"""Checks of network protection itself: cloud, mode, origin.

Source: docs/reference/checks.md section 1, P6, P7, and section 5, C1.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.checks.base import (
    IT_MUST_ACT,
    SILENT,
    Check,
    Judgement,
    Outcome,
    shortened,
    strange,
)
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.readings import (
    as_number,
    mode_policy,
)
from troubleshooting.domain.evidence.snapshot import (
    CloudConnectivity,
    Preferences,
    Snapshot,
)

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

# The article says "Audit mode isn't enabled. Use Group Policy to set the rule to Disabled (value: 0)"
# (docs/reference/checks.md, P7).
_NOT_LITERALLY = _(
    "Do not set the policy to Disabled (0), as the article literally says: that would turn "
    "network protection off. What it means is that a leftover audit value (2) has to be "
    "removed."
)
_POLICY_AUDIT = _(
    "EnableNetworkProtection is 2 and set by %(origin)s, so a local change does not last. "
    "Change it there to 1 (Block) or remove the value. Do not set it to Disabled (0), as the "
    "article literally says: that would turn network protection off."
)
_LOCAL_AUDIT = _(
    "Run Set-MpPreference -EnableNetworkProtection Enabled and read it back. Do not set the "
    "Group Policy to Disabled (0), as the article literally says: that would turn network "
    "protection off."
)
_SWITCH_ON = _(
    "Set by: %(origin)s. Run Set-MpPreference -EnableNetworkProtection Enabled, or set 1 "
    "(Block) in the policy that sets it now, and read it back. The article's “Disabled (0)” "
    "only means that a leftover audit value (2) has to be removed. Taken literally, it would "
    "turn network protection off."
)


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


CLOUD_CONNECTIVITY = Check(
    id="cloud_connectivity",
    order=70,
    title=_("Connection to the protection cloud"),
    expected=_("The test connection succeeds"),
    depends_on=("cloud_connectivity",),
    is_prerequisite=True,
    rule=cloud_connectivity,
    outcomes={
        "connected": Outcome(CheckStatus.PASS, _("The PC can reach Microsoft's protection cloud.")),
        "name_not_resolved": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud: names on the internet are not found."),
            IT_MUST_ACT,
            _("%(hresult)s: name resolution. Give Defender its proxy (Set-MpPreference -ProxyServer) or fix DNS."),
        ),
        "certificate": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud: the secure connection is not accepted."),
            IT_MUST_ACT,
            _(
                "%(hresult)s: TLS inspection, a wrong clock, or no access to the revocation lists (netsh "
                "winhttp set proxy). Exempt *.wdcp.microsoft.com and the other cloud hosts from TLS "
                "inspection."
            ),
        ),
        "firewall": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud: the network does not let the connection through."),
            IT_MUST_ACT,
            _(
                "%(hresult)s: firewall, proxy or TLS inspection. Open 443 to *.wdcp.microsoft.com, "
                "*.wdcpalt.microsoft.com, *.wd.microsoft.com, *.smartscreen.microsoft.com and "
                "*.smartscreen-prod.microsoft.com, or give Defender its proxy (Set-MpPreference -ProxyServer or "
                "-ProxyPacUrl)."
            ),
        ),
        "not_connected": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud."),
            IT_MUST_ACT,
            _(
                "MpCmdRun.exe -ValidateMapsConnection failed (%(hresult)s). Check the firewall and proxy "
                "for the cloud hosts, then Set-MpPreference -ProxyServer or -ProxyPacUrl."
            ),
        ),
        "not_tested": Outcome(
            CheckStatus.UNKNOWN,
            _("It is not known whether the PC can reach Microsoft's protection cloud: the test itself could not run."),
            it=_(
                "MpCmdRun.exe -ValidateMapsConnection returned %(hresult)s: 0x80070005 means an account "
                "without elevation, 0x800106BA a stopped Defender service, 0x80070667 a Windows version "
                "without the test."
            ),
        ),
    },
)


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


PROTECTION_MODE = Check(
    id="protection_mode",
    order=80,
    title=_("Network protection mode"),
    expected=_("Block (1). For a blocked site, audit (2) is enough unless policy enforces it"),
    depends_on=("preferences", "policy_values"),
    tolerates=frozenset({"policy_values"}),
    is_prerequisite=True,
    rule=protection_mode,
    outcomes={
        "block": Outcome(CheckStatus.PASS, _("Network protection blocks dangerous sites (block mode).")),
        "audit_suits": Outcome(
            CheckStatus.PASS,
            _("Network protection only logs what it would block (audit mode, set on the PC itself)."),
            it=_LOCAL_AUDIT,
        ),
        "audit_by_policy": Outcome(
            CheckStatus.FAIL,
            _("Network protection only logs what it would block: company policy keeps it in audit mode."),
            _("You don't need to do anything. IT has to change the company policy."),
            _POLICY_AUDIT,
        ),
        "audit": Outcome(
            CheckStatus.FAIL,
            _("Network protection only logs what it would block (audit mode), so dangerous sites can be opened."),
            IT_MUST_ACT,
            _LOCAL_AUDIT,
        ),
        "audit_origin_unknown": Outcome(
            CheckStatus.UNKNOWN,
            _("Network protection is in audit mode. Whether company policy keeps it there could not be read."),
            it=_NOT_LITERALLY,
        ),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Network protection is off, so it neither blocks nor logs any site."),
            IT_MUST_ACT,
            _SWITCH_ON,
        ),
    },
)


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


MODE_ORIGIN = Check(
    id="mode_origin",
    order=120,
    title=_("Who sets the mode"),
    expected=_("Known to IT; nothing is required"),
    depends_on=("policy_values",),
    absent_is_an_answer=frozenset({"policy_values"}),
    rule=mode_origin,
    outcomes={
        "local": Outcome(CheckStatus.INFO, _("No company policy sets the network protection mode on this PC.")),
        "policy": Outcome(
            CheckStatus.WARN,
            _("Company policy (%(origin)s) sets the network protection mode. A change on the PC would not last."),
            it=_(
                "Change EnableNetworkProtection in %(origin)s (now %(value)s). A local change by the "
                "portal is overwritten."
            ),
        ),
        "conflict": Outcome(
            CheckStatus.WARN,
            _("Two company policies (MDM and Group Policy) set different network protection modes."),
            it=_(
                "EnableNetworkProtection is %(mdm)s under Policy Manager and %(gpo)s under the Group "
                "Policy key. Keep only one of them. A local change does not last."
            ),
        ),
    },
)
