"""The life of an exclusion: a permission that is asked for, decided, put in force, proved, and always ended.

Three kinds exist (docs/reference/exclusions.md section 1): an allow indicator in the tenant, an IP address and a
process on the PC. The order keeps two promises. Nothing reaches a PC or the tenant that was not APPROVED. From APPLYING
on the value may be there, so the only way out is REMOVED, and REMOVED is said only after it was read to be gone.

A renewal is a new exclusion with its own evidence and approvals; when the old one ends, a value that another exclusion
in force still needs is handed over instead of removed (see :func:`removal_step`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say

USUAL_LIFETIME = timedelta(days=30)
WARN_BEFORE: tuple[timedelta, ...] = (timedelta(days=7), timedelta(days=1))


class ExclusionKind(StrEnum):
    """What an exclusion opens, least first (docs/reference/exclusions.md section 1)."""

    ALLOW_INDICATOR = "allow_indicator"
    IP_ADDRESS = "ip_address"
    PROCESS = "process"


LOCAL_KINDS: frozenset[ExclusionKind] = frozenset({ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS})  # set on the PC


class ScopeKind(StrEnum):
    """For whom an exclusion holds, narrowest first."""

    DEVICE = "device"
    GROUP = "group"
    EVERYONE = "everyone"


_WIDTH: Mapping[ScopeKind, int] = {kind: width for width, kind in enumerate(ScopeKind)}


def is_wider(kind: ScopeKind, other: ScopeKind) -> bool:
    """Tell whether a kind of scope is wider than another one."""
    return _WIDTH[kind] > _WIDTH[other]


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom: one PC or one device group by its id, or everyone (without an id)."""

    kind: ScopeKind
    target_id: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the id is missing, or stands with everyone."""
        if (self.target_id is None) is not (self.kind is ScopeKind.EVERYONE):
            raise ValueError("One PC and a group have an id, everyone has none.")

    def is_wider_than(self, other: Scope) -> bool:
        """Tell whether this reaches PCs that the other does not: a wider kind, or another target of the same kind.

        Whether a PC belongs to a group is not known here; an action that narrows a group to one PC asks the database.
        """
        if self.kind is other.kind:
            return self.target_id != other.target_id
        return is_wider(self.kind, other.kind)

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return {"kind": self.kind.value, "target_id": self.target_id}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Scope:
        """Read back what :meth:`as_json` gave."""
        return cls(ScopeKind(stored["kind"]), stored["target_id"])


EVERYONE = Scope(ScopeKind.EVERYONE)


class ExclusionStatus(StrEnum):
    """Where an exclusion is."""

    REQUESTED = "requested"
    QUESTION_ASKED = "question_asked"  # the reviewer needs to know more
    APPROVED = "approved"  # by as many as are needed; nothing was sent
    APPLYING = "applying"  # the change may have reached a PC or the tenant
    APPLIED = "applied"  # accepted
    VERIFIED = "verified"  # read back
    EXPIRED = "expired"  # its time is over; to be removed
    REVOKED = "revoked"  # ended early by IT; to be removed
    FAILED = "failed"  # neither a PC nor the tenant accepted it; whatever may be there is to be removed
    REMOVED = "removed"  # read to be gone
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    NOT_APPLIED = "not_applied"  # ended before anything was sent, decided or not


_S = ExclusionStatus
_ENDS = frozenset({_S.EXPIRED, _S.REVOKED})

# APPROVED goes back to REQUESTED when anything is changed: the approvals are reset. From APPLIED and VERIFIED it goes
# back to APPLYING when the value was not there any more (drift), or when a PC joined the scope.
TRANSITIONS: Mapping[ExclusionStatus, frozenset[ExclusionStatus]] = {
    _S.REQUESTED: frozenset({_S.QUESTION_ASKED, _S.APPROVED, _S.REJECTED, _S.WITHDRAWN, _S.NOT_APPLIED}),
    _S.QUESTION_ASKED: frozenset({_S.REQUESTED, _S.REJECTED, _S.WITHDRAWN, _S.NOT_APPLIED}),
    _S.APPROVED: frozenset({_S.APPLYING, _S.REQUESTED, _S.WITHDRAWN, _S.NOT_APPLIED}),
    _S.APPLYING: frozenset({_S.APPLIED, _S.FAILED}) | _ENDS,
    _S.APPLIED: frozenset({_S.VERIFIED, _S.APPLYING, _S.FAILED}) | _ENDS,
    _S.VERIFIED: frozenset({_S.APPLYING}) | _ENDS,
    _S.EXPIRED: frozenset({_S.REMOVED}),
    _S.REVOKED: frozenset({_S.REMOVED}),
    _S.FAILED: frozenset({_S.REMOVED}),
    _S.REMOVED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.NOT_APPLIED: frozenset(),
}

NEXT_MOVE: Mapping[ExclusionStatus, str | None] = {
    _S.REQUESTED: "reviewer",
    _S.QUESTION_ASKED: "requester",
    _S.APPROVED: "portal",
    _S.APPLYING: "portal",
    _S.APPLIED: "portal",
    _S.VERIFIED: "portal",  # warns before the end, and ends it
    _S.EXPIRED: "portal",
    _S.REVOKED: "portal",
    _S.FAILED: "portal",
    _S.REMOVED: None,
    _S.REJECTED: None,
    _S.WITHDRAWN: None,
    _S.NOT_APPLIED: None,
}

IN_FORCE: frozenset[ExclusionStatus] = frozenset({_S.APPLYING, _S.APPLIED, _S.VERIFIED})
APPROVED_OR_IN_FORCE: frozenset[ExclusionStatus] = IN_FORCE | {_S.APPROVED}
WITHDRAWABLE: frozenset[ExclusionStatus] = frozenset(s for s, after in TRANSITIONS.items() if _S.WITHDRAWN in after)
LAPSING: frozenset[ExclusionStatus] = frozenset(s for s, after in TRANSITIONS.items() if _S.NOT_APPLIED in after)
ENDING: frozenset[ExclusionStatus] = frozenset({_S.EXPIRED, _S.REVOKED, _S.FAILED})
MAY_BE_THERE: frozenset[ExclusionStatus] = IN_FORCE | ENDING  # on a PC or in the tenant
WITHOUT_APPROVAL: frozenset[ExclusionStatus] = frozenset(  # may be reached though nobody approved
    {_S.REQUESTED, _S.QUESTION_ASKED, _S.REJECTED, _S.WITHDRAWN, _S.NOT_APPLIED}
)
OPEN: frozenset[ExclusionStatus] = frozenset(status for status, after in TRANSITIONS.items() if after)
ENDED: frozenset[ExclusionStatus] = frozenset(ExclusionStatus) - OPEN


class InvalidLifetime(Refused, ValueError):
    """An exclusion may not last that long."""


def check_lifetime(wanted: timedelta, longest: timedelta = USUAL_LIFETIME) -> None:
    """Raise InvalidLifetime unless the exclusion is longer than nothing and at most as long as the company allows."""
    if wanted <= timedelta(0):
        raise InvalidLifetime(say(_("The end date must be in the future, for example 30 days from now.")))
    if wanted > longest:
        raise InvalidLifetime(
            say(_("An exclusion lasts at most %(days)s days. Choose an earlier end date."), days=longest.days)
        )


def is_in_force_now(status: ExclusionStatus, expires_at: datetime, *, now: datetime) -> bool:
    """Tell whether an exclusion is in force and has not reached its end (the end itself is outside)."""
    return status in IN_FORCE and now < expires_at


def may_be_applied_now(status: ExclusionStatus, expires_at: datetime, *, now: datetime) -> bool:
    """Tell whether an approved exclusion may still be applied somewhere: it is in force, or about to be."""
    return status in APPROVED_OR_IN_FORCE and now < expires_at


def warnings_due(expires_at: datetime, *, now: datetime, starts_at: datetime | None = None) -> tuple[timedelta, ...]:
    """Return the warnings whose time has come, earliest first; none after the end.

    The caller leaves out those already sent. Where the start is given, a warning that would fall on it or before it is
    none: an exclusion of three days is not announced a week ahead.
    """
    if expires_at <= now:
        return ()
    return tuple(
        before
        for before in WARN_BEFORE
        if expires_at - before <= now and (starts_at is None or expires_at - before > starts_at)
    )


class PutStep(StrEnum):
    """What to do about the value that was looked for while applying."""

    DONE = "done"  # it is there
    PUT = "put"
    READ_AGAIN = "read_again"  # the PC or the tenant did not say


class RemovalStep(StrEnum):
    """What to do about the value that was looked for while removing."""

    DONE = "done"  # it is gone; "already absent" counts (docs/reference/exclusions.md section 6)
    HANDED_OVER = "handed_over"  # another exclusion in force needs it there: it stays, and that one answers for it
    REMOVE = "remove"
    READ_AGAIN = "read_again"  # the PC or the tenant did not say


def put_step(*, is_there: bool | None) -> PutStep:
    """Say what the reading asks for while applying; None = it could not be read."""
    if is_there is None:
        return PutStep.READ_AGAIN
    return PutStep.DONE if is_there else PutStep.PUT


def removal_step(*, is_there: bool | None, is_needed_by_another: bool) -> RemovalStep:
    """Say what the reading asks for while removing; None = it could not be read, which never counts as gone."""
    if is_needed_by_another:
        return RemovalStep.HANDED_OVER
    if is_there is None:
        return RemovalStep.READ_AGAIN
    return RemovalStep.REMOVE if is_there else RemovalStep.DONE
