"""A request for an exclusion, as the form hands it on: what was typed has been read, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope
from troubleshooting.domain.exclusions.values import ExclusionValue


@dataclass(frozen=True, slots=True)
class ExclusionRequest:
    """What a person asks for, until when, and why; ``findings`` are the linter's, as JSON."""

    value: ExclusionValue
    scope: Scope
    expires_at: datetime
    reason_code: str
    reason: str
    findings: Sequence[dict[str, Any]] = ()

    @property
    def kind(self) -> ExclusionKind:
        """Return the kind, which the value knows."""
        return self.value.kind
