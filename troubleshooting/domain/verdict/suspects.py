"""Who else may keep a site from opening where network protection did not, and what the PC's own tries say about it.

Source: docs/reference/checks.md section 6 and docs/reference/performance-and-proxy.md section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.checks.antivirus import other_antivirus
from troubleshooting.domain.checks.base import shortened
from troubleshooting.domain.evidence.events import BLOCKED
from troubleshooting.domain.evidence.programs import file_name, program_of
from troubleshooting.domain.evidence.snapshot import PageRequest, PortTest, ReadState, Snapshot
from troubleshooting.domain.verdict.notes import PORTALS_OWN
from troubleshooting.domain.verdict.tries import TRIES, leads_nowhere

MOST_NAMES = 3


def antivirus_names(snapshot: Snapshot) -> str:
    """Return the other antivirus products that Windows reports as on, or may be on; "" where there is none."""
    names = [str(shortened(name, 60)) for name in other_antivirus(snapshot)]
    return ", ".join(names[:MOST_NAMES])


def suspects(report: Report, snapshot: Snapshot) -> tuple[Text, ...]:
    """Return what may have blocked the site instead, one sentence each, what was tried first."""
    tried = tuple(text for make in _TRIES if (text := make(report, snapshot)) is not None)
    return (*tried, *_by_others(report, snapshot))


# --- What the PC tried ------------------------------------------------------------------------------------------------


def _name_resolution(report: Report, snapshot: Snapshot) -> Text | None:
    """The name led nowhere, or to an address that a filter gives out."""
    found = snapshot.name_resolution
    if found is None or report.indicator.address is not None:
        return None
    host = report.indicator.display_host
    if not found.addresses and _proxy(snapshot):
        return say(
            _(
                "The PC could not resolve %(host)s itself. With a proxy that may be as it should: the proxy resolves "
                "names."
            ),
            host=host,
        )
    if not found.addresses:
        return say(
            _(
                "The PC could not resolve %(host)s: name resolution, or a filter in it, keeps the site from opening, "
                "or the name does not exist."
            ),
            host=host,
        )
    nowhere = [text for text in found.addresses if leads_nowhere(text)]
    if len(nowhere) < len(found.addresses):
        return None
    return say(
        _("On the PC %(host)s resolves to %(address)s, which leads nowhere: a DNS filter answers so."),
        host=host,
        address=nowhere[0],
    )


def _port(report: Report, snapshot: Snapshot) -> Text | None:
    """The name resolves and nothing answers: a firewall on the way, or the site itself."""
    test = snapshot.port_test or PortTest()
    if test.is_open is not False or (snapshot.name_resolution is not None and not snapshot.name_resolution.addresses):
        return None
    return say(
        _(
            "The PC reached no one at %(host)s on port %(port)s. Check the firewall, a proxy that has to be used, and "
            "the site itself."
        ),
        host=report.indicator.display_host,
        port=test.port or 0,
    )


def _page(report: Report, snapshot: Snapshot) -> Text | None:
    """The page answered the PC itself, or the connection opened and no page came."""
    page, test = snapshot.page_request or PageRequest(), snapshot.port_test or PortTest()
    host = report.indicator.display_host
    if page.was_reached:
        return say(
            _(
                "%(host)s answered when the PC requested it for this check, without the employee's browser. Look at "
                "the program: its own protection, its extensions and its proxy."
            ),
            host=host,
        )
    if page.was_reached is False and test.is_open and not _was_blocked_now(snapshot):
        return say(
            _(
                "The PC connected to %(host)s, but got no page. Check for a proxy or a product that looks into HTTPS, "
                "and the site itself."
            ),
            host=host,
        )
    return None


def _was_blocked_now(snapshot: Snapshot) -> bool:
    """Tell whether network protection blocked a request of the portal's own; a note names it."""
    blocks = (event for event in snapshot.events or () if event.event_id == BLOCKED)
    return any(file_name(event.process_name) in PORTALS_OWN for event in blocks)


_TRIES: tuple[Callable[[Report, Snapshot], Text | None], ...] = (_name_resolution, _port, _page)


# --- What is on the PC ------------------------------------------------------------------------------------------------


def _by_others(report: Report, snapshot: Snapshot) -> Iterator[Text]:
    names = antivirus_names(snapshot)
    if names:
        yield say(
            _("Another antivirus is on this PC: %(antivirus)s. Look at its web filter and its log."), antivirus=names
        )
    if program_of(report) in {Program.UNKNOWN, Program.OTHER_BROWSER, Program.EDGE}:
        yield say(_("If the program was Microsoft Edge, SmartScreen decides there: a full red page is SmartScreen's."))
    proxy = _proxy(snapshot)
    if proxy:
        yield say(_("A proxy is set on this PC (%(proxy)s). It may refuse the site."), proxy=shortened(proxy))
    if not any(_has_said(snapshot, name) for name in TRIES):
        yield say(_("Not tried: name resolution, the connection and the page, from the PC itself."))


def _has_said(snapshot: Snapshot, name: str) -> bool:
    return snapshot.reading(name).state is not ReadState.WAITING


def _proxy(snapshot: Snapshot) -> str:
    windows = snapshot.winhttp_proxy.server if snapshot.winhttp_proxy else None
    defender = snapshot.preferences.proxy_server or snapshot.preferences.proxy_pac_url if snapshot.preferences else None
    return windows or defender or ""
