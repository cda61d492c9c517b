"""Findings and verdict as JSON and for people, whatever they were read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troubleshooting.domain.checks.finding import NOT_SHOWN_FINE, Finding
from troubleshooting.domain.evidence.places import Place
from troubleshooting.domain.verdict.verdict import Verdict


def evidence_json(source: str, *, line: int | None = None, text: str | None = None) -> dict[str, Any]:
    """Return what a finding rests on: a command of the catalogue, or a file with a line and its text."""
    return {"source": source, "line": line, "text": text}


def place_json(place: Place) -> dict[str, Any]:
    """Return a place in a file."""
    return evidence_json(place.file, line=place.line, text=place.text)


def finding_json(finding: Finding, evidence: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "check": str(finding.check),
        "status": str(finding.status),
        "observed": str(finding.observed),
        "expected": str(finding.expected),
        "summary": str(finding.summary),
        "remedy": str(finding.remedy.it) if finding.remedy.it else None,
        "evidence": list(evidence),
    }


def verdict_json(verdict: Verdict, places: Mapping[str, Place] | None = None) -> dict[str, Any]:
    """Return a verdict; ``places`` are those of the events, by reference."""
    return {
        "code": str(verdict.code),
        "confidence": str(verdict.confidence),
        "employee": str(verdict.employee),
        "it": str(verdict.it),
        "notes": [str(note) for note in verdict.notes],
        "hints": [str(hint) for hint in verdict.hints],
        "next_step": {"code": str(verdict.next_step.code), "text": str(verdict.next_step.text)},
        "evidence": [
            {
                "kind": str(item.kind),
                "reference": item.reference,
                "text": str(item.text) if item.text else None,
                **({"place": place_json(places[item.reference])} if places and item.reference in places else {}),
            }
            for item in verdict.evidence
        ],
    }


def finding_lines(finding: Finding) -> list[str]:
    lines = [f"{finding.status.upper():<15} {finding.check}: {finding.summary}"]
    if finding.status in NOT_SHOWN_FINE:
        lines.append(f"{'':<15} observed {finding.observed}; expected {finding.expected}")
        lines += [f"{'':<15} {finding.remedy.it}"] if finding.remedy.it else []
    return lines


def verdict_lines(verdict: Verdict) -> list[str]:
    hints = [f"  {hint}" for hint in (*verdict.notes, *verdict.hints)]
    head = f"Verdict: {verdict.code} (confidence {verdict.confidence})"
    return [head, f"  {verdict.it}", *hints, f"  {verdict.next_step.text}"]
