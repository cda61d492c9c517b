"""Everything that the page of one exclusion shows: what exactly, why, what it touches, who decided, where it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.advice.lint_base import LintFinding
from troubleshooting.domain.advice.proposal_texts import OPENS
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.exclusion import (
    APPROVED_OR_IN_FORCE,
    ENDED,
    IN_FORCE,
    LOCAL_KINDS,
    NEXT_MOVE,
    ExclusionKind,
    ExclusionStatus,
)
from troubleshooting.domain.exclusions.placement import OUT_OF_SCOPE
from troubleshooting.domain.exclusions.placement_texts import placement_text
from troubleshooting.domain.tenant.errors import TenantErrorCode, tenant_error_text
from troubleshooting.domain.verdict.verdict import Verdict
from troubleshooting.models import ActivityEntry, Exclusion, ExclusionDecision, Placement, User
from troubleshooting.models.choices import (
    CONFIDENCE_LABELS,
    EXCLUSION_KIND_LABELS,
    EXCLUSION_REASON_LABELS,
    EXCLUSION_STATUS_LABELS,
    SEE_ALL_CASES,
    VERDICT_LABELS,
    placement_labels,
)
from troubleshooting.models.decision import Decision
from troubleshooting.queries.base.people import name_for
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.cases.verdict import EvidenceLink, evidence_links
from troubleshooting.queries.exclusions.exclusion_list import scope_words
from troubleshooting.queries.exclusions.reach import Reach, read_reach

PLACEMENTS_SHOWN = 200
STOPPED = DeviceErrorCode.EMERGENCY_STOPPED  # goes on when the stop is lifted, at no moment that is known
MayOpen = Callable[[Placement], bool]
TENANT = _("Tenant (Defender for Endpoint)")

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


@dataclass(frozen=True, slots=True)
class PlacementLine:
    """The exclusion in one place."""

    pk: int
    may_open: bool  # what was done there
    device: str
    status: str
    status_label: Promise | None
    is_first: bool  # among the first few
    is_late: bool  # joined the scope after the approval
    has_left: bool  # belongs to the scope no more
    since: datetime | None  # read back at, or ended at
    outcome: Text | None
    error: Text | None
    error_detail: str
    next_attempt_at: datetime | None
    event_at: datetime | None  # of event 5007, by the PC's own clock


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
    placements: tuple[PlacementLine, ...]
    elsewhere: int  # places of other people's PCs, for employees
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
        placements=read_placements(exclusion, for_it=for_it, may_open=may_open),
        elsewhere=count_elsewhere(exclusion, for_it=for_it),
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
    return DecisionLine(
        who=name_for(decision.by, reader=reader),
        label=DECISION_LABELS[decision.decision],
        at=decision.at,
        note=decision.note,
        counts=decision.decision == Decision.APPROVE and is_present,
    )


def _question(status: ExclusionStatus, decisions: list[ExclusionDecision]) -> str:
    asked = [decision.note for decision in decisions if decision.decision == Decision.ASK_QUESTION]
    return asked[-1] if asked and status is ExclusionStatus.QUESTION_ASKED else ""


def read_placements(exclusion: Exclusion, *, for_it: bool, may_open: MayOpen) -> tuple[PlacementLine, ...]:
    """Return where an exclusion is, the first few PCs before the rest; its case is joined; two queries.

    An employee reads of the case's own PC and of the tenant; other people's PCs are only counted
    (:func:`count_elsewhere`).
    """
    placed = exclusion.placements.select_related("device").order_by("-is_canary", "device__hostname")
    if not for_it:
        placed = placed.filter(_own_places(exclusion))
    joined = ActivityEntry.objects.filter(subject_type="placement", action="placement_joined")
    late = set(joined.filter(subject_id__in=exclusion.placements.values("pk")).values_list("subject_id", flat=True))
    shown = placed[:PLACEMENTS_SHOWN]
    return tuple(
        _placement(found, exclusion, is_late=found.pk in late, for_it=for_it, may_open=may_open) for found in shown
    )


def count_elsewhere(exclusion: Exclusion, *, for_it: bool) -> int:
    """Count the places that the reader is not told of: no query for IT and auditors, one for employees."""
    return 0 if for_it else exclusion.placements.exclude(_own_places(exclusion)).count()


def _own_places(exclusion: Exclusion) -> Q:
    return Q(device=None) | Q(device_id=exclusion.case.device_id)


def _placement(
    placement: Placement, exclusion: Exclusion, *, is_late: bool, for_it: bool, may_open: MayOpen
) -> PlacementLine:
    words = placement_text(placement.outcome)
    placement.exclusion = exclusion  # joined with its case
    return PlacementLine(
        pk=placement.pk,
        may_open=may_open(placement),
        device=placement.device.hostname if placement.device else str(TENANT),
        status=placement.status,
        status_label=label_of(placement_labels(placement.device_id), placement.status),
        is_first=placement.is_canary,
        is_late=is_late,
        has_left=exclusion.status in set(APPROVED_OR_IN_FORCE) and placement.status in OUT_OF_SCOPE,
        since=placement.ended_at or placement.verified_at,
        outcome=(words.it if for_it else words.employee) if words else None,
        error=error_title_of(placement),
        error_detail=placement.error_detail if for_it else "",
        next_attempt_at=placement.next_attempt_at if placement.error_code != STOPPED else None,
        event_at=placement.event_at if for_it else None,
    )


def error_title_of(placement: Placement) -> Text | None:
    """Name what went wrong at the last try: a PC's error or the tenant's."""
    if placement.error_code in set(DeviceErrorCode):
        return error_text(DeviceErrorCode(placement.error_code)).title
    if placement.error_code in set(TenantErrorCode):
        return tenant_error_text(TenantErrorCode(placement.error_code)).title
    return None
