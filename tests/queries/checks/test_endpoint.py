"""Whether IT reads on the checklist that a PC's endpoint is older than the portal."""

from __future__ import annotations

import pytest

from tests.factories import CaseFactory, CheckRunFactory
from tests.queries import made
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.machines.endpoint.version import VERSION
from troubleshooting.models import CheckRun, DeviceAnswer
from troubleshooting.queries.checks.checklist import read_checklist, runs_visible_to

pytestmark = pytest.mark.django_db


def opened(run: CheckRun) -> CheckRun:
    """Return the run as the views do: with what its pages need."""
    return runs_visible_to(run.case.reporter).get(pk=run.pk)


def with_endpoint(run: CheckRun, content: list, *refused: str) -> CheckRun:
    """Keep what the portal's own endpoint said of itself, and which commands it did not let through."""
    visit = made.make_visit(run)
    facts = {"snapshot": visit, "pipeline": "x", "sent_at": made.timezone.now(), "seconds": 0.1, "errors": []}
    DeviceAnswer.objects.create(position=90, name="endpoint", state="answered", content=content, **facts)
    for position, name in enumerate(refused, start=91):
        code = DeviceErrorCode.COMMAND_REFUSED
        DeviceAnswer.objects.create(position=position, name=name, state="failed", error_code=code, content=[], **facts)
    return run


@pytest.mark.parametrize("content", [[{"Version": "0.9.0"}], [], [{}], [{"Version": 7}], ["x"]])
def test_it_is_told_that_an_endpoint_is_old_and_which_checks_that_costs(content, django_assert_num_queries):
    run = opened(with_endpoint(CheckRunFactory(finished=True), content, "preferences", "policy_values:spynet"))

    with django_assert_num_queries(3):  # a run without a finding
        old = read_checklist(run, reader=made.reviewer()).old_endpoint

    assert old is not None
    assert (old.version, old.needed_version) == ("0.9.0" if content == [{"Version": "0.9.0"}] else "", VERSION)
    assert {"Cloud-delivered protection", "Who sets the mode"} <= set(old.checks)
    assert read_checklist(run, reader=run.case.reporter).old_endpoint is None


def test_an_endpoint_of_today_and_one_that_is_not_the_portals_own_are_no_news():
    of_today = with_endpoint(CheckRunFactory(finished=True), [{"Version": VERSION}], "preferences")
    another = made.finished_run(CaseFactory(checked=True))

    for run in (of_today, another):
        assert read_checklist(opened(run), reader=made.reviewer()).old_endpoint is None
