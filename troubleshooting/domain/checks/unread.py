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
        _("Unknown: the PC answered, but did not report this. Older versions of Defender do not."),
        it=_("The property came back empty. Update Defender's platform and check again."),
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
