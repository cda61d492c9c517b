"""Words for the checks of Windows itself: edition, version, server switches, proxy.

Source: docs/reference/checks.md sections 1 to 3 and 5.
"""

from __future__ import annotations

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.checks.finding import CheckId, CheckStatus
from troubleshooting.domain.checks.remediation_base import YOU_NEED_NOT_ACT, Outcome, Outcomes

_SWITCHES_REMEDY = _(
    "Run Set-MpPreference -AllowNetworkProtectionOnWinServer $true (on Windows Server 2012 R2 and 2016 also "
    "-AllowNetworkProtectionDownLevel $true), or set the same by policy, and read it back. Until then "
    "EnableNetworkProtection is ignored. Leave -AllowDatagramProcessingOnWinServer off on servers with much UDP "
    "traffic (Microsoft's pages disagree about it)."
)

OUTCOMES: Outcomes = {
    CheckId.OS_EDITION: {
        "supported": Outcome(CheckStatus.PASS, _("Windows %(edition)s supports network protection.")),
        "multi_session": Outcome(
            CheckStatus.PASS,
            _("Windows %(edition)s supports network protection, with the switches that servers need."),
            it=_("SKU 175 is judged like a server; the policy counts for everybody signed in to this machine."),
        ),
        "server": Outcome(
            CheckStatus.NOT_APPLICABLE,
            _("This is Windows Server (%(edition)s): its version and its server switches decide, not the edition."),
        ),
        "home": Outcome(
            CheckStatus.FAIL,
            _("Windows %(edition)s does not support network protection, so it cannot protect this PC."),
            _("You need not do anything. IT has to change the edition of Windows on this PC."),
            _("OperatingSystemSKU %(sku)s is a Home edition. Upgrade to Pro or Enterprise (slmgr /ipk or Intune)."),
        ),
        "unlisted": Outcome(
            CheckStatus.WARN,
            _("Windows %(edition)s is not listed by Microsoft for network protection; it may work or not."),
            it=_(
                "OperatingSystemSKU %(sku)s is in no table of Microsoft's network protection pages. Test with "
                "https://smartscreentestratings2.net outside Edge before relying on it."
            ),
        ),
    },
    CheckId.OS_VERSION: {
        "supported": Outcome(CheckStatus.PASS, _("This version of Windows (build %(build)s) is new enough.")),
        "down_level_server": Outcome(
            CheckStatus.PASS,
            _("This version of Windows Server (build %(build)s) is supported with the modern unified solution."),
            it=_(
                "Server 2012 R2 and 2016 need the modern unified solution with platform 4.18.2001 or later and both "
                "server switches; those are checks of their own."
            ),
        ),
        "too_old": Outcome(
            CheckStatus.FAIL,
            _("This version of Windows (build %(build)s) is too old for network protection; %(needed)s is needed."),
            _("You need not do anything. IT has to update Windows on this PC."),
            _("Build %(build)s is below %(needed)s. Install a supported feature update."),
        ),
        "unlisted": Outcome(
            CheckStatus.WARN,
            _("Build %(build)s of Windows Server is not listed by Microsoft for network protection."),
            it=_("Listed are 2012 R2 (9600), 2016 (14393) and 1803 (17134) or later. Move to a listed version."),
        ),
    },
    CheckId.SERVER_SWITCHES: {
        "client": Outcome(CheckStatus.NOT_APPLICABLE, _("Only servers and multi-session Windows have these switches.")),
        "set": Outcome(CheckStatus.PASS, _("The switches that let network protection work on a server are set.")),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Network protection is ignored on this server: a switch that servers need is off."),
            YOU_NEED_NOT_ACT,
            _SWITCHES_REMEDY,
        ),
    },
    CheckId.PROXY: {
        "defender": Outcome(
            CheckStatus.INFO,
            _("Defender reaches its cloud through its own proxy setting."),
            it=_(
                "Compare with Get-MpPreference | Select-Object ProxyServer, ProxyPacUrl, ProxyBypass. A named proxy "
                "comes before a PAC file; Defender remembers the last one that worked."
            ),
        ),
        "windows_only": Outcome(
            CheckStatus.WARN,
            _("Windows uses a proxy, but Defender has not been told of one; its cloud may be out of reach."),
            YOU_NEED_NOT_ACT,
            _(
                "WinHTTP has a proxy, Defender has none. Where cloud connectivity fails, set Set-MpPreference "
                "-ProxyServer http://server:port (or -ProxyPacUrl), read it back and check the connection again."
            ),
        ),
        "direct": Outcome(
            CheckStatus.INFO,
            _("No proxy is set for Defender, and Windows itself reports none."),
            it=_("Where the network needs a proxy, set Set-MpPreference -ProxyServer or -ProxyPacUrl and check again."),
        ),
        "unclear": Outcome(
            CheckStatus.INFO,
            _("No proxy is set for Defender; what Windows itself uses could not be made out."),
            it=_("The words of netsh winhttp show proxy are localised; read its lines in the evidence."),
        ),
    },
}
