"""One answer to several requests with one cause: each is decided as if it were alone, and stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import F, QuerySet

from troubleshooting.actions.exclusions.decisions import approve_exclusion, reject_exclusion
from troubleshooting.actions.exclusions.requests import ExclusionRules
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.models import Exclusion, ExclusionDecision, User
from troubleshooting.models.decision import Decision
from troubleshooting.permissions import check_may_decide_in_bulk

MOST_IN_BULK = 50  # requests; more than anybody reads
NO_SUCH_REQUEST = say(_("There is no such request."))


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the reviewer read it."""

    exclusion_id: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request; ``why_not`` is why it was not decided, None: it was, now or by the same answer."""

    exclusion_id: int
    why_not: Text | None


Action = Callable[[Seen], Exclusion]
Given = Callable[[Seen], QuerySet[ExclusionDecision]]


class DifferentCauses(Refused):
    """The requests are not about one value."""

    text = say(_("These requests are not about the same value, so they cannot be decided together."))


class TooManyTogether(Refused):
    """There are more requests than anybody reads."""

    text = say(_("At most %(most)s requests can be decided together."), most=MOST_IN_BULK)


def approve_in_bulk(
    requests: Sequence[Seen], *, by: User, note: str, rules: ExclusionRules, now: datetime
) -> list[Outcome]:
    """Approve each request that still is what the reviewer read, in its own transaction; returns what came of each.

    Raises NotAllowed, TooManyTogether and DifferentCauses before anything is decided.
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
    if len(requests) > MOST_IN_BULK:
        raise TooManyTogether
    chosen = Exclusion.objects.filter(pk__in=[seen.exclusion_id for seen in requests])
    if len(set(chosen.order_by().values_list("kind", "value_key"))) > 1:
        raise DifferentCauses
    return [_decided(seen, action, given) for seen in requests]


def _decided(seen: Seen, action: Action, given: Given) -> Outcome:
    """Decide one request; twice is as once, where the same answer was sent before."""
    try:
        action(seen)
    except DecidedAlready as refused:
        return Outcome(seen.exclusion_id, None if given(seen).exists() else refused.text)
    except Refused as refused:  # no reason for the others
        return Outcome(seen.exclusion_id, refused.text)
    except ObjectDoesNotExist:
        return Outcome(seen.exclusion_id, NO_SUCH_REQUEST)
    return Outcome(seen.exclusion_id, None)
