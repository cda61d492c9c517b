"""What else IT should know: events that do not fit, and what may hide traffic from network protection.

Source: docs/reference/checks.md section 5, C6 to C9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.evidence.events import EventMatch
from troubleshooting.domain.evidence.programs import program_of
from troubleshooting.domain.evidence.snapshot import BrowserPolicy, Snapshot
from troubleshooting.domain.verdict.base import VerdictCode

HINTED = frozenset(
    {
        VerdictCode.NOT_REPRODUCED,
        VerdictCode.NOT_COVERED,
        VerdictCode.CANNOT_TELL,
        VerdictCode.PROTECTION_NOT_WORKING,
    }
)


def hints(report: Report, snapshot: Snapshot) -> tuple[Text, ...]:
    """Return what may hide a missed site's traffic from network protection (C6 to C9), or switch SmartScreen off."""
    return tuple(hint for make in _HINTS if (hint := make(report, snapshot)) is not None)


def event_hints(code: VerdictCode, matches: tuple[EventMatch, ...]) -> tuple[Text, ...]:
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
