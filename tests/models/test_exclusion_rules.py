"""What PostgreSQL refuses about exclusions and decisions, whoever asks: every role by direct SQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.support.roles import as_owner
from tests.support.world import ADA, ADAM, EMMA, IVO, NOW, SARA, case_on, device_at, person
from troubleshooting.actions.exclusions.binding import approvers
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import Case, Exclusion, ExclusionDecision

pytestmark = pytest.mark.django_db

DIGEST = "a" * 64
LATER = NOW + timedelta(days=5)


def asked(**changes: object) -> Exclusion:
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA), now=NOW)
    fields: dict[str, object] = {
        "case": case,
        "kind": "ip_address",
        "value": "203.0.113.10",
        "value_key": "203.0.113.10",
        "scope_kind": "device",
        "scope_device": case.device,
        "evidence": {},
        "reason_code": "business",
        "reason": "invoices",
        "approvals_needed": 1,
        "requested_by": person(EMMA),
        "requested_at": NOW,
        "expires_at": LATER,
    }
    return Exclusion.objects.create(**(fields | changes))


def decided(exclusion: Exclusion, who, decision: str = "approve") -> ExclusionDecision:
    return ExclusionDecision.objects.create(
        exclusion=exclusion, round=exclusion.round, decision=decision, by=person(who), at=NOW, digest=DIGEST
    )


def set_status(exclusion: Exclusion, status: str, **changes: object) -> None:
    with transaction.atomic():
        Exclusion.objects.filter(pk=exclusion.pk).update(status=status, **changes)


APPROVED = {"approved_at": NOW, "approved_change": {}, "digest": DIGEST}


@pytest.mark.parametrize(
    ("who", "refusal"),
    [(EMMA, "decision_not_ones_own"), (SARA, "decision_by_it"), (ADA, "decision_by_it"), (IVO, None), (ADAM, None)],
)
@pytest.mark.parametrize("decision", ["approve", "reject", "ask_question"])
def test_who_decides_by_direct_sql(who, refusal, decision):
    exclusion = asked()
    if refusal is None:
        assert decided(exclusion, who, decision).pk
        return

    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        decided(exclusion, who, decision)


def test_a_reviewer_never_decides_about_their_own_request():
    exclusion = asked(requested_by=person(IVO))

    with pytest.raises(DatabaseError, match="decision_not_ones_own"), transaction.atomic():
        decided(exclusion, IVO)


@pytest.mark.parametrize("part", ["reporter", "device_owner"])
@pytest.mark.parametrize("decision", ["approve", "reject", "ask_question"])
def test_a_reviewer_never_decides_about_their_own_case(part, decision):
    exclusion = asked()
    with as_owner():
        Case.objects.update(**{part: person(IVO)})

    with pytest.raises(DatabaseError, match="decision_not_in_ones_own_case"), transaction.atomic():
        decided(exclusion, IVO, decision)

    assert decided(exclusion, ADAM, decision).pk


@pytest.mark.parametrize("part", ["reporter", "device_owner"])
def test_the_approval_of_somebody_whose_case_it_became_does_not_count(part):
    exclusion = asked()
    decided(exclusion, IVO)
    decided(exclusion, ADAM)
    with as_owner():
        Case.objects.update(**{part: person(IVO)})

    assert approvers(Exclusion.objects.get(), DIGEST) == {person(ADAM).pk}


@pytest.mark.parametrize("status", [s for s in ExclusionStatus if s != ExclusionStatus.REQUESTED])
def test_nothing_begins_in_another_state_than_requested(status):
    ended = {"ended_at": NOW} if status in ("removed", "rejected", "withdrawn", "not_applied") else {}

    with pytest.raises(DatabaseError, match="exclusion_begins_as_requested"), transaction.atomic():
        asked(status=status, **APPROVED, **ended)


@pytest.mark.parametrize("status", ["approved", "applying", "applied", "verified"])
def test_nothing_is_approved_without_a_decision(status):
    exclusion = asked()

    with pytest.raises(DatabaseError, match="exclusion_approved_by_enough"):
        set_status(exclusion, status, **APPROVED)


def test_one_approval_is_not_enough_where_two_are_needed():
    exclusion = asked(kind="process", value=r"C:\a\b.exe", value_key=r"c:\a\b.exe", approvals_needed=2)
    decided(exclusion, IVO)
    with pytest.raises(DatabaseError, match="exclusion_approved_by_enough"):
        set_status(exclusion, "approved", **APPROVED)
    decided(exclusion, ADAM)

    set_status(exclusion, "approved", **APPROVED)

    assert Exclusion.objects.get().status == ExclusionStatus.APPROVED


def test_an_approval_of_something_else_does_not_count():
    exclusion = asked()
    decided(exclusion, IVO)

    with pytest.raises(DatabaseError, match="exclusion_approved_by_enough"):
        set_status(exclusion, "approved", approved_at=NOW, approved_change={}, digest="b" * 64)


@pytest.mark.parametrize("reach", [{"kind": "process"}, {"scope_kind": "everyone", "scope_device": None}])
def test_a_process_or_everyone_needs_two_people_whatever_the_row_says(reach):
    with pytest.raises(DatabaseError, match="exclusion_approvals_follow_reach"), transaction.atomic():
        asked(**reach)


@pytest.mark.parametrize(
    "change",
    [
        {"value": "203.0.113.11"},
        {"expires_at": LATER + timedelta(days=90)},
        {"approvals_needed": 2},
        {"evidence": {"other": True}},
        {"reason": "other"},
        {"kind": "allow_indicator"},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("is_approved", [False, True])
def test_a_change_without_a_new_round_fails(change, is_approved):
    exclusion = asked()
    if is_approved:
        decided(exclusion, IVO)
        set_status(exclusion, "approved", **APPROVED)

    with pytest.raises(DatabaseError, match="exclusion_change_resets_approvals"), as_owner():
        Exclusion.objects.filter(pk=exclusion.pk).update(**change)


def test_a_change_in_a_new_round_loses_the_approvals():
    exclusion = asked()
    decided(exclusion, IVO)
    with as_owner():
        Exclusion.objects.filter(pk=exclusion.pk).update(value="203.0.113.11", round=2)

    with pytest.raises(DatabaseError, match="exclusion_approved_by_enough"):
        set_status(exclusion, "approved", **APPROVED)


@pytest.mark.parametrize("after", ["requested", "approved"])
def test_no_round_comes_back_with_its_approvals(after):
    exclusion = asked()
    decided(exclusion, IVO)
    set_status(exclusion, "approved", **APPROVED)
    set_status(exclusion, "requested", round=2, expires_at=LATER + timedelta(days=300))

    with pytest.raises(DatabaseError, match="exclusion_round_never_goes_back"):
        set_status(exclusion, after, round=1)


def test_the_requester_stays():
    exclusion = asked()

    with pytest.raises(DatabaseError, match="exclusion_keeps_requester"), as_owner():
        Exclusion.objects.filter(pk=exclusion.pk).update(requested_by=person(SARA))


@pytest.mark.parametrize("action", ["update", "delete"])
def test_decisions_are_append_only(action):
    decision = decided(asked(), IVO)
    rows = ExclusionDecision.objects.filter(pk=decision.pk)

    with pytest.raises(DatabaseError, match="append-only"), as_owner():
        rows.update(note="other") if action == "update" else rows._raw_delete(rows.db)


def test_nobody_decides_twice_in_a_round():
    exclusion = asked()
    decided(exclusion, IVO)

    with pytest.raises(DatabaseError, match="decision_one_per_person_and_round"), transaction.atomic():
        decided(exclusion, IVO, "reject")


def test_the_same_value_is_asked_for_once_at_a_time():
    exclusion = asked()

    with pytest.raises(DatabaseError, match="exclusion_one_open_per_value_and_scope"), transaction.atomic():
        Exclusion.objects.create(
            **{
                field.attname: getattr(exclusion, field.attname)
                for field in Exclusion._meta.fields
                if field.name != "id"
            }
        )
