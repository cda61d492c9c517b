"""What each exclusion opens up, and why none makes sense, in words for both readers.

Source: docs/reference/exclusions.md sections 1 to 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.verdict.base import VerdictCode


@dataclass(frozen=True, slots=True)
class Opens:
    """What an exclusion opens up, for each of the two readers."""

    employee: Text
    it: Text


@dataclass(frozen=True, slots=True)
class OpensWords:
    """The messages for :class:`Opens`; each may name the ``%(value)s``."""

    employee: str
    it: str


OPENS_PAGE = OpensWords(
    _("The one page %(value)s opens again. Everything else stays checked."),
    _(
        "Allow indicator (Url) for %(value)s: this page and what lies below it passes on the chosen PCs, in every "
        "program that shows the page to Defender. An https:// page is seen by Microsoft Edge only. It wins over "
        "SmartScreen's verdict and over web content filtering, without alert or notice. All other sites stay checked."
    ),
)

OPENS: Mapping[ExclusionKind, OpensWords] = {
    ExclusionKind.ALLOW_INDICATOR: OpensWords(
        _("The site %(value)s opens again in every program. All other sites stay checked."),
        _(
            "Allow indicator for %(value)s: the site, with everything below a domain name, passes on the chosen PCs "
            "in every program. It wins over SmartScreen's verdict and over web content filtering, without alert or "
            "notice. All other sites stay checked. It takes up to two hours, in rare cases 48."
        ),
    ),
    ExclusionKind.IP_ADDRESS: OpensWords(
        _("Your PC no longer checks what it exchanges with the server of %(value)s, also for other sites there."),
        _(
            "ExclusionIpAddress for %(value)s: on this PC the packets to and from the address are not inspected, for "
            "every program and every port, also those of harmful software and of other sites at that address. At once."
        ),
    ),
    ExclusionKind.PROCESS: OpensWords(
        _("Your PC no longer checks what the program %(value)s does: no site it opens and no file it reads."),
        _(
            "ExclusionProcess for %(value)s: network protection, attack surface reduction and the antivirus no longer "
            "see this program's connections and the files it opens, on this PC, for every site. The last resort."
        ),
    ),
}

NEEDS_ADDRESS = _(
    "The evidence has no IP address. Look on the PC which IPv4 address the site has, and whether others share it."
)
NEEDS_PATH = _(
    "The evidence does not have the program's whole path. Look on the PC where it lies, for example in the properties "
    "of its shortcut."
)
IN_EDGE = _("In Microsoft Edge it is SmartScreen that blocks, and an exclusion on the PC does not reach it.")
NOT_AN_IPV4 = _("Microsoft documents IP exclusions for IPv4 addresses only.")
NEVER_EXCLUDED = _(
    "This program is never excluded: it opens or runs what comes from outside, so it would leave the PC unprotected."
)

MISSED = _(
    "An exclusion opens what is blocked. Here a dangerous site was not blocked, so there is nothing to be opened."
)
NONE_BY_VERDICT: Mapping[VerdictCode, str] = {
    VerdictCode.PREREQUISITES_NOT_MET: _(
        "Network protection does not work on this PC yet, so it blocked nothing. First comes what the checks name."
    ),
    VerdictCode.NOT_COVERED: _(
        "Network protection does not decide about this connection, so an exclusion from it changes nothing."
    ),
    VerdictCode.EXCLUDED: _("An exclusion covers this already, so a further one changes nothing."),
    VerdictCode.NOT_REPRODUCED: _(
        "The PC's log has no block of this site, so something else keeps it from opening, and an exclusion would not "
        "help."
    ),
    VerdictCode.CANNOT_TELL: _(
        "It is not known whether network protection blocked the site. An exclusion needs evidence: check the PC again."
    ),
    VerdictCode.NOT_BLOCKED: _(
        "The test showed that it is not network protection that blocks the site, so an exclusion would not help."
    ),
    VerdictCode.PROTECTION_NOT_WORKING: _(
        "The test showed that network protection does not work on this PC, so there is nothing to be opened."
    ),
    VerdictCode.NOTHING_HAPPENED: _(
        "The test saw nothing happen, so there is no evidence of a block. Test again with the site opened meanwhile."
    ),
}
