"""What the linter of exclusions looks at, and what it says, by code (docs/reference/exclusions.md sections 1 to 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from troubleshooting.domain.advice.lint_texts import WORDS, LintCode, Severity
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.cases.indicator import Indicator
from troubleshooting.domain.evidence.programs import program_of
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import USUAL_LIFETIME, ExclusionKind, Scope
from troubleshooting.domain.exclusions.values import ExclusionValue, InvalidExclusionValue, ValueRefusal


@dataclass(frozen=True, slots=True)
class Draft:
    """What the linter judges: a request that is being written, with its value, or why the text is none."""

    kind: ExclusionKind
    value: ExclusionValue | InvalidExclusionValue
    scope: Scope
    lifetime: timedelta


class KnownSource(StrEnum):
    """Where a decision about a value stands."""

    BLOCK_INDICATOR = "block_indicator"  # the company's own indicator with the action Block or Warn
    ALLOW_INDICATOR = "allow_indicator"  # in the tenant
    POLICY = "policy"  # an exclusion that a policy sets
    EXCLUSION = "exclusion"  # in the register, open


@dataclass(frozen=True, slots=True)
class Known:
    """A decision that exists already; ``reference`` is what people find it by.

    ``holds_for_scope`` tells whether it holds for every PC of the request's scope: only the caller knows which PC is in
    which group.
    """

    source: KnownSource
    value: ExclusionValue
    reference: str
    holds_for_scope: bool = True


@dataclass(frozen=True, slots=True)
class LintContext:
    """What is known beside the request.

    ``snapshot`` is the evidence of one PC of the scope; None = none was visited. In ``known`` the exclusion that is
    being renewed, and the request itself, are left out by the caller.
    """

    longest: timedelta = USUAL_LIFETIME
    report: Report | None = None
    snapshot: Snapshot | None = None
    known: tuple[Known, ...] = ()

    @property
    def reported(self) -> Indicator | None:
        """Return the reported address, or None."""
        return self.report.indicator if self.report else None

    @property
    def program(self) -> Program:
        """Return the reported program."""
        return program_of(self.report) if self.report else Program.UNKNOWN


@dataclass(frozen=True, slots=True)
class LintFinding:
    """Why a request is refused, or what speaks against it; ``narrower`` says what to ask for instead, if anything."""

    code: LintCode | ValueRefusal
    severity: Severity
    text: Text
    narrower: Text | None = None

    @property
    def is_refusal(self) -> bool:
        """Tell whether the request cannot be made like this."""
        return self.severity is Severity.REFUSE

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored with a decision."""
        return {
            "code": self.code.value,
            "severity": self.severity.value,
            "text": self.text.as_json(),
            "narrower": self.narrower.as_json() if self.narrower else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> LintFinding:
        """Read back what :meth:`as_json` gave."""
        return cls(
            code=CODES[stored["code"]],
            severity=Severity(stored["severity"]),
            text=Text.from_json(stored["text"]),
            narrower=Text.from_json(stored["narrower"]) if stored.get("narrower") else None,
        )


CODES: Mapping[str, LintCode | ValueRefusal] = {code.value: code for code in (*LintCode, *ValueRefusal)}


def found(code: LintCode, **values: str | int) -> LintFinding:
    """Make a finding from the words of its code, with the values that it has places for."""
    words = WORDS[code]
    narrower = say(words.narrower, **_used(words.narrower, values)) if words.narrower else None
    return LintFinding(code, words.severity, say(words.text, **_used(words.text, values)), narrower)


def refused_value(error: InvalidExclusionValue) -> LintFinding:
    """Make the finding for a text that is no value of the kind."""
    return LintFinding(error.code, Severity.REFUSE, error.text)


def _used(message: str, values: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the values that a message has places for."""
    return {name: value for name, value in values.items() if f"%({name})s" in message}
