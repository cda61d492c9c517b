"""Whether a case's exclusions were shown to work, so that IT may close it as solved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.exclusion import ExclusionStatus
from troubleshooting.domain.placement import PlacementStatus
from troubleshooting.domain.retest import RetestOutcome, RetestPurpose
from troubleshooting.models import AuditEntry, Case, Exclusion, Placement, Retest
from troubleshooting.models.exclusion import IN_FORCE_CODES

STILL_BLOCKED = "exclusion_still_blocked"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Unproved(StrEnum):
    """Why it is not known that an exception works."""

    NOT_THERE_YET = "not_there_yet"
    NOT_TRIED = "not_tried"
    SAID_BLOCKED = "said_blocked"


WHY_NOT_SOLVED: dict[Unproved, Promise] = {
    Unproved.NOT_THERE_YET: _("It cannot be closed as solved yet: its exception was not read back as in force."),
    Unproved.NOT_TRIED: _(
        "It cannot be closed as solved yet: nobody knows whether the exception works. A re-test has to say that the "
        "site opens, or the person who reported it closes the case."
    ),
    Unproved.SAID_BLOCKED: _(
        "It cannot be closed as solved: the person says that the site is still blocked, and no re-test since then says "
        "that it opens."
    ),
}


@dataclass(frozen=True, slots=True)
class Solving:
    """What is known of a case's exceptions in force, for its page and for closing it."""

    in_force: int | None = None  # the newest exclusion that was read back, which the person is asked about
    said_blocked_at: datetime | None = None  # nobody has shown the opposite since
    unproved: Unproved | None = None  # None: it may be closed by IT as well

    @property
    def why_not(self) -> Promise | None:
        """Say why IT cannot close the case as solved; None where it can."""
        return WHY_NOT_SOLVED[self.unproved] if self.unproved else None


def read_solving(case: Case) -> Solving:
    """Give what is known; one query for a case without exclusions in force, four for the others."""
    status = [ExclusionStatus.APPROVED, *IN_FORCE_CODES]
    held = list(Exclusion.objects.filter(case=case, status__in=status).order_by("pk"))
    if not held:
        return Solving()
    verified = [exclusion.pk for exclusion in held if exclusion.status == ExclusionStatus.VERIFIED]
    tries = Retest.objects.filter(exclusion__in=held, purpose=RetestPurpose.WORKS, outcome=RetestOutcome.WORKS)
    works_at = tries.aggregate(at=Max("ended_at"))["at"] or LONG_AGO
    said_at = AuditEntry.objects.filter(case=case, action=STILL_BLOCKED).aggregate(at=Max("at"))["at"]
    own = Placement.objects.filter(Q(device=None) | Q(device_id=case.device_id), exclusion__in=held)
    there = own.filter(status=PlacementStatus.THERE).aggregate(at=Max("verified_at"))["at"]
    is_said = said_at is not None and said_at >= works_at
    return Solving(
        in_force=verified[-1] if verified else None,
        said_blocked_at=said_at if is_said else None,
        unproved=_unproved(there, works_at=works_at, is_said=is_said),
    )


def _unproved(there: datetime | None, *, works_at: datetime, is_said: bool) -> Unproved | None:
    if is_said:
        return Unproved.SAID_BLOCKED
    if there is None:
        return Unproved.NOT_THERE_YET
    return Unproved.NOT_TRIED if works_at < there else None
