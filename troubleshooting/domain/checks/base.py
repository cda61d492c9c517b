"""What rules are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.evidence.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found: the reason (a key of the remediation tables), the value seen, and values for the sentences."""

    reason: str
    observed: Text
    values: Mapping[str, str | int] = field(default_factory=dict)


RuleFunction = Callable[[Snapshot, Report | None], Judgement]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check's rule.

    ``depends_on`` names the catalogue entries it waits for. Without an answer to one of them the finding is unknown,
    unless the name stands in ``tolerates`` (any failure) or ``absent_is_an_answer``; then the function copes with it.
    """

    depends_on: tuple[str, ...]
    function: RuleFunction
    tolerates: frozenset[str] = frozenset()
    absent_is_an_answer: frozenset[str] = frozenset()


SILENT = Judgement("silent", say(_("not said")))


def strange(value: str | int) -> Judgement:
    """Return the judgement on a value that is in no table; a blank one says nothing."""
    if not str(value).strip():
        return SILENT
    return Judgement("strange", say(_("%(value)s"), value=shortened(value)), {"value": shortened(value)})


def shortened(value: str | int, longest: int = 120) -> str | int:
    """Return a device's text in a length that a page can show; numbers as they are."""
    if isinstance(value, int) or len(value) <= longest:
        return value
    return value[: longest - 1] + "…"
