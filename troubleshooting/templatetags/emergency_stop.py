"""Helpers for the emergency stop: the band of IT's pages, and the calm sentence beside what waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from django import template

from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import User
from troubleshooting.permissions import sees_everything
from troubleshooting.queries.emergency_stop.stop import StopLine, is_any_held_back, present_stop

register = template.Library()


class Moving(Protocol):
    """An exclusion as a page or a list shows it."""

    @property
    def pk(self) -> int:
        """Its number."""

    @property
    def status(self) -> str:
        """Where it is."""

    @property
    def next_move(self) -> str | None:
        """Who acts next."""


@register.simple_tag(takes_context=True)
def emergency_stop(context: template.Context) -> StopLine | None:
    """Return the stop that is on to IT and auditors; one query for them, none for others."""
    person = getattr(context.get("request"), "user", None)  # no request on the page for server errors
    is_told = isinstance(person, User) and sees_everything(person)
    return present_stop() if is_told else None


@register.simple_tag
def held_back(exclusions: Iterable[Moving]) -> bool:
    """Tell whether the emergency stop holds any of these back; no query where nothing is to be done for any."""
    moving = [one.pk for one in exclusions if _waits_for_portal(one)]
    return bool(moving) and is_any_held_back(moving)


@register.simple_tag
def is_held_back(exclusion: Moving) -> bool:
    """Tell whether the emergency stop holds this one back."""
    return held_back([exclusion])


def _waits_for_portal(exclusion: Moving) -> bool:
    """Tell whether the portal has something to change for it; one in force only waits for its end."""
    return exclusion.next_move == "portal" and exclusion.status != ExclusionStatus.VERIFIED
