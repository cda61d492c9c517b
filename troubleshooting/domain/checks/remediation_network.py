"""Words for the checks of network protection itself: mode, origin, cloud, exclusions.

Source: docs/reference/checks.md sections 1 and 5.
"""

from __future__ import annotations

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.checks.finding import CheckId, CheckStatus
from troubleshooting.domain.checks.remediation_base import YOU_NEED_NOT_ACT, Outcome, Outcomes

# The article says "Audit mode isn't enabled. Use Group Policy to set the rule to Disabled (value: 0)"
# (docs/reference/checks.md section 1, P7).
_NOT_LITERALLY = _(
    "Do not set the policy to Disabled (0) as the article reads literally: that would switch network protection off. "
    "Meant is that a left-over 2 must go."
)
_POLICY_AUDIT = _(
    "EnableNetworkProtection is 2 and set by %(origin)s, so a local change does not last. Change it there to 1 "
    "(Block) or remove the value. Do not set it to Disabled (0) as the article reads literally: that would switch "
    "network protection off."
)
_LOCAL_AUDIT = _(
    "Run Set-MpPreference -EnableNetworkProtection Enabled and read it back. Do not set the Group Policy to Disabled "
    "(0) as the article reads literally: that would switch network protection off."
)
_SWITCH_ON = _(
    "Set by: %(origin)s. Run Set-MpPreference -EnableNetworkProtection Enabled, or set 1 (Block) in the policy that "
    "sets it now, and read it back. The article's “Disabled (0)” only means that a left-over audit value (2) must "
    "go; read literally it would switch network protection off."
)

OUTCOMES: Outcomes = {
    CheckId.CLOUD_CONNECTIVITY: {
        "connected": Outcome(CheckStatus.PASS, _("The PC reaches Microsoft's protection cloud.")),
        "name_not_resolved": Outcome(
            CheckStatus.FAIL,
            _("The PC does not reach Microsoft's protection cloud: names on the internet are not found."),
            YOU_NEED_NOT_ACT,
            _("%(hresult)s: name resolution. Give Defender its proxy (Set-MpPreference -ProxyServer) or correct DNS."),
        ),
        "certificate": Outcome(
            CheckStatus.FAIL,
            _("The PC does not reach Microsoft's protection cloud: the secure connection is not accepted."),
            YOU_NEED_NOT_ACT,
            _(
                "%(hresult)s: TLS inspection, a wrong clock, or no way to the revocation lists (netsh winhttp set "
                "proxy). Exempt *.wdcp.microsoft.com and the other cloud hosts from TLS inspection."
            ),
        ),
        "firewall": Outcome(
            CheckStatus.FAIL,
            _("The PC does not reach Microsoft's protection cloud: the network does not let it through."),
            YOU_NEED_NOT_ACT,
            _(
                "%(hresult)s: firewall, proxy or TLS inspection. Open 443 to *.wdcp.microsoft.com, "
                "*.wdcpalt.microsoft.com, *.wd.microsoft.com, *.smartscreen.microsoft.com and "
                "*.smartscreen-prod.microsoft.com, or give Defender its proxy (Set-MpPreference -ProxyServer or "
                "-ProxyPacUrl)."
            ),
        ),
        "not_connected": Outcome(
            CheckStatus.FAIL,
            _("The PC does not reach Microsoft's protection cloud."),
            YOU_NEED_NOT_ACT,
            _(
                "MpCmdRun.exe -ValidateMapsConnection failed (%(hresult)s). Check firewall and proxy for the cloud "
                "hosts, then Set-MpPreference -ProxyServer or -ProxyPacUrl."
            ),
        ),
        "not_tested": Outcome(
            CheckStatus.UNKNOWN,
            _("Whether the PC reaches Microsoft's protection cloud is not known: the test itself could not run."),
            it=_(
                "MpCmdRun.exe -ValidateMapsConnection gave %(hresult)s: 0x80070005 is an account without elevation, "
                "0x800106BA a stopped Defender service, 0x80070667 a Windows version without the test."
            ),
        ),
    },
    CheckId.PROTECTION_MODE: {
        "block": Outcome(CheckStatus.PASS, _("Network protection blocks dangerous sites (block mode).")),
        "audit_suits": Outcome(
            CheckStatus.PASS,
            _("Network protection only writes down what it would block (audit mode, set on the PC itself)."),
            it=_LOCAL_AUDIT,
        ),
        "audit_by_policy": Outcome(
            CheckStatus.FAIL,
            _("Network protection only writes down what it would block: company policy keeps it in audit mode."),
            _("You need not do anything. IT has to change the company policy."),
            _POLICY_AUDIT,
        ),
        "audit": Outcome(
            CheckStatus.FAIL,
            _("Network protection only writes down what it would block (audit mode), so dangerous sites open."),
            YOU_NEED_NOT_ACT,
            _LOCAL_AUDIT,
        ),
        "audit_origin_unknown": Outcome(
            CheckStatus.UNKNOWN,
            _("Network protection is in audit mode, and whether company policy keeps it there could not be read."),
            it=_NOT_LITERALLY,
        ),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Network protection is off, so it neither blocks nor writes down any site."),
            YOU_NEED_NOT_ACT,
            _SWITCH_ON,
        ),
    },
    CheckId.MODE_ORIGIN: {
        "local": Outcome(CheckStatus.INFO, _("No company policy sets the mode of network protection on this PC.")),
        "policy": Outcome(
            CheckStatus.WARN,
            _("Company policy (%(origin)s) sets the mode of network protection; a change on the PC would not last."),
            it=_(
                "Change EnableNetworkProtection in %(origin)s (now %(value)s); the portal's local change is "
                "overwritten."
            ),
        ),
        "conflict": Outcome(
            CheckStatus.WARN,
            _("Two company policies (MDM and Group Policy) set the mode of network protection differently."),
            it=_(
                "EnableNetworkProtection is %(mdm)s under Policy Manager and %(gpo)s under the Group Policy key. "
                "Keep one of them; a local change does not last."
            ),
        ),
    },
    CheckId.EXCLUSIONS_IN_FORCE: {
        "none": Outcome(CheckStatus.PASS, _("No exclusion on this PC covers the reported program or address.")),
        "no_entries": Outcome(CheckStatus.PASS, _("No address or program is excluded from inspection on this PC.")),
        "listed": Outcome(
            CheckStatus.INFO,
            _("Some addresses or programs are excluded from inspection on this PC."),
            it=_("Review ExclusionIpAddress and ExclusionProcess; keep as few as possible, each with an end."),
        ),
        "covers_missed": Outcome(
            CheckStatus.FAIL,
            _("An exclusion on this PC (%(entry)s) covers the report, so this traffic is not looked at."),
            _("You need not do anything. IT has to review the exclusion."),
            _(
                "Excluded traffic is not inspected. Review the entry and take it away with Remove-MpPreference "
                "-ExclusionIpAddress or -ExclusionProcess, or in the policy that sets it."
            ),
        ),
        "covers_blocked": Outcome(
            CheckStatus.WARN,
            _("An exclusion on this PC (%(entry)s) covers the report, so network protection should not block it."),
            it=_(
                "The traffic matches ExclusionIpAddress or ExclusionProcess and yet was reported as blocked: look "
                "for another program, another address, or another product that blocks."
            ),
        ),
        "perhaps": Outcome(
            CheckStatus.UNKNOWN,
            _("Exclusions exist on this PC; whether one covers the report cannot be told from here."),
            it=_(
                "Compare by hand: an IP exclusion with the addresses that the reported name resolves to, a process "
                "exclusion with the full path of the program that was used."
            ),
        ),
        "hidden": Outcome(
            CheckStatus.UNKNOWN,
            _("The exclusions of this PC cannot be seen by the portal, so an empty list proves nothing."),
            it=_(
                "Either the account is no administrator (N/A: …), or HideExclusionsFromLocalAdmins hides the lists, "
                "or that policy could not be read. Look at the policies that set exclusions."
            ),
        ),
    },
}
