"""What every check can come to without a value to judge. None of it is ever a failure."""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.checks.base import Outcome
from troubleshooting.domain.checks.finding import CheckStatus

UNREAD: Mapping[str, Outcome] = {
    "waiting": Outcome(CheckStatus.WAITING, _("The PC has not answered this yet.")),
    "absent": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC says that it has no such information."),
        it=_("The device answered that the class, key or log does not exist. See the command in the evidence."),
    ),
    "refused": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the portal's account is not allowed to read this on the PC."),
        it=_("Access was denied. The account needs the endpoint's role (JEA) or membership in Administrators."),
    ),
    "failed": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC answered with an error."),
        it=_("The device's own error text is kept with the command in the evidence."),
    ),
    "silent": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC answered, but did not report this."),
        it=_("The value came back empty. See the command in the evidence."),
    ),
    "silent_platform_old": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC answered, but did not report this. Older versions of Defender do not."),
        it=_(
            "The property is empty or missing, and Defender's platform %(version)s is older than %(needed)s. Update "
            "the platform (KB4052623) and check again."
        ),
    ),
    "silent_platform_new": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC answered, but left this empty."),
        it=_(
            "The property came back empty. Defender's platform is %(version)s, so its age is not the likely reason. "
            "If Get-MpComputerStatus and Get-MpPreference show nothing on the PC itself either, restart it and check "
            "again."
        ),
    ),
    "silent_platform_unknown": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC answered, but did not report this. Older versions of Defender do not."),
        it=_(
            "The property is empty or missing, and Defender's platform version is not known. Read AMProductVersion; if "
            "it is below %(needed)s, update the platform (KB4052623)."
        ),
    ),
    "not_in_file": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC's support files do not say this."),
        it=_("MpSupportFiles.cab does not contain this, or not in a form that the portal reads. Check it on the PC."),
    ),
    "strange": Outcome(
        CheckStatus.UNKNOWN,
        _("Unknown: the PC answered with a value that the portal does not recognise (%(value)s)."),
        it=_(
            "The portal does not recognise the value %(value)s. Look at the evidence and tell the "
            "portal's administrator."
        ),
    ),
}
