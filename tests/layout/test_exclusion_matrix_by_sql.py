"""Who may move an exclusion, from where to where: every role × every transition by direct SQL.

The tables below are what the house promises; nothing in them is computed from the code that they are held against.
"""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import ExclusionFactory
from tests.layout.test_exclusion_matrix import RITA, ROLES, S, asked_by, rolled_back
from tests.support.exclusion_states import brought_to
from tests.support.world import EMMA, IVO, person
from troubleshooting.domain.exclusions.exclusion import TRANSITIONS
from troubleshooting.models import Exclusion, User

pytestmark = pytest.mark.django_db


# --- By direct SQL: decisions -----------------------------------------------------------------------------------------

NOT_ONES_OWN, NOT_IT, NOBODY = "decision_not_ones_own", "decision_by_it", "by_id"
NOT_ONES_CASE = "decision_not_in_ones_own_case"
DECISIONS = {  # what PostgreSQL says to each role that inserts a decision, whichever it is; None: it is taken
    "nobody": NOBODY,
    "stranger": NOT_IT,
    "requester": NOT_ONES_OWN,
    "PC's owner": NOT_IT,
    "reviewer": None,
    "reviewer who asked": NOT_ONES_OWN,
    "reviewer whose PC it is": NOT_ONES_CASE,
    "auditor": NOT_IT,
    "administrator": None,
    "administrator who asked": NOT_ONES_OWN,
}
INSERT = """
INSERT INTO troubleshooting_exclusiondecision (exclusion_id, round, decision, by_id, at, note, digest)
VALUES (%s, %s, %s, %s, now(), '', %s)
"""


def insert_decision(exclusion: Exclusion, decision: str, by: User | None) -> str | None:
    """Return what PostgreSQL refuses it for, None where it was taken."""
    return refusal(INSERT, [exclusion.pk, exclusion.round, decision, by.pk if by else None, "a" * 64])


@pytest.mark.parametrize("decision", ["approve", "reject", "ask_question"])
@pytest.mark.parametrize("role", ROLES)
def test_a_decision_by_direct_sql_is_taken_from_it_only_and_never_from_whose_request_or_case_it_is(role, decision):
    who, requester = ROLES[role]

    said = insert_decision(asked_by(requester), decision, person(who) if who else None)

    assert (said is None) is (DECISIONS[role] is None)
    assert (DECISIONS[role] or "") in (said or "")


@pytest.mark.parametrize("status", [status for status in S if status != S.REQUESTED])
def test_an_approval_by_direct_sql_is_taken_while_it_waits_and_at_no_other_time(status):
    exclusion = brought_to(status, asked_by(EMMA))

    assert "decision_in_time" in (insert_decision(exclusion, "approve", person(IVO)) or "")


# When a no and a question may be said; at every other time direct SQL is refused.
IN_TIME = {"reject": {S.REQUESTED, S.QUESTION_ASKED}, "ask_question": {S.REQUESTED}}


@pytest.mark.parametrize("decision", IN_TIME)
@pytest.mark.parametrize("status", list(S))
def test_a_no_and_a_question_by_direct_sql_are_taken_while_there_is_something_to_decide(status, decision):
    exclusion = brought_to(status, asked_by(EMMA))

    said = insert_decision(exclusion, decision, person(RITA))

    assert (said is None) is (status in IN_TIME[decision]), said


# --- By direct SQL: statuses ------------------------------------------------------------------------------------------

# Every pair that an UPDATE may make; all others are refused.
MOVES = """
requested      -> question_asked approved rejected withdrawn not_applied
question_asked -> requested rejected withdrawn not_applied
approved       -> applying requested withdrawn not_applied
applying       -> applied failed expired revoked
applied        -> verified applying failed expired revoked
verified       -> applying expired revoked
expired        -> removed
revoked        -> removed
failed         -> removed
removed        ->
rejected       ->
withdrawn      ->
not_applied    ->
"""
ENDED = {"removed", "rejected", "withdrawn", "not_applied"}
UPDATE = """
UPDATE troubleshooting_exclusion
SET status = %(to)s, ended_at = CASE WHEN %(is_end)s THEN now() END, ended_by_id = coalesce(%(by)s, ended_by_id),
    approved_at = CASE WHEN %(to)s = 'approved' THEN now() ELSE approved_at END,
    approved_change = CASE WHEN %(to)s = 'approved' THEN '{}' ELSE approved_change END,
    digest = CASE WHEN %(to)s = 'approved' THEN %(digest)s ELSE digest END
WHERE id = %(pk)s
"""


def table() -> dict[str, set[str]]:
    rows = (line.partition("->") for line in MOVES.strip().splitlines())
    return {before.strip(): set(after.split()) for before, _arrow, after in rows}


def update_status(exclusion: Exclusion, to: str, *, ended_by: User | None = None) -> str | None:
    """Return what PostgreSQL refuses it for, None where it was done; undone in both cases."""
    ender = ended_by.pk if ended_by else None
    with rolled_back():
        return refusal(UPDATE, {"to": to, "is_end": to in ENDED, "by": ender, "digest": "a" * 64, "pk": exclusion.pk})


@pytest.mark.parametrize("before", S)
def test_an_update_makes_exactly_the_moves_of_the_table(before):
    exclusion = brought_to(before, asked_by(EMMA))
    if before == S.REQUESTED:
        assert insert_decision(exclusion, "approve", person(IVO)) is None
    others = [status.value for status in S if status != before]
    ender = {"withdrawn": person(EMMA), "revoked": person(IVO)}

    done = {to for to in others if update_status(exclusion, to, ended_by=ender.get(to)) is None}

    assert done == table()[before]


def test_the_table_of_the_database_and_that_of_the_rules_are_this_one():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_exclusion_moves_known_%'"
        )
        [(definition,)] = cursor.fetchall()

    moves = {(before, after) for before, others in table().items() for after in others}
    assert set(re.findall(r"'(\w+)>(\w+)'", definition)) == moves
    assert {before.value: {status.value for status in after} for before, after in TRANSITIONS.items()} == table()


# Who may stand as the one who ended it. "nobody" is the portal itself: it revokes what differs from its approval.
WITHDRAWS = {
    "nobody": False,
    "stranger": False,
    "requester": True,
    "PC's owner": False,
    "reviewer": False,
    "reviewer who asked": True,
    "reviewer whose PC it is": False,
    "auditor": False,
    "administrator": False,
    "administrator who asked": True,
}
REVOKES = {
    "nobody": True,
    "stranger": False,
    "requester": False,
    "PC's owner": False,
    "reviewer": True,
    "reviewer who asked": True,
    "reviewer whose PC it is": True,
    "auditor": False,
    "administrator": True,
    "administrator who asked": True,
}


@pytest.mark.parametrize("before", [S.REQUESTED, S.QUESTION_ASKED, S.APPROVED])
@pytest.mark.parametrize("role", ROLES)
def test_a_withdrawal_by_direct_sql_is_the_requesters_only(role, before):
    who, requester = ROLES[role]
    exclusion = brought_to(before, asked_by(requester))

    said = update_status(exclusion, "withdrawn", ended_by=person(who) if who else None)

    assert (said is None) is WITHDRAWS[role]
    assert WITHDRAWS[role] or "exclusion_withdrawn_by_requester" in str(said)


@pytest.mark.parametrize("before", [S.APPLYING, S.APPLIED, S.VERIFIED])
@pytest.mark.parametrize("role", ROLES)
def test_a_revocation_by_direct_sql_is_its_or_the_portals(role, before):
    who, requester = ROLES[role]
    exclusion = brought_to(before, asked_by(requester))

    said = update_status(exclusion, "revoked", ended_by=person(who) if who else None)

    assert (said is None) is REVOKES[role]
    assert REVOKES[role] or "exclusion_revoked_by_it" in str(said)


# Which two roles are enough for a program, which needs two different people of IT that did not ask.
ENOUGH = [
    (("reviewer", "administrator"), True),
    (("administrator", "reviewer"), True),
    (("reviewer",), False),
    (("administrator",), False),
    (("reviewer", "reviewer"), False),
    (("reviewer", "requester"), False),
    (("reviewer", "stranger"), False),
    (("reviewer", "auditor"), False),
    ((), False),
]


@pytest.mark.parametrize(("roles", "is_enough"), ENOUGH)
def test_an_approval_by_direct_sql_needs_enough_different_people(roles, is_enough):
    case = asked_by(EMMA).case
    program = {"kind": "process", "value": r"C:\App\app.exe", "value_key": r"c:\app\app.exe", "approvals_needed": 2}
    exclusion = ExclusionFactory(case=case, **program)
    for role in roles:
        insert_decision(exclusion, "approve", person(ROLES[role][0]))

    said = update_status(exclusion, "approved")

    assert (said is None) is is_enough
    assert is_enough or "exclusion_approved_by_enough" in str(said)


# --- Small steps ------------------------------------------------------------------------------------------------------


def refusal(sql: str, values: list[object] | dict[str, object]) -> str | None:
    """Send one statement; give PostgreSQL's words where it refuses, None where it was done."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except DatabaseError as error:
        return str(error)
    return None
