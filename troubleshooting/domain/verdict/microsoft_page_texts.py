"""The words of verdicts about Microsoft's own test pages (docs/reference/events.md section 8)."""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.microsoft_pages import Tested
from troubleshooting.domain.verdict.base import NextStepCode, VerdictCode, Words

_NOTHING_TO_DO = _("Next: you don't need to do anything.")

MICROSOFT_PAGE_WORDS: Mapping[tuple[VerdictCode, str], Words] = {
    (VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, Tested.NETWORK_PROTECTION): Words(
        _("%(host)s is Microsoft's own test page and has to be blocked. Network protection works on your PC."),
        _(
            "Event 1126 shows that network protection blocked Microsoft's test page %(host)s, as it should. There is "
            "nothing to allow and nothing to submit."
        ),
        NextStepCode.VISIT_AGAIN,
        _NOTHING_TO_DO,
    ),
    (VerdictCode.WOULD_BE_BLOCKED, Tested.NETWORK_PROTECTION): Words(
        _(
            "%(host)s is Microsoft's own test page. Network protection recognised it, but on your PC it only logs this "
            "and does not block."
        ),
        _(
            "Event 1125 shows that network protection recognised Microsoft's test page %(host)s and let it through "
            "because it is in audit mode. Set EnableNetworkProtection to 1 (Block) where it is set now (see who sets "
            "the mode). There is nothing to submit."
        ),
        NextStepCode.TURN_ON_BLOCK_MODE,
        _("Next: IT will switch network protection on this PC from audit mode to block mode."),
    ),
    (VerdictCode.PROTECTION_NOT_WORKING, Tested.NETWORK_PROTECTION): Words(
        _(
            "%(host)s is Microsoft's own test page and has to be blocked. It was not, so network protection does not "
            "work on your PC."
        ),
        _(
            "%(host)s is a test page that network protection has to block, and the log has no event 1126 or 1125 for "
            "it, although no check failed. Something hides the connection: QUIC or Encrypted Client Hello in the "
            "browser, a proxy or VPN that fetches pages for the PC, or an exclusion for the program. Repeat the visit "
            "from PowerShell (Invoke-WebRequest), which uses neither QUIC nor Encrypted Client Hello: if that is "
            "blocked, the browser is the cause. There is nothing to submit to Microsoft."
        ),
        NextStepCode.FIX_PREREQUISITES,
        _("Next: IT will find out what keeps network protection from working, and then check the PC again."),
    ),
    (VerdictCode.NOT_REPRODUCED, Tested.NETWORK_PROTECTION): Words(
        _(
            "%(host)s is Microsoft's own test page, which is blocked on purpose to show that protection works. Your PC "
            "has no record of network protection blocking it."
        ),
        _(
            "%(host)s is a test page that is blocked on purpose, so there is nothing to allow and nothing to submit. "
            "The log was read and has no matching event 1126 or 1125 for it, so something else stopped the page: the "
            "browser's own protection, a proxy, or another security product. To test network protection, open the page "
            "in a browser other than Microsoft Edge and check again."
        ),
        NextStepCode.VISIT_AGAIN,
        _("Next: you don't need to do anything. To test network protection, open the page again and check once more."),
    ),
    (VerdictCode.NOT_BLOCKED, Tested.NETWORK_PROTECTION): Words(
        _(
            "%(host)s is Microsoft's own test page, which is blocked on purpose to show that protection works. Here it "
            "was not network protection that blocked it: as your PC is set up now, it can't block sites."
        ),
        _(
            "%(host)s is a test page that is blocked on purpose, so there is nothing to allow and nothing to submit. "
            "The log was read whole and has no event 1126 or 1125 for it, and network protection cannot block on this "
            "PC as it is set up now (see the evidence). Something else stopped the page, so it does not show that "
            "network protection works."
        ),
        NextStepCode.FIX_PREREQUISITES,
        _("Next: IT will find out what keeps network protection from working, and then check the PC again."),
    ),
    (VerdictCode.NOT_COVERED, Tested.NETWORK_PROTECTION): Words(
        _(
            "%(host)s is Microsoft's own test page. In Microsoft Edge it is SmartScreen that blocks it, so this says "
            "nothing about network protection."
        ),
        _(
            "In Microsoft Edge the test page %(host)s is blocked by SmartScreen, with its own page and no event of "
            "network protection. If it opened, check SmartScreen (policy SmartScreenEnabled under "
            "Policies\\Microsoft\\Edge). To test network protection, open it in another browser. There is nothing to "
            "submit."
        ),
        NextStepCode.CHECK_SMART_SCREEN,
        _("Next: to test network protection, open the page in another browser. IT will check SmartScreen in Edge."),
    ),
    (VerdictCode.NOT_COVERED, Tested.SMART_SCREEN): Words(
        _(
            "%(host)s is Microsoft's own page for trying out SmartScreen in Microsoft Edge. Other programs do not have "
            "to block it."
        ),
        _(
            "%(host)s demonstrates SmartScreen in Microsoft Edge; network protection does not have to block it, so an "
            "open page proves nothing. To test network protection, open https://smartscreentestratings2.net in a "
            "browser other than Edge. There is nothing to allow and nothing to submit."
        ),
        NextStepCode.CHECK_SMART_SCREEN,
        _("Next: IT will check SmartScreen in Edge, if the page opened there."),
    ),
}
