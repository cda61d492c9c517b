"""Whether a case's exclusions were shown to work, so that IT may close it as solved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.retests.retest import RetestOutcome, RetestPurpose
from troubleshooting.models import ActivityEntry, Case, Exclusion, Placement, Retest
from troubleshooting.models.exclusion import APPROVED_OR_IN_FORCE_CODES

STILL_BLOCKED = "exclusion_still_blocked"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Unproved(StrEnum):
    """Why it is not known that an exclusion works."""

    NOT_THERE_YET = "not_there_yet"
    NOT_TRIED = "not_tried"
    SAID_BLOCKED = "said_blocked"


WHY_NOT_SOLVED: dict[Unproved, Text] = {
    Unproved.NOT_THERE_YET: say(_("This cannot be closed as solved yet: its exclusion was not read back as in force.")),
    Unproved.NOT_TRIED: say(
        _(
            "This cannot be closed as solved yet: no one knows whether the exclusion works. A re-test has to show that "
            "the site opens, or the person who reported it closes the case."
        )
    ),
    Unproved.SAID_BLOCKED: say(
        _(
            "This cannot be closed as solved: the employee says that the site is still blocked, and "
            "no re-test since then shows that the site opens."
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Solving:
    """What is known of a case's exclusions in force, for its page and for closing it."""

    in_force: int | None = None  # the newest that was read back for the case's own PC: the person is asked about it
    is_in_tenant: bool = False  # PCs follow the tenant within hours only
    said_blocked_at: datetime | None = None  # nobody has shown the opposite since
    unproved: Unproved | None = None  # None: it may be closed by IT as well

    @property
    def why_not(self) -> Text | None:
        """Say why IT cannot close the case as solved; None where it can."""
        return WHY_NOT_SOLVED[self.unproved] if self.unproved else None


def said_to_be_blocked() -> QuerySet[Exclusion]:
    """Return the exclusions in force that were said not to work, where no re-test since then says otherwise."""
    said = ActivityEntry.objects.filter(subject_type="exclusion", subject_id=OuterRef("pk"), action=STILL_BLOCKED)
    opened = Retest.objects.filter(
        exclusion=OuterRef("pk"), outcome=RetestOutcome.WORKS, ended_at__gt=OuterRef("said_at")
    )
    in_force = Exclusion.objects.in_force().annotate(said_at=Subquery(said.order_by("-at").values("at")[:1]))
    return in_force.filter(~Exists(opened), said_at__isnull=False)


def read_solving(case: Case) -> Solving:
    """Return what is known; one query for a case without exclusions in force, four for the others."""
    status = APPROVED_OR_IN_FORCE_CODES
    held = list(Exclusion.objects.filter(case=case, status__in=status).order_by("pk"))
    if not held:
        return Solving()
    verified = [exclusion for exclusion in held if exclusion.status == ExclusionStatus.VERIFIED]
    tries = Retest.objects.filter(exclusion__in=held, purpose=RetestPurpose.WORKS, outcome=RetestOutcome.WORKS)
    works_at = tries.aggregate(at=Max("ended_at"))["at"] or LONG_AGO
    own = Placement.objects.filter(Q(device=None) | Q(device_id=case.device_id), exclusion__in=held)
    places = dict(own.filter(status=PlacementStatus.VERIFIED).values_list("exclusion_id", "verified_at"))
    there = max((at for at in places.values() if at is not None), default=None)
    said_at = _said_blocked_at(held)
    is_said = said_at is not None and said_at >= max(works_at, there or LONG_AGO)
    asked_about = next((exclusion for exclusion in reversed(verified) if exclusion.pk in places), None)
    return Solving(
        in_force=asked_about.pk if asked_about else None,
        is_in_tenant=asked_about is not None and asked_about.kind not in LOCAL_KINDS,
        said_blocked_at=said_at if is_said else None,
        unproved=_unproved(there, works_at=works_at, is_said=is_said),
    )


def _said_blocked_at(held: list[Exclusion]) -> datetime | None:
    """Return when somebody said last that the site is still blocked with one of these."""
    said = ActivityEntry.objects.filter(
        subject_type="exclusion", subject_id__in=[exclusion.pk for exclusion in held], action=STILL_BLOCKED
    )
    at: datetime | None = said.aggregate(at=Max("at"))["at"]
    return at


def _unproved(there: datetime | None, *, works_at: datetime, is_said: bool) -> Unproved | None:
    if is_said:
        return Unproved.SAID_BLOCKED
    if there is None:
        return Unproved.NOT_THERE_YET
    return Unproved.NOT_TRIED if works_at < there else None
