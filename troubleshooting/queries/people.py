"""What every page needs to know about the person who reads it."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from troubleshooting.models import User


def zone_of(person: User | AnonymousUser | None) -> ZoneInfo:
    """Give the person's time zone; the portal's own where nobody is signed in or the zone is not known here."""
    name = getattr(person, "time_zone", "") or timezone.get_default_timezone_name()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(timezone.get_default_timezone_name())
