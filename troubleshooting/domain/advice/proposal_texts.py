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
    _("Only the page %(value)s is allowed. Everything else is still checked."),
    _(
        "Allow indicator (Url) for %(value)s: this page and everything below it is allowed on "
        "the selected PCs, in every program that shows the page to Defender. Only Microsoft Edge "
        "shows Defender the page of an https:// address. The indicator overrides SmartScreen's "
        "verdict and web content filtering, without an alert or notice. All other sites are "
        "still checked."
    ),
)

OPENS: Mapping[ExclusionKind, OpensWords] = {
    ExclusionKind.ALLOW_INDICATOR: OpensWords(
        _("The site %(value)s is allowed in every program. All other sites are still checked."),
        _(
            "Allow indicator for %(value)s: the site, including everything below a domain name, is "
            "allowed on the selected PCs in every program. The indicator overrides SmartScreen's "
            "verdict and web content filtering, without an alert or notice. All other sites are "
            "still checked. It takes up to two hours to take effect, in rare cases 48."
        ),
    ),
    ExclusionKind.IP_ADDRESS: OpensWords(
        _(
            "Your PC no longer checks the data it exchanges with the server of %(value)s, including "
            "for other sites on that server."
        ),
        _(
            "ExclusionIpAddress for %(value)s: on this PC, traffic to and from the address is not "
            "inspected, for any program and port, including malware and other sites at that address. "
            "Takes effect immediately."
        ),
    ),
    ExclusionKind.PROCESS: OpensWords(
        _(
            "Your PC no longer checks what the program %(value)s does: neither the sites it opens "
            "nor the files it reads."
        ),
        _(
            "ExclusionProcess for %(value)s: network protection, attack surface reduction and the "
            "antivirus no longer check this program's connections or the files it opens, on this PC, "
            "for any site. A last resort."
        ),
    ),
}

NEEDS_ADDRESS = _(
    "The evidence contains no IP address. Find out on the PC which IPv4 address the site "
    "has, and whether other sites share it."
)
NEEDS_PATH = _(
    "The evidence does not contain the program's full path. Find out on the PC where the "
    "program is, for example from the properties of its shortcut."
)
IN_EDGE = _("In Microsoft Edge, SmartScreen does the blocking, and an exclusion on the PC does not affect it.")
NOT_AN_IPV4 = _("Microsoft documents IP exclusions for IPv4 addresses only.")
NEVER_EXCLUDED = _(
    "This program is never excluded: it opens or runs content from outside, so excluding it "
    "would leave the PC unprotected."
)

MISSED = _(
    "An exclusion allows something that is blocked. Here a dangerous site was not blocked, "
    "so there is nothing to allow."
)
TEST_PAGE = _("This is Microsoft's own test page, which has to be blocked. An exclusion would only hide what it tests.")
NONE_BY_VERDICT: Mapping[VerdictCode, str] = {
    VerdictCode.PREREQUISITES_NOT_MET: _(
        "Network protection is not working on this PC yet, so it blocked nothing. First fix what the checks found."
    ),
    VerdictCode.NOT_COVERED: _(
        "Network protection does not check this connection, so an exclusion would change nothing."
    ),
    VerdictCode.EXCLUDED: _("An exclusion already covers this, so another one would change nothing."),
    VerdictCode.NOT_REPRODUCED: _(
        "The PC's log shows no block of this site, so something else is stopping it from "
        "opening, and an exclusion would not help."
    ),
    VerdictCode.CANNOT_TELL: _(
        "It is not known whether network protection blocked the site. An exclusion needs evidence: check the PC again."
    ),
    VerdictCode.NOT_BLOCKED: _("Network protection is not what blocks the site, so an exclusion would not help."),
    VerdictCode.PROTECTION_NOT_WORKING: _(
        "The test showed that network protection is not working on this PC, so there is nothing to allow."
    ),
    VerdictCode.NOTHING_HAPPENED: _(
        "Nothing was recorded during the test, so there is no evidence of a block. Test again "
        "and open the site during the test."
    ),
}
