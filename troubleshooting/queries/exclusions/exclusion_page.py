"""Everything that the page of one exclusion shows: what exactly, why, what it touches, who decided, where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.advice.lint_base import LintFinding
from troubleshooting.domain.advice.proposal_texts import OPENS
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.exclusions.exclusion import (
    APPROVED_OR_IN_FORCE,
    ENDED,
    IN_FORCE,
    LOCAL_KINDS,
    NEXT_MOVE,
    ExclusionKind,
    ExclusionStatus,
)
from troubleshooting.domain.verdict.verdict import Verdict
from troubleshooting.models import Exclusion, ExclusionDecision, User
from troubleshooting.models.choices import (
    CONFIDENCE_LABELS,
    EXCLUSION_KIND_LABELS,
    EXCLUSION_REASON_LABELS,
    EXCLUSION_STATUS_LABELS,
    SEE_ALL_CASES,
    VERDICT_LABELS,
)
from troubleshooting.models.decision import Decision
from troubleshooting.queries.base.people import name_for
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.cases.verdict import EvidenceLink, evidence_links
from troubleshooting.queries.exclusions.exclusion_list import scope_words
from troubleshooting.queries.exclusions.place_list import MayOpen, Places, read_places
from troubleshooting.queries.exclusions.reach import Reach, read_reach

DECISION_LABELS: Mapping[str, Promise] = {
    Decision.APPROVE.value: _("Approved"),
    Decision.REJECT.value: _("Rejected"),
    Decision.ASK_QUESTION.value: _("Question asked"),
}
# Who has to move, for each mover of the table of transitions.
NEXT_WORDS: Mapping[ExclusionStatus, Promise] = {
    ExclusionStatus.REQUESTED: _("An IT reviewer decides. Nothing has been changed anywhere. You can close this page."),
    ExclusionStatus.QUESTION_ASKED: _("IT has a question. Once it is answered, a reviewer decides."),
    ExclusionStatus.APPROVED: _("The portal will apply it now. You don't need to do anything."),
    ExclusionStatus.APPLYING: _("The portal is applying it, to the first few PCs before the rest."),
    ExclusionStatus.APPLIED: _("It has been applied to the first PCs. The portal continues with the rest."),
    ExclusionStatus.VERIFIED: _("It is in force and has been read back. The portal removes it by itself when it ends."),
    ExclusionStatus.EXPIRED: _("It has expired. The portal is removing it and reads back that it is gone."),
    ExclusionStatus.REVOKED: _("IT ended it early. The portal is removing it and reads back that it is gone."),
    ExclusionStatus.FAILED: _("It could not be applied anywhere. The portal makes sure that nothing is left behind."),
    ExclusionStatus.REMOVED: _("It has ended and has been removed. A new exclusion needs a new request."),
    ExclusionStatus.REJECTED: _("IT rejected it. What would change the decision is shown below. Nothing was changed."),
    ExclusionStatus.WITHDRAWN: _("The request was withdrawn. Nothing was changed anywhere."),
    ExclusionStatus.NOT_APPLIED: _("It ended before anything was sent. Nothing was changed anywhere."),
}

# Sources disagree between two hours and 48 (docs/reference/exclusions.md section 2): two are told, 48 are the moment to
# speak up.
NEXT_IN_TENANT: Mapping[ExclusionStatus, Promise] = {
    ExclusionStatus.VERIFIED: _(
        "It is in the tenant and has been read back. It usually reaches PCs within two hours. If "
        "the site is still blocked after 48 hours, tell IT. The portal removes it by itself when "
        "it ends."
    ),
}

NEXT_FOR_IT: Mapping[ExclusionStatus, Promise] = {
    ExclusionStatus.REQUESTED: _(
        "Waiting for a reviewer: check what exactly would change, why, and what it affects, then decide."
    ),
    ExclusionStatus.QUESTION_ASKED: _("Waiting for an answer. With the answer, it comes back for a decision."),
    ExclusionStatus.APPROVED: _("The portal will apply it now."),
}


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One reviewer's decision."""

    who: str
    label: Promise
    at: datetime
    note: str
    counts: bool  # an approval of the present round
    is_outdated: bool  # an approval of something else than what is asked for now


@dataclass(frozen=True, slots=True)
class ExclusionPage:
    """One exclusion as the reader may see it."""

    pk: int
    for_it: bool
    status: str
    status_label: Promise | None
    next: Promise
    kind: Promise
    value: str
    opens: Text
    scope: str
    expires_at: datetime
    commands: tuple[str, ...]  # or calls to the tenant; for IT and auditors
    is_in_tenant: bool
    digest: str  # of exactly this change
    is_bound: bool  # the digest stands in the approvals, not only on the page
    case_number: str
    case_address: str
    requested_by: str
    requested_at: datetime
    reason_label: Promise | None
    reason: str
    verdict: Promise | None
    verdict_text: Text | None
    confidence: Promise | None
    evidence: tuple[EvidenceLink, ...]
    findings: tuple[LintFinding, ...]
    reach: Reach | None  # for IT and auditors
    decisions: tuple[DecisionLine, ...]
    question: str  # what the last reviewer asked, or ""
    approvals: int
    approvals_needed: int
    places: Places
    is_open: bool
    is_in_force: bool
    may_end: bool  # its status lets it be revoked
    next_move: str | None


def read_exclusion_page(
    exclusion: Exclusion, *, reader: User, change: Mapping[str, Any], digest: str, may_open: MayOpen
) -> ExclusionPage:
    """Return the page of an exclusion that the reader may open; ``change`` is what an approval binds, with its digest.

    ``may_open`` tells whether the reader may see what was done in a place.

    Case with device and reporter, requester and scope are joined. The same number of queries for every exclusion.
    """
    for_it = reader.role in SEE_ALL_CASES
    status, kind = ExclusionStatus(exclusion.status), ExclusionKind(exclusion.kind)
    decisions = list(exclusion.decisions.select_related("by"))
    lines = tuple(_decision(exclusion, decision, digest, reader=reader) for decision in decisions)
    stored = exclusion.evidence.get("verdict")
    verdict = Verdict.from_json(stored) if stored else None
    opens = OPENS[kind]
    return ExclusionPage(
        pk=exclusion.pk,
        for_it=for_it,
        status=status.value,
        status_label=EXCLUSION_STATUS_LABELS[status],
        next=_next(status, for_it=for_it, is_in_tenant=kind not in LOCAL_KINDS),
        kind=EXCLUSION_KIND_LABELS[kind],
        value=exclusion.value,
        opens=say(opens.it if for_it else opens.employee, value=exclusion.value),
        scope=scope_words(exclusion),
        expires_at=exclusion.expires_at,
        commands=tuple(map(step_text, change["steps"])) if for_it else (),
        is_in_tenant=kind not in LOCAL_KINDS,
        digest=digest if for_it else "",
        is_bound=exclusion.digest == digest,
        case_number=exclusion.case.number,
        case_address=exclusion.case.indicator_value,
        requested_by=name_for(exclusion.requested_by, reader=reader),
        requested_at=exclusion.requested_at,
        reason_label=label_of(EXCLUSION_REASON_LABELS, exclusion.reason_code),
        reason=exclusion.reason,
        verdict=VERDICT_LABELS[verdict.code] if verdict else None,
        verdict_text=(verdict.it if for_it else verdict.employee) if verdict else None,
        confidence=CONFIDENCE_LABELS[verdict.confidence] if verdict else None,
        evidence=evidence_links(verdict.evidence, for_it=for_it, prefix="") if verdict else (),
        findings=tuple(LintFinding.from_json(finding) for finding in exclusion.findings) if for_it else (),
        reach=read_reach(exclusion) if for_it else None,
        decisions=lines,
        question=_question(status, decisions),
        approvals=sum(line.counts for line in lines),
        approvals_needed=exclusion.approvals_needed,
        places=read_places(exclusion, for_it=for_it, may_open=may_open),
        is_open=status not in ENDED,
        is_in_force=status in IN_FORCE,
        may_end=status in APPROVED_OR_IN_FORCE,
        next_move=NEXT_MOVE[status],
    )


def _next(status: ExclusionStatus, *, for_it: bool, is_in_tenant: bool) -> Promise:
    special = {**(NEXT_IN_TENANT if is_in_tenant else {}), **(NEXT_FOR_IT if for_it else {})}
    return special.get(status, NEXT_WORDS[status])


def step_text(step: Mapping[str, Any]) -> str:
    """Show a command as PowerShell would be typed, or a call with its body."""
    if "command" in step:
        return str(step["command"])
    body = step.get("body")
    return f"{step['call']}\n{json.dumps(body, indent=2, ensure_ascii=False)}" if body else str(step["call"])


def _decision(exclusion: Exclusion, decision: ExclusionDecision, digest: str, *, reader: User) -> DecisionLine:
    is_present = decision.round == exclusion.round and decision.digest == digest
    is_approval = decision.decision == Decision.APPROVE
    return DecisionLine(
        who=name_for(decision.by, reader=reader),
        label=DECISION_LABELS[decision.decision],
        at=decision.at,
        note=decision.note,
        counts=is_approval and is_present,
        is_outdated=is_approval and not is_present,
    )


def _question(status: ExclusionStatus, decisions: list[ExclusionDecision]) -> str:
    asked = [decision.note for decision in decisions if decision.decision == Decision.ASK_QUESTION]
    return asked[-1] if asked and status is ExclusionStatus.QUESTION_ASKED else ""
