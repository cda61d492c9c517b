"""The emergency stop: an administrator halts every write in progress and to come, and lifts that again.

What gives a PC its earlier protection back is never stopped; the gate that stops the rest is in ``actions.gate``.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from troubleshooting.actions import activity_log
from troubleshooting.actions.waking import wake_all
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.models import EmergencyStop, Placement, User
from troubleshooting.models.placement import OPEN_PLACEMENT_CODES
from troubleshooting.permissions import check_may_stop_writes

ONE_AT_A_TIME = "stop_one_at_a_time"


class AlreadyStopped(Refused):
    """An administrator has stopped all changes before."""


class NotStopped(Refused):
    """No stop is on; it may have been lifted meanwhile."""

    text = say(_("Changes were not stopped, so there was nothing to lift."))


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
        raise AlreadyStopped(_stopped_before()) from error
    activity_log.record("emergency_stopped", stop, case=None, actor=by, now=now, reason=reason)
    return stop


@transaction.atomic
def lift_stop(*, by: User, note: str, now: datetime) -> EmergencyStop:
    """Let writes go on; what waits is woken at once. Raises NotStopped."""
    check_may_stop_writes(by)
    stop = EmergencyStop.objects.on().select_for_update(of=("self",), no_key=True).first()
    if stop is None:
        raise NotStopped(_lifted_before())
    stop.is_on, stop.ended_at, stop.ended_by, stop.end_note = False, now, by, note
    stop.save(update_fields=["is_on", "ended_at", "ended_by", "end_note"])
    activity_log.record("writes_allowed", stop, case=None, actor=by, now=now, note=note)
    _wake_what_waits(now=now)
    return stop


def _stopped_before() -> Text:
    """Say who stopped all changes, be it the same person: stops are never deleted, so there is one."""
    stop = EmergencyStop.objects.select_related("begun_by").latest("begun_at", "pk")
    return say(
        _("%(who)s has already stopped all changes. This page shows that stop, and why."), who=str(stop.begun_by)
    )


def _lifted_before() -> Text | None:
    """Say who lifted the last stop, be it the same person; None where there never was one."""
    stop = EmergencyStop.objects.filter(is_on=False).select_related("ended_by").order_by("-ended_at", "-pk").first()
    if stop is None:
        return None
    return say(_("%(who)s has already lifted the stop. This page shows it."), who=str(stop.ended_by))


def _wake_what_waits(*, now: datetime) -> None:
    """Make due at once what waits for the end of the stop, and tell one worker for each PC."""
    waiting = Placement.objects.filter(status__in=OPEN_PLACEMENT_CODES, error_code=DeviceErrorCode.EMERGENCY_STOPPED)
    waiting.update(next_attempt_at=None, error_code="", error_detail="")
    wake_all(now=now)
