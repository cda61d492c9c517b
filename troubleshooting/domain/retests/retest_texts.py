"""What a re-test showed or why there was none, in words for both readers; the codes are in ``retest``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.retests.retest import RetestOutcome, RetestPurpose


@dataclass(frozen=True, slots=True)
class RetestText:
    """One outcome, for each of the two readers, with its tone for the eye."""

    tone: str  # good, warn, bad, info or quiet
    employee: Text
    it: Text


def _words(tone: str, employee: str, it: str) -> RetestText:
    return RetestText(tone, say(employee), say(it))


# What a re-test of that purpose asks, while nobody has an answer yet.
QUESTIONS: Mapping[RetestPurpose, Text] = {
    RetestPurpose.WORKS: say(_("Does the site open now?")),
    RetestPurpose.STILL_NEEDED: say(_("Would the site still be blocked without the exclusion?")),
}

OUTCOMES: Mapping[RetestOutcome, RetestText] = {
    RetestOutcome.WORKS: _words(
        "good",
        _("It works: the PC opened the site, and nothing was blocked."),
        _(
            "The PC requested the reported page and got an answer. Its log, read afterwards, has no "
            "event 1125 or 1126 about it."
        ),
    ),
    RetestOutcome.BLOCKED: _words(
        "bad",
        _("The site is still blocked on this PC. IT will find out why."),
        _(
            "Network protection still logged the address (1126, or 1125 in audit mode). Check which "
            "address the name resolves to, other programs and lists, and, for an indicator, its "
            "delay of up to 48 hours."
        ),
    ),
    RetestOutcome.NOT_REACHED: _words(
        "warn",
        _("The site did not open, but it was not blocked. Something else is in the way. IT will look into it."),
        _(
            "The request failed, and the log has no event 1125 or 1126 about it. Possible causes: "
            "name resolution, the network, a proxy that the PC's own account does not use, or the "
            "site itself."
        ),
    ),
    RetestOutcome.STILL_NEEDED: _words(
        "warn",
        _("Without the exclusion the site would still be blocked."),
        _("With the entry removed, in audit mode, the PC logged the request as one it would block (1125)."),
    ),
    RetestOutcome.NOT_NEEDED: _words(
        "good",
        _("The site would now open without the exclusion. The exclusion can end."),
        _(
            "With the entry removed, in audit mode, the PC got an answer and logged nothing about "
            "it: the block is gone. We recommend letting the exclusion end."
        ),
    ),
    RetestOutcome.CANNOT_TELL: _words(
        "quiet",
        _("The re-test had no clear result. Please open the site yourself and tell us whether it works."),
        _("The event log could not be read, or the page was not requested as planned, so the re-test has no result."),
    ),
    RetestOutcome.NOT_ALLOWED: _words(
        "quiet",
        _("Your company does not test this automatically. Please tell us whether you still need it."),
        _("Removing an exclusion for a re-test is turned off (EXCLUSION_RETESTS). Ask the employee instead."),
    ),
    RetestOutcome.ONLY_A_PERSON: _words(
        "quiet",
        _("Only you can test this: open the site in the program it is for, and tell us whether it works."),
        _(
            "The exclusion is for one program, and the portal's own request comes from a different "
            "one. Only the employee can say whether it works."
        ),
    ),
    RetestOutcome.INDICATOR_FOR_MANY: _words(
        "quiet",
        _(
            "This applies to many PCs at once, so it cannot be removed for a test. Please tell us "
            "whether you still need it."
        ),
        _("An allow indicator cannot be removed for a single PC, so it cannot be tested whether it is still needed."),
    ),
    RetestOutcome.DANGEROUS_SITE: _words(
        "quiet",
        _("A site that was reported as dangerous is never opened for a test."),
        _("The case reports a dangerous site, and the portal never requests one."),
    ),
    RetestOutcome.NOT_ON_THIS_PC: _words(
        "quiet",
        _("The exclusion is not in force on this PC, so there is nothing to test here."),
        _("The exclusion was not read back on the PC of this case, so nothing can be tested there."),
    ),
    RetestOutcome.NOT_THE_PORTALS: _words(
        "quiet",
        _("Something else on this PC needs the same entry, so it was not removed for a test."),
        _(
            "The entry was there before the portal applied it, or another exclusion in force needs "
            "it, so it is not removed for a re-test."
        ),
    ),
    RetestOutcome.PC_NOT_REACHED: _words(
        "warn",
        _("The PC could not be reached for a day, so nothing was tested."),
        _("The PC could not be reached, or the connection was lost, before anything could be tested."),
    ),
    RetestOutcome.LEASE_NOT_POSSIBLE: _words(
        "quiet",
        _("The PC could not be switched to audit mode for a moment, so nothing was tested and nothing was changed."),
        _("The PC did not switch to audit mode, so the exclusion was not removed. The reason is shown beside this."),
    ),
    RetestOutcome.EMERGENCY_STOPPED: _words(
        "quiet",
        _("All changes are stopped at the moment, so nothing was tested."),
        _("The emergency stop was on, so the exclusion was not removed."),
    ),
    RetestOutcome.EXCLUSION_ENDED: _words(
        "quiet",
        _("The exclusion had ended by then, so there was nothing to test."),
        _("The exclusion had ended, or was not in force, when the re-test was due."),
    ),
}


def retest_text(code: str) -> RetestText | None:
    """Return the words of a stored outcome; None for an empty or unknown one."""
    return next((words for known, words in OUTCOMES.items() if known.value == code), None)
