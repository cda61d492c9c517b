"""Words for the checks of Microsoft Defender Antivirus.

Source: docs/reference/checks.md sections 1, 4 and 5; docs/reference/defender-cmdlets.md section 7.
"""

from __future__ import annotations

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.checks.finding import CheckId, CheckStatus
from troubleshooting.domain.checks.remediation_base import YOU_NEED_NOT_ACT, Outcome, Outcomes

_ACTIVE_MODE = _(
    "AMRunningMode must be Normal. Remove the other antivirus; where there is none, look for "
    "ForceDefenderPassiveMode, Smart App Control and a stopped WinDefend service. Network protection and custom "
    "indicators do not work in passive or EDR block mode."
)

OUTCOMES: Outcomes = {
    CheckId.SOLE_ANTIVIRUS: {
        "sole": Outcome(CheckStatus.PASS, _("Microsoft Defender is the active and only antivirus.")),
        "active_server": Outcome(
            CheckStatus.PASS, _("Microsoft Defender is the active antivirus; a server keeps no list of other products.")
        ),
        "not_active": Outcome(
            CheckStatus.FAIL,
            _("Microsoft Defender is not the active antivirus (%(mode)s), so network protection cannot work."),
            YOU_NEED_NOT_ACT,
            _ACTIVE_MODE,
        ),
        "another_on": Outcome(
            CheckStatus.WARN,
            _("Microsoft Defender is active, but Windows also reports %(products)s as switched on."),
            _("You need not do anything. IT has to look whether the other product is still installed."),
            _(
                "AMRunningMode is Normal and decides; SecurityCenter2 reports another product as on (its "
                "productState is not documented, so it is a hint). Remove leftovers of the other product."
            ),
        ),
        "another_unclear": Outcome(
            CheckStatus.UNKNOWN,
            _("Microsoft Defender is active, but whether %(products)s is switched on could not be read."),
            it=_("The product is listed in root/SecurityCenter2 without a state. Look at it on the PC."),
        ),
    },
    CheckId.REAL_TIME_PROTECTION: {
        "on": Outcome(CheckStatus.PASS, _("Real-time protection is on.")),
        "partly_on": Outcome(
            CheckStatus.WARN,
            _("Real-time protection is on, but files are not checked when they are opened."),
            YOU_NEED_NOT_ACT,
            _(
                "RealTimeProtectionEnabled is True and OnAccessProtectionEnabled False. Look for "
                "DisableOnAccessProtection."
            ),
        ),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Real-time protection is off, so network protection does not work and the PC is less protected."),
            YOU_NEED_NOT_ACT,
            _(
                "Run Set-MpPreference -DisableRealtimeMonitoring $false and read it back. Where it stays off, look "
                "for the policy value DisableRealtimeMonitoring under Real-Time Protection, another antivirus, or "
                "event 5013."
            ),
        ),
    },
    CheckId.BEHAVIOR_MONITORING: {
        "on": Outcome(CheckStatus.PASS, _("Behavior monitoring is on.")),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Behavior monitoring is off, so network protection does not work as it should."),
            YOU_NEED_NOT_ACT,
            _(
                "Run Set-MpPreference -DisableBehaviorMonitoring $false and read it back; look for the policy value "
                "DisableBehaviorMonitoring and for event 5013."
            ),
        ),
    },
    CheckId.CLOUD_PROTECTION: {
        "advanced": Outcome(CheckStatus.PASS, _("Cloud-delivered protection is on.")),
        "basic": Outcome(
            CheckStatus.PASS,
            _("Cloud-delivered protection is on, at its basic level."),
            it=_("MAPSReporting is 1 (Basic); Microsoft recommends Set-MpPreference -MAPSReporting Advanced."),
        ),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Cloud-delivered protection is off, so network protection cannot ask Microsoft about a site."),
            YOU_NEED_NOT_ACT,
            _(
                "Run Set-MpPreference -MAPSReporting Advanced, or correct SpynetReporting in the policy, and read it "
                "back."
            ),
        ),
    },
    CheckId.PLATFORM_VERSION: {
        "new_enough": Outcome(CheckStatus.PASS, _("Defender's platform version is new enough.")),
        "too_old": Outcome(
            CheckStatus.FAIL,
            _("Defender's platform version %(version)s is too old; %(needed)s or later is needed."),
            YOU_NEED_NOT_ACT,
            _("Update the platform (KB4052623) through Windows Update, WSUS or Configuration Manager."),
        ),
    },
    CheckId.SIGNATURES: {
        "fresh": Outcome(CheckStatus.PASS, _("Defender's signatures are up to date.")),
        "old": Outcome(
            CheckStatus.FAIL,
            _("Defender's signatures are out of date."),
            _("Please connect the PC to the internet for a while. If this stays, IT has to look into it."),
            _("Run Update-MpSignature; when it fails, look at events 2000 and 2001 and at the update source."),
        ),
        "never": Outcome(
            CheckStatus.FAIL,
            _("Defender has never received signatures."),
            YOU_NEED_NOT_ACT,
            _("Run Update-MpSignature; when it fails, look at events 2000 and 2001 and at the update source."),
        ),
    },
    CheckId.NETWORK_INSPECTION: {
        "running": Outcome(CheckStatus.PASS, _("Defender's network inspection is running.")),
        "stopped": Outcome(
            CheckStatus.FAIL,
            _("Defender's network inspection is not running, so no connection is looked at."),
            YOU_NEED_NOT_ACT,
            _(
                "NISEnabled is False. See the checks of antivirus, real-time protection and cloud protection first, "
                "then the service WdNisSvc and the driver wdnisdrv."
            ),
        ),
    },
    CheckId.TAMPER_PROTECTION: {
        "on": Outcome(
            CheckStatus.INFO,
            _("Tamper protection is on: Windows refuses changes to the main protection settings."),
            it=_(
                "Set by %(source)s. Changes to real-time, behavior and cloud protection are refused without an "
                "error (event 5013). The network protection mode, the parsers and the proxy are not on Microsoft's "
                "list; read every change back. Troubleshooting mode lifts it for some hours."
            ),
        ),
        "off": Outcome(
            CheckStatus.INFO,
            _("Tamper protection is off: an administrator can change the protection settings."),
            it=_("Microsoft recommends that tamper protection is on; turn it on for the tenant or by Intune policy."),
        ),
    },
    CheckId.TROUBLESHOOTING_MODE: {
        "off": Outcome(CheckStatus.PASS, _("Troubleshooting mode is off, so settings stay as they are.")),
        "on": Outcome(
            CheckStatus.WARN,
            _("Troubleshooting mode is on: settings may differ from normal now and go back when it ends."),
            _("You need not do anything. Another check is useful when the mode has ended."),
            _("Troubleshooting mode ends by itself and takes local changes back; check again afterwards."),
        ),
    },
}
