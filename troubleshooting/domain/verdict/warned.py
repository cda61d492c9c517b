"""Warned or blocked: whether the employee may open the site without anybody.

Network protection warns about sites of unknown or uncertain reputation, and about those of a Warn indicator: its toast
offers "Unblock", which opens the site for 24 hours. EnableConvertWarnToBlock turns such warnings into blocks. In
Microsoft Edge the same warning is a page with a way on, unless the policy PreventSmartScreenPromptOverride takes it
away. Sources: docs/reference/checks.md section 5 (C14), docs/reference/hunting.md section 3.

The log has 1126 for both, so the difference rests on what the employee saw and on the setting that was read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Program, Report, UnblockButton
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.verdict.base import Confidence, Verdict, VerdictCode

_BUTTON = re.compile(r"(?i)\bunblock\b(?! (?:it|this|the|me|us|my)\b)")  # the button, not the plea to IT


class Warned(StrEnum):
    """Whether it was a warning."""

    NO = "no"  # a block, or nothing to do with one
    YES = "yes"  # the employee may open the site
    PAGE = "page"  # the same in Microsoft Edge, as a page
    CONVERTED = "converted"  # the button was seen, but now warnings are turned into blocks on this PC
    UNKNOWN = "unknown"  # nobody said whether there was a button


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of a warning for both readers."""

    employee: str
    it: str


_OPENS = _(
    "Network protection on your PC only warned about %(host)s. You can open it yourself: visit it again and choose "
    "“Unblock” in the notification. It then stays open for 24 hours."
)
WORDS: Mapping[tuple[VerdictCode, Warned], Words] = {
    (VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, Warned.YES): Words(
        _OPENS,
        _(
            "Event 1126 shows that network protection stopped %(host)s, and the employee saw the Unblock button: it "
            "was a warning, not a block. Choosing Unblock opens the site for 24 hours, as often as needed, without "
            "IT. The log has 1126 for both, so this rests on what the employee saw. A warning comes from an uncertain "
            "reputation (SmartScreen) or from a custom indicator with the action Warn. Only the first belongs in a "
            "submission to Microsoft."
        ),
    ),
    (VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, Warned.PAGE): Words(
        _(
            "Microsoft Edge only warned about %(host)s. You can open it yourself: visit it again and choose to "
            "continue on the warning page."
        ),
        _(
            "Event 1126 shows that %(host)s was stopped, and the employee could continue on a page in Microsoft Edge: "
            "it was a warning, not a block. In Edge it is shown as a page, not as a notification, and "
            "PreventSmartScreenPromptOverride takes the way on away, not EnableConvertWarnToBlock."
        ),
    ),
    (VerdictCode.NOT_COVERED, Warned.PAGE): Words(
        _(
            "Microsoft Edge only warned about %(host)s; that was SmartScreen, not network protection. You can open the "
            "site yourself: visit it again and choose to continue on the warning page."
        ),
        _(
            "The report names Microsoft Edge, and the employee could continue on the warning page: SmartScreen warned "
            "and did not block. Edge shows this as a page, not as a notification with Unblock. The policy "
            "PreventSmartScreenPromptOverride would take the way on away; a custom indicator with the action Warn "
            "looks the same. No network protection event suggests otherwise."
        ),
    ),
}

CONVERTED_HINT = _(
    "The employee saw an Unblock button, but EnableConvertWarnToBlock is on, so this PC now turns warnings into "
    "blocks. The setting may be newer than the report. Ask the employee whether the button still appears."
)
OFF_HINT = _("EnableConvertWarnToBlock is off on this PC, so a warning stays a warning.")
UNREAD_HINT = _(
    "Whether EnableConvertWarnToBlock is on could not be read. If it is, warnings are blocks on this PC, and the "
    "button does not appear."
)
UNKNOWN_HINT = _(
    "It is not known whether this was a warning or a block; the log has 1126 for both. If the notification has an "
    "Unblock button, the employee can open the site for 24 hours without an exclusion."
)
NO_EVENT_HINT = _(
    "The employee saw an Unblock button. Only a warning of network protection has one, so the missing event may be in "
    "a part of the log that was not read, or about another address."
)
INSTEAD = _(
    "This was a warning: the site opens for 24 hours with “Unblock” in the notification, as often as needed. Ask for "
    "an exclusion only if that is not enough, for example for a program that cannot be asked."
)
INSTEAD_IN_EDGE = _(
    "This was a warning: Microsoft Edge lets people continue on the warning page. Ask for an exclusion only if that is "
    "not enough."
)
ANSWERED: frozenset[Warned] = frozenset({Warned.YES, Warned.PAGE})


def warned(report: Report, snapshot: Snapshot | None) -> Warned:
    """Tell whether the report is about a warning, as far as the employee's answer and the PC's setting say."""
    if report.kind is not ProblemKind.SAFE_SITE_BLOCKED or report.unblock is UnblockButton.NOT_OFFERED:
        return Warned.NO
    seen = report.unblock is UnblockButton.OFFERED or _BUTTON.search(report.saw) is not None
    if seen and report.program is Program.EDGE:
        return Warned.PAGE
    if _converts(snapshot):
        return Warned.CONVERTED if seen else Warned.NO
    return Warned.YES if seen else Warned.UNKNOWN


def _converts(snapshot: Snapshot | None) -> bool | None:
    """Tell whether the PC turns warnings into blocks; None where that was not read."""
    preferences = snapshot.preferences if snapshot else None
    return preferences.enable_convert_warn_to_block if preferences else None


def with_warning(verdict: Verdict, report: Report, snapshot: Snapshot) -> Verdict:
    """Return the verdict in the words of a warning where it was one; else with what is not known about it."""
    kind = warned(report, snapshot)
    words = WORDS.get((verdict.code, kind))
    if words is not None:
        host = report.indicator.display_host
        worded = replace(verdict, employee=say(words.employee, host=host), it=say(words.it, host=host))
        return worded if kind is Warned.PAGE else _with_hint(worded, _SETTING[_converts(snapshot)])
    if verdict.code is VerdictCode.BLOCKED_BY_NETWORK_PROTECTION and kind in _HINTS:
        return _with_hint(verdict, _HINTS[kind])
    is_absent = verdict.code in {VerdictCode.NOT_REPRODUCED, VerdictCode.NOT_BLOCKED}
    if is_absent and kind in {Warned.YES, Warned.CONVERTED}:
        sure = verdict.confidence is Confidence.HIGH
        confidence = Confidence.MEDIUM if sure else verdict.confidence
        return _with_hint(replace(verdict, confidence=confidence), NO_EVENT_HINT)
    return verdict


def _with_hint(verdict: Verdict, hint: str) -> Verdict:
    return replace(verdict, hints=(say(hint), *verdict.hints))


def how_to_open(report: Report, snapshot: Snapshot | None) -> Text | None:
    """Tell the employee how to open the site without anybody; None where it was no warning."""
    words = WORDS.get((VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, warned(report, snapshot)))
    return say(words.employee, host=report.indicator.display_host) if words else None


def instead_of_exclusion(report: Report, snapshot: Snapshot | None) -> Text | None:
    """Say how the employee opens the site without an exclusion; None where it was no warning."""
    kind = warned(report, snapshot)
    if kind not in ANSWERED:
        return None
    return say(INSTEAD_IN_EDGE if kind is Warned.PAGE else INSTEAD)


_SETTING: Mapping[bool | None, str] = {False: OFF_HINT, None: UNREAD_HINT}
_HINTS: Mapping[Warned, str] = {Warned.CONVERTED: CONVERTED_HINT, Warned.UNKNOWN: UNKNOWN_HINT}
