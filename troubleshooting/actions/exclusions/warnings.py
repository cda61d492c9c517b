"""Exclusions are announced to end: 7 days and 1 day before, each with a fresh re-test where the company allows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.handover import is_needed_by_another
from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.actions.exclusions.retests import CannotRetest, ask_retest, is_safe_site, own_placement
from troubleshooting.actions.faults import alone
from troubleshooting.domain.exclusions.exclusion import IN_FORCE, WARN_BEFORE, ExclusionKind, warnings_due
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.retests.retest import RetestOutcome, RetestPurpose, why_not_without
from troubleshooting.models import Exclusion, ExclusionWarning, Retest, User
from troubleshooting.models.exclusion import DECIDED_CODES, ExclusionQuerySet
from troubleshooting.permissions import check_may_retest


def warn_of_ends(*, now: datetime, may_retest: bool) -> None:
    """Warn of every exclusion in force that ends soon, once for each number of days; each for itself."""
    for pk in list(_to_warn(now=now).values_list("pk", flat=True)):
        with alone("warning", pk), transaction.atomic():
            _warn(pk, now=now, may_retest=may_retest)


def _to_warn(*, now: datetime) -> ExclusionQuerySet:
    """Return the exclusions whose nearest warning is due and not made; what ``_warn`` asks again of the locked row."""
    due, nearer = Q(pk__in=[]), timedelta(0)
    for before in sorted(WARN_BEFORE):
        made = ExclusionWarning.objects.filter(exclusion=OuterRef("pk"), days__lte=before.days)
        due |= Q(
            ~Exists(made),
            expires_at__gt=now + nearer,
            expires_at__lte=now + before,
            approved_at__lt=F("expires_at") - before,
        )
        nearer = before
    renewed = Exclusion.objects.filter(renews=OuterRef("pk"), status__in=DECIDED_CODES)
    return Exclusion.objects.in_force().filter(due, ~Exists(renewed))


def _warn(exclusion_id: int, *, now: datetime, may_retest: bool) -> None:
    exclusion = Exclusion.objects.locked().select_related("case__device", "scope_group").get(pk=exclusion_id)
    days = _days_due(exclusion, now=now)
    if days is None or exclusion.status not in IN_FORCE or is_renewed(exclusion):
        return
    warning = ExclusionWarning(exclusion=exclusion, days=days, warned_at=now)
    activity_log.record("exclusion_warned", exclusion, case=exclusion.case, actor=None, now=now, days=days)
    warning.retest = _ask_whether_needed(exclusion, now=now, may_retest=may_retest)
    warning.save()


def _days_due(exclusion: Exclusion, *, now: datetime) -> int | None:
    """Return the days of the warning to be made now: the nearest one, unless it or a nearer one was made already."""
    due = warnings_due(exclusion.expires_at, now=now, starts_at=exclusion.approved_at)
    made = exclusion.warnings.values_list("days", flat=True)
    days = due[-1].days if due else None
    return None if days is None or any(earlier <= days for earlier in made) else days


def is_renewed(exclusion: Exclusion) -> bool:
    """Tell whether a renewal was approved, so that the end is none."""
    return exclusion.renewals.filter(status__in=DECIDED_CODES).exists()


@transaction.atomic
def ask_whether_needed(exclusion_id: int, *, by: User, may_retest: bool, now: datetime) -> Retest:
    """Have the PC of the case tried without the exclusion now; raises CannotRetest."""
    exclusion = lock(exclusion_id)
    check_may_retest(by, exclusion)
    if not exclusion.is_in_force(now=now):
        raise CannotRetest(RetestOutcome.EXCLUSION_ENDED, by=by)
    why_not = _why_not_without(exclusion, may_retest=may_retest)
    if why_not is not None:
        raise CannotRetest(why_not, by=by)
    return ask_retest(exclusion, RetestPurpose.STILL_NEEDED, by=by, due_at=now, now=now)


def _ask_whether_needed(exclusion: Exclusion, *, now: datetime, may_retest: bool) -> Retest:
    """Ask for a re-test without it; where that is not possible the row says why."""
    why_not = _why_not_without(exclusion, may_retest=may_retest)
    return ask_retest(exclusion, RetestPurpose.STILL_NEEDED, by=None, due_at=now, now=now, why_not=why_not)


def _why_not_without(exclusion: Exclusion, *, may_retest: bool) -> RetestOutcome | None:
    placement = own_placement(exclusion)
    is_there = placement is not None and placement.status == PlacementStatus.VERIFIED
    is_others = placement is not None and (placement.was_there_before or is_needed_by_another(placement))
    return why_not_without(
        ExclusionKind(exclusion.kind),
        is_allowed=may_retest,
        is_safe_site=is_safe_site(exclusion.case),
        is_on_pc=is_there,
        is_the_portals=not is_others,
    )
