"""How an exclusion does and how it ends: its re-tests, the warning before the end, its renewal, what people said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.exclusion import IN_FORCE, ExclusionKind
from troubleshooting.domain.leases.lease_texts import outcome_text
from troubleshooting.domain.retests.retest import INDICATOR_SETTLES, RetestOutcome, RetestPurpose, RetestStatus
from troubleshooting.domain.retests.retest_texts import QUESTIONS, retest_text
from troubleshooting.models import ActivityEntry, Exclusion, Retest, User
from troubleshooting.models.choices import EXCLUSION_STATUS_LABELS, SEE_ALL_CASES
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.cases.solving import STILL_BLOCKED

SHOWN_ON_HOME = 5
SETTLES_HOURS = INDICATOR_SETTLES // timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetestLine:
    """One re-test as the reader may see it."""

    pk: int
    exclusion: int
    may_open: bool  # what was sent to the PC
    question: Text
    is_open: bool
    tone: str
    words: Text | None  # what it showed, or why there was none
    at: datetime  # over at, or due at
    asked_at: datetime
    error: Text | None  # why the last try came to nothing
    why_no_lease: Text | None  # for IT and auditors


@dataclass(frozen=True, slots=True)
class Renewed:
    """The exclusion that a renewal would go on from."""

    pk: int
    status_label: Promise | None
    expires_at: datetime
    needed: RetestLine | None  # the last re-test without it
    advises_end: bool  # it would open without it


@dataclass(frozen=True, slots=True)
class EndingView:
    """What stands on the exclusion's page about how it does and how it ends."""

    is_in_force: bool
    is_in_tenant: bool
    settles_hours: int
    is_announced: bool
    expires_at: datetime
    works: RetestLine | None  # the last word
    works_due: RetestLine | None  # the one that is asked for
    needed: RetestLine | None
    needed_due: RetestLine | None
    advises_end: bool
    said_blocked_at: datetime | None  # since the last re-test that says that it opens
    renews: Renewed | None
    renewal: tuple[int, Promise | None] | None  # the open renewal: its number, where it is


@dataclass(frozen=True, slots=True)
class EndingSoon:
    """An exclusion that was announced to end."""

    pk: int
    value: str
    case_number: str
    expires_at: datetime
    renewal: str  # where its open renewal is; "" where none was asked for
    may_renew: bool


def read_ending(exclusion: Exclusion, *, reader: User) -> EndingView:
    """Return the view of an exclusion; four queries, and three more for a renewal."""
    for_it = reader.role in SEE_ALL_CASES
    may = {"for_it": for_it, "may_open": for_it or exclusion.case.device_owner_id == reader.pk}
    tries = list(exclusion.retests.select_related("lease"))
    works, needed = (_newest(tries, purpose) for purpose in RetestPurpose)
    works_due, needed_due = (_newest(tries, purpose, is_open=True) for purpose in RetestPurpose)
    renewal = exclusion.renewals.open().first()
    is_in_force = exclusion.status in IN_FORCE
    return EndingView(
        is_in_force=is_in_force,
        is_in_tenant=exclusion.kind == ExclusionKind.ALLOW_INDICATOR,
        settles_hours=SETTLES_HOURS,
        is_announced=is_in_force and exclusion.warnings.exists(),
        expires_at=exclusion.expires_at,
        works=_line(works, **may),
        works_due=_line(works_due, **may),
        needed=_line(needed, **may),
        needed_due=_line(needed_due, **may),
        advises_end=_advises_end(needed),
        said_blocked_at=_said_blocked_at(exclusion, tries),
        renews=_renewed(exclusion, **may),
        renewal=(renewal.pk, label_of(EXCLUSION_STATUS_LABELS, renewal.status)) if renewal else None,
    )


def ending_soon(reader: User, *, may_renew: Callable[[Exclusion], bool]) -> tuple[EndingSoon, ...]:
    """Return what was announced to end and the reader asked for, or is of their cases; next end first; one query."""
    own = Q(requested_by=reader) | Q(case__reporter=reader) | Q(case__device_owner=reader)
    renewals = Exclusion.objects.open().filter(renews=OuterRef("pk")).order_by().values("status")
    found = Exclusion.objects.in_force().filter(own, warnings__isnull=False).distinct().order_by("expires_at", "pk")
    rows = found.select_related("case__device").annotate(renewal=Coalesce(Subquery(renewals[:1]), Value("")))
    return tuple(
        EndingSoon(
            row.pk,
            row.value,
            row.case.number,
            row.expires_at,
            str(getattr(row, "renewal", "")),
            may_renew=may_renew(row),
        )
        for row in rows[:SHOWN_ON_HOME]
    )


def count_ending_soon() -> int:
    """Count the exclusions that were announced to end; one query."""
    return Exclusion.objects.in_force().filter(warnings__isnull=False).distinct().count()


def _newest(tries: list[Retest], purpose: RetestPurpose, *, is_open: bool = False) -> Retest | None:
    """Return the newest that is over, or the one that is open: what is due later does not hide the last word."""
    found = (retest for retest in tries if retest.purpose == purpose and (retest.ended_at is None) is is_open)
    return next(found, None)


def _line(retest: Retest | None, *, for_it: bool, may_open: bool) -> RetestLine | None:
    if retest is None:
        return None
    words = retest_text(retest.outcome)
    lease_words = outcome_text(str(retest.content.get("lease_outcome", "")))
    code = retest.error_code
    return RetestLine(
        pk=retest.pk,
        exclusion=retest.exclusion_id,
        may_open=may_open,
        question=QUESTIONS[RetestPurpose(retest.purpose)],
        is_open=retest.status == RetestStatus.ASKED,
        tone=words.tone if words else "info",
        words=(words.it if for_it else words.employee) if words else None,
        at=retest.ended_at or retest.due_at,
        asked_at=retest.asked_at,
        error=error_text(DeviceErrorCode(code)).title if code in set(DeviceErrorCode) else None,
        why_no_lease=lease_words.it if for_it and lease_words else None,
    )


def _advises_end(retest: Retest | None) -> bool:
    return retest is not None and retest.outcome == RetestOutcome.NOT_NEEDED


def _said_blocked_at(exclusion: Exclusion, tries: list[Retest]) -> datetime | None:
    said = ActivityEntry.objects.filter(subject_type="exclusion", subject_id=exclusion.pk, action=STILL_BLOCKED)
    said_at: datetime | None = said.aggregate(at=Max("at"))["at"]
    opened = [retest.ended_at for retest in tries if retest.outcome == RetestOutcome.WORKS and retest.ended_at]
    return said_at if said_at is not None and said_at >= max(opened, default=said_at) else None


def _renewed(exclusion: Exclusion, *, for_it: bool, may_open: bool) -> Renewed | None:
    if exclusion.renews_id is None:
        return None
    renewed = Exclusion.objects.get(pk=exclusion.renews_id)
    over = renewed.retests.select_related("lease").exclude(ended_at=None)
    needed = _newest(list(over), RetestPurpose.STILL_NEEDED)
    return Renewed(
        pk=renewed.pk,
        status_label=label_of(EXCLUSION_STATUS_LABELS, renewed.status),
        expires_at=renewed.expires_at,
        needed=_line(needed, for_it=for_it, may_open=may_open),
        advises_end=_advises_end(needed),
    )
