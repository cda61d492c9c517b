"""The name of every code that a page shows; codes are stored, names are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.case import ProblemKind, Program, Stage
from troubleshooting.domain.check_run import RunStatus
from troubleshooting.domain.events import Strength
from troubleshooting.domain.finding import CheckId, CheckStatus
from troubleshooting.domain.indicator import IndicatorKind
from troubleshooting.domain.remediation import CHECK_NAMES
from troubleshooting.domain.submission import SubmissionStatus
from troubleshooting.domain.text import Text, say
from troubleshooting.domain.text import gettext_noop as _
from troubleshooting.domain.verdict import Confidence, VerdictCode
from troubleshooting.domain.verdict_base import NextStepCode

LABELS: Mapping[type[StrEnum], Mapping[StrEnum, Text]] = {
    ProblemKind: {
        ProblemKind.SAFE_SITE_BLOCKED: say(_("A safe site is blocked")),
        ProblemKind.DANGEROUS_SITE_MISSED: say(_("A dangerous site was not blocked")),
    },
    Program: {
        Program.EDGE: say(_("Microsoft Edge")),
        Program.CHROME: say(_("Google Chrome")),
        Program.FIREFOX: say(_("Mozilla Firefox")),
        Program.OTHER_BROWSER: say(_("Another browser")),
        Program.OTHER: say(_("Another program")),
        Program.UNKNOWN: say(_("I do not know")),
    },
    Stage: {
        Stage.CHECKING: say(_("Checking the PC")),
        Stage.CHECKED: say(_("Checked")),
        Stage.SUBMITTED: say(_("Sent to Microsoft")),
        Stage.SOLVED: say(_("Solved")),
        Stage.WITHDRAWN: say(_("Withdrawn")),
    },
    RunStatus: {
        RunStatus.QUEUED: say(_("About to start")),
        RunStatus.RUNNING: say(_("Running")),
        RunStatus.WAITING: say(_("Waiting for the PC")),
        RunStatus.FINISHED: say(_("Finished")),
        RunStatus.FAILED: say(_("Failed")),
        RunStatus.CANCELLED: say(_("Cancelled")),
    },
    CheckId: {check: CHECK_NAMES[check] for check in CheckId},
    CheckStatus: {
        CheckStatus.WAITING: say(_("Waiting")),
        CheckStatus.PASS: say(_("As it should be")),
        CheckStatus.FAIL: say(_("Not as it should be")),
        CheckStatus.WARN: say(_("Worth a look")),
        CheckStatus.INFO: say(_("For information")),
        CheckStatus.UNKNOWN: say(_("Not known")),
        CheckStatus.NOT_APPLICABLE: say(_("Not applicable")),
    },
    IndicatorKind: {
        IndicatorKind.URL: say(_("Web address")),
        IndicatorKind.HOST: say(_("Site name")),
        IndicatorKind.IPV4: say(_("IPv4 address")),
        IndicatorKind.IPV6: say(_("IPv6 address")),
    },
    Strength: {
        Strength.STRONG: say(_("Fits exactly")),
        Strength.FAIR: say(_("Fits")),
        Strength.WEAK: say(_("Fits in part")),
    },
    VerdictCode: {
        VerdictCode.PREREQUISITES_NOT_MET: say(_("PC not set up as needed")),
        VerdictCode.NOT_COVERED: say(_("Not a matter of network protection")),
        VerdictCode.BLOCKED_BY_NETWORK_PROTECTION: say(_("Blocked by network protection")),
        VerdictCode.WOULD_BE_BLOCKED: say(_("Would be blocked")),
        VerdictCode.EXCLUDED: say(_("Excluded from protection")),
        VerdictCode.NOT_REPRODUCED: say(_("No block found")),
        VerdictCode.CANNOT_TELL: say(_("Cannot tell yet")),
    },
    Confidence: {
        Confidence.HIGH: say(_("Sure")),
        Confidence.MEDIUM: say(_("Fairly sure")),
        Confidence.LOW: say(_("Not sure")),
    },
    NextStepCode: {
        NextStepCode.FIX_PREREQUISITES: say(_("Put the PC right")),
        NextStepCode.FIND_OUT_WHO_BLOCKS: say(_("Find out whose list it is")),
        NextStepCode.TURN_ON_BLOCK_MODE: say(_("Switch from audit to block")),
        NextStepCode.CHECK_SMART_SCREEN: say(_("Check SmartScreen in Edge")),
        NextStepCode.CHECK_NETWORK: say(_("Look at the network")),
        NextStepCode.REVIEW_EXCLUSION: say(_("Review the exclusion")),
        NextStepCode.VISIT_AGAIN: say(_("Visit the site once more")),
        NextStepCode.CHECK_AGAIN: say(_("Check this PC again")),
        NextStepCode.PREPARE_SUBMISSION: say(_("Prepare a submission")),
    },
    SubmissionStatus: {
        SubmissionStatus.DRAFT: say(_("Being prepared")),
        SubmissionStatus.READY: say(_("Ready to be sent")),
        SubmissionStatus.SENT: say(_("Submitted")),
        SubmissionStatus.IN_PROGRESS: say(_("In progress at Microsoft")),
        SubmissionStatus.CLOSED: say(_("Closed")),
    },
}


def label(code: StrEnum) -> Text:
    """Give the name of a code."""
    return LABELS[type(code)][code]
