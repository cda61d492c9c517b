"""Re-tests: asked for, put off, ended. What a worker does for them is in ``runs/retest`` and ``runs/retest_without``.

Whoever asks for one or ends one holds the lock of its exclusion.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from django.db import transaction
from django.utils.dateparse import parse_datetime

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.domain.base.backoff import next_try
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.exclusions.exclusion import IN_FORCE, ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.retests.retest import (
    TRANSITIONS,
    RetestOutcome,
    RetestPurpose,
    RetestStatus,
    first_due,
    is_given_up,
    status_of,
    why_not_works,
)
from troubleshooting.domain.retests.retest_texts import OUTCOMES
from troubleshooting.models import ActivityEntry, Case, Exclusion, Placement, Retest, User
from troubleshooting.models.privileges import changing_fields
from troubleshooting.permissions import check_may_retest, check_may_say_blocked, sees_everything
from troubleshooting.queries.cases.solving import STILL_BLOCKED

log = structlog.get_logger(__name__)


class CannotRetest(Refused):
    """An exclusion cannot be tried now; ``outcome`` is the reason, with its words in ``retest_texts``."""

    def __init__(self, outcome: RetestOutcome, *, by: User) -> None:
        words = OUTCOMES[outcome]
        super().__init__(words.it if sees_everything(by) else words.employee)
        self.outcome = outcome


# --- What people do ---------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_whether_it_works(exclusion_id: int, *, by: User, now: datetime) -> Retest:
    """Have the PC of the case request the page now; raises CannotRetest."""
    exclusion = lock(exclusion_id)
    check_may_retest(by, exclusion)
    why_not = why_not_now(exclusion, now=now)
    if why_not is not None:
        raise CannotRetest(why_not, by=by)
    return ask_retest(exclusion, RetestPurpose.WORKS, by=by, due_at=now, now=now)


@transaction.atomic
def say_still_blocked(exclusion_id: int, *, by: User, now: datetime) -> Exclusion:
    """Record that the site does not open for a person of the case; raises CannotRetest where it is not in force.

    Said twice, it is recorded once, unless it was put anew or tried since.
    """
    exclusion = lock(exclusion_id)
    check_may_say_blocked(by, exclusion.case)
    if exclusion.status not in IN_FORCE:
        raise CannotRetest(RetestOutcome.EXCLUSION_ENDED, by=by)
    if not _is_last_word(exclusion, by=by):
        activity_log.record(STILL_BLOCKED, exclusion, case=exclusion.case, actor=by, now=now)
    return exclusion


def _is_last_word(exclusion: Exclusion, *, by: User) -> bool:
    """Tell whether the person said so already, and nothing was read back or tried since that may have changed it."""
    said = ActivityEntry.objects.filter(
        subject_type="exclusion", subject_id=exclusion.pk, action=STILL_BLOCKED, actor=by
    )
    last = said.order_by("-at").first()
    if last is None:
        return False
    placement = own_placement(exclusion)
    is_put_anew = placement is not None and placement.verified_at is not None and placement.verified_at > last.at
    return not is_put_anew and not exclusion.retests.filter(purpose=RetestPurpose.WORKS, ended_at__gt=last.at).exists()


def why_not_now(exclusion: Exclusion, *, now: datetime) -> RetestOutcome | None:
    """Return why an exclusion cannot be tried now; None where it can."""
    if not exclusion.is_in_force(now=now):
        return RetestOutcome.EXCLUSION_ENDED
    placement = own_placement(exclusion)
    is_there = placement is not None and placement.status == PlacementStatus.VERIFIED
    return why_not_works(
        ExclusionKind(exclusion.kind),
        is_safe_site=is_safe_site(exclusion.case),
        is_on_pc=is_there and reaches_own_pc(exclusion),
    )


# --- The rows ---------------------------------------------------------------------------------------------------------


def ask_retest(
    exclusion: Exclusion,
    purpose: RetestPurpose,
    *,
    by: User | None,
    due_at: datetime,
    now: datetime,
    why_not: RetestOutcome | None = None,
) -> Retest:
    """Ask for a re-test of a locked exclusion; one that is open already is brought forward.

    Where it is known beforehand that it cannot be made, the row says why and is over at once.
    """
    retest = exclusion.retests.open().locked().filter(purpose=purpose).first()
    if retest is not None:
        _bring_forward(retest, due_at, now=now)
        return retest
    retest = Retest.objects.create(
        exclusion=exclusion,
        device_id=exclusion.case.device_id,
        purpose=purpose.value,
        asked_by=by,
        asked_at=now,
        due_at=due_at,
        content={"first_due_at": due_at.isoformat()},
    )
    activity_log.record("retest_asked", retest, case=exclusion.case, actor=by, now=now, purpose=purpose.value)
    if why_not is not None:
        end_retest(retest, why_not, case=exclusion.case, now=now)
    elif due_at <= now:
        dispatch.retest_wants_visit(retest.pk)
    return retest


def _bring_forward(retest: Retest, due_at: datetime, *, now: datetime) -> None:
    if due_at >= retest.due_at:
        return
    retest.due_at = due_at
    retest.content |= {"first_due_at": due_at.isoformat()}
    retest.save(update_fields=["due_at", "content"])
    if due_at <= now:
        dispatch.retest_wants_visit(retest.pk)


def ask_once_there(exclusion: Exclusion, placement: Placement, *, now: datetime) -> None:
    """Have it tried on the case's own PC whether the exclusion works, now that it was read back there."""
    if placement.device_id not in (None, exclusion.case.device_id):
        return
    kind = ExclusionKind(exclusion.kind)
    why_not = why_not_works(kind, is_safe_site=is_safe_site(exclusion.case), is_on_pc=reaches_own_pc(exclusion))
    due = first_due(kind, there_at=now)
    ask_retest(exclusion, RetestPurpose.WORKS, by=None, due_at=due, now=now, why_not=why_not)


def end_retest(retest: Retest, outcome: RetestOutcome, *, case: Case, now: datetime, **facts: Any) -> None:
    """Save what a locked re-test showed, or why there was none; ``facts`` must be plain JSON."""
    status = status_of(outcome)
    check_transition(TRANSITIONS, RetestStatus(retest.status), status)
    retest.status, retest.outcome = status.value, outcome.value
    retest.content |= facts
    retest.ended_at = now
    retest.save(update_fields=changing_fields(Retest))
    said = {"purpose": retest.purpose, "outcome": outcome.value}
    activity_log.record(f"retest_{status.value}", retest, case=case, actor=None, now=now, **said)


def put_off_retest(retest: Retest, code: StrEnum, *, detail: str, case: Case, now: datetime) -> None:
    """Remember why a visit for a locked re-test came to nothing, and try again after a growing pause."""
    retest.note_failure(code, detail=detail)
    _try_later(retest, case=case, now=now)
    log.info("retest_put_off", retest_id=retest.pk, code=code.value)


def wait_for_others(retest: Retest, *, case: Case, now: datetime) -> None:
    """Wait a little while something else has the PC or the exclusion of a locked re-test."""
    retest.forget_failure()
    _try_later(retest, case=case, now=now)


def _try_later(retest: Retest, *, case: Case, now: datetime) -> None:
    """Set the next try; given up after a day."""
    if is_given_up(_first_due_of(retest), now=now):
        end_retest(retest, RetestOutcome.PC_NOT_REACHED, case=case, now=now)
        return
    retest.due_at = next_try(retest.attempts, now=now)
    retest.save(update_fields=changing_fields(Retest))


def is_safe_site(case: Case) -> bool:
    """Tell whether the case reports a site that may be requested; a dangerous one never is."""
    return case.kind == ProblemKind.SAFE_SITE_BLOCKED


def reaches_own_pc(exclusion: Exclusion) -> bool:
    """Tell whether the scope has the PC of the case; case and device are joined, or asked for."""
    device = exclusion.case.device
    if exclusion.scope_kind == ScopeKind.EVERYONE:
        return True
    return exclusion.scope_device_id == device.pk or exclusion.scope_group_id == device.group_id


def own_placement(exclusion: Exclusion) -> Placement | None:
    """Return where the exclusion is for the case's own PC: on it, or in the tenant."""
    here = Placement.objects.filter(exclusion=exclusion)
    if exclusion.kind == ExclusionKind.ALLOW_INDICATOR:
        return here.filter(device=None).first()
    return here.filter(device_id=exclusion.case.device_id).first()


def _first_due_of(retest: Retest) -> datetime:
    """Return since when the PC is waited for."""
    return parse_datetime(str(retest.content.get("first_due_at", ""))) or retest.asked_at
