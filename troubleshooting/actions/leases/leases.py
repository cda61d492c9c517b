"""Temporary changes of settings that always end: asked for, ended before their time, moved on.

Whatever is lost between two steps (worker, broker, database, network, the PC itself), the row says what may have been
changed; the sweep asks for another visit until the value before, or somebody else's, was read back. The steps of a
visit are in ``lease_steps``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.base.transitions import check_transition
from troubleshooting.domain.leases.lease import (
    TRANSITIONS,
    LeaseStatus,
    Outcome,
    check_length,
    is_due,
)
from troubleshooting.models import Case, SettingLease, User
from troubleshooting.models.lease import NETWORK_PROTECTION_MODE
from troubleshooting.models.privileges import changing_fields
from troubleshooting.permissions import check_may_retry_lease

log = structlog.get_logger(__name__)

ONE_OPEN_PER_SETTING = "lease_one_open_per_setting"


class LeaseHeld(Refused):
    """Somebody else holds the setting of this PC; the lease says who and until when."""

    text = say(_("The PC is in another test. Try again when that has ended."))

    def __init__(self, lease: SettingLease) -> None:
        super().__init__()
        self.lease = lease


def request_lease(
    case: Case, *, value_during: int, length: timedelta, by: User, reason: str, now: datetime
) -> SettingLease:
    """Take the setting for a while; raises LeaseHeld, or InvalidLength. The PC is visited after the commit."""
    check_length(length)
    try:
        with transaction.atomic():
            lease = SettingLease.objects.create(
                device_id=case.device_id,
                case=case,
                value_during=value_during,
                reason=reason,
                requested_by=by,
                requested_at=now,
                ends_at=now + length,
            )
    except IntegrityError as error:
        if ONE_OPEN_PER_SETTING not in str(error):
            raise
        holder = _holder(case)
        if holder is None:  # ended this very moment
            return request_lease(case, value_during=value_during, length=length, by=by, reason=reason, now=now)
        raise LeaseHeld(holder) from error
    activity_log.record("lease_requested", lease, case=case, actor=by, now=now, minutes=length // timedelta(minutes=1))
    dispatch.lease_wants_visit(lease.pk)
    return lease


def _holder(case: Case) -> SettingLease | None:
    held = SettingLease.objects.open().select_related("requested_by", "device")
    return held.filter(device_id=case.device_id, setting=NETWORK_PROTECTION_MODE).first()


def end_lease(lease_id: int, *, by: User | None, why: str, now: datetime) -> SettingLease:
    """Ask for the value before; belongs inside the transaction of the action that ends it. Twice is as once."""
    lease = SettingLease.objects.locked().select_related("case").get(pk=lease_id)
    if lease.status in (LeaseStatus.REQUESTED, LeaseStatus.PREPARED):
        move_lease(lease, to=LeaseStatus.NOT_APPLIED, now=now, outcome=Outcome.CANCELLED)
    elif lease.status in (LeaseStatus.CHANGING, LeaseStatus.ACTIVE):
        move_lease(lease, to=LeaseStatus.RESTORING, now=now)
    else:
        return lease
    activity_log.record("lease_end_requested", lease, case=lease.case, actor=by, now=now, why=why)
    dispatch.lease_wants_visit(lease.pk, ends=True)
    return lease


@transaction.atomic
def retry_lease(lease_id: int, *, by: User, now: datetime) -> SettingLease:
    """Try at once to put a setting back instead of at the next attempt; nothing where it is back. Twice is as once."""
    lease = SettingLease.objects.locked().select_related("case__device").get(pk=lease_id)
    check_may_retry_lease(by, lease.case)
    if not (lease.may_have_changed and is_due(LeaseStatus(lease.status), lease.ends_at, now=now)):
        return lease
    lease.next_attempt_at = None
    lease.save(update_fields=["next_attempt_at"])
    activity_log.record("lease_retry_requested", lease, case=lease.case, actor=by, now=now)
    dispatch.lease_wants_visit(lease.pk, ends=True)
    return lease


def move_lease(lease: SettingLease, *, to: LeaseStatus, now: datetime, outcome: Outcome | None = None) -> None:
    """Save the next status of a locked lease, with an activity entry where it is over."""
    check_transition(TRANSITIONS, LeaseStatus(lease.status), to)
    lease.status = to.value
    lease.next_attempt_at = None
    lease.forget_failure()
    if outcome is not None:
        lease.outcome = outcome.value
    if to is LeaseStatus.RESTORING:
        lease.restoring_at = now
    if not TRANSITIONS[to]:
        lease.ended_at = now
    lease.save(update_fields=changing_fields(SettingLease))
    if not TRANSITIONS[to]:
        activity_log.record(
            f"lease_{to.value}",
            lease,
            case=lease.case,
            actor=None,
            now=now,
            outcome=lease.outcome,
            value_before=lease.value_before,
            value_seen=lease.value_seen,
        )
