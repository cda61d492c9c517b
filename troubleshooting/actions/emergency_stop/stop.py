"""The emergency stop: an administrator halts every write in progress and to come, and lifts that again.

What gives a PC its earlier protection back is never stopped; the gate that stops the rest is in ``writes``.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from troubleshooting import dispatch
from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.placements import due_placements
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import EmergencyStop, Placement, User
from troubleshooting.models.placement import OPEN_PLACEMENT_CODES
from troubleshooting.permissions import check_may_stop_writes

ONE_AT_A_TIME = "stop_one_at_a_time"


class AlreadyStopped(Exception):
    """Another administrator has stopped all writes before."""


class NotStopped(Exception):
    """No stop is on; it may have been lifted meanwhile."""


@transaction.atomic
def stop_writes(*, by: User, reason: str, now: datetime) -> EmergencyStop:
    """Stop every write to PCs and to the tenant; raises AlreadyStopped."""
    check_may_stop_writes(by)
    try:
        with transaction.atomic():
            stop = EmergencyStop.objects.create(begun_at=now, begun_by=by, reason=reason)
    except IntegrityError as error:
        if ONE_AT_A_TIME not in str(error):
            raise
        raise AlreadyStopped from error
    activity_log.record("emergency_stopped", stop, case=None, actor=by, now=now, reason=reason)
    return stop


@transaction.atomic
def lift_stop(*, by: User, note: str, now: datetime) -> EmergencyStop:
    """Let writes go on; what waits is woken at once. Raises NotStopped."""
    check_may_stop_writes(by)
    stop = EmergencyStop.objects.on().select_for_update(of=("self",), no_key=True).first()
    if stop is None:
        raise NotStopped
    stop.is_on, stop.ended_at, stop.ended_by, stop.end_note = False, now, by, note
    stop.save(update_fields=["is_on", "ended_at", "ended_by", "end_note"])
    activity_log.record("writes_allowed", stop, case=None, actor=by, now=now, note=note)
    _wake_what_waits(now=now)
    return stop


def _wake_what_waits(*, now: datetime) -> None:
    """Make due at once what waits for the end of the stop, and wake everything that is due."""
    waiting = Placement.objects.filter(status__in=OPEN_PLACEMENT_CODES, error_code=DeviceErrorCode.EMERGENCY_STOPPED)
    waiting.update(next_attempt_at=None, error_code="", error_detail="")
    for pk in due_placements(now=now).values_list("pk", flat=True):
        dispatch.placement_wants_visit(pk)
