"""A temporary change of a setting that always ends: its states, and what to do about what was read.

The order keeps the promise: the value before is stored and committed, then the PC gets its own restore task, then the
setting is changed. From CHANGING on, only a value that was read back ends a lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(minutes=60)
TASK_GRACE = timedelta(minutes=2)  # the PC's own restore task fires this long after the end
NORMAL_END = timedelta(minutes=2)  # a sweep comes every minute; the visit takes seconds
RETRY_EVERY = timedelta(minutes=1)
# A command whose worker was lost may still take effect on the PC, until its shell ends by itself: three minutes idle
# (machines/session.py), and one for good measure. What is read before then ends nothing.
SETTLES_AFTER = timedelta(minutes=4)


class LeaseStatus(StrEnum):
    """Where a lease is."""

    REQUESTED = "requested"  # holds the setting; nothing read, nothing changed
    PREPARED = "prepared"  # the value before is stored; nothing changed
    CHANGING = "changing"  # restore task or change may have reached the PC
    ACTIVE = "active"  # the value during was read back
    RESTORING = "restoring"  # to be put back; not yet read back
    RESTORED = "restored"  # the value before was read back
    SUPERSEDED = "superseded"  # somebody else set another value, which stays
    REFUSED = "refused"  # Windows kept the value before; nothing was ever changed
    NOT_APPLIED = "not_applied"  # ended before anything was changed


class Outcome(StrEnum):
    """Why a lease was never used or was refused; the words are in ``lease_texts``."""

    ALREADY_SO = "already_so"
    MANAGED_BY_POLICY = "managed_by_policy"
    VALUE_UNREADABLE = "value_unreadable"
    TAMPER_PROTECTION = "tamper_protection"
    NOT_TAKEN = "not_taken"  # no error, no event, no change
    TASK_NOT_SET = "task_not_set"  # without the PC's own way back nothing is changed
    ENDPOINT_REFUSED = "endpoint_refused"  # the endpoint does not let a command through that this needs
    NOT_REACHED = "not_reached"
    CANCELLED = "cancelled"
    EMERGENCY_STOPPED = "emergency_stopped"  # the emergency stop came before the change


TRANSITIONS: Mapping[LeaseStatus, frozenset[LeaseStatus]] = {
    LeaseStatus.REQUESTED: frozenset({LeaseStatus.PREPARED, LeaseStatus.NOT_APPLIED}),
    LeaseStatus.PREPARED: frozenset({LeaseStatus.CHANGING, LeaseStatus.NOT_APPLIED}),
    LeaseStatus.CHANGING: frozenset({LeaseStatus.ACTIVE, LeaseStatus.RESTORING}),
    LeaseStatus.ACTIVE: frozenset({LeaseStatus.RESTORING}),
    LeaseStatus.RESTORING: frozenset({LeaseStatus.RESTORED, LeaseStatus.SUPERSEDED, LeaseStatus.REFUSED}),
    LeaseStatus.RESTORED: frozenset(),
    LeaseStatus.SUPERSEDED: frozenset(),
    LeaseStatus.REFUSED: frozenset(),
    LeaseStatus.NOT_APPLIED: frozenset(),
}

NEXT_MOVE: Mapping[LeaseStatus, str | None] = {
    LeaseStatus.REQUESTED: "portal",
    LeaseStatus.PREPARED: "portal",
    LeaseStatus.CHANGING: "portal",
    LeaseStatus.ACTIVE: "employee",
    LeaseStatus.RESTORING: "portal",
    LeaseStatus.RESTORED: None,
    LeaseStatus.SUPERSEDED: None,
    LeaseStatus.REFUSED: None,
    LeaseStatus.NOT_APPLIED: None,
}

OPEN: frozenset[LeaseStatus] = frozenset(status for status, after in TRANSITIONS.items() if after)
ENDED: frozenset[LeaseStatus] = frozenset(LeaseStatus) - OPEN
MAY_HAVE_CHANGED: frozenset[LeaseStatus] = frozenset({LeaseStatus.CHANGING, LeaseStatus.ACTIVE, LeaseStatus.RESTORING})


class InvalidLength(ValueError):
    """A lease may not last that long."""


def check_length(length: timedelta) -> None:
    """Raise InvalidLength unless the lease is longer than nothing and an hour at most."""
    if not timedelta(0) < length <= LONGEST:
        raise InvalidLength(f"A lease lasts longer than nothing and {LONGEST // timedelta(minutes=1)} minutes at most.")


def is_due(status: LeaseStatus, ends_at: datetime, *, now: datetime) -> bool:
    """Tell whether a lease has to be put back: its time is over (the end itself included), or it is being put back."""
    return status == LeaseStatus.RESTORING or (status in MAY_HAVE_CHANGED and ends_at <= now)


def is_settled(unsettled_until: datetime | None, *, now: datetime) -> bool:
    """Tell whether no command of a lost worker can change the value any more (the moment itself included)."""
    return unsettled_until is None or unsettled_until <= now


class NextStep(StrEnum):
    """What to do about the value that was read while putting back."""

    DONE = "done"  # it is the value before
    PUT_BACK = "put_back"  # it is the value during
    LEAVE = "leave"  # it is somebody else's
    READ_AGAIN = "read_again"  # the PC did not say


def step_back(*, before: int, during: int, present: int | None) -> NextStep:
    """Say what the value on the PC asks for. A third value is somebody else's and stays."""
    if present is None:
        return NextStep.READ_AGAIN
    if present == before:
        return NextStep.DONE
    return NextStep.PUT_BACK if present == during else NextStep.LEAVE


def why_not_changed(*, mode: int | None, wanted: int, is_managed: bool | None) -> Outcome | None:
    """Say, before anything is changed, why a change would be pointless or could not be undone; None where it can be.

    A setting that policy decides is not touched: the change would not show, yet stay underneath and come out on the day
    the policy is lifted.
    """
    if mode is None or is_managed is None:
        return Outcome.VALUE_UNREADABLE
    if is_managed:
        return Outcome.MANAGED_BY_POLICY
    return Outcome.ALREADY_SO if mode == wanted else None
