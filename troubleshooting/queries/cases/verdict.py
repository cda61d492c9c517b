"""The verdict of a case, and the events it rests on, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.registry import title_of
from troubleshooting.domain.evidence.events import EventMatch, matches_in
from troubleshooting.domain.evidence.setting_change import SettingChange, setting_change
from troubleshooting.domain.evidence.snapshot import ProtectionEvent, Snapshot
from troubleshooting.domain.verdict.base import Evidence, EvidenceKind, NextStepCode, Verdict, VerdictCode
from troubleshooting.domain.verdict.tries import TRIES
from troubleshooting.models import AuditModeTest, CaseVerdict, CheckRun
from troubleshooting.models.choices import CONFIDENCE_LABELS, VERDICT_LABELS
from troubleshooting.queries.base.words import translated

EVENTS_SHOWN = 50

TONES: Mapping[VerdictCode, str] = {
    VerdictCode.PREREQUISITES_NOT_MET: "bad",
    VerdictCode.NOT_COVERED: "info",
    VerdictCode.BLOCKED_BY_NETWORK_PROTECTION: "info",
    VerdictCode.WOULD_BE_BLOCKED: "warn",
    VerdictCode.EXCLUDED: "warn",
    VerdictCode.NOT_REPRODUCED: "info",
    VerdictCode.CANNOT_TELL: "quiet",
    VerdictCode.NOT_BLOCKED: "info",
    VerdictCode.PROTECTION_NOT_WORKING: "bad",
    VerdictCode.NOTHING_HAPPENED: "quiet",
}

# Steps after which looking again shows whether it helped; the first two are anybody's, others follow an action of IT.
CHECK_AGAIN_BY_ANYBODY = frozenset({NextStepCode.VISIT_AGAIN, NextStepCode.CHECK_AGAIN})
CHECK_AGAIN_BY_IT = CHECK_AGAIN_BY_ANYBODY | {
    NextStepCode.FIX_PREREQUISITES,
    NextStepCode.TURN_ON_BLOCK_MODE,
    NextStepCode.REVIEW_EXCLUSION,
}
SUBMISSION_AFTER = frozenset({NextStepCode.FIND_OUT_WHO_BLOCKS, NextStepCode.PREPARE_SUBMISSION})
READING_LABELS: Mapping[str, Promise] = {
    "protection_events": _("the events in Defender's log"),
    "request_page": _("the page that the PC requested"),
    "resolve_name": _("the site's name, as the PC resolves it"),
    "test_port": _("the PC's connection to the site"),
}
MEANINGS: Mapping[int, Promise] = {
    1125: _("Would have been blocked"),
    1126: _("Blocked"),
    5007: _("Setting changed"),
    5013: _("Change refused"),
}


@dataclass(frozen=True, slots=True)
class EvidenceLink:
    """One thing that the verdict rests on, and where it stands on the page."""

    label: str | Promise
    text: Text | None
    anchor: str  # "" where there is nothing to jump to


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The conclusion in the reader's words."""

    code: str
    label: Promise
    tone: str
    confidence: Promise
    sentence: Text
    paragraph: Text | None  # for IT and auditors
    notes: tuple[Text, ...]
    hints: tuple[Text, ...]  # for IT and auditors
    next: Text
    offers_check: bool  # the one next button is a new check
    offers_submission: bool  # the one next button is the submission
    evidence: tuple[EvidenceLink, ...]
    concluded_at: datetime
    is_from_earlier: bool  # the newest run has no verdict of its own
    is_given: bool  # it rests on what a person gave instead of a visit


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of the PC's log."""

    anchor: str
    event_id: int
    meaning: Promise | str
    at: datetime
    destination: str
    program: str
    user: str
    change: SettingChange | None
    strength: str  # "strong", "fair", "faint", "weak", or "" where it does not concern the report
    reasons: tuple[Text, ...]
    xml: str


def read_verdict(runs: Iterable[CheckRun], *, for_it: bool, tests: Iterable[AuditModeTest] = ()) -> VerdictView | None:
    """Return the verdict of the newest run or audit-mode test that has one.

    None while a check is under way, after one that failed without learning anything, and where there is none.
    """
    of_test = next((test.verdict for test in tests if hasattr(test, "verdict")), None)
    for position, run in enumerate(runs):
        if of_test is not None and of_test.concluded_at >= run.requested_at:
            return _view(of_test, for_it=for_it, is_from_earlier=position > 0)
        stored: CaseVerdict | None = getattr(run, "verdict", None)
        if run.is_live or (stored is not None and _only_says_that_it_failed(run, stored)):
            return None
        if stored is not None:
            given = getattr(run, "collection", None) is not None
            return _view(stored, for_it=for_it, is_from_earlier=position > 0, is_given=given)
    return None


def event_rows(snapshot: Snapshot, report: Report) -> tuple[EventRow, ...]:
    """Return the events that concern the report first (best match first), then the others, newest first."""
    events = snapshot.events or ()
    matches = matches_in(snapshot, report)
    matched = {id(match.event) for match in matches}
    others = sorted((event for event in events if id(event) not in matched), key=_recorded_at, reverse=True)
    rows = [event_row(match.event, match) for match in matches]
    return tuple([*rows, *(event_row(event, None) for event in others)][:EVENTS_SHOWN])


def _only_says_that_it_failed(run: CheckRun, stored: CaseVerdict) -> bool:
    """Tell whether the named error of a failed run says all that there is to say."""
    return run.status == RunStatus.FAILED and stored.code == VerdictCode.CANNOT_TELL


def _view(stored: CaseVerdict, *, for_it: bool, is_from_earlier: bool, is_given: bool = False) -> VerdictView:
    verdict = Verdict.from_json(stored.content)
    return VerdictView(
        code=verdict.code.value,
        label=VERDICT_LABELS[verdict.code],
        tone=TONES[verdict.code],
        confidence=CONFIDENCE_LABELS[verdict.confidence],
        sentence=verdict.employee,
        paragraph=verdict.it if for_it else None,
        notes=verdict.notes,
        hints=verdict.hints if for_it else (),
        next=verdict.next_step.text,
        offers_check=verdict.next_step.code in (CHECK_AGAIN_BY_IT if for_it else CHECK_AGAIN_BY_ANYBODY),
        offers_submission=verdict.next_step.code in SUBMISSION_AFTER,
        evidence=evidence_links(verdict.evidence, for_it=for_it, prefix="test-" if stored.audit_mode_test_id else ""),
        concluded_at=stored.concluded_at,
        is_from_earlier=is_from_earlier,
        is_given=is_given,
    )


def evidence_links(evidence: Iterable[Evidence], *, for_it: bool, prefix: str) -> tuple[EvidenceLink, ...]:
    """Return the links; an employee's page has checks but no events to jump to."""
    return tuple(_link(item, prefix) for item in evidence if for_it or item.kind is EvidenceKind.CHECK)


def _link(item: Evidence, prefix: str) -> EvidenceLink:
    if item.kind is EvidenceKind.CHECK:
        return EvidenceLink(translated(title_of(item.reference)), item.text, f"check-{item.reference}")
    if item.kind is EvidenceKind.EVENT:
        return EvidenceLink(_("an event in Defender's log"), item.text, f"{prefix}event-{item.reference}")
    is_try = item.reference in TRIES and not prefix  # an audit-mode test's request stands with its events
    anchor = f"try-{item.reference}" if is_try else f"{prefix}events"
    return EvidenceLink(READING_LABELS.get(item.reference, item.reference), item.text, anchor)


def event_row(event: ProtectionEvent, match: EventMatch | None, *, anchors: str = "event") -> EventRow:
    """Return one event, with how well it matches the report."""
    reference = event.record_id if event.record_id is not None else event.recorded_at.isoformat()
    return EventRow(
        anchor=f"{anchors}-{reference}",
        event_id=event.event_id,
        meaning=MEANINGS.get(event.event_id, ""),
        at=event.recorded_at,
        destination=event.destination or "",
        program=event.process_name or "",
        user=event.user or "",
        change=setting_change(event),
        strength=match.strength.value if match else "",
        reasons=match.reasons if match else (),
        xml=event.xml,
    )


def _recorded_at(event: ProtectionEvent) -> datetime:
    return event.recorded_at
