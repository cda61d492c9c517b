from __future__ import annotations

import csv

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import CaseFactory, CheckRunFactory, UserFactory
from tests.queries import made
from tests.views.checks.test_check_runs import signed_in, text_of
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.checks.antivirus import REAL_TIME_PROTECTION
from troubleshooting.models import ActivityEntry, Case
from troubleshooting.queries.base import paging
from troubleshooting.views.cases import cases as cases_view

pytestmark = pytest.mark.django_db


def case_page(client: Client, case: Case) -> str:
    response = client.get(reverse("case", args=[case.number]))
    assert response.status_code == 200
    return text_of(response)


def downloaded(client: Client, query: str = "as=csv") -> list[list[str]]:
    response = client.get(f"{reverse('cases')}?{query}")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment; filename=" in response.headers["Content-Disposition"]
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(text.splitlines()))


def test_somebody_elses_case_is_not_found():
    case = CaseFactory()

    assert signed_in(UserFactory(stranger=True)).get(reverse("case", args=[case.number])).status_code == 404


def test_a_case_that_does_not_exist_is_not_found():
    assert signed_in(made.reviewer()).get(reverse("case", args=["NP-1999-00001"])).status_code == 404


def test_the_employees_page_has_the_verdict_and_no_word_that_is_only_for_it():
    case = CaseFactory(checked=True, kind=ProblemKind.DANGEROUS_SITE_MISSED)
    made.finished_run(case, snapshot=made.RTP_OFF)
    judged = {found.check: found for found in made.judge(made.RTP_OFF, report=case.report)}
    remedy = judged[REAL_TIME_PROTECTION.id].remedy.it

    for_employee, for_it = case_page(signed_in(case.reporter), case), case_page(signed_in(made.reviewer()), case)

    assert "Your PC is not set up the way network protection needs" in for_employee
    assert made.escape(str(remedy)) in for_it
    assert made.escape(str(remedy)) not in for_employee
    for technical in (
        "1126",
        "computer_status",
        "Set-MpPreference",
        "Get-MpComputerStatus",
        "HKLM",
        "&lt;Event",
    ):
        assert technical not in for_employee


def test_its_page_has_paragraph_events_and_links_to_what_the_verdict_rests_on():
    case = made.blocked_case()

    page = case_page(signed_in(made.reviewer()), case)

    assert "Event 1126 shows that network protection blocked" in page
    assert 'href="#event-4711"' in page or 'href="#event-4700"' in page
    assert 'id="event-4700"' in page
    assert "&lt;Event" in page
    assert "Prepare the submission" in page


def test_what_people_and_devices_wrote_is_escaped():
    case = CaseFactory(checked=True, saw=made.HOSTILE, reason=made.HOSTILE, program_name=made.HOSTILE)
    case.reporter.first_name = made.HOSTILE
    case.reporter.save()
    run = made.finished_run(case)
    made.make_visit(run, attempt=2, user=made.HOSTILE.replace("<", "&lt;"))

    for client in (signed_in(case.reporter), signed_in(made.reviewer())):
        for page in (case_page(client, case), text_of(client.get(reverse("cases")))):
            assert made.HOSTILE not in page
            assert "&lt;script&gt;" in page


def test_the_reported_address_is_never_a_link():
    case = made.blocked_case()

    for reader in (case.reporter, made.reviewer()):
        assert 'href="https://shop.example.com' not in case_page(signed_in(reader), case)


@pytest.mark.parametrize(
    ("trait", "offers"),
    [
        ("checked", {"check", "solve", "withdraw"}),
        ("submitted", {"check", "solve", "withdraw"}),
        ("solved", {"check"}),
        ("withdrawn", set()),
    ],
)
def test_buttons_stand_only_where_the_action_is_allowed(trait, offers):
    case = CaseFactory(**{trait: True})

    page = case_page(signed_in(case.reporter), case)

    urls = {name: reverse(f"case-{name}" if name != "check" else "check-start", args=[case.number]) for name in (
        "check", "solve", "withdraw"
    )}  # fmt: skip
    assert {name for name, url in urls.items() if f'action="{url}"' in page} == offers


def test_an_auditor_reads_everything_and_is_offered_nothing():
    page = case_page(signed_in(UserFactory(auditor=True)), made.blocked_case())

    assert "Event 1126 shows" in page
    assert page.count("<form") == 1  # signing out


def test_while_a_check_runs_none_is_offered():
    case = CheckRunFactory(running=True).case

    assert reverse("check-start", args=[case.number]) not in case_page(signed_in(case.reporter), case)


def test_a_check_is_begun_again_and_the_page_says_what_happens_next():
    case = CaseFactory(checked=True)

    response = signed_in(case.reporter).post(reverse("check-start", args=[case.number]), follow=True)

    assert case.check_runs.get().status == "queued"
    assert f"The check of {case.device.hostname} begins." in text_of(response)


def test_a_second_check_at_the_same_time_is_not_begun_and_the_page_says_so():
    case = CheckRunFactory(running=True).case

    response = signed_in(case.reporter).post(reverse("check-start", args=[case.number]), follow=True)

    assert case.check_runs.count() == 1
    assert "is already being checked" in text_of(response)


def test_a_case_is_withdrawn_by_its_reporter_only():
    case = CaseFactory()
    url = reverse("case-withdraw", args=[case.number])

    assert signed_in(made.reviewer()).post(url).status_code == 403
    response = signed_in(case.reporter).post(url, follow=True)

    case.refresh_from_db()
    assert case.stage == "withdrawn"
    assert "The case is withdrawn." in text_of(response)


def test_a_case_is_solved_with_a_note_that_the_timeline_shows():
    case = CaseFactory(checked=True)

    url = reverse("case-solve", args=[case.number])
    response = signed_in(case.reporter).post(url, {"note": "  A restart helped.  "}, follow=True)

    case.refresh_from_db()
    assert case.stage == "solved"
    assert ActivityEntry.objects.get(action="case_solved").details == {"note": "A restart helped."}
    assert "A restart helped." in text_of(response)


def test_a_secret_in_the_note_of_a_solved_case_is_hidden():
    case = CaseFactory(checked=True)
    note = {"note": "Opens with https://www.example.com/?token=SECRET"}

    page = text_of(signed_in(case.reporter).post(reverse("case-solve", args=[case.number]), note, follow=True))

    assert "https://www.example.com/?token=***" in page
    assert "SECRET" not in page


@pytest.mark.parametrize("name", ["check-start", "case-withdraw", "case-solve"])
def test_actions_need_a_post_and_a_case_that_one_may_open(name):
    case = CaseFactory(checked=True)
    url = reverse(name, args=[case.number])

    assert signed_in(case.reporter).get(url).status_code == 405
    assert signed_in(UserFactory(stranger=True)).post(url).status_code == 404


def test_a_reviewer_filters_by_the_address_bar_and_takes_a_filter_away_by_its_chip():
    solved, checked = CaseFactory(solved=True), CaseFactory(checked=True)

    page = text_of(signed_in(made.reviewer()).get(reverse("cases"), {"stage": "solved", "q": "example"}))

    assert solved.number in page
    assert checked.number not in page
    assert 'href="?q=example"' in page
    assert 'href="?stage=solved"' in page
    assert "1 case" in page


def test_a_filter_that_nobody_knows_is_left_out_instead_of_breaking_an_old_bookmark():
    case = CaseFactory()

    page = text_of(signed_in(made.reviewer()).get(reverse("cases"), {"stage": "gone", "verdict": "?", "older": "x"}))

    assert case.number in page


def test_an_employee_gets_the_own_cases_in_simple_columns_and_no_file():
    own, foreign = CaseFactory(checked=True), CaseFactory()
    client = signed_in(own.reporter)

    page = text_of(client.get(reverse("cases")))

    assert own.number in page
    assert foreign.number not in page
    assert "<table" not in page
    assert "High confidence" not in page
    assert "text/html" in client.get(f"{reverse('cases')}?as=csv").headers["Content-Type"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "No cases yet"),
        ("?q=zzz", "No case matches these filters"),
        ("?older=1-1", "There is nothing left on this page"),
    ],
)
def test_an_empty_list_says_what_will_stand_there_or_how_to_go_on(query, words):
    client = signed_in(made.reviewer())

    assert words in text_of(client.get(f"{reverse('cases')}{query}"))


def test_an_employee_without_cases_is_led_to_the_report():
    page = text_of(signed_in(UserFactory()).get(reverse("cases")))

    assert "You have no cases yet" in page
    assert reverse("report") in page


def test_long_lists_have_ways_to_older_and_newer_cases_that_keep_the_filter():
    CaseFactory.create_batch(51, checked=True)
    client = signed_in(made.reviewer())

    first = text_of(client.get(reverse("cases"), {"stage": "checked"}))
    older = first.split('rel="next" href="')[1].split('"')[0]
    second = text_of(client.get(reverse("cases") + older.replace("&amp;", "&")))

    assert older.startswith("?stage=checked&amp;older=")
    assert second.count("data-queue-row") == 1
    assert "newer=" in second


def test_the_file_holds_every_row_of_the_filtered_list():
    solved = CaseFactory(solved=True)
    CaseFactory()

    rows = downloaded(signed_in(made.reviewer()), "stage=solved&as=csv")

    assert rows[0][:4] == ["number", "opened", "changed", "stage"]
    assert [row[0] for row in rows[1:]] == [solved.number]
    assert rows[1][5] == "https://shop.example.com/"


def test_a_list_that_was_downloaded_is_recorded_with_its_filters():
    ivo = made.reviewer()

    downloaded(signed_in(ivo), "stage=solved&as=csv")
    signed_in(ivo).get(reverse("cases"))

    entry = ActivityEntry.objects.get()
    assert (entry.action, entry.actor, entry.details) == (
        "list_exported",
        ivo,
        {"list": "cases", "filters": "stage=solved"},
    )


@pytest.mark.parametrize("typed", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", " =1", "\t=1"])
def test_nothing_that_a_person_typed_is_a_formula_in_a_spreadsheet(typed):
    CaseFactory(program_name=typed)

    (row,) = downloaded(signed_in(made.reviewer()))[1:]

    assert row[6] == f"'{typed}"


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_queries_with_one_row_and_with_three(rows, django_assert_num_queries):
    ivo = made.reviewer()
    client = signed_in(ivo)
    cases = [made.blocked_case() for _ in range(rows)]
    for _ in range(rows - 1):
        made.finished_run(cases[0])
    client.get(reverse("cases"))

    with django_assert_num_queries(8):  # the session, the person, the rows, the count, three bands, what is to decide
        client.get(reverse("cases"))
    # the session, the person, case, submission, runs, tests, findings, visit, answers, timeline, exclusions, three
    # bands, what is to decide, exclusions in force, which endpoint answered, what the PC tried
    with django_assert_num_queries(18):
        client.get(reverse("case", args=[cases[0].number]))


def test_a_list_longer_than_is_counted_says_so(monkeypatch):
    CaseFactory.create_batch(3)
    monkeypatch.setattr(paging, "COUNTED_TO", 2)
    monkeypatch.setattr(cases_view, "COUNTED_TO", 2)

    assert "More than" in text_of(signed_in(made.reviewer()).get(reverse("cases")))


def test_solving_what_has_been_withdrawn_meanwhile_is_refused_with_the_reason():
    case = CaseFactory(withdrawn=True)

    response = signed_in(case.reporter).post(reverse("case-solve", args=[case.number]))

    assert response.status_code == 403
    assert "A case can be closed as solved once its check has ended." in text_of(response)
