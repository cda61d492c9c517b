"""How many people have to approve an exclusion, who may not, and what it would touch.

The requester never decides, and nobody decides twice; both stand in the database as well.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope, ScopeKind

MOST_APPROVERS = 5


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """What the company asks for: numbers of different people, by what an exclusion touches.

    Raises ValueError for a number below one or above five, for a wider scope that needs fewer people than a narrower
    one, and for a short time that is none.
    """

    short_time: timedelta = timedelta(days=7)
    one_pc: int = 1
    one_pc_for_long: int = 1  # longer than the short time
    group: int = 1
    everyone: int = 2
    process: int = 2  # whatever the scope

    def __post_init__(self) -> None:
        """Check the numbers."""
        numbers = (self.one_pc, self.one_pc_for_long, self.group, self.everyone, self.process)
        if any(not 1 <= number <= MOST_APPROVERS for number in numbers):
            raise ValueError(f"Between one and {MOST_APPROVERS} people approve an exclusion.")
        if not self.one_pc <= self.one_pc_for_long or not self.one_pc <= self.group <= self.everyone:
            raise ValueError("A wider scope or a longer time never needs fewer people.")
        if self.short_time <= timedelta(0):
            raise ValueError("A short time is longer than nothing.")


USUAL_POLICY = ApprovalPolicy()


def approvals_needed(
    kind: ExclusionKind, scope: Scope, lifetime: timedelta, *, policy: ApprovalPolicy = USUAL_POLICY
) -> int:
    """Return how many different people have to approve; never fewer for a wider scope or a longer time."""
    by_scope = {ScopeKind.DEVICE: policy.one_pc, ScopeKind.GROUP: policy.group, ScopeKind.EVERYONE: policy.everyone}
    needed = [by_scope[scope.kind]]
    if lifetime > policy.short_time:
        needed.append(policy.one_pc_for_long)
    if kind is ExclusionKind.PROCESS:
        needed.append(policy.process)
    return max(needed)


def is_approved(approver_ids: Collection[int], *, needed: int) -> bool:
    """Tell whether enough different people have approved."""
    return len(set(approver_ids)) >= needed


OWN_REQUEST = say(_("You asked for this exclusion, so another reviewer has to decide."))
OWN_CASE = say(_("This is about your own case, so another reviewer has to decide."))


def why_not_ones_own(person_id: int, *, requester_id: int, case_people: Collection[int | None]) -> Text | None:
    """Return why a reviewer may not decide on a request because it is their own; None where it is not.

    ``case_people`` reported the case or owned its PC at the time. The database repeats the rule (the triggers of
    ExclusionDecision), and so does ``ExclusionQuerySet.undecided_by`` for lists.
    """
    if person_id == requester_id:
        return OWN_REQUEST
    return OWN_CASE if person_id in case_people else None


class DecidedAlready(Refused):
    """Nobody counts twice."""

    text = say(_("You have already decided on this request. The next decision is up to another reviewer."))


class WiderThanAsked(Refused, ValueError):
    """A decision would open more than was asked for."""


def check_not_wider(*, asked: Scope, asked_lifetime: timedelta, granted: Scope, granted_lifetime: timedelta) -> None:
    """Raise WiderThanAsked unless the decision stays within what was asked for."""
    if granted.is_wider_than(asked):
        raise WiderThanAsked(
            say(_("This covers PCs that were not requested. Choose the requested scope or a narrower one."))
        )
    if granted_lifetime > asked_lifetime:
        raise WiderThanAsked(
            say(_("This lasts longer than requested. Choose the requested end date or an earlier one."))
        )


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What an exclusion would touch, for the reviewer's eyes."""

    devices: int
    people: int
    past_cases: int  # cases about the same address or program
    events: int  # block events in the snapshots at hand that it would have let pass

    def __post_init__(self) -> None:
        """Raise ValueError for a negative number."""
        if any(getattr(self, field.name) < 0 for field in fields(self)):
            raise ValueError("A number of things is not negative.")

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored with a decision."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
