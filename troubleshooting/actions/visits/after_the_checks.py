"""What a visit for a check run asks once the checks are answered, as far as the verdict so far needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from troubleshooting.actions.visits.device_visit import DeviceVisit
from troubleshooting.actions.visits.evidence import EvidenceKeeper
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.cases.masked import requested_url
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import PageRequest
from troubleshooting.domain.verdict.tries import (
    REQUEST_PAGE,
    RESOLVE_NAME,
    TEST_PORT,
    may_be_elsewhere,
    port_of,
    rests_on_absence,
    tries_of,
)
from troubleshooting.machines import catalogue
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.site_answers import read_page_request

log = structlog.get_logger(__name__)

_ENTRIES: Mapping[str, Callable[[Report], Entry]] = {
    RESOLVE_NAME: lambda report: catalogue.resolve_name(report.indicator.host),
    TEST_PORT: lambda report: catalogue.test_port(report.indicator.host, port=port_of(report)),
    REQUEST_PAGE: lambda report: catalogue.request_page(requested_url(report.indicator)),
}


def ask_after_the_checks(visit: DeviceVisit, keeper: EvidenceKeeper) -> None:
    """Read where the log begins, and let the PC try the site, each where it helps.

    A PC that is lost here costs what was still to be asked, not the visit: the checks are answered. Raises MachineError
    where the run was cancelled.
    """
    try:
        verdict, snapshot = keeper.verdict_so_far()
        if rests_on_absence(verdict, snapshot):
            visit.ask(catalogue.LOG_START)
            verdict, _ = keeper.verdict_so_far()
        if may_be_elsewhere(verdict, keeper.report):
            _try_site(visit, keeper.report)
    except MachineError as error:
        if error.code is DeviceErrorCode.CANCELLED:
            raise
        log.info("visit_cut_short", check_run_id=keeper.run.pk, attempt=keeper.run.attempt, code=error.code)


def _try_site(visit: DeviceVisit, report: Report) -> None:
    """Let the PC try one thing after the other; a page that it did not get may be in the log as blocked."""
    for name in tries_of(report):
        try:
            entry = _ENTRIES[name](report)
        except catalogue.InvalidArgument:  # a form of address that is never sent
            continue
        answer = visit.ask(entry)
        if name == REQUEST_PAGE and read_page_request(answer) == PageRequest(was_reached=False):
            visit.read_events_again()
