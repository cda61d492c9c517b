from __future__ import annotations

import json

import pytest
from django.urls import reverse

from tests.factories import CaseFactory, CheckRunFactory, UserFactory
from tests.queries import made
from tests.queries.submissions.test_sheet import FORM
from tests.views.checks.test_check_runs import signed_in, text_of
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.models import ActivityEntry, Case, Submission

pytestmark = pytest.mark.django_db


def url(name: str, case: Case) -> str:
    return reverse(name, args=[case.number])


def sent(case: Case) -> None:
    signed_in(made.reviewer()).post(url("submission-record", case), {"reference": "abc-1"})


def test_the_sheet_has_every_field_with_a_button_to_copy_it():
    case = made.blocked_case()

    page = text_of(signed_in(made.reviewer()).get(url("submission", case)))

    for label in FORM:
        assert made.escape(label) in page
    assert page.count("data-copy=") == page.count("data-code=") - page.count("Leave this field empty.")
    assert "of 1900 characters" in page


def test_links_to_microsoft_open_in_a_new_tab_and_tell_it_nothing():
    page = text_of(signed_in(made.reviewer()).get(url("submission", made.blocked_case())))

    links = [part.split(">")[0] for part in page.split("<a ") if "microsoft.com" in part.split(">")[0]]
    assert links
    assert all('target="_blank"' in link and 'rel="noopener noreferrer"' in link for link in links)


def test_where_it_makes_no_sense_the_page_says_why_and_offers_no_form():
    case = CaseFactory(checked=True, kind=ProblemKind.DANGEROUS_SITE_MISSED)
    made.finished_run(case, snapshot=made.RTP_OFF)

    page = text_of(signed_in(made.reviewer()).get(url("submission", case)))

    assert "A submission would not help now" in page
    assert "Fix the failed checks" in page
    assert "data-copy=" not in page
    assert url("submission-record", case) not in page


@pytest.mark.parametrize("name", ["submission", "evidence-json", "evidence-text"])
def test_the_reporter_may_not_and_a_stranger_cannot_open_it(name):
    case = made.blocked_case()

    assert signed_in(case.reporter).get(url(name, case)).status_code == 403
    assert signed_in(UserFactory(stranger=True)).get(url(name, case)).status_code == 404


def test_an_auditor_reads_the_sheet_and_records_nothing():
    case, ada = made.blocked_case(), UserFactory(auditor=True)

    assert url("submission-record", case) not in text_of(signed_in(ada).get(url("submission", case)))
    assert signed_in(ada).post(url("submission-record", case), {"reference": "x"}).status_code == 403
    assert signed_in(ada).post(url("submission", case)).status_code == 403


def test_opening_the_submission_twice_makes_one():
    case, client = made.blocked_case(), signed_in(made.reviewer())

    for _ in range(2):
        assert client.post(url("submission", case)).status_code == 302

    assert Submission.objects.filter(case=case).count() == 1
    assert ActivityEntry.objects.filter(action="submission_prepared").count() == 1


def test_the_number_is_recorded_and_the_case_waits_for_microsoft():
    case = made.blocked_case()

    response = signed_in(made.reviewer()).post(url("submission-record", case), {"reference": " abc \n 1 "}, follow=True)

    case.refresh_from_db()
    submission = case.submissions.get()
    assert (submission.reference, submission.status, case.stage) == ("abc 1", "submitted", "submitted")
    assert "The case is now waiting for Microsoft." in text_of(response)


@pytest.mark.parametrize(("reference", "error"), [("", "Enter the submission number"), ("x" * 101, "at most 100")])
def test_a_missing_or_too_long_number_is_refused_beside_its_field(reference, error):
    case = made.blocked_case()

    page = text_of(signed_in(made.reviewer()).post(url("submission-record", case), {"reference": reference}))

    assert error in page
    assert not Submission.objects.filter(status="submitted").exists()


def test_a_secret_in_microsofts_answer_is_hidden():
    case = made.blocked_case()
    sent(case)
    answer = {"status": "closed", "determination": "Clean: https://www.example.com/?token=SECRET"}

    signed_in(made.reviewer()).post(url("submission-record", case), answer)

    assert Submission.objects.get().determination == "Clean: https://www.example.com/?token=***"


def test_microsofts_answer_is_recorded_and_the_reporter_can_read_it_in_the_timeline():
    case = made.blocked_case()
    sent(case)

    answer = {"status": "closed", "determination": "Not malware"}
    response = signed_in(made.reviewer()).post(url("submission-record", case), answer, follow=True)

    assert "The answer is recorded." in text_of(response)
    assert "Not malware" in text_of(signed_in(case.reporter).get(url("case", case)))


def test_an_answered_submission_needs_the_answer():
    case = made.blocked_case()
    sent(case)

    page = text_of(signed_in(made.reviewer()).post(url("submission-record", case), {"status": "closed"}))

    assert "Write what Microsoft answered" in page


def test_a_status_under_way_needs_no_answer():
    case = made.blocked_case()
    sent(case)

    response = signed_in(made.reviewer()).post(url("submission-record", case), {"status": "in_progress"}, follow=True)

    assert "is still waiting" in text_of(response)


def test_a_submission_that_was_answered_meanwhile_is_left_as_it_is():
    case, client = made.blocked_case(), signed_in(made.reviewer())
    sent(case)
    client.post(url("submission-record", case), {"status": "closed", "determination": "Clean"})

    response = client.post(url("submission-record", case), {"status": "in_progress"}, follow=True)

    assert "Nothing was changed" in text_of(response)
    assert Submission.objects.get(case=case).status == "closed"


def test_a_category_of_the_companys_own_list_offers_no_submission_and_can_be_taken_back():
    page = text_of(
        signed_in(made.reviewer()).get(url("submission", made.blocked_case()), {"category": "CustomBlockList"})
    )

    assert "This is not a case for Microsoft" in page
    assert "manages indicators" in page
    assert "microsoft.com" not in page
    assert 'name="reference"' not in page
    assert 'name="category"' in page


def test_a_category_that_does_not_exist_is_left_out():
    page = text_of(signed_in(made.reviewer()).get(url("submission", made.blocked_case()), {"category": made.HOSTILE}))

    assert made.HOSTILE not in page
    assert "category not known on the device" in page


def test_the_evidence_is_a_file_and_each_download_is_written_down():
    case, client = made.blocked_case(), signed_in(made.reviewer())

    as_json, as_text = client.get(url("evidence-json", case)), client.get(url("evidence-text", case))

    assert json.loads(as_json.content)["case"]["number"] == case.number
    assert case.number in text_of(as_text)
    for response, ending in ((as_json, "json"), (as_text, "txt")):
        assert response.headers["Content-Disposition"] == f'attachment; filename="{case.number}-evidence.{ending}"'
        assert response.headers["Cache-Control"] == "no-store"
    exported = ActivityEntry.objects.filter(action="evidence_exported").order_by("pk")
    assert [entry.details["form"] for entry in exported] == ["json", "text"]


def test_a_case_without_any_run_has_no_evidence():
    assert signed_in(made.reviewer()).get(url("evidence-json", CaseFactory())).status_code == 404


def test_a_case_that_is_still_being_checked_has_the_evidence_so_far():
    case = CheckRunFactory(running=True).case

    assert signed_in(made.reviewer()).get(url("evidence-text", case)).status_code == 200


@pytest.mark.parametrize("events", [1, 3])
def test_the_sheet_costs_the_same_queries_whatever_the_pc_said(events, django_assert_num_queries):
    case = CaseFactory(checked=True)
    made.finished_run(case, snapshot=made.seen_block(case), events=events)
    client = signed_in(made.reviewer())
    client.get(url("submission", case))

    # the session, the person, the case, the run, the verdict, visit and answers, findings, submissions, three bands,
    # what is to decide
    with django_assert_num_queries(13):
        client.get(url("submission", case))
