"""The tables of the domain: closed, complete, and with words for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import NOW
from tests.domain.texts import TECHNICAL
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.transitions import InvalidTransition, check_transition
from troubleshooting.domain.cases import case
from troubleshooting.domain.cases.case import case_number
from troubleshooting.domain.checks import check_run
from troubleshooting.domain.checks.check_run import next_attempt
from troubleshooting.domain.evidence.device_error_texts import DEVICE_ERRORS, error_text
from troubleshooting.domain.evidence.device_errors import PASSING, DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Preferences, Reading, ReadState, Snapshot
from troubleshooting.domain.submissions import submission
from troubleshooting.domain.verdict.texts import WORDS

NOUNS = {
    "case": (case.TRANSITIONS, case.NEXT_MOVE, case.Stage),
    "check run": (check_run.TRANSITIONS, check_run.NEXT_MOVE, check_run.RunStatus),
    "submission": (submission.TRANSITIONS, submission.NEXT_MOVE, submission.SubmissionStatus),
}
FIRST = {"case": "checking", "check run": "queued", "submission": "draft"}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_status_has_a_row_a_mover_and_known_followers(noun: str):
    table, movers, statuses = NOUNS[noun]

    assert set(table) == set(movers) == set(statuses)
    assert {follower for followers in table.values() for follower in followers} <= set(statuses)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_status_is_reached_and_the_ends_have_no_mover(noun: str):
    table, movers, statuses = NOUNS[noun]
    reached, open_ones = set(), {statuses(FIRST[noun])}
    while open_ones:
        status = open_ones.pop()
        reached.add(status)
        open_ones |= set(table[status]) - reached

    assert reached == set(statuses)
    assert all(movers[status] is None for status in statuses if not table[status])


@pytest.mark.parametrize("noun", NOUNS)
def test_check_transition_follows_the_table(noun: str):
    table, _movers, statuses = NOUNS[noun]
    for present in statuses:
        for wanted in statuses:
            if wanted in table[present]:
                check_transition(table, present, wanted)
            else:
                with pytest.raises(InvalidTransition) as caught:
                    check_transition(table, present, wanted)
                assert (caught.value.present, caught.value.wanted) == (present, wanted)


@pytest.mark.parametrize("code", DeviceErrorCode)
def test_every_device_error_has_a_title_a_cause_and_a_word_for_each_reader(code: DeviceErrorCode):
    words = error_text(code)

    assert all(str(text) for text in (words.title, words.cause, words.employee, words.it))
    assert not TECHNICAL.search(f"{words.title} {words.cause} {words.employee}")


def test_the_tables_name_every_code_and_nothing_else():
    assert set(DEVICE_ERRORS) == set(DeviceErrorCode)
    assert set(DeviceErrorCode) > PASSING


@pytest.mark.parametrize("words", WORDS.values())
def test_verdicts_spare_employees_technical_words_and_say_what_is_next(words):
    assert not TECHNICAL.search(f"{words.employee} {words.step_text}")
    assert words.step_text.startswith("Next: ")


def test_there_is_no_next_visit_after_the_deadline():
    assert next_attempt(attempt=1, now=NOW, deadline=NOW + timedelta(minutes=2)) == NOW + timedelta(minutes=1)
    assert next_attempt(attempt=1, now=NOW, deadline=NOW + timedelta(minutes=1)) is None


def test_a_case_number_has_five_digits():
    assert case_number(2026, 1) == "NP-2026-00001"


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=5) | st.integers(), max_size=4))
def test_a_text_survives_storage_in_any_order(values: dict[str, str | int]):
    message = " ".join(f"%({name})s" for name in values)
    text = say(message, **values)
    stored = text.as_json()
    shuffled = {"message": stored["message"], "values": dict(reversed(stored["values"].items()))}

    assert Text.from_json(shuffled) == text
    assert str(text) == " ".join(str(value) for value in values.values())


def test_a_text_without_values_is_taken_as_it_is():
    assert str(say("100 % of it")) == "100 % of it"


def test_an_unasked_reading_is_waiting_and_an_unset_policy_is_none():
    empty = Snapshot(collected_at=NOW, preferences=Preferences())

    assert empty.reading("preferences") == Reading(ReadState.WAITING)
    assert empty.policy("Policy Manager", "EnableNetworkProtection") is None
