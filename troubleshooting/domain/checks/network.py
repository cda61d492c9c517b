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
    strange,
)
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.policies import ModePolicy, beside, mode_policy
from troubleshooting.domain.evidence.readings import version_numbers
from troubleshooting.domain.evidence.snapshot import (
    ComputerStatus,
    Preferences,
    Snapshot,
)

OFF, BLOCK, AUDIT = 0, 1, 2

MODES: Mapping[int, Text] = {
    OFF: say(_("Off (0)")),
    BLOCK: say(_("Block (1)")),
    AUDIT: say(_("Audit (2)")),
}

# The article says "Audit mode isn't enabled. Use Group Policy to set the rule to Disabled (value: 0)"
# (docs/reference/checks.md, P7).
_NOT_LITERALLY = _(
    "Do not set the policy to Disabled (0), as the article literally says: that would turn "
    "network protection off. What it means is that a leftover audit value (2) has to be "
    "removed."
)
_POLICY_AUDIT = _(
    "EnableNetworkProtection is %(value)s under %(key)s, and that decides on this PC, so a local change does not "
    "last. Whoever sets it there (%(writers)s) has to change it to 1 (Block) or remove the value. %(beside)s Do not "
    "set it to Disabled (0), as the article literally says: that would turn network protection off."
)
_LOCAL_AUDIT = _(
    "Run Set-MpPreference -EnableNetworkProtection Enabled and read it back. Do not set the "
    "Group Policy to Disabled (0), as the article literally says: that would turn network "
    "protection off."
)
_SWITCH_ON = _(
    "No policy that the portal can read turns it off: run Set-MpPreference -EnableNetworkProtection Enabled and read "
    "it back. The article's “Disabled (0)” only means that a leftover audit value (2) has to be removed. Taken "
    "literally, it would turn network protection off."
)
_SWITCH_ON_UNREAD = _(
    "Whether a policy turns it off could not be read. Run Set-MpPreference -EnableNetworkProtection Enabled and read "
    "it back; if it stays off, look for the policy that sets it. The article's “Disabled (0)” only means that a "
    "leftover audit value (2) has to be removed. Taken literally, it would turn network protection off."
)
_SWITCH_ON_IN_POLICY = _(
    "EnableNetworkProtection is %(value)s under %(key)s, and that decides on this PC, so a local change does not "
    "last. Whoever sets it there (%(writers)s) has to change it to 1 (Block). %(beside)s The article's “Disabled "
    "(0)” only means that a leftover audit value (2) has to be removed."
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
    if mode == BLOCK:
        return Judgement("block", MODES[mode])
    reason = _off_reason(policy) if mode == OFF else _audit_reason(policy, report)
    return Judgement(reason, MODES[mode], _deciding_values(policy))


def _deciding_values(policy: ModePolicy) -> Mapping[str, str | int]:
    """Return the place that decides, for the sentences that name it."""
    decides = policy.decides
    if decides is None:
        return {}
    return {
        "value": decides.value,
        "key": decides.key,
        "writers": decides.writers,
        "beside": beside(policy.held, decides),
    }


def _off_reason(policy: ModePolicy) -> str:
    if policy.decides is not None:
        return "off_by_policy"
    return "off_origin_unknown" if policy.origin is None else "off"


def _audit_reason(policy: ModePolicy, report: Report | None) -> str:
    """Judge audit mode."""
    if policy.decides is not None:
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
        "off_by_policy": Outcome(
            CheckStatus.FAIL,
            _("Network protection is off, so it neither blocks nor logs any site: company policy keeps it off."),
            _("You don't need to do anything. IT has to change the company policy."),
            _SWITCH_ON_IN_POLICY,
        ),
        "off_origin_unknown": Outcome(
            CheckStatus.FAIL,
            _("Network protection is off, so it neither blocks nor logs any site."),
            IT_MUST_ACT,
            _SWITCH_ON_UNREAD,
        ),
    },
)


def mode_origin(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C1: who sets the mode, in Microsoft's order of precedence and by what is in force."""
    policy = mode_policy(snapshot)
    if not policy.held:
        return Judgement("local", say(_("Set on the PC itself")))
    if policy.is_in_conflict:
        return _conflict(policy)
    first, decides = policy.held[0], policy.decides
    values: dict[str, str | int] = {
        "value": first.value,
        "key": first.key,
        "writers": first.writers,
        "beside": beside(policy.held, first),
    }
    observed = say(_("Policy sets %(value)s"), value=first.value)
    if decides is not None:
        return Judgement("policy", observed, values)
    in_force = policy.in_force if policy.in_force is not None else "?"
    return Judgement("not_in_force", observed, {**values, "in_force": in_force, "elsewhere": _elsewhere(snapshot)})


def _conflict(policy: ModePolicy) -> Judgement:
    """Say what each place holds and which one is in force."""
    places = "; ".join(f"{one.written} under {one.where}" for one in policy.held)
    values: dict[str, str | int] = {"places": places, "decides": _said_of(policy)}
    return Judgement("conflict", say(_("Policies set different values")), values)


def _said_of(policy: ModePolicy) -> str:
    if policy.in_force is None:
        return "Which one is in force could not be read."
    if policy.decides is None:
        return f"In force is {policy.in_force}, which is none of them."
    return f"In force is {policy.in_force}, so {policy.decides.key} decides on this PC."


# From this platform on, security settings management no longer keeps its values in the registry.
_UNSEEN_PLATFORM = (4, 18, 25110, 6)


def _elsewhere(snapshot: Snapshot) -> str:
    """Say where a mode can come from that no key holds; not of a platform that keeps everything in the registry."""
    version = version_numbers((snapshot.computer_status or ComputerStatus()).product_version)
    if version is not None and version < _UNSEEN_PLATFORM:
        return "or a change on the PC has not been put back yet."
    return "or Defender for Endpoint security settings management decides, whose values the registry does not show."


MODE_ORIGIN = Check(
    id="mode_origin",
    order=120,
    title=_("Who sets the mode"),
    expected=_("Known to IT; nothing is required"),
    depends_on=("policy_values", "preferences"),
    tolerates=frozenset({"preferences"}),
    absent_is_an_answer=frozenset({"policy_values"}),
    rule=mode_origin,
    outcomes={
        "local": Outcome(
            CheckStatus.INFO, _("No company policy that can be read sets the network protection mode on this PC.")
        ),
        "policy": Outcome(
            CheckStatus.WARN,
            _("Company policy sets the network protection mode. A change on the PC would not last."),
            it=_(
                "EnableNetworkProtection is %(value)s under %(key)s; change it where it is set: %(writers)s. "
                "%(beside)s A local change by the portal is overwritten."
            ),
        ),
        "not_in_force": Outcome(
            CheckStatus.WARN,
            _("Company policy sets a network protection mode that is not in force on this PC."),
            it=_(
                "EnableNetworkProtection is %(value)s under %(key)s (%(writers)s), but %(in_force)s is in force. "
                "%(beside)s Either the policy has not been applied yet (gpupdate /force, or a sync in Intune), "
                "%(elsewhere)s The tab Effective settings on the device's page in the Defender portal names the source."
            ),
        ),
        "conflict": Outcome(
            CheckStatus.WARN,
            _("Company policies set different network protection modes."),
            it=_(
                "EnableNetworkProtection is %(places)s. %(decides)s Microsoft's pages differ: “Troubleshoot Microsoft "
                "Defender Antivirus settings” puts Group Policy above Intune, “Turn on network protection” looks "
                "under Policy Manager first. Keep only one of them. A local change does not last."
            ),
        ),
    },
)
