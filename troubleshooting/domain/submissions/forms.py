"""Microsoft's forms for a submission, and which one is the right one.

Source: docs/reference/submission.md sections 1 and 3. No address can carry a value of the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.evidence.programs import program_of
from troubleshooting.domain.submissions.lists import SMARTSCREENS
from troubleshooting.domain.verdict.verdict import Verdict, VerdictCode


class FormCode(StrEnum):
    """A form of Microsoft's; the value is stored."""

    FILE = "file_form"
    NETWORK_PROTECTION = "network_protection_form"
    SMART_SCREEN = "smart_screen_form"


@dataclass(frozen=True, slots=True)
class FormLink:
    """A page of Microsoft's to open in a new tab, with when it is the right one; the history is no form."""

    code: str
    url: str
    title: Text
    reason: Text


# No address carries "persona": the enterprise value is not confirmed, and a second one breaks the form (section 3).
_FILE_FORM = FormLink(
    FormCode.FILE,
    "https://www.microsoft.com/wdsi/filesubmission",
    say(_("Submit a file for analysis")),
    say(_("The form that Microsoft's article names for network protection. The values on this page are for it.")),
)
_NETWORK_PROTECTION_FORM = FormLink(
    FormCode.NETWORK_PROTECTION,
    "https://www.microsoft.com/wdsi/support/report-exploit-guard",
    say(_("Report an issue with network protection")),
    say(_("Microsoft's newer site for wrong and missing blocks by network protection.")),
)
_UNSAFE_SITE_FORM = FormLink(
    FormCode.SMART_SCREEN,
    "https://www.microsoft.com/wdsi/support/report-unsafe-site",
    say(_("Report a site's rating by SmartScreen")),
    say(_("The right one if SmartScreen rates the site, as in Microsoft Edge.")),
)
_HISTORY = FormLink(
    "history",
    "https://www.microsoft.com/wdsi/submissionhistory",
    say(_("Your submissions")),
    say(_("Shows the number and status of what you submitted, once you are signed in.")),
)


def form_links(report: Report, verdict: Verdict, *, response_category: str = "") -> tuple[FormLink, ...]:
    """Return Microsoft's forms, the right one first, the history of submissions last.

    SmartScreen decides in Edge, and its list is the one of the categories that it names; network protection's own form
    is the right one for the rest of what network protection did, and the general one where only the PC's log is known.
    """
    if verdict.code is VerdictCode.NOT_COVERED or program_of(report) is Program.EDGE:
        return _UNSAFE_SITE_FORM, _HISTORY
    if report.kind is ProblemKind.SAFE_SITE_BLOCKED and response_category.casefold() in SMARTSCREENS:
        return _UNSAFE_SITE_FORM, _FILE_FORM, _NETWORK_PROTECTION_FORM, _HISTORY
    if response_category:
        return _NETWORK_PROTECTION_FORM, _FILE_FORM, _UNSAFE_SITE_FORM, _HISTORY
    return _FILE_FORM, _NETWORK_PROTECTION_FORM, _UNSAFE_SITE_FORM, _HISTORY
