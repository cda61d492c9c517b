"""What a visit asks after the checks: how far back the log goes, and whether the PC itself reaches a blocked site.

The tries are made only where network protection is not what blocks the site, so that something else has to be found.
A site that was reported as dangerous is never tried.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.cases.indicator_exact import DEFAULT_PORTS
from troubleshooting.domain.cases.masked import requested_url
from troubleshooting.domain.evidence.snapshot import PageRequest, PortTest, ReadState, Snapshot
from troubleshooting.domain.verdict.base import Verdict, VerdictCode

RESOLVE_NAME, TEST_PORT, REQUEST_PAGE = "resolve_name", "test_port", "request_page"
TRIES = (RESOLVE_NAME, TEST_PORT, REQUEST_PAGE)
LOG_START = "log_start"
AFTER_THE_CHECKS = frozenset({*TRIES, LOG_START})

_FROM_EVENT = frozenset({VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, VerdictCode.WOULD_BE_BLOCKED})
_ELSEWHERE = frozenset({VerdictCode.NOT_BLOCKED, VerdictCode.NOT_REPRODUCED})
_WEB = frozenset({None, "http", "https"})  # an address without a scheme is opened in a browser


def rests_on_absence(verdict: Verdict, snapshot: Snapshot) -> bool:
    """Tell whether the verdict needs to know how far back the log goes: it was read, and has no event that fits."""
    return verdict.code not in _FROM_EVENT and snapshot.events is not None


def may_be_elsewhere(verdict: Verdict, report: Report) -> bool:
    """Tell whether the PC tries the site itself: a block report that network protection is not the answer to."""
    return report.kind is ProblemKind.SAFE_SITE_BLOCKED and verdict.code in _ELSEWHERE


def tries_of(report: Report) -> tuple[str, ...]:
    """Return what the PC tries for a report: an IP address needs no name server, and FTP has no page."""
    indicator = report.indicator
    names = () if indicator.address is not None else (RESOLVE_NAME,)
    pages = (REQUEST_PAGE,) if indicator.scheme in _WEB else ()
    return (*names, TEST_PORT, *pages)


def port_of(report: Report) -> int:
    """Return the port that the reported address means."""
    indicator = report.indicator
    return indicator.port or DEFAULT_PORTS.get(indicator.scheme or "https", DEFAULT_PORTS["https"])


def leads_nowhere(address: str) -> bool:
    """Tell whether a name server that filters answers with this address: 0.0.0.0, or the PC itself."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    return read.is_unspecified or read.is_loopback


@dataclass(frozen=True, slots=True)
class Try:
    """One try as both readers see it; ``is_good`` is None where nothing came of it."""

    name: str
    said: Text
    is_good: bool | None


def said_by_tries(report: Report, snapshot: Snapshot) -> tuple[Try, ...]:
    """Return what came of each try that was made so far, in order."""
    return tuple(_made(report, snapshot))


def _made(report: Report, snapshot: Snapshot) -> Iterator[Try]:
    for name in TRIES:
        if snapshot.reading(name).state is not ReadState.WAITING:
            is_good, message, values = _SAYS[name](report, snapshot)
            yield Try(name, say(message, **values), is_good)


Said = tuple[bool | None, str, dict[str, str | int]]


def _name(report: Report, snapshot: Snapshot) -> Said:
    host, found = report.indicator.display_host, snapshot.name_resolution
    if found is None:
        return None, _("It is not known whether the PC can resolve %(host)s."), {"host": host}
    if not found.addresses:
        return False, _("The PC could not resolve %(host)s."), {"host": host}
    values: dict[str, str | int] = {"host": host, "address": found.addresses[0]}
    if all(map(leads_nowhere, found.addresses)):
        return False, _("The PC resolves %(host)s to %(address)s, which leads nowhere."), values
    return True, _("The PC resolves %(host)s to %(address)s."), values


def _port(report: Report, snapshot: Snapshot) -> Said:
    test = snapshot.port_test or PortTest()
    values: dict[str, str | int] = {"host": report.indicator.display_host, "port": test.port or port_of(report)}
    if test.is_open is None:
        return None, _("It is not known whether the PC can connect to %(host)s on port %(port)s."), values
    if test.is_open:
        return True, _("The PC connected to %(host)s on port %(port)s."), values
    return False, _("The PC could not connect to %(host)s on port %(port)s."), values


def _page(report: Report, snapshot: Snapshot) -> Said:
    page = snapshot.page_request or PageRequest()
    values: dict[str, str | int] = {"url": requested_url(report.indicator)}
    if page.was_reached is None:
        return None, _("It is not known whether the site answers the PC. Requested: %(url)s"), values
    if page.was_reached:
        return True, _("The site answered the PC. Requested: %(url)s"), values
    return False, _("The site did not answer the PC. Requested: %(url)s"), values


_SAYS: dict[str, Callable[[Report, Snapshot], Said]] = {RESOLVE_NAME: _name, TEST_PORT: _port, REQUEST_PAGE: _page}
