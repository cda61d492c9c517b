"""Exclusions in every status of their table, brought there by the actions that lead there, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import timezone

from tests.support.exclusion_world import RULES, seen
from tests.support.world import person
from troubleshooting.actions.exclusions.decisions import approve_exclusion, ask_question, reject_exclusion
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.placements import may_still_be_put, settle
from troubleshooting.actions.exclusions.requests import revoke_exclusion, withdraw_exclusion
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion
from troubleshooting.models.choices import Role

NORA = ("nora", Role.REVIEWER)  # who decides on the way, so that everybody else has not decided yet
NADJA = ("nadja", Role.REVIEWER)  # the second one, where two are needed

Step = Callable[[Exclusion], object]


def question_asked(exclusion: Exclusion) -> None:
    ask_question(exclusion.pk, by=person(NORA), note="Who?", now=timezone.now())


def rejected(exclusion: Exclusion) -> None:
    reject_exclusion(exclusion.pk, by=person(NORA), note="No", now=timezone.now())


def withdrawn(exclusion: Exclusion) -> None:
    withdraw_exclusion(exclusion.pk, by=exclusion.requested_by, now=timezone.now())


def approved(exclusion: Exclusion) -> None:
    for who in (NORA, NADJA)[: exclusion.approvals_needed]:
        approve_exclusion(exclusion.pk, by=person(who), note="", seen=seen(exclusion), rules=RULES, now=timezone.now())


def applying(exclusion: Exclusion) -> None:
    for placement in exclusion.placements.all():
        may_still_be_put(placement, now=timezone.now())


def applied(exclusion: Exclusion) -> None:
    Exclusion.objects.filter(pk=exclusion.pk).update(status=ExclusionStatus.APPLIED)  # as with PCs that wait


def verified(exclusion: Exclusion) -> None:
    for placement in exclusion.placements.all():
        settle(placement, PlacementStatus.VERIFIED, outcome=None, now=timezone.now())


def expired(exclusion: Exclusion) -> None:
    expire_exclusions(now=exclusion.expires_at)


def revoked(exclusion: Exclusion) -> None:
    revoke_exclusion(exclusion.pk, by=person(NORA), note="Over", now=timezone.now())


def failed(exclusion: Exclusion) -> None:
    exclusion.placements.update(status=PlacementStatus.REMOVING)  # one PC more that may have it
    Exclusion.objects.filter(pk=exclusion.pk).update(status=ExclusionStatus.FAILED)


def removed(exclusion: Exclusion) -> None:
    for placement in exclusion.placements.all():
        settle(placement, PlacementStatus.REMOVED, outcome=None, now=timezone.now())


_ON = (approved, applying)
WAYS: Mapping[ExclusionStatus, tuple[Step, ...]] = {
    ExclusionStatus.REQUESTED: (),
    ExclusionStatus.QUESTION_ASKED: (question_asked,),
    ExclusionStatus.APPROVED: (approved,),
    ExclusionStatus.APPLYING: _ON,
    ExclusionStatus.APPLIED: (*_ON, applied),
    ExclusionStatus.VERIFIED: (*_ON, verified),
    ExclusionStatus.EXPIRED: (*_ON, verified, expired),
    ExclusionStatus.REVOKED: (*_ON, verified, revoked),
    ExclusionStatus.FAILED: (*_ON, failed),
    ExclusionStatus.REMOVED: (*_ON, verified, expired, removed),
    ExclusionStatus.REJECTED: (rejected,),
    ExclusionStatus.WITHDRAWN: (withdrawn,),
    ExclusionStatus.NOT_APPLIED: (approved, expired),
}


def brought_to(status: ExclusionStatus, exclusion: Exclusion) -> Exclusion:
    """Bring a request to a status, step by step; gives it as it is then."""
    for step in WAYS[status]:
        step(exclusion)
    present = Exclusion.objects.get(pk=exclusion.pk)
    assert present.status == status
    return present
