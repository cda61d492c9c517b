"""Requests that are decided together: which a reader may decide, which have one cause, and what each one is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_noop as _

from troubleshooting.domain.advice.lint_base import LintFinding
from troubleshooting.domain.advice.proposal_texts import OPENS
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus
from troubleshooting.domain.verdict.verdict import Verdict
from troubleshooting.models import Exclusion, User
from troubleshooting.models.choices import CONFIDENCE_LABELS, EXCLUSION_KIND_LABELS, VERDICT_LABELS
from troubleshooting.models.decision import Decision
from troubleshooting.queries.exclusions.exclusion_list import scope_words
from troubleshooting.queries.exclusions.exclusion_page import step_text

NOT_WAITING = say(_("This no longer needs a decision."))


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One request, as much of it as an approval binds."""

    pk: int
    scope: str
    expires_at: datetime
    case_number: str
    case_address: str
    requested_by: str
    requested_at: datetime
    reason: str
    verdict: Promise | None
    confidence: Promise | None
    findings: tuple[LintFinding, ...]
    approvals: int
    approvals_needed: int
    commands: tuple[str, ...]  # or calls
    digest: str
    why_not: Text | None  # why the reader cannot decide about it; None: they can


@dataclass(frozen=True, slots=True)
class Cause:
    """Requests of the same kind with the same value."""

    kind: Promise
    value: str
    opens: Text
    rows: tuple[BulkRow, ...]

    @property
    def query(self) -> str:
        """Return the choice of these requests for the address bar."""
        return picks(row.pk for row in self.rows)


@dataclass(frozen=True, slots=True)
class Bulk:
    """What was chosen, by cause; one cause can be decided."""

    causes: tuple[Cause, ...]
    others: tuple[BulkRow, ...]  # chosen, and not the reader's to decide


def picks(pks: Iterable[int]) -> str:
    """Return requests as they stand in the address bar, without the question mark."""
    return "&".join(f"pick={pk}" for pk in pks)


def others_with_the_cause(exclusion: Exclusion, reader: User, *, most: int) -> tuple[int, ...]:
    """Return the other requests with the same value that the reader could decide, oldest first; one query."""
    same = Exclusion.objects.undecided_by(reader).filter(kind=exclusion.kind, value_key=exclusion.value_key)
    others = same.exclude(pk=exclusion.pk).order_by("requested_at", "pk")
    return tuple(others.values_list("pk", flat=True)[:most])


def chosen(reader: User, pks: Sequence[int]) -> QuerySet[Exclusion]:
    """Return the chosen exclusions that the reader may see, oldest first, with all that is shown; two queries."""
    joined = ("case__device", "requested_by", "scope_device", "scope_group")
    found: QuerySet[Exclusion] = Exclusion.objects.visible_to(reader)
    found = found.filter(pk__in=pks).select_related(*joined).prefetch_related("decisions")
    return found.order_by("requested_at", "pk")


def read_in_bulk(
    exclusions: Sequence[Exclusion], *, reader: User, changes: Mapping[int, tuple[Mapping[str, Any], str]]
) -> Bulk:
    """Sort what was chosen by cause; ``changes`` are what an approval binds, with its digest. No query."""
    rows = [(exclusion, _row(exclusion, reader, *changes[exclusion.pk])) for exclusion in exclusions]
    by_cause: dict[tuple[str, str], list[tuple[Exclusion, BulkRow]]] = {}
    for exclusion, row in rows:
        if row.why_not is None:
            by_cause.setdefault((exclusion.kind, exclusion.value_key), []).append((exclusion, row))
    return Bulk(
        causes=tuple(_cause(members) for members in by_cause.values()),
        others=tuple(row for _exclusion, row in rows if row.why_not is not None),
    )


def _cause(members: list[tuple[Exclusion, BulkRow]]) -> Cause:
    first = members[0][0]
    kind = ExclusionKind(first.kind)
    return Cause(
        kind=EXCLUSION_KIND_LABELS[kind],
        value=first.value,
        opens=say(OPENS[kind].it, value=first.value),
        rows=tuple(row for _exclusion, row in members),
    )


def _row(exclusion: Exclusion, reader: User, change: Mapping[str, Any], digest: str) -> BulkRow:
    stored = exclusion.evidence.get("verdict")
    verdict = Verdict.from_json(stored) if stored else None
    present = [decision for decision in exclusion.decisions.all() if decision.round == exclusion.round]
    approved = [found for found in present if found.decision == Decision.APPROVE and found.digest == digest]
    return BulkRow(
        pk=exclusion.pk,
        scope=scope_words(exclusion),
        expires_at=exclusion.expires_at,
        case_number=exclusion.case.number,
        case_address=exclusion.case.indicator_value,
        requested_by=str(exclusion.requested_by),
        requested_at=exclusion.requested_at,
        reason=exclusion.reason,
        verdict=VERDICT_LABELS[verdict.code] if verdict else None,
        confidence=CONFIDENCE_LABELS[verdict.confidence] if verdict else None,
        findings=tuple(LintFinding.from_json(finding) for finding in exclusion.findings),
        approvals=len(approved),
        approvals_needed=exclusion.approvals_needed,
        commands=tuple(map(step_text, change["steps"])),
        digest=digest,
        why_not=_why_not(exclusion, reader),
    )


def _why_not(exclusion: Exclusion, reader: User) -> Text | None:
    if exclusion.status != ExclusionStatus.REQUESTED:
        return NOT_WAITING
    if (own := exclusion.why_not_own(reader)) is not None:
        return own
    return DecidedAlready.text if exclusion.is_decided_by(reader) else None
