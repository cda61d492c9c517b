"""A case whose site was only warned about: what the employee said, and how to open it without anybody."""

from __future__ import annotations

from django.utils.functional import Promise

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import UnblockButton
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.verdict.base import VerdictCode
from troubleshooting.domain.verdict.warned import how_to_open
from troubleshooting.models import Case, CheckRun
from troubleshooting.models.choices import UNBLOCK_LABELS
from troubleshooting.queries.cases.verdict import VerdictView
from troubleshooting.queries.checks.evidence import read_snapshot


def read_how_to_open(
    case: Case, latest: CheckRun | None, verdict: VerdictView | None, *, known: Snapshot | None
) -> Text | None:
    """Tell how the employee opens a site that was only warned about.

    ``known`` is the latest run's snapshot if it was read already; else it takes two queries where there was a button.
    """
    is_said = verdict is not None and verdict.code == VerdictCode.BLOCKED_BY_NETWORK_PROTECTION
    if case.unblock != UnblockButton.OFFERED or case.closed_at is not None or is_said:
        return None
    return how_to_open(case.report, known or (read_snapshot(latest) if latest else None))


def button_words(case: Case) -> Promise | str:
    """Return the answer about the button of a warning, "" where there is none."""
    known = case.unblock != UnblockButton.UNKNOWN
    return UNBLOCK_LABELS[UnblockButton(case.unblock)] if known else ""
