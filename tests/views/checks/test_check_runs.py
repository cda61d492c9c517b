from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import CaseFactory, CheckRunFactory, UserFactory
from tests.queries import made
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import CheckRun, DeviceAnswer, User
from troubleshooting.queries.checks.checklist import page_token

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def poll(client: Client, run: CheckRun, token: str = ""):
    return client.get(reverse("checklist", args=[run.pk]), {"seen": token} if token else {}, headers=HTMX)


def text_of(response) -> str:
    return response.content.decode()


def fragment_in(page: str) -> str:
    """Cut the checklist out of a page; whitespace aside, and without the token of the form that is new each time."""
    found = re.search(r'<section class="checklist.*?</section>', page, re.DOTALL)
    assert found is not None
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", " ".join(found[0].split()))


def test_an_unchanged_poll_is_one_query_and_a_204_for_whoever_has_the_page(django_assert_num_queries):
    run = CheckRunFactory(running=True)
    client = signed_in(run.case.reporter)
    token = page_token(run)

    with django_assert_num_queries(1):
        response = poll(client, run, token)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_changed_poll_brings_the_whole_checklist_with_a_new_token():
    run = CheckRunFactory(running=True)
    token = page_token(run)
    CheckRun.objects.filter(pk=run.pk).update(version=run.version + 1)

    response = poll(signed_in(run.case.reporter), run, token)

    run.refresh_from_db()
    assert response.status_code == 200
    assert 'hx-trigger="every 2s"' in text_of(response)
    assert page_token(run).replace(":", "%3A") in text_of(response)
    assert "HX-Trigger-After-Swap" not in response.headers


def test_a_poll_that_finds_the_run_ended_has_no_trigger_and_tells_the_page_to_reload_its_other_parts():
    case = CaseFactory(checked=True)
    token = page_token(CheckRunFactory.build(pk=1, case=case, status="running"))
    run = made.finished_run(case)
    assert page_token(run) != token

    response = poll(signed_in(case.reporter), run, page_token(CheckRun(pk=run.pk, version=0, status="running")))

    assert "hx-trigger" not in text_of(response)
    assert response.headers["HX-Trigger-After-Swap"] == "case-changed"


@pytest.mark.parametrize("token", ["forged", "1:1:running", ""])
def test_a_poll_with_a_bad_token_or_none_is_answered_in_the_normal_way(token):
    run = CheckRunFactory(running=True)

    assert poll(signed_in(run.case.reporter), run, token).status_code == 200


def test_a_poll_of_nobody_is_sent_to_the_sign_in_and_comes_back_to_the_page():
    run = CheckRunFactory(running=True)
    url = reverse("checklist", args=[run.pk])

    by_htmx = Client().get(url, headers={**HTMX, "HX-Current-URL": "http://testserver/cases/NP-2026-00001/"})
    plain = Client().get(url)

    assert by_htmx.status_code == 401
    assert by_htmx.headers["HX-Redirect"] == "/login/?next=/cases/NP-2026-00001/"
    assert plain.status_code == 302
    assert plain.headers["Location"].startswith("/login/?next=")


def test_a_poll_of_somebody_elses_run_is_not_found():
    run = CheckRunFactory(running=True)

    assert poll(signed_in(UserFactory(stranger=True)), run).status_code == 404


@pytest.mark.parametrize("trait", [{"running": True}, {"waiting": True}, {}])
@pytest.mark.parametrize("reads", ["reporter", "reviewer"])
def test_swapping_the_fragment_equals_reloading_the_page(trait, reads):
    run = CheckRunFactory(**trait)
    made.save_findings(run, made.judge(made.RTP_OFF, report=run.case.report)[:5])
    client = signed_in(run.case.reporter if reads == "reporter" else made.reviewer())

    page = text_of(client.get(reverse("case", args=[run.case.number])))

    assert fragment_in(page) == fragment_in(text_of(poll(client, run)))


@pytest.mark.parametrize(("rows", "queries"), [(1, 5), (16, 5), (17, 6)])
def test_a_changed_poll_costs_the_same_queries_whatever_has_been_judged(rows, queries, django_assert_num_queries):
    run = CheckRunFactory(running=True)
    made.save_findings(run, made.judge(made.RTP_OFF, report=run.case.report)[:rows])
    client = signed_in(run.case.reporter)
    poll(client, run)

    # the session, the person, the run, its findings, how long the last one took; after the last, what the PC tried
    with django_assert_num_queries(queries):
        poll(client, run)


def test_a_check_that_ends_under_the_readers_eyes_folds_nothing_away():
    run = made.finished_run(CaseFactory(checked=True))
    client = signed_in(run.case.reporter)

    assert '<details class="fold" id="checks-rest" open>' in text_of(poll(client, run))
    assert '<details class="fold" id="checks-rest">' in text_of(client.get(reverse("case", args=[run.case.number])))


def test_a_waiting_run_says_why_when_it_tries_again_and_offers_to_try_at_once():
    run = CheckRunFactory(waiting=True)

    page = text_of(poll(signed_in(run.case.reporter), run))

    assert "The PC cannot be reached" in page
    assert "Next try:" in page
    assert "Try again now" in page
    assert "Stop this check" in page
    assert 'hx-trigger="every 10s"' in page


def test_a_failed_run_keeps_code_original_words_and_remedy_of_it_from_the_employee():
    case = CaseFactory(checked=True)
    run = made.failed_run(case, DeviceErrorCode.WRONG_CREDENTIALS, detail="HTTP 401 Basic realm")

    for_employee = text_of(poll(signed_in(case.reporter), run))
    for_it = text_of(poll(signed_in(made.reviewer()), run))

    assert "IT can see the reason" in for_employee
    for secret in ("wrong_credentials", "HTTP 401", "credential profile"):
        assert secret not in for_employee
        assert secret in for_it


def test_an_employee_stops_a_queued_check_and_reads_what_happens_next():
    run = CheckRunFactory()

    response = signed_in(run.case.reporter).post(reverse("check-cancel", args=[run.pk]), follow=True)

    run.refresh_from_db()
    assert run.status == "cancelled"
    assert "What the PC has answered so far is kept." in text_of(response)


def test_a_waiting_check_is_tried_at_once():
    run = CheckRunFactory(waiting=True)

    signed_in(run.case.reporter).post(reverse("check-retry", args=[run.pk]))

    run.refresh_from_db()
    assert (run.status, run.next_attempt_at) == ("queued", None)


def test_trying_again_what_is_over_changes_nothing_and_says_so():
    run = made.finished_run(CaseFactory(checked=True))

    response = signed_in(run.case.reporter).post(reverse("check-retry", args=[run.pk]), follow=True)

    assert "Nothing was changed" in text_of(response)


@pytest.mark.parametrize("name", ["check-cancel", "check-retry"])
def test_a_stranger_cannot_steer_a_run_and_an_auditor_may_not(name):
    run = CheckRunFactory(waiting=True)
    url = reverse(name, args=[run.pk])

    assert signed_in(UserFactory(stranger=True)).post(url).status_code == 404
    assert signed_in(UserFactory(auditor=True)).post(url).status_code == 403
    assert signed_in(run.case.reporter).get(url).status_code == 405


def test_the_owner_of_the_pc_sees_every_command_with_time_account_and_endpoint():
    run = CheckRunFactory(running=True)
    made.make_visit(run)

    page = text_of(signed_in(run.case.reporter).get(reverse("transcript", args=[run.pk])))

    for words in ("Get-operating_system", "Get-protection_events", "0.5 s", "svc-portal", "https://pc-0001:5986/wsman"):
        assert words in page
    assert "Microsoft Windows 11 Enterprise" not in page  # the raw answer comes on demand


def test_a_reporter_who_does_not_own_the_pc_may_not_see_what_ran_on_it():
    run = CheckRunFactory(running=True)
    reporter = run.case.reporter
    made.on_device_of_another(run.case, UserFactory())

    response = signed_in(reporter).get(reverse("transcript", args=[run.pk]))

    assert response.status_code == 403
    assert reverse("transcript", args=[run.pk]) not in text_of(
        signed_in(reporter).get(reverse("case", args=[run.case.number]))
    )


@pytest.mark.parametrize("role", ["reviewer", "auditor", "administrator"])
def test_it_and_auditors_see_what_ran(role):
    run = CheckRunFactory(running=True)

    assert signed_in(UserFactory(**{role: True})).get(reverse("transcript", args=[run.pk])).status_code == 200


def test_a_raw_answer_comes_as_a_fragment_or_as_plain_text_and_escaped():
    run = CheckRunFactory(running=True)
    answer = made.make_visit(run, user=made.HOSTILE.replace("<", "&lt;")).answers.last()
    assert answer is not None
    client, url = signed_in(run.case.reporter), reverse("transcript", args=[run.pk])

    fragment = client.get(url, {"answer": answer.pk}, headers=HTMX)
    plain = client.get(url, {"answer": answer.pk})

    assert "<Event" not in text_of(fragment)
    assert "&lt;Event" in text_of(fragment)
    assert plain.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "<Event" in text_of(plain)


@pytest.mark.parametrize("answer", ["0", "x", "-1", "²"])
def test_an_answer_that_is_not_of_this_run_is_not_found(answer):
    run = CheckRunFactory(running=True)

    url = reverse("transcript", args=[run.pk])

    assert signed_in(run.case.reporter).get(url, {"answer": answer}).status_code == 404


def test_a_run_on_which_nothing_ran_says_what_will_stand_there():
    run = CheckRunFactory(queued_at=timezone.now())

    page = text_of(signed_in(run.case.reporter).get(reverse("transcript", args=[run.pk])))

    assert "Nothing has run on this PC yet" in page


def test_it_reads_that_a_pcs_endpoint_is_older_than_the_portal_and_employees_do_not():
    run = made.finished_run(CaseFactory(checked=True))
    sent = {"pipeline": "x", "sent_at": timezone.now(), "seconds": 0.1, "errors": [], "content": []}
    refused = {"state": "failed", "error_code": DeviceErrorCode.COMMAND_REFUSED, **sent}
    for position, name in enumerate(("endpoint", "preferences"), start=90):
        DeviceAnswer.objects.create(snapshot=run.snapshots.get(), position=position, name=name, **refused)

    for_it, for_employee = (text_of(poll(signed_in(reader), run)) for reader in (made.reviewer(), run.case.reporter))

    assert "endpoint is older than the portal" in for_it
    assert "These checks need the new one: " in for_it
    assert "older than the portal" not in for_employee
