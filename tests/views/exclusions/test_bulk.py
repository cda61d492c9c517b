"""Several requests with one cause, decided at once: the list, the page, the answer and what came of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import CaseFactory, ExclusionFactory, UserFactory
from tests.queries import made
from tests.support.roles import as_owner
from tests.support.world import IVO, person
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.actions.exclusions.bulk import MOST_IN_BULK
from troubleshooting.actions.exclusions.decisions import ask_question, reject_exclusion
from troubleshooting.actions.exclusions.requests import answer_back
from troubleshooting.domain.advice.lint_base import LintFinding
from troubleshooting.domain.advice.lint_texts import LintCode, Severity
from troubleshooting.domain.base.text import say
from troubleshooting.domain.exclusions.digest import digest
from troubleshooting.domain.verdict.verdict import VerdictCode
from troubleshooting.models import ActivityEntry, Case, Exclusion, ExclusionDecision, User
from troubleshooting.models.choices import VERDICT_LABELS
from troubleshooting.queries.exclusions.bulk import chosen, read_in_bulk

pytestmark = pytest.mark.django_db

ADDRESS = "203.0.113.77"
PROGRAM = {"kind": "process", "value": r"C:\App\app.exe", "value_key": r"c:\app\app.exe", "approvals_needed": 2}


def requests(count: int = 3, **fields: object) -> list[Exclusion]:
    """Requests of different people for the same value."""
    fields = {"value": ADDRESS} | fields
    return [ExclusionFactory(case=made.blocked_case(), **fields) for _ in range(count)]


def signed_in(reader: User | None = None) -> Client:
    client = Client()
    client.force_login(reader or person(IVO))
    return client


def shown(exclusions: list[Exclusion], *, reader: User | None = None) -> str:
    picked = {"pick": [exclusion.pk for exclusion in exclusions]}
    return " ".join(signed_in(reader).get(reverse("exclusions-bulk"), picked).content.decode().split())


def picks_on(page: str) -> list[str]:
    """The hidden fields of the decision, as the browser would send them."""
    return re.findall(r'type="hidden" name="pick" value="([^"]+)"', page)


def answered(picks: list[str], answer: str, note: str = "", *, reader: User | None = None) -> str:
    data = {"pick": picks, "answer": answer, "note": note}
    return " ".join(signed_in(reader).post(reverse("exclusions-bulk"), data, follow=True).content.decode().split())


def seen(exclusion: Exclusion) -> str:
    return f"{exclusion.pk}:{digest(change_of(Exclusion.objects.get(pk=exclusion.pk)))}"


def states(exclusions: list[Exclusion]) -> list[str]:
    return [Exclusion.objects.get(pk=exclusion.pk).status for exclusion in exclusions]


# --- The list ---------------------------------------------------------------------------------------------------------


def boxes(reader: User, **filters: str) -> list[str]:
    page = signed_in(reader).get(reverse("exclusions"), filters).content.decode()
    return re.findall(r'type="checkbox" name="pick" value="(\d+)"', page)


def test_only_what_the_reader_may_decide_can_be_selected():
    ivo = person(IVO)
    waiting, own, decided, over = requests(1) + requests(1, requested_by=ivo) + requests(1, **PROGRAM) + requests(1)
    answered([seen(decided)], "approve")
    reject_exclusion(over.pk, by=made.reviewer(), note="No", now=timezone.now())

    assert boxes(ivo, state="all") == [str(waiting.pk)]
    assert set(boxes(made.reviewer(), state="all")) == {str(waiting.pk), str(own.pk), str(decided.pk)}
    assert boxes(UserFactory(auditor=True), state="all") == []


@pytest.mark.parametrize("part", ["reporter", "device_owner"])
def test_a_request_about_the_own_case_is_not_the_readers_to_decide(part):
    ivo = person(IVO)
    [own, other] = requests(2, requested_by=made.reviewer())
    with as_owner():
        Case.objects.filter(pk=own.case_id).update(**{part: ivo})

    page = shown([own, other], reader=ivo)

    assert boxes(ivo, state="all") == [str(other.pk)]
    assert "This is about your own case, so another reviewer has to decide." in page
    assert picks_on(page) == [seen(other)]
    assert 'id="left"' in answered([seen(own)], "approve", reader=ivo)
    assert states([own]) == ["requested"]


def test_the_selection_is_sent_to_the_page_without_script():
    requests(1)

    page = signed_in().get(reverse("exclusions")).content.decode()

    assert f'<form method="get" action="{reverse("exclusions-bulk")}"' in page
    assert "Decide together" in page


# --- The page ---------------------------------------------------------------------------------------------------------


def test_each_request_is_shown_with_its_exact_change():
    asked_for = requests()

    page = shown(asked_for)

    for exclusion in asked_for:
        for text in (
            f"Exclusion #{exclusion.pk}",
            exclusion.scope_device.hostname,
            exclusion.case.number,
            str(exclusion.requested_by),
            digest(change_of(exclusion)),
            "0 of 1",
        ):
            assert text in page
    assert page.count(f"Add-MpPreference -ExclusionIpAddress {ADDRESS}") == 3
    assert "Approve all 3 requests" in page


def test_a_request_is_shown_with_its_verdict_and_with_what_speaks_against_it():
    case = made.blocked_case()
    finding = LintFinding(LintCode.ADDRESS_FOR_NAME, Severity.WARN, say("Many sites may share the address."))
    evidence = {"case": case.number, "verdict": case.verdicts.get().content}
    exclusion = ExclusionFactory(case=case, value=ADDRESS, evidence=evidence, findings=[finding.as_json()])

    page = shown([exclusion])

    for text in (
        VERDICT_LABELS[VerdictCode(case.verdicts.get().code)],
        "Reasons against it",
        "Many sites may share",
    ):
        assert str(text) in page


def test_requests_of_different_causes_are_sorted_and_not_decided():
    first, second, other = [*requests(2), *requests(1, value="203.0.113.99")]

    page = shown([first, second, other])

    assert "These requests are not for the same value" in page
    assert f"?pick={first.pk}&amp;pick={second.pk}" in page
    assert f"?pick={other.pk}" in page
    assert picks_on(page) == []
    assert "These requests are not for the same value" in answered([seen(first), seen(other)], "approve")
    assert not ExclusionDecision.objects.exists()


def test_the_same_value_of_another_kind_is_another_cause():
    address = requests(1)[0]
    other = Exclusion.objects.filter(pk=requests(1)[0].pk)
    with as_owner():
        other.update(kind="allow_indicator", scope_kind="everyone", scope_device=None, approvals_needed=2, round=2)

    assert "These requests are not for the same value" in shown(
        [address, Exclusion.objects.get(kind="allow_indicator")]
    )


def test_what_is_not_the_readers_to_decide_is_named_with_its_reason():
    ivo = person(IVO)
    mine, decided, over, waiting = [*requests(1, requested_by=ivo), *requests(3, **PROGRAM)]
    answered([seen(decided)], "approve")
    reject_exclusion(over.pk, by=made.reviewer(), note="No", now=timezone.now())

    page = shown([mine, decided, over, waiting])

    part = page.partition('id="not-in-bulk"')[2]
    for words in (
        "You asked for this",
        "You have already decided on this request",
        "no longer needs a decision",
    ):
        assert words in part
    assert picks_on(page) == [seen(waiting)]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_queries_with_one_and_with_three(count, django_assert_num_queries):
    pks = [exclusion.pk for exclusion in requests(count)]
    ivo = person(IVO)

    with django_assert_num_queries(2):  # the requests and their decisions
        found = list(chosen(ivo, pks))
        bound = {exclusion.pk: (change_of(exclusion).as_json(), "") for exclusion in found}
        together = read_in_bulk(found, reader=ivo, changes=bound)

    assert [len(cause.rows) for cause in together.causes] == [count]


def test_the_page_of_one_leads_to_the_others_of_its_value():
    one, other, third = requests(3)
    requests(1, value="203.0.113.99")

    page = signed_in().get(reverse("exclusion", args=[one.pk])).content.decode()

    assert "2 other requests for the same value: decide them together" in page
    assert f"?pick={one.pk}&amp;pick={other.pk}&amp;pick={third.pk}" in page
    owner = signed_in(one.requested_by).get(reverse("exclusion", args=[one.pk])).content.decode()
    assert "decide them together" not in owner


# --- The answer -------------------------------------------------------------------------------------------------------


def test_all_are_approved_each_with_its_own_digest_and_activity_entry():
    asked_for = requests()

    page = answered(picks_on(shown(asked_for)), "approve", "Checked with Contoso")

    assert "3 requests approved" in page
    assert states(asked_for) == ["approved"] * 3
    assert [exclusion.placements.count() for exclusion in asked_for] == [1, 1, 1]
    given = ExclusionDecision.objects.order_by("pk").values_list("exclusion_id", "digest", "note")
    assert list(given) == [
        (exclusion.pk, digest(change_of(exclusion)), "Checked with Contoso") for exclusion in asked_for
    ]
    assert ActivityEntry.objects.filter(action="exclusion_approved").count() == 3


def test_all_are_rejected_with_one_reason():
    asked_for = requests()

    page = answered(picks_on(shown(asked_for)), "reject", "Ask for the host instead")

    assert "3 requests rejected" in page
    assert states(asked_for) == ["rejected"] * 3
    assert set(ExclusionDecision.objects.values_list("note", flat=True)) == {"Ask for the host instead"}


def test_where_two_are_needed_the_first_answer_says_so():
    asked_for = requests(2, **PROGRAM)

    page = answered(picks_on(shown(asked_for)), "approve")

    assert page.count("1 more approval needed") == 2
    assert states(asked_for) == ["requested"] * 2
    answered(picks_on(shown(asked_for, reader=made.reviewer())), "approve", reader=made.reviewer())
    assert states(asked_for) == ["approved"] * 2


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_what_cannot_be_decided_any_more_is_named_and_the_others_stand(answer):
    ivo, now = person(IVO), timezone.now()
    good, changed, over, twice, mine = [*requests(4, **PROGRAM), *requests(1, requested_by=ivo, **PROGRAM)]
    picks = [seen(exclusion) for exclusion in (good, changed, over, twice, mine)]
    ask_question(changed.pk, by=made.reviewer(), note="Who?", now=now)
    answer_back(changed.pk, by=changed.requested_by, reason="Something else", now=now)
    reject_exclusion(over.pk, by=made.reviewer(), note="No", now=now)
    answered([seen(twice)], "approve")

    page = answered([*picks, "999999:" + "a" * 64], answer, "For all")

    left = page.partition('id="left"')[2].partition('id="decided"')[0]
    for number, words in (
        (changed.pk, "has changed since you opened it"),
        (over.pk, "this has changed since you opened the page" if answer == "reject" else "changed"),
        (twice.pk, "already decided on this request"),
        (mine.pk, "You asked for this exclusion"),
        (999999, "There is no such request"),
    ):
        line = left.partition(f"#{number} ")[2].partition("</li>")[0]
        assert words in line or (number == over.pk and "moved on" in line), number
    assert "1 request " + ("approved" if answer == "approve" else "rejected") in page
    assert states([good, changed, over, twice, mine]) == [
        "requested" if answer == "approve" else "rejected",  # a program needs two approvals, and one no
        "requested",
        "rejected",
        "requested",
        "requested",
    ]


def test_a_request_whose_end_has_passed_is_not_approved():
    late, good = requests(2)
    then = timezone.now() - timedelta(days=2)
    old = ExclusionFactory(
        case=CaseFactory(checked=True),
        value=ADDRESS,
        requested_at=then - timedelta(days=5),
        expires_at=then,
    )

    page = answered([seen(old), seen(late), seen(good)], "approve")

    assert "The end date must be in the future" in page
    assert states([old, late, good]) == ["requested", "approved", "approved"]


def test_without_the_digest_that_was_read_nothing_is_decided():
    asked_for = requests(2)

    for answer in ("approve", "reject"):
        assert "has changed since you opened it" in answered(
            [str(exclusion.pk) for exclusion in asked_for], answer, "For all"
        )

    assert states(asked_for) == ["requested"] * 2


# --- Bad input --------------------------------------------------------------------------------------------------------

GARBAGE = "Something other than a request was selected"
BAD = [
    ("pick", {"pick": []}, "Choose at least one request"),
    ("pick", {"pick": ["x"]}, GARBAGE),
    ("pick", {"pick": ["1:short"]}, GARBAGE),
    ("pick", {"pick": ["-1"]}, GARBAGE),
    ("pick", {"pick": ["9" * 30]}, GARBAGE),
    ("pick", {"pick": ["1\0"]}, GARBAGE),
    ("pick", {"pick": ["<script>"]}, GARBAGE),
    ("pick", {"pick": [str(n) for n in range(1, MOST_IN_BULK + 2)]}, f"Choose at most {MOST_IN_BULK} requests"),
    ("answer", {"answer": ""}, "Choose one of the two"),
    ("answer", {"answer": "maybe"}, "Choose one of the two"),
    ("answer", {"answer": "approve\0"}, "Choose one of the two"),
    ("note", {"answer": "reject", "note": " "}, "Say why, and what would change"),
    ("note", {"note": "x" * 2001}, "Shorten this to 2,000 characters"),
    ("note", {"note": "a\0b"}, "contains control characters"),
]


@pytest.mark.parametrize(("field", "changes", "sentence"), BAD, ids=[f"{n}-{row[0]}" for n, row in enumerate(BAD)])
def test_bad_input_gives_a_sentence_beside_its_field_and_decides_nothing(field, changes, sentence):
    asked_for = requests(2)
    data = {"pick": [seen(exclusion) for exclusion in asked_for], "answer": "approve", "note": "Typed & kept"} | changes

    page = signed_in().post(reverse("exclusions-bulk"), data).content.decode()

    beside = page.partition(f'id="id_{field}_error"')[2].partition("</p>")[0]
    assert sentence in beside
    assert states(asked_for) == ["requested"] * 2
    if field != "pick":
        assert f'aria-describedby="{"id_note_helptext " if field == "note" else ""}id_{field}_error"' in page
        assert picks_on(page) == data["pick"]
        if "note" not in changes:
            assert "Typed &amp; kept</textarea>" in page


def test_a_bad_choice_in_the_address_bar_gives_the_same_sentence():
    page = signed_in().get(reverse("exclusions-bulk"), {"pick": ["1; DROP TABLE"]}).content.decode()

    assert GARBAGE in page.partition('id="id_pick_error"')[2]


def test_hostile_text_is_shown_as_text():
    page = shown(requests(1, reason=made.HOSTILE))

    assert made.HOSTILE not in page
    assert made.escape(made.HOSTILE) in page
