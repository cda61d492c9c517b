"""Which exclusion would solve a case, narrowest first, and what each one would open up.

Source: docs/reference/exclusions.md section 1.

Only a safe site that network protection blocks, or would block, is a reason for one. What would not work for the case,
or is never allowed, is told with its reason instead of offered.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from troubleshooting.domain.advice.lint_base import LintContext, LintFinding
from troubleshooting.domain.advice.lint_effect import about_effect
from troubleshooting.domain.advice.lint_values import about_value
from troubleshooting.domain.advice.lists import denied_program
from troubleshooting.domain.advice.proposal_texts import (
    IN_EDGE,
    MISSED,
    NEEDS_ADDRESS,
    NEEDS_PATH,
    NEVER_EXCLUDED,
    NONE_BY_VERDICT,
    NOT_AN_IPV4,
    OPENS,
    OPENS_PAGE,
    TEST_PAGE,
    Opens,
)
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import Indicator, IndicatorKind
from troubleshooting.domain.cases.masked import plain_indicator
from troubleshooting.domain.cases.microsoft_pages import microsoft_page
from troubleshooting.domain.evidence.events import EventMatch, matches_in
from troubleshooting.domain.evidence.programs import file_name, named_program, program_of
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.values import (
    ExclusionValue,
    IndicatorType,
    InvalidExclusionValue,
    from_indicator,
    parse_value,
)
from troubleshooting.domain.verdict.base import Verdict, VerdictCode

SENSIBLE: frozenset[VerdictCode] = frozenset({VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, VerdictCode.WOULD_BE_BLOCKED})

NARROWEST_SCOPE: Mapping[ExclusionKind, ScopeKind] = {
    ExclusionKind.ALLOW_INDICATOR: ScopeKind.GROUP,  # Microsoft has none for one PC (section 2)
    ExclusionKind.IP_ADDRESS: ScopeKind.DEVICE,
    ExclusionKind.PROCESS: ScopeKind.DEVICE,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """An exclusion that would solve the case.

    ``value`` is None where the evidence does not have it; ``needs`` then says what a person has to find out.
    ``findings`` are the linter's about the value and its effect, without refusals.
    """

    kind: ExclusionKind
    value: ExclusionValue | None
    scope: ScopeKind  # the narrowest that the kind has
    opens: Opens
    needs: Text | None = None
    findings: tuple[LintFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A kind of exclusion that does not work for the case or is never allowed, with the reason."""

    kind: ExclusionKind
    why: Text
    instead: Text | None = None


def why_none(report: Report, verdict: Verdict) -> Text | None:
    """Say why no exclusion makes sense for the verdict; None where one does."""
    if microsoft_page(report.indicator) is not None:
        return say(TEST_PAGE)
    if report.kind is not ProblemKind.SAFE_SITE_BLOCKED:
        return say(MISSED)
    return None if verdict.code in SENSIBLE else say(NONE_BY_VERDICT[verdict.code])


def propose(report: Report, verdict: Verdict, snapshot: Snapshot) -> tuple[Proposal, ...]:
    """Return exclusions that would solve the case, narrowest first; () where none makes sense (:func:`why_none`)."""
    return tuple(answer for answer in _answers(report, verdict, snapshot) if isinstance(answer, Proposal))


def ruled_out(report: Report, verdict: Verdict, snapshot: Snapshot) -> tuple[RuledOut, ...]:
    """Return the kinds that :func:`propose` leaves out, each with its reason; () where none makes sense anyway."""
    return tuple(answer for answer in _answers(report, verdict, snapshot) if isinstance(answer, RuledOut))


Answer = Proposal | RuledOut


def _answers(report: Report, verdict: Verdict, snapshot: Snapshot) -> Iterator[Answer]:
    """Return one answer for each kind, and two where the program shows Defender the page."""
    if why_none(report, verdict) is not None:
        return
    matches = matches_in(snapshot, report)
    for kind in ExclusionKind:
        for answer in _BY_KIND[kind](report, matches):
            yield _looked_at(answer, report, snapshot)


def _looked_at(answer: Answer, report: Report, snapshot: Snapshot) -> Answer:
    """Add what the linter finds; a refusal rules a proposal out."""
    if isinstance(answer, RuledOut):
        return answer
    findings = [*about_effect(answer.kind, snapshot)]
    if answer.value is not None:
        findings += about_value(answer.value, LintContext(report=report, snapshot=snapshot))
    refusal = next((finding for finding in findings if finding.is_refusal), None)
    if refusal is not None:
        return RuledOut(answer.kind, refusal.text, refusal.narrower)
    return replace(answer, findings=tuple(findings))


def _proposal(kind: ExclusionKind, value: ExclusionValue | None, shown: str, needs: str | None = None) -> Proposal:
    """Put the words to a proposal; ``shown`` is what it opens, as people write it."""
    is_page = value is not None and value.indicator_type is IndicatorType.URL
    words = OPENS_PAGE if is_page else OPENS[kind]
    opens = Opens(say(words.employee, value=shown), say(words.it, value=shown))
    return Proposal(kind, value, NARROWEST_SCOPE[kind], opens, say(needs) if needs else None)


def _by_indicator(report: Report, matches: tuple[EventMatch, ...]) -> Iterator[Answer]:
    """Propose the page where the program sees it (Edge, or http), then the host for every program (section 2)."""
    reported = report.indicator
    page = _page(reported)
    if page is not None and (program_of(report) is Program.EDGE or reported.scheme == "http"):
        yield _proposal(ExclusionKind.ALLOW_INDICATOR, page, page.value)
    site = from_indicator(_site(reported))
    yield _proposal(ExclusionKind.ALLOW_INDICATOR, site, reported.display_host)


def _page(reported: Indicator) -> ExclusionValue | None:
    """Return the indicator of the reported page, without what is masked in it.

    None where there is none or it has no such form (a port, a wildcard).
    """
    try:
        value = from_indicator(plain_indicator(reported))
    except InvalidExclusionValue:
        return None
    return value if value.indicator_type is IndicatorType.URL else None


def _site(reported: Indicator) -> Indicator:
    """Return the host of an address alone."""
    address = reported.address
    if address is None:
        return Indicator(IndicatorKind.HOST, reported.host, reported.host)
    return Indicator(IndicatorKind.IPV4 if address.version == 4 else IndicatorKind.IPV6, reported.host, reported.host)


def _by_ip_address(report: Report, matches: tuple[EventMatch, ...]) -> Iterator[Answer]:
    """Propose the IPv4 address; which one a name has is for a person to find out (section 3)."""
    kind = ExclusionKind.IP_ADDRESS
    address = report.indicator.address
    if program_of(report) is Program.EDGE:
        yield RuledOut(kind, say(IN_EDGE))
    elif isinstance(address, ipaddress.IPv6Address):
        yield RuledOut(kind, say(NOT_AN_IPV4))
    elif address is None:
        yield _proposal(kind, None, report.indicator.display_host, NEEDS_ADDRESS)
    else:
        yield _proposal(kind, parse_value(kind, str(address)), str(address))


def _by_process(report: Report, matches: tuple[EventMatch, ...]) -> Iterator[Answer]:
    """Propose the program that the block event names with its path, else the reported one without (section 4)."""
    kind = ExclusionKind.PROCESS
    named = named_program(report)
    value = next((path for match in matches if match.counts and (path := _path(match)) is not None), None)
    in_events = _named_in_events(matches)
    shown = value.file_name if value else named.shown_file if named.can_contradict else in_events or named.shown_file
    files = {shown} if value or in_events else named.own or {shown}
    group = next((group for file in sorted(files) if file and (group := denied_program(file)) is not None), None)
    if program_of(report) is Program.EDGE:
        yield RuledOut(kind, say(IN_EDGE))
    elif group is not None or report.program is Program.OTHER_BROWSER:
        yield RuledOut(kind, say(NEVER_EXCLUDED))
    else:
        yield _proposal(kind, value, shown or "…", None if value else NEEDS_PATH)


def _path(match: EventMatch) -> ExclusionValue | None:
    r"""Read the event's program; None for a form that no exclusion can have (``\Device\HarddiskVolume3\…``)."""
    try:
        return parse_value(ExclusionKind.PROCESS, match.event.process_name or "")
    except InvalidExclusionValue:
        return None


def _named_in_events(matches: tuple[EventMatch, ...]) -> str:
    """Return the file name of the best event's program, "" where none names one."""
    names = (file_name(match.event.process_name) for match in matches if match.counts)
    return next((name for name in names if name), "")


_BY_KIND: Mapping[ExclusionKind, Callable[[Report, tuple[EventMatch, ...]], Iterator[Answer]]] = {
    ExclusionKind.ALLOW_INDICATOR: _by_indicator,
    ExclusionKind.IP_ADDRESS: _by_ip_address,
    ExclusionKind.PROCESS: _by_process,
}
