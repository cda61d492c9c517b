"""Labels for every stored code. Codes never change; the words may."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.cases.case import ProblemKind, Program, Stage, UnblockButton
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.submissions.forms import FormCode
from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.domain.verdict.verdict import Confidence, VerdictCode

Labels = Mapping[StrEnum, Promise]


class Role(StrEnum):
    """What a person is to the portal."""

    EMPLOYEE = "employee"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


IT = frozenset({Role.REVIEWER, Role.ADMINISTRATOR})
IT_CODES = [role.value for role in Role if role in IT]  # in the order of the table, not in that of hashes
SEE_ALL_CASES = IT | {Role.AUDITOR}


ROLE_LABELS: Labels = {
    Role.EMPLOYEE: _("Employee"),
    Role.REVIEWER: _("Reviewer"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}

PROBLEM_LABELS: Labels = {
    ProblemKind.SAFE_SITE_BLOCKED: _("A safe site is blocked"),
    ProblemKind.DANGEROUS_SITE_MISSED: _("A dangerous site was not blocked"),
}

UNBLOCK_LABELS: Labels = {
    UnblockButton.OFFERED: _("Yes"),
    UnblockButton.NOT_OFFERED: _("No"),
    UnblockButton.UNKNOWN: _("I don't know"),
}

PROGRAM_LABELS: Labels = {
    Program.EDGE: _("Microsoft Edge"),
    Program.CHROME: _("Google Chrome"),
    Program.FIREFOX: _("Mozilla Firefox"),
    Program.OTHER_BROWSER: _("Another browser"),
    Program.OTHER: _("Another program"),
    Program.UNKNOWN: _("I don't know"),
}

STAGE_LABELS: Labels = {
    Stage.CHECKING: _("Checking the PC"),
    Stage.CHECKED: _("Checked"),
    Stage.SUBMITTED: _("Sent to Microsoft"),
    Stage.SOLVED: _("Solved"),
    Stage.WITHDRAWN: _("Withdrawn"),
}

RUN_STATUS_LABELS: Labels = {
    RunStatus.QUEUED: _("Queued"),
    RunStatus.RUNNING: _("Running"),
    RunStatus.WAITING: _("Waiting for the PC"),
    RunStatus.FINISHED: _("Finished"),
    RunStatus.FAILED: _("Failed"),
    RunStatus.CANCELLED: _("Stopped"),
}

TEST_STATUS_LABELS: Labels = {
    TestStatus.ASKED: _("Waiting for approval"),
    TestStatus.STARTING: _("Starting"),
    TestStatus.OPEN: _("In progress"),
    TestStatus.ENDING: _("Ending"),
    TestStatus.DONE: _("Done"),
    TestStatus.NOT_DONE: _("Not possible"),
    TestStatus.REJECTED: _("Rejected"),
    TestStatus.CANCELLED: _("Ended early"),
}

# Values of EnableNetworkProtection as they are read back.
MODE_LABELS: Mapping[int, Promise] = {0: _("Off"), 1: _("Block"), 2: _("Audit")}

CHECK_STATUS_LABELS: Labels = {
    CheckStatus.WAITING: _("Waiting"),
    CheckStatus.PASS: _("Passed"),
    CheckStatus.FAIL: _("Failed"),
    CheckStatus.WARN: _("Warning"),
    CheckStatus.INFO: _("For information"),
    CheckStatus.UNKNOWN: _("Unknown"),
    CheckStatus.NOT_APPLICABLE: _("Not applicable"),
}

READ_STATE_LABELS: Labels = {
    ReadState.WAITING: _("Waiting"),
    ReadState.ANSWERED: _("Answered"),
    ReadState.ABSENT: _("Not present"),
    ReadState.REFUSED: _("Refused"),
    ReadState.FAILED: _("Failed"),
}

VERDICT_LABELS: Labels = {
    VerdictCode.PREREQUISITES_NOT_MET: _("The PC does not meet the prerequisites"),
    VerdictCode.NOT_COVERED: _("Not covered by network protection"),
    VerdictCode.BLOCKED_BY_NETWORK_PROTECTION: _("Blocked by network protection"),
    VerdictCode.WOULD_BE_BLOCKED: _("Would be blocked"),
    VerdictCode.EXCLUDED: _("Excluded from network protection"),
    VerdictCode.NOT_REPRODUCED: _("Not reproduced"),
    VerdictCode.CANNOT_TELL: _("Cannot tell"),
    VerdictCode.NOT_BLOCKED: _("Not blocked by network protection"),
    VerdictCode.PROTECTION_NOT_WORKING: _("Network protection is not working on this PC"),
    VerdictCode.NOTHING_HAPPENED: _("Nothing happened during the test"),
}

CONFIDENCE_LABELS: Labels = {
    Confidence.HIGH: _("High confidence"),
    Confidence.MEDIUM: _("Medium confidence"),
    Confidence.LOW: _("Low confidence"),
}

SUBMISSION_STATUS_LABELS: Labels = {
    SubmissionStatus.DRAFT: _("Being prepared"),
    SubmissionStatus.READY: _("Ready to send"),
    SubmissionStatus.SENT: _("Sent"),
    SubmissionStatus.IN_PROGRESS: _("In progress at Microsoft"),
    SubmissionStatus.CLOSED: _("Answered by Microsoft"),
}

SUBMISSION_FORM_LABELS: Labels = {
    FormCode.FILE: _("Submit a file for analysis"),
    FormCode.NETWORK_PROTECTION: _("Report an issue with network protection"),
    FormCode.SMART_SCREEN: _("Report a site's rating by SmartScreen"),
}


class ExclusionReason(StrEnum):
    """Why an exclusion is asked for."""

    BUSINESS = "business"
    PARTNER_PORTAL = "partner_portal"
    INTERNAL_SYSTEM = "internal_system"
    OTHER = "other"


EXCLUSION_REASON_LABELS: Labels = {
    ExclusionReason.BUSINESS: _("Business need"),
    ExclusionReason.PARTNER_PORTAL: _("Portal of a supplier or customer"),
    ExclusionReason.INTERNAL_SYSTEM: _("Internal system"),
    ExclusionReason.OTHER: _("Other"),
}

EXCLUSION_KIND_LABELS: Labels = {
    ExclusionKind.ALLOW_INDICATOR: _("Allow indicator"),
    ExclusionKind.IP_ADDRESS: _("IP address"),
    ExclusionKind.PROCESS: _("Program"),
}

SCOPE_LABELS: Labels = {
    ScopeKind.DEVICE: _("One PC"),
    ScopeKind.GROUP: _("Device group"),
    ScopeKind.EVERYONE: _("Everyone"),
}

EXCLUSION_STATUS_LABELS: Labels = {
    ExclusionStatus.REQUESTED: _("Waiting for a decision"),
    ExclusionStatus.QUESTION_ASKED: _("Question asked"),
    ExclusionStatus.APPROVED: _("Approved"),
    ExclusionStatus.APPLYING: _("Being applied"),
    ExclusionStatus.APPLIED: _("Applied"),
    ExclusionStatus.VERIFIED: _("In force"),
    ExclusionStatus.EXPIRED: _("Expired, being removed"),
    ExclusionStatus.REVOKED: _("Revoked, being removed"),
    ExclusionStatus.FAILED: _("Could not be applied"),
    ExclusionStatus.REMOVED: _("Removed"),
    ExclusionStatus.REJECTED: _("Rejected"),
    ExclusionStatus.WITHDRAWN: _("Withdrawn"),
    ExclusionStatus.NOT_APPLIED: _("Ended before it was applied"),
}

PLACEMENT_STATUS_LABELS: Labels = {
    PlacementStatus.WAITING: _("Waiting for its turn"),
    PlacementStatus.APPLYING: _("Applying"),
    PlacementStatus.VERIFIED: _("Applied and verified"),
    PlacementStatus.REJECTED: _("Rejected by the PC"),
    PlacementStatus.REMOVING: _("Being removed"),
    PlacementStatus.REMOVED: _("Removed"),
    PlacementStatus.NOT_APPLIED: _("Not applied"),
}
TENANT_PLACEMENT_STATUS_LABELS: Labels = {
    **PLACEMENT_STATUS_LABELS,
    PlacementStatus.REJECTED: _("Rejected in the tenant"),
}


def placement_labels(device_id: int | None) -> Labels:
    """Return the labels for a placement on a PC, or in the tenant where there is no PC."""
    return TENANT_PLACEMENT_STATUS_LABELS if device_id is None else PLACEMENT_STATUS_LABELS


def choices_of(labels: Labels) -> list[tuple[str, Promise]]:
    """Return (code, label) pairs for a field."""
    return [(code.value, label) for code, label in labels.items()]


def codes(enumeration: type[StrEnum]) -> list[str]:
    """Return the codes of an enumeration, for constraints."""
    return [member.value for member in enumeration]


DEVICE_ERROR_CODES = codes(DeviceErrorCode)
