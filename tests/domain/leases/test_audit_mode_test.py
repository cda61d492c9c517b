from __future__ import annotations

import pytest

from troubleshooting.domain.leases.audit_mode_test import CHECK_FIRST, is_wanted, needs_approval, why_no_test
from troubleshooting.domain.leases.lease import Outcome
from troubleshooting.domain.leases.lease_texts import OUTCOMES, outcome_text
from troubleshooting.domain.verdict.base import VerdictCode


@pytest.mark.parametrize(
    ("role", "roles", "group_demands", "answer"),
    [
        ("employee", [], False, False),
        ("employee", ["employee"], False, True),
        ("reviewer", ["employee"], False, False),
        ("reviewer", ["employee", "reviewer"], False, True),
        ("reviewer", [], True, True),
        ("employee", ["employee"], True, True),
    ],
)
def test_an_approval_is_demanded_by_the_role_of_who_asks_or_by_the_group_of_the_pc(role, roles, group_demands, answer):
    assert needs_approval(role, roles=roles, group_demands=group_demands) is answer


@pytest.mark.parametrize("verdict", VerdictCode)
def test_a_test_is_offered_after_every_verdict_that_it_can_add_to(verdict):
    pointless = {
        VerdictCode.PREREQUISITES_NOT_MET,
        VerdictCode.NOT_BLOCKED,
        VerdictCode.NOT_COVERED,
        VerdictCode.EXCLUDED,
        VerdictCode.WOULD_BE_BLOCKED,
    }

    assert (why_no_test(verdict.value) is not None) is (verdict in pointless)


def test_without_a_verdict_the_pc_is_checked_first():
    assert why_no_test("") == CHECK_FIRST


@pytest.mark.parametrize(
    ("verdict", "was_made", "answer"),
    [
        ("not_reproduced", False, True),
        ("not_reproduced", True, False),
        ("cannot_tell", True, True),
        ("nothing_happened", True, True),
        ("blocked_by_network_protection", False, False),
        ("", False, False),
    ],
)
def test_a_test_is_the_next_thing_to_do_where_the_verdict_leaves_the_question_open(verdict, was_made, answer):
    assert is_wanted(verdict, was_made=was_made) is answer


def test_every_outcome_has_words_and_those_of_employees_name_no_command_or_event():
    assert set(OUTCOMES) == set(Outcome)
    for words in OUTCOMES.values():
        for text in (words.title, words.employee):
            assert not any(word in str(text) for word in ("Mp", "5013", "policy keys", "HKLM", "audit mode", "Enable"))


@pytest.mark.parametrize("code", ["", "of_a_later_version"])
def test_an_outcome_that_is_not_known_has_no_words(code):
    assert outcome_text(code) is None
