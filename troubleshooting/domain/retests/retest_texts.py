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
    RetestPurpose.STILL_NEEDED: say(_("Would the site still be blocked without the exception?")),
}

OUTCOMES: Mapping[RetestOutcome, RetestText] = {
    RetestOutcome.WORKS: _words(
        "good",
        _("It works: the PC opened the site, and nothing was blocked."),
        _("The PC requested the reported page and got an answer; its log, read after, has no 1125 or 1126 about it."),
    ),
    RetestOutcome.BLOCKED: _words(
        "bad",
        _("The site is still blocked on this PC. IT looks at why."),
        _(
            "Network protection named the address all the same (1126, or 1125 in audit mode). Look at the address that "
            "the name resolves to, at other programs and lists, and for an indicator at its delay of up to 48 hours."
        ),
    ),
    RetestOutcome.NOT_REACHED: _words(
        "warn",
        _("The site did not open, but it was not blocked. Something else is in the way; IT looks at it."),
        _(
            "The request failed and the log has no 1125 or 1126 about it: name resolution, network, a proxy that the "
            "PC's own account does not use, or the site itself."
        ),
    ),
    RetestOutcome.STILL_NEEDED: _words(
        "warn",
        _("Without the exception the site would still be blocked."),
        _("With the entry taken off, in audit mode, the PC logged the request as one that it would block (1125)."),
    ),
    RetestOutcome.NOT_NEEDED: _words(
        "good",
        _("The site would open without the exception now. It can end."),
        _(
            "With the entry taken off, in audit mode, the PC got an answer and logged nothing about it: the block is "
            "gone. Better let it end."
        ),
    ),
    RetestOutcome.CANNOT_TELL: _words(
        "quiet",
        _("The try showed nothing either way. Please open the site yourself and say whether it works."),
        _("The event log could not be read, or the page was not requested as planned; the try shows nothing."),
    ),
    RetestOutcome.NOT_ALLOWED: _words(
        "quiet",
        _("The company does not try this by itself. Please say whether you still need it."),
        _("Taking an exclusion off for a try is switched off (EXCLUSION_RETESTS). Ask the employee instead."),
    ),
    RetestOutcome.ONLY_A_PERSON: _words(
        "quiet",
        _("Only you can try this: open the site in the program that it is for, and say whether it works."),
        _(
            "The exclusion is for one program, and the portal's own request comes from another one. Only the employee "
            "can say whether it works."
        ),
    ),
    RetestOutcome.INDICATOR_FOR_MANY: _words(
        "quiet",
        _("This holds for many PCs at once, so it cannot be taken away for a try. Please say whether you need it."),
        _("An allow indicator cannot be lifted for one PC, so whether it is still needed cannot be tried."),
    ),
    RetestOutcome.DANGEROUS_SITE: _words(
        "quiet",
        _("A site that was reported as dangerous is never opened for a try."),
        _("The case reports a dangerous site, and the portal never requests one."),
    ),
    RetestOutcome.NOT_ON_THIS_PC: _words(
        "quiet",
        _("The exception does not hold on this PC, so there is nothing to try here."),
        _("The exclusion was not read back on the PC of the case, so nothing can be tried there."),
    ),
    RetestOutcome.NOT_THE_PORTALS: _words(
        "quiet",
        _("Something else on this PC needs the same entry, so it was not taken away for a try."),
        _(
            "The entry was there before the portal came, or another exclusion in force needs it: it is not taken off "
            "for a try."
        ),
    ),
    RetestOutcome.PC_NOT_REACHED: _words(
        "warn",
        _("The PC could not be reached for a day, so nothing was tried."),
        _("The PC was not reached, or the visit was lost, before anything could be tried."),
    ),
    RetestOutcome.LEASE_NOT_POSSIBLE: _words(
        "quiet",
        _("The PC could not be set to only log for a moment, so nothing was tried and nothing was changed."),
        _("Audit mode was not reached, so the exclusion was not taken off. Why stands beside it."),
    ),
    RetestOutcome.EMERGENCY_STOPPED: _words(
        "quiet",
        _("All changes are stopped at the moment, so nothing was tried."),
        _("The emergency stop was on, so the exclusion was not taken off."),
    ),
    RetestOutcome.EXCLUSION_ENDED: _words(
        "quiet",
        _("The exception had ended by then, so there was nothing to try."),
        _("The exclusion had ended, or was not in force, when the try was due."),
    ),
}


def retest_text(code: str) -> RetestText | None:
    """Return the words of a stored outcome; None for an empty or unknown one."""
    return next((words for known, words in OUTCOMES.items() if known.value == code), None)
