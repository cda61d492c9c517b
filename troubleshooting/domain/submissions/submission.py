"""A submission to Microsoft: when one makes sense, through which form, and a value for each field of the form.

Source: docs/reference/submission.md. The portal posts nothing: it prepares a sheet to copy from. Values are plain
English, because Microsoft reads them; labels and hints are for the reviewer and are translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.cases.microsoft_pages import microsoft_page
from troubleshooting.domain.checks.editions import WINDOWS_11_BUILD, MachineClass, machine_class
from troubleshooting.domain.checks.finding import Finding
from troubleshooting.domain.evidence.snapshot import ComputerStatus, Snapshot
from troubleshooting.domain.submissions.lists import other_list
from troubleshooting.domain.submissions.submission_text import (
    ADDITIONAL_INFORMATION_LIMIT,
    SentCommand,
    additional_information,
    readable_evidence,
)
from troubleshooting.domain.verdict.verdict import Verdict, VerdictCode

__all__ = [
    "ADDITIONAL_INFORMATION_LIMIT",
    "NEXT_MOVE",
    "TRANSITIONS",
    "Company",
    "SentCommand",
    "SubmissionField",
    "SubmissionStatus",
    "additional_information",
    "fields",
    "is_sensible",
    "readable_evidence",
    "why_not",
]


class SubmissionStatus(StrEnum):
    """Where a submission is; the last three are Microsoft's own words (section 7)."""

    DRAFT = "draft"
    READY = "ready"
    SENT = "submitted"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


TRANSITIONS: Mapping[SubmissionStatus, frozenset[SubmissionStatus]] = {
    SubmissionStatus.DRAFT: frozenset({SubmissionStatus.READY}),
    SubmissionStatus.READY: frozenset({SubmissionStatus.DRAFT, SubmissionStatus.SENT}),
    SubmissionStatus.SENT: frozenset({SubmissionStatus.IN_PROGRESS, SubmissionStatus.CLOSED}),
    SubmissionStatus.IN_PROGRESS: frozenset({SubmissionStatus.CLOSED}),
    SubmissionStatus.CLOSED: frozenset(),
}

NEXT_MOVE: Mapping[SubmissionStatus, str | None] = {
    SubmissionStatus.DRAFT: "reviewer",
    SubmissionStatus.READY: "reviewer",
    SubmissionStatus.SENT: "microsoft",
    SubmissionStatus.IN_PROGRESS: "microsoft",
    SubmissionStatus.CLOSED: None,
}

_SENSIBLE = frozenset(
    {
        (ProblemKind.SAFE_SITE_BLOCKED, VerdictCode.BLOCKED_BY_NETWORK_PROTECTION),
        (ProblemKind.SAFE_SITE_BLOCKED, VerdictCode.WOULD_BE_BLOCKED),
        (ProblemKind.DANGEROUS_SITE_MISSED, VerdictCode.NOT_REPRODUCED),
    }
)

_WHY_NOT: Mapping[VerdictCode, Text] = {
    VerdictCode.PREREQUISITES_NOT_MET: say(
        _("Network protection is not working as it should on this PC. Fix the failed checks and check again first.")
    ),
    VerdictCode.NOT_COVERED: say(
        _("Network protection does not check this connection, so a submission about it would lead nowhere.")
    ),
    VerdictCode.BLOCKED_BY_NETWORK_PROTECTION: say(
        _("Network protection did block the site, as it should. There is nothing to report to Microsoft.")
    ),
    VerdictCode.WOULD_BE_BLOCKED: say(
        _("Microsoft already knows the site. The PC only has to be switched from audit to block.")
    ),
    VerdictCode.EXCLUDED: say(
        _("An exclusion on the PC explains why the site was not blocked. Review the exclusion first.")
    ),
    VerdictCode.NOT_REPRODUCED: say(
        _("The PC has no record that network protection blocked the site, so Microsoft would find nothing to correct.")
    ),
    VerdictCode.CANNOT_TELL: say(
        _("It is not known yet what happened. A submission needs evidence; check the PC again first.")
    ),
    VerdictCode.NOT_BLOCKED: say(
        _("Network protection had no objection to the site. Look for what else is blocking it.")
    ),
    VerdictCode.PROTECTION_NOT_WORKING: say(
        _("Not even Microsoft's test page was caught, so the problem is on this PC. Fix it and test again first.")
    ),
    VerdictCode.NOTHING_HAPPENED: say(
        _("Nothing was recorded during the test. Run it again and open the site while it is running.")
    ),
}


_TEST_PAGE = say(
    _("This is Microsoft's own test page. Microsoft rates it as it should be, so there is nothing to submit.")
)


def is_sensible(report: Report, verdict: Verdict, *, response_category: str = "") -> bool:
    """Tell whether a submission makes sense: Microsoft's list blocks what is safe, or lets pass what is dangerous."""
    return why_not(report, verdict, response_category=response_category) is None


def why_not(report: Report, verdict: Verdict, *, response_category: str = "") -> Text | None:
    """Return the reason why a submission makes no sense, or None where it does."""
    if microsoft_page(report.indicator) is not None:
        return _TEST_PAGE
    if (report.kind, verdict.code) not in _SENSIBLE:
        return _WHY_NOT[verdict.code]
    other = other_list(response_category)
    return other.reason if other else None


@dataclass(frozen=True, slots=True)
class Company:
    """What the forms ask about the company; "" where there is none."""

    name: str = ""
    said: str = ""  # Support Access ID
    support_case: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionField:
    """One field of the form: what to copy into it."""

    code: str
    label: Text
    value: str  # English
    hint: Text | None = None
    required: bool = False
    limit: int | None = None  # characters


_LABELS: Mapping[str, Text] = {
    "persona": say(_("Who are you")),
    "product": say(_("Security product used to scan the file")),
    "company": say(_("Company name")),
    "support_case": say(_("Microsoft support case number?")),
    "said": say(_("SAID (Support Access ID)")),
    "priority": say(_("Priority")),
    "file": say(_("File")),
    "removal": say(_("Remove file from database at a date?")),
    "belief": say(_("What do you believe this file is?")),
    "detection_name": say(_("Detection name")),
    "definition_version": say(_("Definition version")),
    "additional_information": say(_("Additional information")),
    "contact_email": say(_("Contact e-mail")),
}

_REQUIRED = frozenset({"product", "file", "belief", "detection_name", "additional_information"})

_HINTS: Mapping[str, Text] = {
    "persona": say(_("Choose the enterprise customer; the form cannot be opened with it already chosen.")),
    "product": say(_("Choose the closest entry in the list.")),
    "said": say(_("The priority may be high only with a valid SAID. Leave it empty if the company has none.")),
    "priority": say(_("Microsoft's wording on the form may differ.")),
    "file": say(
        _(
            "Microsoft asks for this file for network protection. Create it on the PC in an elevated "
            "prompt with mpcmdrun -getfiles. It is saved in C:\\ProgramData\\Microsoft\\Windows "
            "Defender\\Support. It may contain names and paths."
        )
    ),
    "removal": say(_("Microsoft keeps the file for five years unless a date is given. IT decides.")),
    "belief": say(_("Choose the closest entry in the list. Microsoft's wording may differ.")),
    "detection_name": say(
        _("The PC's log contains no category. Add the ResponseCategory from advanced hunting if known.")
    ),
    "definition_version": say(_("The version of Defender's signatures on the PC, in the form 1.n.n.0.")),
    "contact_email": say(_("The form takes it from the account you sign in with.")),
}


def fields(
    report: Report,
    snapshot: Snapshot,
    verdict: Verdict,
    *,
    company: Company,
    case_number: str,
    findings: Iterable[Finding] = (),
    time_zone: tzinfo = UTC,
    response_category: str = "",
    steps_tried: str = "",
    alert_link: str = "",
    contact: str = "",
) -> tuple[SubmissionField, ...]:
    """Return one entry for each field of the form, in the form's order (section 2)."""
    status = snapshot.computer_status or ComputerStatus()
    text = additional_information(
        report,
        snapshot,
        verdict,
        findings=findings,
        case_number=case_number,
        time_zone=time_zone,
        response_category=response_category,
        steps_tried=steps_tried,
        alert_link=alert_link,
        contact=contact,
    )
    values = {
        "persona": "Enterprise customer",
        "product": product(snapshot),
        "company": company.name,
        "support_case": f"Yes: {company.support_case}" if company.support_case else "No",
        "said": company.said,
        "priority": "Normal",
        "file": "MpSupportFiles.cab",
        "removal": "No",
        "belief": _belief(report),
        "detection_name": _detection_name(report, response_category),
        "definition_version": status.signature_version or "",
        "additional_information": text,
        "contact_email": contact,
    }
    return tuple(_field(code, values[code]) for code in _LABELS)


def _field(code: str, value: str) -> SubmissionField:
    """Put one field together."""
    limit = ADDITIONAL_INFORMATION_LIMIT if code == "additional_information" else None
    return SubmissionField(code, _LABELS[code], value, _HINTS.get(code), code in _REQUIRED, limit)


def product(snapshot: Snapshot) -> str:
    """Return the form's name for the product; without a Windows name for servers and where none is known."""
    system = snapshot.operating_system
    if system is None or system.build is None or machine_class(system) in {None, MachineClass.SERVER}:
        return "Microsoft Defender Antivirus"
    release = "11" if system.build >= WINDOWS_11_BUILD else "10"
    return f"Microsoft Defender Antivirus (Windows {release})"


def _belief(report: Report) -> str:
    """Return what the form calls the case."""
    safe = report.kind is ProblemKind.SAFE_SITE_BLOCKED
    return "Incorrectly detected as malware/malicious" if safe else "Malware/malicious"


def _detection_name(report: Report, response_category: str) -> str:
    """Return a detection name; network protection has none of its own."""
    if report.kind is not ProblemKind.SAFE_SITE_BLOCKED:
        return "None: not detected by network protection"
    return f"Network protection block: {response_category or 'category not known on the device'}"
