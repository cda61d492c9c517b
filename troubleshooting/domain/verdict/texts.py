"""The words of every verdict, by code and reason, and the hints that go with it.

Source: docs/reference/checks.md sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.evidence.events import EventMatch
from troubleshooting.domain.evidence.programs import program_of
from troubleshooting.domain.evidence.snapshot import BrowserPolicy, Snapshot
from troubleshooting.domain.verdict.base import Confidence, NextStep, NextStepCode, Verdict, VerdictCode

_SAFE = ProblemKind.SAFE_SITE_BLOCKED.value
_MISSED = ProblemKind.DANGEROUS_SITE_MISSED.value

_ASK_PORTAL = _(
    "Next: IT will look this up in the Defender portal. If it is Microsoft's list, they will prepare a submission."
)
_FIX = _("Next: IT will fix what the checks found, and then check the PC again.")


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of a verdict; each may name the ``%(host)s``."""

    employee: str
    it: str
    step: NextStepCode
    step_text: str


WORDS: Mapping[tuple[VerdictCode, str], Words] = {
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
    host = report.indicator.display_host
    return Verdict(
        code=code,
        confidence=Confidence.LOW,
        evidence=(),
        employee=_with_host(words.employee, host),
        it=_with_host(words.it, host),
        next_step=NextStep(words.step, _with_host(words.step_text, host)),
        hints=(*_event_hints(code, matches), *(hints(report, snapshot) if code in HINTED else ())),
    )


HINTED = frozenset({VerdictCode.NOT_REPRODUCED, VerdictCode.NOT_COVERED, VerdictCode.CANNOT_TELL})


def hints(report: Report, snapshot: Snapshot) -> tuple[Text, ...]:
    """Return what may hide a missed site's traffic from network protection (C6 to C9), or switch SmartScreen off."""
    return tuple(hint for make in _HINTS if (hint := make(report, snapshot)) is not None)


def _event_hints(code: VerdictCode, matches: tuple[EventMatch, ...]) -> tuple[Text, ...]:
    """Name an event that concerns the address but contradicts the report in program or time."""
    weak = [match for match in matches if not match.counts]
    if not weak or code in {VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, VerdictCode.WOULD_BE_BLOCKED}:
        return ()
    event = weak[0].event
    return (
        say(
            _(
                "The log has event %(event_id)s for this address at %(time)s, but from a different "
                "program or at a different time than reported. Ask the employee which program it was and "
                "when."
            ),
            event_id=event.event_id,
            time=event.recorded_at.isoformat(timespec="minutes"),
        ),
    )


_BROWSERS: Mapping[Program, str] = {Program.CHROME: "chrome", Program.FIREFOX: "firefox", Program.EDGE: "edge"}


def _browser_policy(report: Report, snapshot: Snapshot) -> BrowserPolicy | None:
    """Return what policy says about the reported browser; None for another program or where nothing was read."""
    wanted = _BROWSERS.get(program_of(report))
    return next((policy for policy in snapshot.browser_policies if policy.browser == wanted), None)


def _is_missed_outside_edge(report: Report) -> bool:
    """Tell whether the report is about a miss in a program that network protection looks at."""
    return report.kind is ProblemKind.DANGEROUS_SITE_MISSED and program_of(report) is not Program.EDGE


def _is_browser(report: Report) -> bool:
    """Tell whether the program is, or may be, a browser."""
    return program_of(report) is not Program.OTHER


def _quic(report: Report, snapshot: Snapshot) -> Text | None:
    """C7: network protection cannot see QUIC."""
    policy = _browser_policy(report, snapshot)
    if not (_is_missed_outside_edge(report) and _is_browser(report)) or (policy and policy.quic_allowed is False):
        return None
    return say(
        _(
            "The browser may have used QUIC (HTTP/3), which network protection cannot see. Turn it off by policy "
            "(QuicAllowed, in Firefox network.http.http3.enable) or block outbound UDP 443, and repeat the visit."
        )
    )


def _encrypted_client_hello(report: Report, snapshot: Snapshot) -> Text | None:
    """C8: Encrypted Client Hello hides the host name."""
    policy = _browser_policy(report, snapshot)
    off = policy is not None and policy.encrypted_client_hello is False
    if not (_is_missed_outside_edge(report) and _is_browser(report)) or off:
        return None
    return say(
        _(
            "The browser may have used Encrypted Client Hello, which hides the site's name from network protection. "
            "Turn it off by policy (EncryptedClientHelloEnabled, in Firefox DisableEncryptedClientHello) and repeat "
            "the visit."
        )
    )


def _https_path(report: Report, snapshot: Snapshot) -> Text | None:
    """C9: outside Edge only the host of an HTTPS address is visible."""
    indicator = report.indicator
    has_path = indicator.scheme == "https" and indicator.path not in {None, "/"}
    if not (_is_missed_outside_edge(report) and has_path):
        return None
    return say(
        _(
            "The report names one page of an HTTPS site. Outside Edge only the host is visible, so a single page can "
            "be blocked only by blocking %(host)s."
        ),
        host=indicator.display_host,
    )


def _smart_screen_off(report: Report, snapshot: Snapshot) -> Text | None:
    """C6: SmartScreen switched off by policy leaves Edge without protection."""
    policy = _browser_policy(report, snapshot)
    if program_of(report) is not Program.EDGE or policy is None or policy.smart_screen is not False:
        return None
    return say(_("The policy SmartScreenEnabled is 0: SmartScreen is off in Edge on this PC, so nothing blocks there."))


_HINTS: tuple[Callable[[Report, Snapshot], Text | None], ...] = (
    _quic,
    _encrypted_client_hello,
    _https_path,
    _smart_screen_off,
)


def _with_host(message: str, host: str) -> Text:
    """Fill the host in where the sentence has a place for it."""
    return say(message, host=host) if "%(host)s" in message else say(message)
