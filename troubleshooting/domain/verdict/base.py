"""What a verdict is made of, with the form in which it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from troubleshooting.domain.base.text import Text


class VerdictCode(StrEnum):
    """What a check run came to."""

    PREREQUISITES_NOT_MET = "prerequisites_not_met"
    NOT_COVERED = "not_covered"
    BLOCKED_BY_NETWORK_PROTECTION = "blocked_by_network_protection"
    WOULD_BE_BLOCKED = "would_be_blocked"
    EXCLUDED = "excluded"
    NOT_REPRODUCED = "not_reproduced"
    CANNOT_TELL = "cannot_tell"
    NOT_BLOCKED = "not_blocked_by_network_protection"
    PROTECTION_NOT_WORKING = "protection_not_working"
    NOTHING_HAPPENED = "nothing_happened"


FROM_AUDIT_MODE_TEST: frozenset[VerdictCode] = frozenset({VerdictCode.NOTHING_HAPPENED})


class Confidence(StrEnum):
    """How sure a verdict is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class EvidenceKind(StrEnum):
    """What an item of evidence points at."""

    CHECK = "check"  # reference: the id of a check
    EVENT = "event"  # reference: the record number in the device's log, or its time where there is none
    READING = "reading"  # reference: a catalogue name


class NextStepCode(StrEnum):
    """The one thing to do now."""

    FIX_PREREQUISITES = "fix_prerequisites"
    FIND_OUT_WHO_BLOCKS = "find_out_who_blocks"
    TURN_ON_BLOCK_MODE = "turn_on_block_mode"
    CHECK_SMART_SCREEN = "check_smart_screen"
    CHECK_NETWORK = "check_network"
    REVIEW_EXCLUSION = "review_exclusion"
    VISIT_AGAIN = "visit_again"
    TEST_AGAIN = "test_again"
    CHECK_AGAIN = "check_again"
    PREPARE_SUBMISSION = "prepare_submission"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of a verdict; each may name the ``%(host)s``."""

    employee: str
    it: str
    step: NextStepCode
    step_text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing a verdict rests on, so that the page can link to it; ``text`` says what it shows, where that helps."""

    kind: EvidenceKind
    reference: str
    text: Text | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return {
            "kind": self.kind.value,
            "reference": self.reference,
            "text": self.text.as_json() if self.text else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Evidence:
        """Read back what :meth:`as_json` gave."""
        text = Text.from_json(stored["text"]) if stored.get("text") else None
        return cls(EvidenceKind(stored["kind"]), stored["reference"], text)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next step, as a code for buttons and a sentence for people."""

    code: NextStepCode
    text: Text

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return {"code": self.code.value, "text": self.text.as_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> NextStep:
        """Read back what :meth:`as_json` gave."""
        return cls(NextStepCode(stored["code"]), Text.from_json(stored["text"]))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion from findings and block events.

    ``employee`` is one sentence. ``it`` is a paragraph in one Text; ``hints`` are further sentences for IT, each with
    a possibility that the evidence does not rule out; ``notes`` are further sentences for both.
    """

    code: VerdictCode
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    employee: Text
    it: Text
    next_step: NextStep
    hints: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return {
            "code": self.code.value,
            "confidence": self.confidence.value,
            "evidence": [item.as_json() for item in self.evidence],
            "employee": self.employee.as_json(),
            "it": self.it.as_json(),
            "next_step": self.next_step.as_json(),
            "hints": [hint.as_json() for hint in self.hints],
            "notes": [note.as_json() for note in self.notes],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Verdict:
        """Read back what :meth:`as_json` gave."""
        return cls(
            code=VerdictCode(stored["code"]),
            confidence=Confidence(stored["confidence"]),
            evidence=tuple(Evidence.from_json(item) for item in stored["evidence"]),
            employee=Text.from_json(stored["employee"]),
            it=Text.from_json(stored["it"]),
            next_step=NextStep.from_json(stored["next_step"]),
            hints=tuple(Text.from_json(hint) for hint in stored.get("hints", ())),
            notes=tuple(Text.from_json(note) for note in stored.get("notes", ())),
        )
