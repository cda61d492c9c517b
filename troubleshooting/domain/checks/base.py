"""What a check is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.snapshot import ComputerStatus, Snapshot

IT_MUST_ACT = _("You don't need to do anything. IT has to change this.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check comes to for one reason: its status, one sentence for everybody, and what each reader can do.

    The texts are messages whose places are filled with the values that the rule returns along with the reason.
    """

    status: CheckStatus
    summary: str
    employee: str | None = None
    it: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found: the reason (a key of the check's outcomes), the value seen, and values for the sentences."""

    reason: str
    observed: Text
    values: Mapping[str, str | int] = field(default_factory=dict)


RuleFunction = Callable[[Snapshot, Report | None], Judgement]


def no_rule(snapshot: Snapshot, report: Report | None) -> Judgement:
    """Stand where a check has no rule yet; the registry refuses such a check."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Check:
    """One check, whole. The registry refuses one with a part missing, so the empty values below are never used.

    Without an answer to one of ``depends_on`` the finding is unknown, unless the name is in ``tolerates`` (any failure)
    or ``absent_is_an_answer``; then the rule copes with it.
    """

    id: str  # on the page, in JSON and in the database; never changed
    order: int = 0  # on the page and in docs/checks.md
    title: str = ""
    expected: str = ""
    is_prerequisite: bool = False  # one of the article's own
    depends_on: tuple[str, ...] = ()  # catalogue names
    tolerates: frozenset[str] = frozenset()
    absent_is_an_answer: frozenset[str] = frozenset()
    rule: RuleFunction = no_rule
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id


SILENT = Judgement("silent", say(_("not reported")))


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


def computer_status(snapshot: Snapshot) -> ComputerStatus:
    """Return what Defender says of itself; all silent where it said nothing."""
    return snapshot.computer_status or ComputerStatus()


_ON = say(_("On"))
_OFF = say(_("Off"))


def switched(on: bool | None, *, when_on: str, when_off: str) -> Judgement:
    """Judge a plain on/off value."""
    if on is None:
        return SILENT
    return Judgement(when_on, _ON) if on else Judgement(when_off, _OFF)
