"""The page that says what came of one answer to several requests, looked at again or sent twice."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.queries import made
from tests.views.exclusions.test_bulk import PROGRAM, picks_on, requests, seen, shown, signed_in, states
from troubleshooting.models import ActivityEntry, ExclusionDecision
from troubleshooting.views.exclusions.bulk import REMEMBERED

pytestmark = pytest.mark.django_db


def sent(client: Client, picks: list[str], answer: str, note: str = "") -> str:
    """Where an answer leads to."""
    response = client.post(reverse("exclusions-bulk"), {"pick": picks, "answer": answer, "note": note})
    assert response.status_code == 302
    return response.headers["Location"]


@pytest.mark.parametrize(("answer", "done"), [("approve", "approved"), ("reject", "rejected")])
def test_the_same_answer_sent_twice_or_looked_at_again_says_the_same_and_decides_once(answer, done):
    asked_for, client = requests(), signed_in()
    picks = picks_on(shown(asked_for))

    first, second = sent(client, picks, answer, "For all"), sent(client, picks, answer, "For all")

    assert first == second
    for _ in range(2):
        page = client.get(second).content.decode()
        assert f"3 requests {done}" in page
        assert 'id="left"' not in page
    assert ExclusionDecision.objects.count() == ActivityEntry.objects.filter(action=f"exclusion_{done}").count() == 3


def test_another_answer_to_what_was_decided_is_left_and_said_so():
    asked_for, client = requests(2, **PROGRAM), signed_in()
    picks = picks_on(shown(asked_for))
    sent(client, picks, "approve", "For all")

    for answer, note in (("reject", "For all"), ("approve", "Something else")):
        page = client.get(sent(client, picks, answer, note)).content.decode()
        assert page.count("You have already decided on this") == 2
    assert states(asked_for) == ["requested"] * 2


def test_what_came_of_the_last_answers_is_kept_for_each_and_only_for_who_gave_them():
    client = signed_in()
    addresses = [sent(client, [seen(requests(1)[0])], "approve") for _ in range(REMEMBERED + 1)]

    assert "1 request approved" in client.get(addresses[1]).content.decode()
    assert "1 request approved" in client.get(addresses[-1]).content.decode()
    for reader, address in ((client, addresses[0]), (signed_in(made.reviewer()), addresses[-1])):
        response = reader.get(address, follow=True)
        assert response.redirect_chain == [(reverse("exclusions"), 302)]
        assert "The result of that decision is no longer available." in response.content.decode()
