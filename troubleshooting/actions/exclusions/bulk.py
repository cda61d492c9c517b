"""One answer to several requests with one cause: each is decided as if it were alone, and stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.db.models import F, QuerySet

from troubleshooting.actions.exclusions.binding import GroupNotInTenant
from troubleshooting.actions.exclusions.decisions import RequestChanged, approve_exclusion, reject_exclusion
from troubleshooting.actions.exclusions.requests import ExclusionRules, ScopeNeedsGroup
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.exclusions.approval import DecidedAlready, MayNotDecide
from troubleshooting.domain.exclusions.exclusion import InvalidLifetime
from troubleshooting.domain.exclusions.values import InvalidExclusionValue
from troubleshooting.models import Exclusion, ExclusionDecision, User
from troubleshooting.models.exclusion import Decision
from troubleshooting.permissions import NotAllowed, check_may_decide_in_bulk

MOST_TOGETHER = 50  # requests; more than anybody reads

# Why one request cannot be decided, which is no reason for the others.
FORESEEN = (
    NotAllowed,
    MayNotDecide,
    RequestChanged,
    InvalidTransition,
    InvalidLifetime,
    InvalidExclusionValue,
    ScopeNeedsGroup,
    GroupNotInTenant,
    ObjectDoesNotExist,
    IntegrityError,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the reviewer read it."""

    exclusion_id: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request; ``error`` is why nothing did, None: it was decided, now or by the same answer."""

    exclusion_id: int
    error: Exception | None


Action = Callable[[Seen], Exclusion]
Given = Callable[[Seen], QuerySet[ExclusionDecision]]


class DifferentCauses(Exception):
    """The requests are not about one value."""


class TooMany(Exception):
    """There are more requests than anybody reads; carries how many."""

    def __init__(self, count: int) -> None:
        """Keep the number."""
        super().__init__(f"{count} requests, at most {MOST_TOGETHER}")
        self.count = count


def approve_in_bulk(
    requests: Sequence[Seen], *, by: User, note: str, rules: ExclusionRules, now: datetime
) -> list[Outcome]:
    """Approve each request that still is what the reviewer read, in its own transaction; returns what came of each.

    Raises NotAllowed, TooMany and DifferentCauses before anything is decided.
    """
    return _each(
        requests,
        lambda seen: approve_exclusion(seen.exclusion_id, by=by, note=note, seen=seen.digest, rules=rules, now=now),
        lambda seen: _given(Decision.APPROVE, seen, by=by, note=note).filter(digest=seen.digest),
        by=by,
    )


def reject_in_bulk(requests: Sequence[Seen], *, by: User, note: str, now: datetime) -> list[Outcome]:
    """Reject each request that still is what the reviewer read; as :func:`approve_in_bulk`."""
    return _each(
        requests,
        lambda seen: reject_exclusion(seen.exclusion_id, by=by, note=note, now=now, seen=seen.digest or "unread"),
        lambda seen: _given(Decision.REJECT, seen, by=by, note=note),
        by=by,
    )


def _given(decision: Decision, seen: Seen, *, by: User, note: str) -> QuerySet[ExclusionDecision]:
    """Return the same answer of the same person in the present round, if it was given."""
    present = ExclusionDecision.objects.filter(exclusion_id=seen.exclusion_id, round=F("exclusion__round"))
    return present.filter(by=by, decision=decision, note=note)


def _each(requests: Sequence[Seen], action: Action, given: Given, *, by: User) -> list[Outcome]:
    check_may_decide_in_bulk(by)
    if len(requests) > MOST_TOGETHER:
        raise TooMany(len(requests))
    chosen = Exclusion.objects.filter(pk__in=[seen.exclusion_id for seen in requests])
    if len(set(chosen.order_by().values_list("kind", "value_key"))) > 1:
        raise DifferentCauses
    return [_decided(seen, action, given) for seen in requests]


def _decided(seen: Seen, action: Action, given: Given) -> Outcome:
    """Decide one request; twice is as once, where the same answer was sent before."""
    try:
        action(seen)
    except FORESEEN as error:
        if isinstance(error, DecidedAlready) and given(seen).exists():
            return Outcome(seen.exclusion_id, None)
        return Outcome(seen.exclusion_id, error)
    return Outcome(seen.exclusion_id, None)
