"""One judged check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.base.text import Text


class CheckStatus(StrEnum):
    """What a check came to; WAITING only while its evidence is still on the way."""

    WAITING = "waiting"
    PASS = "pass"  # noqa: S105  a status, not a secret
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


NEEDS_ATTENTION: frozenset[CheckStatus] = frozenset({CheckStatus.FAIL, CheckStatus.WARN})
NOT_SHOWN_FINE: frozenset[CheckStatus] = NEEDS_ATTENTION | {CheckStatus.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a person can do about a finding, for each of the two readers; None where nothing is to be done."""

    employee: Text | None = None
    it: Text | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged check, with what was seen, what was expected, what it means and what to do."""

    check: str  # its id
    status: CheckStatus
    observed: Text
    expected: Text
    summary: Text  # one sentence for everybody: what is, and what it means
    remedy: Remedy = Remedy()
    depends_on: tuple[str, ...] = ()  # catalogue names
