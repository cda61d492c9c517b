"""What every page needs to know about the person who reads it."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _

from troubleshooting.models import User
from troubleshooting.models.choices import SEE_ALL_CASES


def zone_of(person: User | AnonymousUser | None) -> ZoneInfo:
    """Return the person's time zone; the portal's own where nobody is signed in or the zone is not known here."""
    name = getattr(person, "time_zone", "") or timezone.get_default_timezone_name()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(timezone.get_default_timezone_name())


def name_for(person: User, *, reader: User) -> str:
    """Name a person on a page: "you" for the reader; an employee reads "IT" for the people of IT."""
    if person.pk == reader.pk:
        return _("you")
    hide_name = person.role in SEE_ALL_CASES and reader.role not in SEE_ALL_CASES
    return _("IT") if hide_name else str(person)
