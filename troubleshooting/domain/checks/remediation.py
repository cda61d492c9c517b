"""Every word about a check: its name, what is expected, what each reason means, and what each reader can do.

The tables stand in ``remediation_windows``, ``remediation_defender`` and ``remediation_network``; this module is the
door to them. Employee texts have no cmdlet, event number or registry key.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.checks import remediation_defender, remediation_network, remediation_windows
from troubleshooting.domain.checks.finding import CheckId, CheckStatus, Remedy
from troubleshooting.domain.checks.remediation_base import Outcome, Outcomes

__all__ = [
    "CHECK_NAMES",
    "EXPECTED",
    "OUTCOMES",
    "UNREAD",
    "Outcome",
    "outcome",
    "remedy",
    "sentence",
]

CHECK_NAMES: Mapping[CheckId, Text] = {
    CheckId.OS_EDITION: say(_("Windows edition")),
    CheckId.OS_VERSION: say(_("Windows version")),
    CheckId.SOLE_ANTIVIRUS: say(_("Only antivirus program")),
    CheckId.REAL_TIME_PROTECTION: say(_("Real-time protection")),
    CheckId.BEHAVIOR_MONITORING: say(_("Behavior monitoring")),
    CheckId.CLOUD_PROTECTION: say(_("Cloud-delivered protection")),
    CheckId.CLOUD_CONNECTIVITY: say(_("Connection to the protection cloud")),
    CheckId.PROTECTION_MODE: say(_("Mode of network protection")),
    CheckId.SERVER_SWITCHES: say(_("Switches for servers")),
    CheckId.MODE_ORIGIN: say(_("Who sets the mode")),
    CheckId.PLATFORM_VERSION: say(_("Defender's platform version")),
    CheckId.SIGNATURES: say(_("Defender's signatures")),
    CheckId.NETWORK_INSPECTION: say(_("Network inspection")),
    CheckId.EXCLUSIONS_IN_FORCE: say(_("Exclusions in force")),
    CheckId.PROXY: say(_("Proxy")),
    CheckId.TAMPER_PROTECTION: say(_("Tamper protection")),
    CheckId.TROUBLESHOOTING_MODE: say(_("Troubleshooting mode")),
}

EXPECTED: Mapping[CheckId, Text] = {
    CheckId.OS_EDITION: say(_("Windows Pro or Enterprise, or Windows Server")),
    CheckId.OS_VERSION: say(
        _("Windows 10 version 1709 (build 16299) or later; multi-session 1909; Server 2012 R2, 2016, 1803 or later")
    ),
    CheckId.SOLE_ANTIVIRUS: say(_("Microsoft Defender in normal mode and no other antivirus switched on")),
    CheckId.REAL_TIME_PROTECTION: say(_("On")),
    CheckId.BEHAVIOR_MONITORING: say(_("On")),
    CheckId.CLOUD_PROTECTION: say(_("On: basic (1) or, better, advanced (2)")),
    CheckId.CLOUD_CONNECTIVITY: say(_("The test connection succeeds")),
    CheckId.PROTECTION_MODE: say(_("Block (1); for a blocked site audit (2) is enough unless policy keeps it there")),
    CheckId.SERVER_SWITCHES: say(
        _("Network protection allowed on servers; on Server 2012 R2 and 2016 also for older systems")
    ),
    CheckId.MODE_ORIGIN: say(_("Known to IT; nothing is required")),
    CheckId.PLATFORM_VERSION: say(_("4.18.1906 or later; 4.18.2001 on Windows Server 2012 R2 and 2016")),
    CheckId.SIGNATURES: say(_("At most 7 days old and not out of date")),
    CheckId.NETWORK_INSPECTION: say(_("Running")),
    CheckId.EXCLUSIONS_IN_FORCE: say(_("None that covers the reported program or address")),
    CheckId.PROXY: say(_("The proxy that the network needs, if any")),
    CheckId.TAMPER_PROTECTION: say(_("Known to IT; on is recommended")),
    CheckId.TROUBLESHOOTING_MODE: say(_("Off")),
}

OUTCOMES: Outcomes = {
    **remediation_windows.OUTCOMES,
    **remediation_defender.OUTCOMES,
    **remediation_network.OUTCOMES,
}

# Reasons that every check knows: there is no value to judge. None of them is ever a failure.
UNREAD: Mapping[str, Outcome] = {
    "waiting": Outcome(CheckStatus.WAITING, _("The PC has not answered this yet.")),
    "absent": Outcome(
        CheckStatus.UNKNOWN,
        _("Not known: the PC says that it has no such information."),
        it=_("The device answered that the class, key or log does not exist; see the command in the evidence."),
    ),
    "refused": Outcome(
        CheckStatus.UNKNOWN,
        _("Not known: the portal's account may not read this on the PC."),
        it=_("Access was denied. The account needs the endpoint's role (JEA) or membership in Administrators."),
    ),
    "failed": Outcome(
        CheckStatus.UNKNOWN,
        _("Not known: the PC answered with an error."),
        it=_("The device's own error text is kept with the command in the evidence."),
    ),
    "silent": Outcome(
        CheckStatus.UNKNOWN,
        _("Not known: the PC answered, but did not say this. Older versions of Defender do not tell."),
        it=_("The property came back empty. Update Defender's platform and check again."),
    ),
    "strange": Outcome(
        CheckStatus.UNKNOWN,
        _("Not known: the PC answered with a value that the portal does not know (%(value)s)."),
        it=_(
            "The value %(value)s is in no table of the portal; read the evidence and tell the portal's administrator."
        ),
    ),
}


def outcome(check: CheckId, reason: str) -> Outcome:
    """Return what a check comes to for a reason."""
    return UNREAD.get(reason) or OUTCOMES[check][reason]


def remedy(found: Outcome, values: Mapping[str, str | int]) -> Remedy:
    """Return what each reader can do, with the places filled."""
    return Remedy(
        employee=sentence(found.employee, values) if found.employee else None,
        it=sentence(found.it, values) if found.it else None,
    )


def sentence(message: str, values: Mapping[str, str | int]) -> Text:
    """Make a Text with those values that the message has places for."""
    return say(message, **{name: value for name, value in values.items() if f"%({name})s" in message})
