"""The words of every verdict, by code and reason, and the hints that go with it.

Source: docs/reference/checks.md sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.evidence.events import EventMatch
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.verdict.base import Confidence, NextStep, NextStepCode, Verdict, VerdictCode, Words
from troubleshooting.domain.verdict.hints import HINTED, event_hints, hints
from troubleshooting.domain.verdict.microsoft_page_texts import MICROSOFT_PAGE_WORDS
from troubleshooting.domain.verdict.suspects import antivirus_names, suspects

_SAFE = ProblemKind.SAFE_SITE_BLOCKED.value
_MISSED = ProblemKind.DANGEROUS_SITE_MISSED.value

_ASK_PORTAL = _(
    "Next: IT will look this up in the Defender portal. If it is Microsoft's list, they will prepare a submission."
)
_FIX = _("Next: IT will fix what the checks found, and then check the PC again.")
_LOOK_ELSEWHERE = _("Next: IT will look for what keeps the site from opening.")


WORDS: Mapping[tuple[VerdictCode, str], Words] = {
    **MICROSOFT_PAGE_WORDS,
    (VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, _SAFE): Words(
        _("Network protection on your PC blocked %(host)s. IT will find out whose list it is on."),
        _(
            "Event 1126 shows that network protection blocked %(host)s; that is certain. The local "
            "log contains no category, so it is not known whose list it was on: Microsoft's threat "
            "intelligence (SmartScreen), a custom indicator, web content filtering or Defender for "
            "Cloud Apps. DeviceEvents in advanced hunting has it as ResponseCategory. Only the first "
            "of these belongs in a submission to Microsoft."
        ),
        NextStepCode.FIND_OUT_WHO_BLOCKS,
        _ASK_PORTAL,
    ),
    (VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, _MISSED): Words(
        _("Network protection did block %(host)s on your PC, even though it may have looked as if the site opened."),
        _(
            "Event 1126 shows that %(host)s was blocked. The name is read after the TCP handshake, "
            "so a “successful” connection in the tenant does not mean that the block was missed. "
            "Other content may have come from a different address."
        ),
        NextStepCode.VISIT_AGAIN,
        _("Next: you don't need to do anything. If the site still opens, report it again with the exact time."),
    ),
    (VerdictCode.WOULD_BE_BLOCKED, _SAFE): Words(
        _(
            "Network protection considers %(host)s dangerous, but on your PC it currently only logs "
            "this. Something else stopped the site."
        ),
        _(
            "Event 1125 shows that network protection would block %(host)s, but audit mode let it "
            "through. What the employee saw came from something else (browser, proxy, the site). In "
            "block mode the site will be blocked. The local log contains no category, so it is not "
            "known whose list it is on."
        ),
        NextStepCode.FIND_OUT_WHO_BLOCKS,
        _ASK_PORTAL,
    ),
    (VerdictCode.WOULD_BE_BLOCKED, _MISSED): Words(
        _("Network protection recognises %(host)s as dangerous, but on your PC it only logs this and does not block."),
        _(
            "Event 1125 shows that network protection recognised %(host)s and let it through because "
            "it is in audit mode. There is nothing to submit: set EnableNetworkProtection to 1 "
            "(Block) where it is set now (see who sets the mode). Setting the policy to Disabled (0) "
            "would turn network protection off."
        ),
        NextStepCode.TURN_ON_BLOCK_MODE,
        _("Next: IT will switch network protection on this PC from audit mode to block mode."),
    ),
    (VerdictCode.NOT_COVERED, "edge"): Words(
        _(
            "In Microsoft Edge, a different part of Windows, SmartScreen, decides about %(host)s, "
            "not network protection."
        ),
        _(
            "The report names Microsoft Edge, whose traffic is checked by SmartScreen and not by "
            "network protection (policy SmartScreenEnabled under Policies\\Microsoft\\Edge). No "
            "network protection event suggests otherwise. The same custom indicators apply in Edge "
            "too."
        ),
        NextStepCode.CHECK_SMART_SCREEN,
        _(
            "Next: IT will check SmartScreen in Edge. A wrong rating is reported to Microsoft on "
            "SmartScreen's own page."
        ),
    ),
    (VerdictCode.NOT_COVERED, "private"): Words(
        _("%(host)s is an address inside a network. Network protection has no list for such addresses."),
        _(
            "%(host)s is a private address. Threat intelligence does not list such addresses and "
            "indicators do not support them; only IP exclusions do. Check for a firewall, a proxy or "
            "the service itself."
        ),
        NextStepCode.CHECK_NETWORK,
        _("Next: IT will check the internal network and the service behind this address."),
    ),
    (VerdictCode.PREREQUISITES_NOT_MET, "stopped"): Words(
        _("Microsoft Defender is not running on your PC, so network protection can neither block nor protect."),
        _(
            "The PC reports that Defender's service is not running (0x800106ba). Network protection "
            "cannot work, and its settings cannot be read. Start the service or remove the other "
            "antivirus, then check again."
        ),
        NextStepCode.FIX_PREREQUISITES,
        _FIX,
    ),
    (VerdictCode.PREREQUISITES_NOT_MET, "failed"): Words(
        _("Your PC is not set up the way network protection needs. IT has to change that first."),
        _(
            "At least one prerequisite of network protection is not met (see the evidence), and no "
            "matching event 1126 or 1125 was found. Fix the checks named, then check again: until "
            "then the report cannot be judged."
        ),
        NextStepCode.FIX_PREREQUISITES,
        _FIX,
    ),
    (VerdictCode.EXCLUDED, "excluded"): Words(
        _("An exclusion on your PC covers this program or address, so network protection does not check %(host)s."),
        _(
            "An exclusion covers the reported program or address. Excluded traffic is not inspected, "
            "which explains why the site was not blocked. A process exclusion was compared by file "
            "name. Review it, then have the site visited again."
        ),
        NextStepCode.REVIEW_EXCLUSION,
        _("Next: IT will review the exclusion and remove it if it is not needed."),
    ),
    (VerdictCode.CANNOT_TELL, "log_unread"): Words(
        _("We can't tell what happened to %(host)s: your PC's record of blocked sites could not be read."),
        _(
            "The log Microsoft-Windows-Windows Defender/Operational could not be read, so it is not "
            "known whether there was a block. Administrators and Event Log Readers can read these "
            "events."
        ),
        NextStepCode.CHECK_AGAIN,
        _("Next: IT will give the portal access to the record, and then check the PC again."),
    ),
    (VerdictCode.CANNOT_TELL, "log_too_short"): Words(
        _(
            "We can't tell what happened to %(host)s: the record that was read does not go back to "
            "the time you reported."
        ),
        _(
            "The events that were read do not cover the reported time (24 hours and 500 events at "
            "most), so the absence of a block in them proves nothing. Advanced hunting keeps "
            "DeviceEvents for 30 days."
        ),
        NextStepCode.VISIT_AGAIN,
        _("Next: please visit the site once more, and check the PC again right after that."),
    ),
    (VerdictCode.CANNOT_TELL, "log_incomplete"): Words(
        _("We can't tell what happened to %(host)s: only a part of your PC's record of blocked sites could be read."),
        _(
            "The log broke off with an error, was cut for its size, or has records that cannot be read (see the "
            "transcript), so the absence of a block in what came proves nothing. If it happens again, look at the log "
            "in Event Viewer: a damaged one has to be cleared. Advanced hunting keeps DeviceEvents for 30 days."
        ),
        NextStepCode.CHECK_AGAIN,
        _("Next: IT will look at the record on your PC, and then check the PC again."),
    ),
    (VerdictCode.CANNOT_TELL, "log_too_young"): Words(
        _(
            "We can't tell what happened to %(host)s: your PC's record of blocked sites begins after the time you "
            "reported."
        ),
        _(
            "The oldest record of the log is younger than the report: the log was cleared, Windows was set up anew, or "
            "older records were overwritten. So the absence of a block proves nothing. Advanced hunting keeps "
            "DeviceEvents for 30 days; a larger log keeps more."
        ),
        NextStepCode.VISIT_AGAIN,
        _("Next: please visit the site once more, and check the PC again right after that."),
    ),
    (VerdictCode.NOT_BLOCKED, "not_working"): Words(
        _(
            "Network protection did not block %(host)s: as your PC is set up now, it can't block sites. Something else "
            "is keeping the site from opening."
        ),
        _(
            "The log was read whole and has no event 1126 or 1125 for %(host)s, and network protection cannot block on "
            "this PC as it is set up now (see the evidence). Something else keeps the site from opening. The missing "
            "protection is a finding of its own and does not answer this report. Neither an exclusion nor a submission "
            "to Microsoft would help."
        ),
        NextStepCode.CHECK_NETWORK,
        _LOOK_ELSEWHERE,
    ),
    (VerdictCode.NOT_BLOCKED, "other_antivirus"): Words(
        _(
            "Network protection did not block %(host)s: as your PC is set up now, it can't block sites. The other "
            "antivirus on it, %(antivirus)s, may have."
        ),
        _(
            "The log was read whole and has no event 1126 or 1125 for %(host)s, and network protection cannot block on "
            "this PC as it is set up now (see the evidence). Windows lists another antivirus, %(antivirus)s: look at "
            "its log first. The missing protection is a finding of its own and does not answer this report. Neither an "
            "exclusion nor a submission to Microsoft would help."
        ),
        NextStepCode.CHECK_NETWORK,
        _LOOK_ELSEWHERE,
    ),
    (VerdictCode.NOT_REPRODUCED, "close"): Words(
        _(
            "Your PC has no record of network protection blocking %(host)s as you reported it, but one that comes "
            "close to it."
        ),
        _(
            "The log was read whole and has no event 1126 or 1125 that fits the report, but one that comes close: the "
            "same address in a different program or at a different time, or a different address at that time. A page "
            "is loaded from many addresses, so this may be what the employee met. Find out before you look elsewhere."
        ),
        NextStepCode.VISIT_AGAIN,
        _("Next: please visit the site once more, note the time, and check the PC again right after that."),
    ),
    (VerdictCode.CANNOT_TELL, "checks_unread"): Words(
        _("We can't tell why %(host)s was not blocked: your PC did not answer all questions."),
        _(
            "No matching event was found, but at least one prerequisite could not be read, so “not "
            "blocked” could also mean “not working”. See the evidence, give the account access, and "
            "check again."
        ),
        NextStepCode.CHECK_AGAIN,
        _("Next: IT will give the portal access to the missing answers, and then check the PC again."),
    ),
    (VerdictCode.CANNOT_TELL, "log_unread_in_file"): Words(
        _("We can't tell what happened to %(host)s: your PC's support files have no record of blocked sites."),
        _(
            "MPOperationalEvents.txt is missing from the support files, or not in a form that the portal reads, so it "
            "is not known whether there was a block. Run MpCmdRun.exe -GetFiles again in an elevated prompt."
        ),
        NextStepCode.CHECK_AGAIN,
        _("Next: IT will collect the support files again, or have the PC checked."),
    ),
    (VerdictCode.CANNOT_TELL, "log_too_short_in_file"): Words(
        _("We can't tell what happened to %(host)s: your PC's support files don't cover the time you reported."),
        _(
            "The support files were collected before the reported time, or their log begins after it, so the absence "
            "of a block in it proves nothing. Advanced hunting keeps DeviceEvents for 30 days."
        ),
        NextStepCode.VISIT_AGAIN,
        _("Next: please visit the site once more. IT will collect new support files right after that."),
    ),
    (VerdictCode.CANNOT_TELL, "checks_unread_in_file"): Words(
        _("We can't tell why %(host)s was not blocked: your PC's support files don't say everything that is needed."),
        _(
            "No matching event was found, but the support files do not say whether every prerequisite is met, so “not "
            "blocked” could also mean “not working”. See the evidence, and check the rest on the PC."
        ),
        NextStepCode.CHECK_AGAIN,
        _("Next: IT will check on the PC what its support files do not say."),
    ),
    (VerdictCode.NOT_REPRODUCED, "missed"): Words(
        _("Network protection works on your PC and did not block %(host)s. The site can be reported to Microsoft."),
        _(
            "All prerequisites are met, and the log has no block of %(host)s by this program at this "
            "time: network protection allowed it, did not see it, or the visit was at a different "
            "time. Confirm the threat, block the site with an indicator in the meantime, and submit "
            "it."
        ),
        NextStepCode.PREPARE_SUBMISSION,
        _("Next: IT will confirm that the site is dangerous and prepare a submission to Microsoft."),
    ),
    (VerdictCode.NOT_REPRODUCED, "not_blocked"): Words(
        _(
            "Your PC has no record of network protection blocking %(host)s. Something else is "
            "keeping the site from opening."
        ),
        _(
            "The log was read and has no matching event 1126 or 1125 for %(host)s. Check the "
            "browser's own protection, the proxy, DNS, other security products, and the site itself. "
            "A submission to Microsoft would not help."
        ),
        NextStepCode.CHECK_NETWORK,
        _("Next: please visit the site once more and check again. If nothing is found, IT will look at the network."),
    ),
}


def verdict_of(
    code: VerdictCode, reason: str, report: Report, snapshot: Snapshot, matches: tuple[EventMatch, ...]
) -> Verdict:
    """Return a verdict with its words; confidence and evidence are filled in by the rung that decided."""
    words = WORDS[code, reason]
    values = {"host": report.indicator.display_host, "antivirus": antivirus_names(snapshot)}
    return Verdict(
        code=code,
        confidence=Confidence.LOW,
        evidence=(),
        employee=_filled(words.employee, values),
        it=_filled(words.it, values),
        next_step=NextStep(words.step, _filled(words.step_text, values)),
        hints=(
            *event_hints(code, matches),
            *(hints(report, snapshot) if code in HINTED else ()),
            *(suspects(report, snapshot) if _asks_who_else(code, report) else ()),
        ),
    )


def _asks_who_else(code: VerdictCode, report: Report) -> bool:
    """Tell whether a site was blocked, and not by network protection."""
    is_absent = code in {VerdictCode.NOT_BLOCKED, VerdictCode.NOT_REPRODUCED}
    return is_absent and report.kind is ProblemKind.SAFE_SITE_BLOCKED


def _filled(message: str, values: Mapping[str, str]) -> Text:
    """Fill in what the sentence has a place for."""
    return say(message, **{name: value for name, value in values.items() if f"%({name})s" in message})
