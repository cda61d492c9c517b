"""One answer to several requests: what is refused before anything is decided."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.factories import ExclusionFactory
from tests.support.exclusion_world import RULES, seen
from tests.support.world import ADA, ADAM, IVO, SARA, person
from troubleshooting.actions.exclusions.bulk import (
    MOST_IN_BULK,
    DifferentCauses,
    Outcome,
    Seen,
    TooManyTogether,
    approve_in_bulk,
    reject_in_bulk,
)
from troubleshooting.actions.exclusions.decisions import RequestChanged
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.models import Exclusion, ExclusionDecision
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db


def read(*exclusions: Exclusion) -> list[Seen]:
    return [Seen(exclusion.pk, seen(exclusion)) for exclusion in exclusions]


def approve(requests: list[Seen], who=IVO) -> list[Outcome]:
    return approve_in_bulk(requests, by=person(who), note="", rules=RULES, now=timezone.now())


def reject(requests: list[Seen], who=IVO) -> list[Outcome]:
    return reject_in_bulk(requests, by=person(who), note="No", now=timezone.now())


@pytest.mark.parametrize("action", [approve, reject])
@pytest.mark.parametrize("who", [SARA, ADA])
def test_only_it_decides_together(action, who):
    requests = read(ExclusionFactory())

    with pytest.raises(NotAllowed):
        action(requests, who)

    assert not ExclusionDecision.objects.exists()


@pytest.mark.parametrize("action", [approve, reject])
def test_requests_with_different_causes_are_not_decided_in_bulk(action):
    requests = read(ExclusionFactory(value="203.0.113.1"), ExclusionFactory(value="203.0.113.2"))

    with pytest.raises(DifferentCauses):
        action(requests)

    assert not ExclusionDecision.objects.exists()


@pytest.mark.parametrize("action", [approve, reject])
def test_more_than_anybody_reads_are_not_decided_in_bulk(action):
    requests = [*read(ExclusionFactory()), *(Seen(number) for number in range(10**6, 10**6 + MOST_IN_BULK))]

    with pytest.raises(TooManyTogether) as refused:
        action(requests)

    assert str(refused.value) == f"At most {MOST_IN_BULK} requests can be decided together."
    assert not ExclusionDecision.objects.exists()


@pytest.mark.parametrize("action", [approve, reject])
def test_the_same_answer_of_the_same_person_counts_once_and_is_no_error(action):
    requests = read(ExclusionFactory(approvals_needed=2))
    action(requests)

    (again,) = action(requests)
    (of_another,) = action(requests, ADAM)

    assert again.why_not is None
    assert ExclusionDecision.objects.filter(by=person(IVO)).count() == 1
    assert (of_another.why_not is None) is (action is approve)  # a no is the last word


def test_an_approval_of_something_else_is_not_the_same_answer():
    exclusion = ExclusionFactory(approvals_needed=2)
    approve(read(exclusion))

    (again,) = approve([Seen(exclusion.pk, "0" * 64)])

    assert again.why_not == DecidedAlready.text


@pytest.mark.parametrize(("action", "status"), [(approve, "approved"), (reject, "rejected")])
def test_each_stands_alone(action, status):
    good, other = (ExclusionFactory(value="203.0.113.1") for _ in range(2))

    outcomes = action([*read(good), Seen(other.pk, "0" * 64)])

    assert [(outcome.exclusion_id, outcome.why_not) for outcome in outcomes] == [
        (good.pk, None),
        (other.pk, RequestChanged.text),
    ]
    assert dict(Exclusion.objects.values_list("pk", "status")) == {good.pk: status, other.pk: "requested"}
