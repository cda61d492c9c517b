"""The collector's page in a case, and the address that its script sends to."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.demo.lab.collector import token_in
from tests.support.collected import collected
from tests.support.world import EMMA, IVO, SARA, case_on, device_at, person
from troubleshooting.machines.collector.script import collector_script, script_digest

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))


def client_of(who):
    client = Client()
    client.force_login(person(who))
    return client


def downloaded(case, who=EMMA):
    return client_of(who).post(reverse("collection-script", args=[case.number])).content


def uploaded(case, content, who=EMMA):
    file = SimpleUploadedFile("network-protection-PC-0142.json", content)
    return client_of(who).post(reverse("collection", args=[case.number]), {"file": file}, follow=True)


def sent(script, content, **headers):
    address, token = token_in(script)
    given = {"HTTP_AUTHORIZATION": f"Bearer {token}"} | headers
    return Client(enforce_csrf_checks=True).post(
        address.removeprefix("http://testserver"), content, content_type="application/json", **given
    )


def test_the_script_of_a_case_is_the_static_one_with_its_address_and_token(case):
    script = downloaded(case)

    address, token = token_in(script)
    assert script_digest(script) == script_digest(collector_script())
    assert address.startswith("http://testserver/collected/")
    assert len(token) >= 40


@pytest.mark.parametrize("who", [EMMA, IVO])
def test_an_uploaded_file_shows_findings_and_a_verdict_marked_as_given(case, who):
    page = uploaded(case, collected(), who=who).content.decode()

    assert "The file was read. The result is below." in page
    assert "Not read by the portal itself" in page
    assert "uploaded by you" in page
    assert "from what a person gave, not from a visit" in page
    run = case.check_runs.first()
    transcript = client_of(who).get(reverse("transcript", args=[run.pk])).content.decode()
    assert "Every command that the script ran" in transcript


def test_what_the_script_sends_needs_no_sign_in_and_counts_once(case):
    script = downloaded(case)

    first, second = (sent(script, collected(script)) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 410)
    assert first.content.decode() == f"The portal has read it. The result is in case {case.number}.\n"
    page = client_of(IVO).get(reverse("case", args=[case.number])).content.decode()
    assert "sent it for emma" in page.lower()


def test_each_refusal_of_what_is_sent_is_one_plain_sentence(case):
    script = downloaded(case)

    answers = [
        sent(script, collected(script), HTTP_AUTHORIZATION="Bearer x"),
        sent(script, collected(script), HTTP_AUTHORIZATION=""),
        sent(script, b"{"),
        sent(script, collected()),
        sent(script, b"x" * 5_000_001),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 422, 422, 413]
    assert {answer.headers["Content-Type"] for answer in answers} == {"text/plain; charset=utf-8"}
    assert all(answer.content.decode().strip().endswith(".") for answer in answers)


def test_a_body_beyond_the_limit_is_refused_unread(case):
    assert sent(downloaded(case), b"x" * (settings.LARGEST_COLLECTION + 1)).status_code == 413


@pytest.mark.parametrize(("content", "words"), [(b"", "did not write this file"), (b"x", "did not write this file")])
def test_a_refused_file_is_said_beside_the_form_and_changes_nothing(case, content, words):
    page = uploaded(case, content).content.decode()

    assert words in page
    assert case.check_runs.get().status == "queued"


def test_a_stranger_gets_nothing(case):
    assert uploaded(case, collected(), who=SARA).status_code == 404
    assert client_of(SARA).post(reverse("collection-script", args=[case.number])).status_code == 404
    assert Client().post(reverse("collection", args=[case.number])).status_code == 302
