"""A case whose PC a worker has checked."""

from __future__ import annotations

from datetime import timedelta

from portal.demo.lab.server import LabServer
from tests.support.world import EMMA, case_on, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.models import Case

SECONDS = {"connect": 2, "opening": 3, "silence": 3, "cancel_poll": 1, "visit": 30}
QUICK = {name: timedelta(seconds=value) for name, value in SECONDS.items()}


def visited(server: LabServer, **changes: object) -> Case:
    """Report on the PC and run its check as the worker does."""
    emma = person(EMMA)
    case = case_on(device_at(server, owner=emma), by=emma, **changes)
    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))
    case.refresh_from_db()
    return case


def statuses(case: Case) -> dict[str, str]:
    return dict(case.check_runs.get().findings.values_list("check_id", "status"))
