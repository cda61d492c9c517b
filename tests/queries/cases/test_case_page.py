from __future__ import annotations

import pytest

from tests.factories import CaseFactory, CheckRunFactory, UserFactory
from tests.queries import made
from tests.support.roles import as_owner
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import Case, User
from troubleshooting.queries.cases.case_page import CasePage, read_case_page

pytestmark = pytest.mark.django_db


def page_of(case: Case, *, reader: User | None = None) -> CasePage:
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)
    return read_case_page(found, reader=reader or case.reporter)


def states(page: CasePage) -> list[tuple[str, str]]:
    return [(str(step.label), step.state) for step in page.steps]


def test_a_case_that_is_being_checked_has_no_verdict_and_says_that_nothing_is_to_be_done():
    case = CheckRunFactory(running=True).case

    page = page_of(case)

    assert page.verdict is None
    assert states(page) == [("Reported", "done"), ("PC checked", "current"), ("Decided", "todo"), ("Solved", "todo")]
    assert "You don't need to do anything" in str(page.next)


def test_a_checked_case_has_the_verdict_in_the_employees_words_only():
    page = page_of(made.blocked_case())

    assert page.verdict is not None
    assert page.verdict.code == "blocked_by_network_protection"
    assert "blocked" in str(page.verdict.sentence)
    assert (page.verdict.paragraph, page.verdict.hints, page.events, page.device_facts) == (None, (), (), ())
    assert page.verdict.evidence == ()  # it rests on an event, which an employee's page does not have


def test_it_gets_the_paragraph_the_events_and_links_to_them():
    page = page_of(made.blocked_case(), reader=made.reviewer())

    assert page.verdict is not None
    assert page.verdict.paragraph is not None
    assert page.verdict.offers_submission
    assert [event.event_id for event in page.events] == [1126]
    assert page.events[0].strength in ("strong", "fair")
    assert "<Event" in page.events[0].xml
    assert [fact.value for fact in page.device_facts][:2] == ["Microsoft Windows 11 Enterprise", "Normal"]


def test_a_failed_check_that_learned_nothing_shows_its_error_instead_of_a_verdict():
    case = CaseFactory(checked=True)
    run = made.failed_run(case, DeviceErrorCode.ACCESS_DENIED)
    with as_owner():
        run.delete()
    made.finished_run(case, snapshot=made.builders.snapshot(collected_at=case.opened_at, events=None))
    case.check_runs.update(status="failed", error_code=DeviceErrorCode.ACCESS_DENIED.value)

    page = page_of(case)

    assert page.verdict is None
    assert page.checklist is not None
    assert page.checklist.error is not None
    assert ("PC checked", "stopped") in states(page)
    assert "could not be completed" in str(page.next)


def test_the_verdict_of_an_earlier_check_stands_while_the_last_one_came_to_none():
    case = made.blocked_case()
    CheckRunFactory(
        case=case,
        status="cancelled",
        requested_at=made.later(case.opened_at, minutes=9),
        finished_at=made.later(case.opened_at, minutes=10),
    )

    page = page_of(case)

    assert page.verdict is not None
    assert page.verdict.is_from_earlier
    assert len(page.earlier_runs) == 1


def test_an_employee_is_not_asked_to_check_again_what_it_has_to_repair_first():
    case = CaseFactory(checked=True, kind=ProblemKind.DANGEROUS_SITE_MISSED)
    made.finished_run(case, snapshot=made.RTP_OFF)

    for_employee, for_it = page_of(case).verdict, page_of(case, reader=made.reviewer()).verdict

    assert for_employee is not None
    assert for_it is not None
    assert for_employee.code == for_it.code == "prerequisites_not_met"
    assert not for_employee.offers_check
    assert for_it.offers_check


def test_what_is_recorded_of_the_submission_is_shown():
    case = CaseFactory(submitted=True)
    page = page_of(case)
    assert page.submission is None
    assert "Microsoft" in str(page.next)


@pytest.mark.parametrize(
    ("trait", "over"), [("checked", False), ("submitted", False), ("solved", True), ("withdrawn", True)]
)
def test_every_stage_has_its_steps_and_a_sentence(trait, over):
    page = page_of(CaseFactory(**{trait: True}))

    assert page.is_over is over
    assert page.steps
    assert str(page.next)


def test_a_fact_that_was_not_given_is_left_out():
    page = page_of(CaseFactory(saw="", reason="Invoices"))

    assert [str(fact.label) for fact in page.facts] == [
        "Problem",
        "Address",
        "Program",
        "PC",
        "Reported by",
        "Why it is needed",
    ]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("trait", "queries"), [({}, 6), ({"reviewer": True}, 9)])
def test_a_case_costs_the_same_queries_with_one_run_and_with_three(rows, trait, queries, django_assert_num_queries):
    case = CaseFactory(checked=True)
    for number in range(rows):
        run = made.finished_run(case, events=rows, requested_at=made.later(case.opened_at, minutes=number))
        made.actions_of(run)
    reader = UserFactory(**trait) if trait else case.reporter
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)

    with django_assert_num_queries(queries):
        page = read_case_page(found, reader=reader)

    assert len(page.earlier_runs) == rows - 1
